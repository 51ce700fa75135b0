/** The messages between the page and the worker that runs the optimizers, as plain data. */
import type { Point, Range } from "./state.ts";

export type PathRequest =
  /** Requests the loss on a grid, as computed by the `evaluate` method of the trainer. */
  | { readonly kind: "heights"; readonly script: string; readonly range: Range; readonly side: number }
  /** Requests paths: the same number of steps for each trainer, from the same start. */
  | {
      readonly kind: "paths";
      readonly scripts: Readonly<Record<string, string>>;
      readonly start: Point;
      readonly steps: number;
    };

/**
 * The path of an optimizer: the start at index 0, then the position after each step. The path ends early if
 * the loss becomes NaN or infinite.
 */
export interface Path {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The loss at each position; `slope` is the norm of its gradient there. */
  readonly loss: Float64Array;
  readonly slope: Float64Array;
}

export type PathReply =
  /**
   * The heights row by row, from the lowest y up: `side` × `side` numbers, NaN where the loss is not finite.
   */
  | { readonly kind: "heights"; readonly heights: Float64Array }
  | { readonly kind: "paths"; readonly paths: Readonly<Record<string, Path>> }
  | { readonly kind: "failed"; readonly message: string };
