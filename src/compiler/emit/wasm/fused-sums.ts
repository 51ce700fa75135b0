/**
 * How the plain module becomes the one of relaxed SIMD. In a sum of products, the instruction that multiplies
 * gives way to three without effect, and the one that adds to one that does both. Each has three bytes: a
 * prefix, and a code of two. A trainer makes the one of the other when it starts, so the runtime knows how.
 *
 *   f32x4.mul  fd e6 01  →  nop nop nop  01 01 01        f32x4.add  fd e4 01  →  f32x4.relaxed_madd  fd 85 02
 *   f64x2.mul  fd f2 01  →  nop nop nop  01 01 01        f64x2.add  fd f0 01  →  f64x2.relaxed_madd  fd 87 02
 */
import { invariant } from "../../diagnostics/errors.ts";
import { relaxedBytes } from "../../../runtime/wasm/wasm-bytes.ts";

/** Where the instructions begin in which the modules differ. */
export function fusedPlaces(plain: Uint8Array, relaxed: Uint8Array): number[] {
  invariant(plain.length === relaxed.length, "plain and relaxed module have different lengths");
  const places: number[] = [];
  for (let at = 0; at < plain.length; at++) {
    if (plain[at] === relaxed[at]) continue;
    // What multiplies changes from its prefix on, what adds from its code on.
    const start = plain[at] === 0xfd ? at : at - 1;
    places.push(start);
    at = start + 2;
  }
  invariant(
    relaxedBytes(plain, places).every((byte, at) => byte === relaxed[at]),
    "fused sums differ elsewhere",
  );
  return places;
}
