// How pages of Parquet are unpacked: never to more bytes than their header declares, which are counted before.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { compressors, type Compressors } from "hyparquet-compressors";

/** Those of the kept library, but for the three that would unpack to any size. */
export const boundedCodecs: Compressors = {
  ...compressors,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => {
    checkZstd(input, length);
    return compressors.ZSTD?.(input, length) ?? input;
  },
};

/** A packed block of zstd unpacks to at most so many bytes. */
const mostBlockBytes = 2 ** 17;

/** Writers that end blocks early still fill them to this share of what they may hold. */
const leastFilling = 64;

/**
 * Adds up what the blocks of zstd frames may unpack to. The size of raw and repeated blocks is exact; a
 * packed one tells only its packed size, so the sum of these is held to a multiple of what the page declares.
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
      if (type === 2) packed += mostBlockBytes;
      else exact += size;
      if (exact > length || packed > leastFilling * (length + mostBlockBytes))
        throw new Error(`the zstd data of a page unpacks to more than ${length} bytes`);
    }
    at += 4 * hasChecksum;
  }
}
