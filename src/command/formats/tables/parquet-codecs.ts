// Codecs of Parquet pages that never unpack more bytes than the page declares. Declared sizes are checked
// earlier.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { compressors, type Compressors } from "hyparquet-compressors";

/** The codecs of hyparquet-compressors, with limits for the three codecs that have none. */
export const boundedCodecs: Compressors = {
  ...compressors,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => {
    checkZstd(input, length);
    return compressors.ZSTD?.(input, length) ?? input;
  },
};

/** The largest unpacked size of a compressed zstd block. */
const maxBlockBytes = 2 ** 17;

/**
 * The largest accepted ratio of the maximum block size to the mean block size. Encoders that end blocks early
 * stay below it.
 */
const maxExpansion = 64;

/**
 * Bounds the unpacked size of zstd frames. Raw and repeated blocks declare their exact size. Compressed
 * blocks declare only their compressed size, so the sum of their largest unpacked sizes must not exceed a
 * multiple of `length`.
 */
function checkZstd(input: Uint8Array, length: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let [at, exact, packed] = [0, 0, 0];
  while (at < input.length) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== 0xfd2fb528) throw new Error("the zstd data is damaged");
    const descriptor = view.getUint8(at + 4);
    const [hasOneSegment, hasChecksum] = [(descriptor >> 5) & 1, (descriptor >> 2) & 1];
    const sizeBytes = [hasOneSegment, 2, 4, 8][descriptor >> 6];
    at += 5 + (1 - hasOneSegment) + [0, 1, 2, 4][descriptor & 3] + sizeBytes;
    for (let isLast = false; !isLast;) {
      const head = view.getUint16(at, true) + view.getUint8(at + 2) * 2 ** 16;
      const [type, size] = [(head >> 1) & 3, head >> 3];
      isLast = (head & 1) === 1;
      at += 3 + (type === 1 ? 1 : size);
      if (type === 2) packed += maxBlockBytes;
      else exact += size;
      if (exact > length || packed > maxExpansion * (length + maxBlockBytes))
        throw new Error(`the zstd data of a page unpacks to more than ${length} bytes`);
    }
    at += 4 * hasChecksum;
  }
}
