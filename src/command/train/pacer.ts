/**
 * Divides training into pieces of about 50 ms, after which the trainer pauses. A command can thus show its
 * progress and react to signals, although training blocks the thread.
 */
import type { NextPiece, PieceKind } from "../../runtime/trainer/pauses.ts";

/** The duration of a piece in milliseconds. */
const target = 50;

export interface Pacer {
  /** The length of the next piece. The first one is a single step. */
  readonly next: NextPiece;
  /** Call this when the trainer pauses. */
  pause(): void;
}

/** `now` is a clock in milliseconds. */
export function createPacer(now: () => number): Pacer {
  const lengths: Record<PieceKind, number> = { steps: 1, batches: 1 };
  let piece: { readonly kind: PieceKind; readonly at: number } | undefined;
  return {
    next(kind) {
      piece = { kind, at: now() };
      return lengths[kind];
    },
    pause() {
      if (piece === undefined) return;
      const { kind, at } = piece;
      // The length at most doubles, because the last piece of an epoch may be shorter than intended.
      const factor = Math.min(2, target / Math.max(now() - at, 1));
      lengths[kind] = Math.max(1, Math.floor(lengths[kind] * factor));
      piece = undefined;
    },
  };
}
