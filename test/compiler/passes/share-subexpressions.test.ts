// Common-subexpression elimination. If a test fails, a value is computed twice, or two different values are
// shared.
import { describe, expect, it } from "vitest";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { shareSubexpressions } from "../../../src/compiler/passes/share-subexpressions.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";

const shared = (text: string): string =>
  plainText(shareSubexpressions.run(graphFrom(text), createBuilder("f64"), { exact: true }));

describe("share-subexpressions", () => {
  it("shares chains, and sees operands of commutative ops in either order", () => {
    expect(
      shared(`
        %a1: f64[n,4] = add %x, %y
        %a2: f64[n,4] = add %y, %x
        %e1: f64[n,4] = exp %a1
        %e2: f64[n,4] = exp %a2
        %z: f64[n,4] = multiply %e1, %e2`),
    ).toMatchInlineSnapshot(`
      "%0: f64[n,4] = add %x, %y
      %1: f64[n,4] = exp %0
      %2: f64[n,4] = multiply %1, %1
      output "z" = %2"
    `);
  });
  it("distinguishes operands of other ops by their order", () => {
    const text = `
      %d1: f64[n,4] = subtract %x, %y
      %d2: f64[n,4] = subtract %y, %x
      %z: f64[n,4] = multiply %d1, %d2`;
    expect(shared(text)).toBe(plainText(graphFrom(text)));
  });
  it("distinguishes attributes: axes, salts, 0 and −0, infinity and its text", () => {
    const text = `
      %p: f64[] = constant {"value":0,"element":"f64"}
      %m: f64[] = constant {"value":"-0","element":"f64"}
      %i: f64[] = constant {"value":"Infinity","element":"f64"}
      %j: f64[] = constant {"value":"-Infinity","element":"f64"}
      %s0: f64[4] = reduceSum %x {"axes":[0]}
      %s1: f64[n] = reduceSum %x {"axes":[1]}
      output "a" = %p
      output "b" = %m
      output "c" = %i
      output "d" = %j
      output "e" = %s0
      output "f" = %s1`;
    expect(shared(text)).toBe(plainText(graphFrom(text)));
  });
  it("shares two reads of the same storage", () => {
    expect(
      shared(`
        %x1: f64[3] = parameter {"name":"w"}
        %x2: f64[3] = parameter {"name":"w"}
        %z: f64[3] = add %x1, %x2`),
    ).toMatchInlineSnapshot(`
      "%0: f64[3] = add %w, %w
      output "z" = %0"
    `);
  });
});
