// Unpacking gzip data by the means of the host. Only trainers whose data may be packed have this.
import { InputError } from "../core/input-error.ts";

/** What Node, Deno and Bun have of the Web's streams, as far as it is used here. */
declare const Blob: new (parts: readonly Uint8Array[]) => {
  stream(): { pipeThrough(stream: object): AsyncIterable<Uint8Array> };
};
declare const DecompressionStream: new (format: "gzip") => object;

/** How many bytes may come out of this many packed ones: 20 times as many, and up to 256 MiB in any case. */
export const mostUnpacked = (packed: number): number => Math.max(0x10000000, 20 * packed);

export const unpackedTooFar = (most: number): string =>
  `the gzip data unpacks to more than ${most} bytes: unpack the file first (then its size has no limit)`;

/** The bytes themselves, or what is packed in them if they begin as gzip does. */
export async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const most = mostUnpacked(bytes.length);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))) {
      size += part.length;
      if (size > most) break;
      parts.push(part);
    }
  } catch {
    throw new InputError("the gzip data is damaged or cut short");
  }
  if (size > most) throw new InputError(unpackedTooFar(most));
  const whole = new Uint8Array(size);
  for (let i = 0, at = 0; i < parts.length; at += parts[i++].length) whole.set(parts[i], at);
  return whole;
}
