/** What the page and the worker that walks over a surface say to each other: plain data. */
import type { Point, Range } from "./state.ts";

export type WalkRequest =
  /** The heights of the loss on a grid, by the trainer's own `evaluate`. */
  | { readonly kind: "heights"; readonly script: string; readonly range: Range; readonly side: number }
  /** As many steps of each trainer from the same start. */
  | {
      readonly kind: "paths";
      readonly scripts: Readonly<Record<string, string>>;
      readonly start: Point;
      readonly steps: number;
    };

/**
 * Where an optimizer came by: at 0 the start, then the place after each step. It ends early where the loss is
 * no number any more.
 */
export interface Path {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The loss at each place, and the length of its gradient there. */
  readonly loss: Float64Array;
  readonly slope: Float64Array;
}

export type WalkAnswer =
  /** Row by row, from the lowest y up; NaN where the loss is none. `side` × `side`. */
  | { readonly kind: "heights"; readonly heights: Float64Array }
  | { readonly kind: "paths"; readonly paths: Readonly<Record<string, Path>> }
  | { readonly kind: "failed"; readonly message: string };
