// The module of the file as it ships, and the variants that are made of it when a trainer starts: few bytes differ.

/** Every SIMD instruction begins with this byte; its number follows, here in two bytes. */
const simd = 0xfd;

/**
 * The number of an instruction, and the three bytes that stand in its place where multiply and add are one
 * instruction.
 */
const relaxed: readonly (readonly [number, readonly [number, number, number]])[] = [
  [0xe6, [0x01, 0x01, 0x01]], // f32x4.mul: three times nop, and the factors stay where they are
  [0xf2, [0x01, 0x01, 0x01]], // f64x2.mul
  [0xe4, [simd, 0x85, 0x02]], // f32x4.add: f32x4.relaxed_madd of the factors and the sum
  [0xf0, [simd, 0x87, 0x02]], // f64x2.add: f64x2.relaxed_madd
];

/**
 * The module in which the products and sums that begin at these places are fused: x · y + z with one
 * rounding, where the machine can.
 */
export function relaxedBytes(bytes: Uint8Array, places: readonly number[]): Uint8Array {
  const patched = bytes.slice();
  for (const place of places) {
    const instead = relaxed.find(([number]) => bytes[place] === simd && bytes[place + 1] === number)?.[1];
    if (instead === undefined) throw new Error(`internal: nothing to fuse at byte ${place}`);
    patched.set(instead, place);
  }
  return patched;
}
