// Constant folding. If a test fails, emitted code computes a constant at every step, or a value that is not
// constant is folded.
import { describe, expect, it } from "vitest";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { foldConstants } from "../../../src/compiler/passes/fold-constants.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";

const folded = (text: string): string =>
  plainText(foldConstants.run(graphFrom(text), createBuilder("f64"), { exact: true }));

describe("fold-constants", () => {
  it("computes a chain of numbers", () => {
    expect(
      folded(`
        %2: f64[] = constant {"value":2,"element":"f64"}
        %e: f64[] = exp %2
        %z: f64[] = multiply %e, %2`),
    ).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":14.7781121978613,"element":"f64"}
      output "z" = %0"
    `);
  });
  it("computes the result of a repeated number once", () => {
    expect(
      folded(`
        %2: f64[] = constant {"value":2,"element":"f64"}
        %all: f64[n,4] = broadcast %2 {"shape":["n",4]}
        %root: f64[n,4] = sqrt %all
        %z: f64[n,4] = multiply %x, %root`),
    ).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":1.4142135623730951,"element":"f64"}
      %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
      %2: f64[n,4] = multiply %x, %1
      output "z" = %2"
    `);
  });
  it("looks through views of constants, but not through padding with another number", () => {
    expect(
      folded(`
        %2: f64[] = constant {"value":2,"element":"f64"}
        %all: f64[3] = broadcast %2 {"shape":[3]}
        %padded: f64[4] = pad %all {"before":[1],"after":[0],"value":0}
        %z: f64[4] = negate %padded`),
    ).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":2,"element":"f64"}
      %1: f64[3] = broadcast %0 {"shape":[3]}
      %2: f64[4] = pad %1 {"before":[1],"after":[0],"value":0}
      %3: f64[4] = negate %2
      output "z" = %3"
    `);
  });
  it("does not fold a concatenation of 0 and −0, which are different numbers", () => {
    const text = `
      %0: f64[] = constant {"value":0,"element":"f64"}
      %1: f64[1] = broadcast %0 {"shape":[1]}
      %2: f64[] = constant {"value":"-0","element":"f64"}
      %3: f64[1] = broadcast %2 {"shape":[1]}
      %4: f64[2] = concat %1, %3 {"axis":0}
      %z: f64[2] = negate %4`;
    expect(folded(text)).toBe(plainText(graphFrom(text)));
  });
  it("does not fold comparisons: constants cannot be bools", () => {
    expect(
      folded(`
        %2: f64[] = constant {"value":2,"element":"f64"}
        %z: bool[] = less %2, %2`),
    ).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":2,"element":"f64"}
      %1: bool[] = less %0, %0
      output "z" = %1"
    `);
  });
  it("keeps infinities, NaN and the sign of zero", () => {
    expect(
      folded(`
        %0: f64[] = constant {"value":"-0","element":"f64"}
        %1: f64[] = constant {"value":1,"element":"f64"}
        %i: f64[] = divide %1, %0
        %n: f64[] = negate %0
        %nan: f64[] = multiply %i, %0
        output "infinite" = %i
        output "zero" = %n
        output "undefined" = %nan`),
    ).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":"-Infinity","element":"f64"}
      %1: f64[] = constant {"value":0,"element":"f64"}
      %2: f64[] = constant {"value":"NaN","element":"f64"}
      output "infinite" = %0
      output "zero" = %1
      output "undefined" = %2"
    `);
  });
  it("does not fold values that depend on an input, a parameter, the batch or random numbers", () => {
    const text = `
      %n: f64[] = batchSize {"element":"f64"}
      %r: f64[] = sqrt %n
      %d: f64[] = multiply %r, %c
      %i: i32[2] = iota {"shape":[2],"axis":0}
      output "a" = %d
      output "b" = %i`;
    expect(folded(text)).toBe(plainText(graphFrom(text)));
  });
});
