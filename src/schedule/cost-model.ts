/**
 * The one place that says what blocking costs. A scalar target has sixteen floating-point registers: a block of
 * a × b sums needs a·b of them, and a + b for the operands of one step. 2 × 4 fits (14) and does eight products for
 * six loads; 4 × 4 spills. Measured with the plain triple loop at 1.0 GFLOP/s: 2×4 makes 3.4, 4×4 makes 2.5.
 */
import type { Expression } from "../loop/expressions.ts";

export interface BlockSizes {
  readonly outer: number;
  readonly inner: number;
}

/** In order of preference; 5 × 2 serves the widths that five divides and four does not. */
const innerChoices = [4, 5, 3, 2];
const largestRemainderFree = 6;

/** A block for an innermost extent: one that divides it if there is one, else four with a remainder. */
function innerBlock(extent: Expression): number {
  if (extent.kind !== "number") return 4;
  if (extent.value <= largestRemainderFree && extent.value !== 4) return extent.value <= 5 ? extent.value : 3;
  return innerChoices.find((size) => extent.value % size === 0) ?? 4;
}

export function blockSizes(outer: Expression | undefined, inner: Expression): BlockSizes {
  const size = innerBlock(inner);
  if (outer === undefined) return { outer: 1, inner: size };
  if (outer.kind === "number" && outer.value === 1) return { outer: 1, inner: size };
  return { outer: 2, inner: size };
}
