// Checkpoints: everything that training changes, in bytes that can be told apart from any others.
//
//   "tapeless"  version  lengths of header, state, best, last  header (JSON)  state  best  last  checksum
//
// The lengths and the numbers before and after them are 32-bit and little-endian.
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Progress } from "./session.ts";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

/** What stands first, how it is laid out since which version, and where the header begins. */
const checkpointFormat = { magic: "tapeless", version: 1, start: 28 };

/** The part of a checkpoint that a person could read. */
interface CheckpointHeader {
  model: string;
  specHash: string;
  dtype: string;
  progress: Omit<Progress, "best" | "last">;
}

/** The bytes of a checkpoint. */
export function encodeCheckpoint(
  model: ModelFacts,
  state: Uint8Array,
  { best, last, ...progress }: Progress,
): Uint8Array {
  const { magic, version, start } = checkpointFormat;
  const header: CheckpointHeader = {
    model: model.name,
    specHash: model.specHash,
    dtype: model.dtype,
    progress,
  };
  const text = new TextEncoder();
  const parts = [text.encode(JSON.stringify(header)), state, best, last];
  const end = parts.reduce((sum, part) => sum + part.length, start);
  const bytes = new Uint8Array(end + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(text.encode(magic));
  view.setUint32(8, version, true);
  let offset = start;
  parts.forEach((part, i) => {
    view.setUint32(12 + 4 * i, part.length, true);
    bytes.set(part, offset);
    offset += part.length;
  });
  view.setUint32(end, checksum(bytes.subarray(0, end)), true);
  return bytes;
}

/** Reads a checkpoint of this model whose parameters take `parameterBytes`; throws if it is anything else. */
export function decodeCheckpoint(
  model: ModelFacts,
  stateBytes: number,
  parameterBytes: number,
  bytes: Uint8Array,
): { state: Uint8Array; progress: Progress } {
  // Not instanceof: the bytes may come from another realm, as a file's do in some test runners.
  if (bytes?.BYTES_PER_ELEMENT !== 1) throw new InputError("the checkpoint must be a Uint8Array");
  const { magic, version, start } = checkpointFormat;
  const text = new TextDecoder();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const beginning = text.decode(bytes.subarray(0, magic.length));
  if (bytes.length === 0) throw new InputError("the checkpoint is empty");
  if (!magic.startsWith(beginning)) throw new InputError("this is not a checkpoint of a tapeless trainer");
  if (bytes.length >= 12 && view.getUint32(8, true) !== version) {
    throw new InputError(
      `the checkpoint has format ${view.getUint32(8, true)}; this trainer reads format ${version}`,
    );
  }
  if (bytes.length < start)
    throw new InputError(`the checkpoint is cut short: it ends after ${bytes.length} bytes`);
  const lengths = [0, 1, 2, 3].map((i) => view.getUint32(12 + 4 * i, true));
  const end = lengths.reduce((sum, length) => sum + length, start);
  if (bytes.length < end + 4) {
    throw new InputError(`the checkpoint is cut short: it has ${bytes.length} of ${end + 4} bytes`);
  }
  if (bytes.length > end + 4 || view.getUint32(end, true) !== checksum(bytes.subarray(0, end))) {
    throw new InputError("the checkpoint is damaged: its checksum does not fit its content");
  }
  let offset = start;
  const [head, state, best, last] = lengths.map((length) => bytes.slice(offset, (offset += length)));
  const header: CheckpointHeader = JSON.parse(text.decode(head));
  if (header.specHash !== model.specHash) {
    throw new InputError(
      header.model === model.name
        ? `the spec of "${model.name}" has changed since the checkpoint was written (--epochs N sets the epochs without a change of spec)`
        : `the checkpoint is of another model: "${header.model}", not "${model.name}"`,
    );
  }
  if (header.dtype !== model.dtype) {
    throw new InputError(
      `the checkpoint holds ${header.dtype} numbers; this trainer was compiled for ${model.dtype}`,
    );
  }
  const fits =
    state.length === stateBytes &&
    [best, last].every(({ length }) => length === 0 || length === parameterBytes);
  if (!fits)
    throw new InputError(
      "the checkpoint was written by a trainer of the same model that another version compiled",
    );
  return { state, progress: { ...header.progress, best, last } };
}

/** The header of a checkpoint, and where it ends. */
function headerOf(checkpoint: Uint8Array): { header: Record<string, unknown>; end: number } {
  const { start } = checkpointFormat;
  const view = new DataView(checkpoint.buffer, checkpoint.byteOffset, checkpoint.byteLength);
  const end = start + view.getUint32(12, true);
  return { header: JSON.parse(new TextDecoder().decode(checkpoint.subarray(start, end))), end };
}

/** The same checkpoint with a word more in its header, for whoever asks for it; loading does not. */
export function withNote(checkpoint: Uint8Array, name: string, value: unknown): Uint8Array {
  const { start } = checkpointFormat;
  const { header, end } = headerOf(checkpoint);
  const head = new TextEncoder().encode(JSON.stringify({ ...header, [name]: value }));
  const bytes = new Uint8Array(checkpoint.length - end + start + head.length);
  const view = new DataView(bytes.buffer);
  bytes.set(checkpoint.subarray(0, start));
  view.setUint32(12, head.length, true);
  bytes.set(head, start);
  bytes.set(checkpoint.subarray(end), start + head.length);
  view.setUint32(bytes.length - 4, checksum(bytes.subarray(0, -4)), true);
  return bytes;
}

/** What {@link withNote} put into the header of a checkpoint that loads. */
export function noteIn(checkpoint: Uint8Array, name: string): unknown {
  return headerOf(checkpoint).header[name];
}

/** FNV-1a, 32 bits: each byte stirs the whole sum, so a changed, missing or swapped one shows. */
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i], 0x01000193);
  return sum >>> 0;
}
