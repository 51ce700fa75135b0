/** The evaluation of one op on balls, and functions that the evaluations of all kinds of ops use. */
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { evaluateOp } from "../../src/compiler/ops/index.ts";
import { precisionOf, tensorsOf } from "./ball.ts";
import type { Ball, Operands, Precision } from "./ball.ts";

/** The op to evaluate, with the balls of its operands. */
export interface Evaluation {
  readonly node: Node;
  readonly operands: Operands;
  readonly shape: readonly number[];
  readonly rows: number;
}

export type Read = (ball: Ball, name: string) => Float64Array;

/** Evaluates the op on tensors. `read` computes each tensor from the ball of an operand. */
export const evaluated = ({ node, operands, shape, rows }: Evaluation, read: Read, of = node): Float64Array =>
  evaluateOp(of, tensorsOf(operands, read), shape, rows).data;

export const midOf = (evaluation: Evaluation): Float64Array => evaluated(evaluation, ({ mid }) => mid);

export const roundingOf = (node: Node): Precision => precisionOf(node.type.element);

/** The distance between two numbers. It is 0 for equal infinities, and infinite if the difference is NaN. */
export function apart(a: number, b: number): number {
  if (a === b) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}
