/** Messages between the page and the worker that runs the optimizers: plain data. */
import type { Point, Range } from "./state.ts";

export type PathRequest =
  /** The loss on a grid, computed by the trainer's own `evaluate`. */
  | { readonly kind: "heights"; readonly script: string; readonly range: Range; readonly side: number }
  /** The same number of steps for each trainer, from the same start. */
  | {
      readonly kind: "paths";
      readonly scripts: Readonly<Record<string, string>>;
      readonly start: Point;
      readonly steps: number;
    };

/**
 * The path of an optimizer: the start at index 0, then the position after each step. It ends early if the loss
 * becomes NaN or infinite.
 */
export interface Path {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The loss at each position, and the norm of its gradient there. */
  readonly loss: Float64Array;
  readonly slope: Float64Array;
}

export type PathReply =
  /** Row by row, from the lowest y up; NaN where the loss is not finite. `side` × `side`. */
  | { readonly kind: "heights"; readonly heights: Float64Array }
  | { readonly kind: "paths"; readonly paths: Readonly<Record<string, Path>> }
  | { readonly kind: "failed"; readonly message: string };
