// Unpacking what gzip packed, by the means of the host. Only trainers whose data may be packed have this.
import { InputError } from "./input-error.ts";

/** What Node, Deno and Bun have of the Web's streams, as far as it is used here. */
declare const Blob: new (parts: readonly Uint8Array[]) => {
  stream(): { pipeThrough(stream: object): object };
};
declare const DecompressionStream: new (format: "gzip") => object;
declare const Response: new (body: object) => { arrayBuffer(): Promise<ArrayBuffer> };

/** The bytes themselves, or what is packed in them if they begin as gzip does. */
export async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const whole = await new Response(stream).arrayBuffer().catch(() => {
    throw new InputError("the gzip data is damaged or cut short");
  });
  return new Uint8Array(whole);
}
