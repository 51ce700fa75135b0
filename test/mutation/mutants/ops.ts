/** Faults in the definitions of ops: shapes, derivatives, lowering. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const ops = "samples of every op: values, derivatives, emitted code";
const recurrences = "derivatives of recurrences";

export const opMutants: readonly Mutant[] = [
  ...inFile("src/compiler/ops/pointwise/arithmetic.ts", ops, [
    [
      "divide: the derivative with respect to the divisor loses its sign",
      "g.negate(g.divide(g.multiply(dz, z), z.operands.y))",
      "g.divide(g.multiply(dz, z), z.operands.y)",
    ],
  ]),
  ...inFile("src/compiler/ops/reductions/contract.ts", ops, [
    [
      "contract: the summed axes of the derivative are in the order of y",
      "const kOfX = byAxis(axes.sumY, axes.sumX);",
      "const kOfX = axes.sumX;",
    ],
  ]),
  ...inFile("src/compiler/ops/pointwise/maximum.ts", ops, [
    ["maximum: in a tie, each operand receives the whole cotangent", "dz, g.multiply(dz, 0.5))", "dz, dz)"],
  ]),
  ...inFile("src/compiler/ops/views/pad.ts", ops, [
    [
      "pad: one element too many is read after the box",
      "less(i, integer(before[axis] + size))",
      "lessEqual(i, integer(before[axis] + size))",
    ],
  ]),
  ...inFile("src/compiler/ops/views/concat.ts", ops, [
    [
      "concat: the second part starts at its second element",
      "a === axis ? add(i, integer(-size)) : i",
      "a === axis ? add(i, integer(1 - size)) : i",
    ],
  ]),
  ...inFile("src/compiler/ops/views/transpose.ts", ops, [
    [
      "transpose: loops read by the permutation instead of its inverse",
      "read.x(inverse(attributes.permutation)",
      "read.x(attributes.permutation",
    ],
  ]),
  ...inFile("src/compiler/ops/views/reshaped-index.ts", ops, [
    [
      "reshape: the strides of the old shape are used",
      "stride *= sizeAt(to[axis]);",
      "stride *= sizeAt(from[Math.min(axis, from.length - 1)]);",
    ],
  ]),
  ...inFile("src/compiler/ops/reductions/windows.ts", ops, [
    ["windows: loops ignore the dilation", "multiply(at[rank + i], integer(dilation[i]))", "at[rank + i]"],
  ]),
  ...inFile("src/compiler/ops/recurrence/scan-vjp.ts", recurrences, [
    [
      "scan: the cotangent of the initial state is read from the other end",
      "reverse ? length - 1 : 0",
      "reverse ? 0 : length - 1",
    ],
  ]),
  ...inFile("src/compiler/ops/recurrence/sum-over-time.ts", recurrences, [
    // There is no mutant of `length · x`, the sum of a value that is the same at every step. Such a value does
    // not occur, because a cotangent is linear in the cotangents of the steps.
    [
      "scan: the stack of a carried value is replaced by its first value",
      `operands[i].role === "each" ? given[i]`,
      `operands[i].role !== "whole" ? given[i]`,
    ],
    ["scan: a sum over time uses the axes of a single step", "batchX: stackedAxes(left, batchX),", "batchX,"],
  ]),
];
