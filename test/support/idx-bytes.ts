// Builds IDX files for tests.

/** The bytes of an IDX file. `numbers` are already bytes. */
export function idxBytes(type: number, shape: readonly number[], numbers: readonly number[]): Uint8Array {
  const lengths = shape.flatMap((length) => [24, 16, 8, 0].map((shift) => (length >>> shift) & 255));
  return Uint8Array.from([0, 0, type, shape.length, ...lengths, ...numbers]);
}
