/**
 * Pictures as WebP, which are several times smaller than PNG. Chromium compresses them; an animation joins the
 * compressed pictures.
 * Source: https://developers.google.com/speed/webp/docs/riff_container
 */
import type { Page } from "playwright-core";

/** Compresses a PNG picture on a page. */
export async function webpOf(page: Page, png: Buffer, quality: number): Promise<Buffer> {
  const address = await page.evaluate<string>(
    `createImageBitmap(new Blob([Uint8Array.fromBase64("${png.toString("base64")}")])).then((image) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", ${quality});
    })`,
  );
  return Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

function chunksOf(webp: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 12; at < webp.length;) {
    const length = webp.readUInt32LE(at + 4);
    chunks.push({ type: webp.toString("latin1", at, at + 4), data: webp.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** A chunk ends at an even offset. */
const bytesOf = ({ type, data }: Chunk): Buffer =>
  Buffer.concat([Buffer.from(type, "latin1"), unsigned(4, data.length), data, Buffer.alloc(data.length % 2)]);

/** Numbers of `size` bytes each. */
function unsigned(size: number, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(size * values.length);
  values.forEach((value, i) => bytes.writeUIntLE(value, size * i, size));
  return bytes;
}

export interface Frame {
  readonly webp: Buffer;
  readonly milliseconds: number;
}

/** The width and height of a picture, from the header of its lossy frame (RFC 6386, 9.1). */
function sizeOf(webp: Buffer): readonly [width: number, height: number] {
  const frame = chunksOf(webp).find(({ type }) => type === "VP8 ");
  if (frame === undefined) throw new Error("the picture has no lossy frame");
  return [frame.data.readUInt16LE(6) & 0x3fff, frame.data.readUInt16LE(8) & 0x3fff];
}

/** Joins opaque pictures of one size, repeated without end. */
export function animated(frames: readonly Frame[]): Buffer {
  const [width, height] = sizeOf(frames[0].webp);
  const size = unsigned(3, width - 1, height - 1);
  const header = { type: "VP8X", data: Buffer.concat([unsigned(1, 0x02, 0, 0, 0), size]) }; // has an animation
  const animation = { type: "ANIM", data: unsigned(1, 255, 255, 255, 255, 0, 0) }; // white; no last repetition
  const pictures = frames.map(({ webp, milliseconds }): Chunk => {
    const place = Buffer.concat([unsigned(3, 0, 0), size, unsigned(3, milliseconds), unsigned(1, 0x02)]); // overwrites
    const image = chunksOf(webp).filter(({ type }) => type === "VP8 ");
    return { type: "ANMF", data: Buffer.concat([place, ...image.map(bytesOf)]) };
  });
  const body = Buffer.concat([Buffer.from("WEBP"), ...[header, animation, ...pictures].map(bytesOf)]);
  return bytesOf({ type: "RIFF", data: body });
}
