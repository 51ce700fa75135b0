// The numbers in an optimizer's state that are set to zero. If a test fails, a normal number is lost, or
// subnormal numbers make training slow.
import { expect, it } from "vitest";
import { integer, visit } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { store, visitExpressions } from "../../../../src/compiler/loop/statements.ts";
import type { Buffer } from "../../../../src/compiler/loop/types.ts";
import { kernelContext } from "../../../support/stages.ts";
import { flushSubnormals } from "../../../../src/compiler/schedule/vectors/flush-subnormals.ts";
import { buffer } from "../../../support/loop-program.ts";

const vector: Expression = { kind: "load", buffer: "x", at: [integer(0)], type: "f32", lanes: 4 };

/** The numbers with which stores of a vector are compared. */
function limitsIn(target: Buffer): number[] {
  const body = [store(target.name, [integer(0)], vector)];
  const kernel = { name: "kernel", body, provenance: [] };
  const flushed = flushSubnormals.ofKernel(
    kernel,
    kernelContext((base) => `${base}'`, [target]),
  );
  const limits: number[] = [];
  visitExpressions(flushed.body, (x) => {
    if (x.kind === "select") visit(x.condition, (part) => part.kind === "number" && limits.push(part.value));
  });
  return limits;
}

it("only vectors of optimizer state are zero below the smallest normal number", () => {
  const state: Buffer = { ...buffer("mean", [8], "f32"), region: "state" };
  expect(limitsIn(state)).toEqual([2 ** -126]);
  expect(limitsIn({ ...state, region: "parameter" })).toEqual([]);
  expect(limitsIn({ ...state, element: "f64" })).toEqual([]);
});
