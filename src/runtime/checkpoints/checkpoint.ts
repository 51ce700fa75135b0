// A checkpoint is a byte array that contains everything that training changes.
import type { FittedField } from "../data/fields.ts";
import type { ModelFacts } from "../model/facts.ts";
import { InputError } from "../step/errors.ts";
import type { Progress, Tally } from "../step/session.ts";

/** Metadata that the caller adds to a checkpoint. It must be representable as JSON. */
export interface CheckpointMetadata {
  /** The fitted encoding of the training data. */
  fields?: readonly FittedField[];
  /** The epoch after which training stopped early. */
  stopped?: number;
  [name: string]: unknown;
}

/** The readable header of a checkpoint. */
export interface CheckpointHeader {
  /** The version of the format. It must be the first key. */
  tapeless: number;
  model: ModelFacts;
  /**
   * Older versions saved checkpoints only between epochs, so their checkpoints have no tally (rows and sum).
   */
  progress: Omit<Progress, "best" | "last" | keyof Tally> & Partial<Tally>;
  notes: CheckpointMetadata;
}

/**
 * Returns the first key that is missing or invalid in the header. This check is necessary because a correct
 * checksum does not imply a valid header.
 */
function wrongPart({ model, progress, notes }: Partial<CheckpointHeader>): string | undefined {
  const counts = [progress?.epoch, progress?.bestEpoch, progress?.waited, progress?.rows ?? 0];
  const isRight = {
    model: typeof model?.name === "string" && typeof model.dtype === "string",
    progress:
      counts.every((count = -1) => count >>> 0 === count) &&
      typeof progress?.monitor === "string" &&
      typeof progress.bestValue === "number",
    notes: typeof notes === "object" && notes,
  };
  return Object.entries(isRight).find(([, holds]) => !holds)?.[0];
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

/** The first bytes of a checkpoint. */
const beginning = '{"tapeless":2,';

/**
 * Encodes a checkpoint:
 *
 *   header (JSON, one line) | state | best epoch's parameters | last epoch's parameters | checksum
 *
 * The state begins with the current parameters. If training will restore the best epoch at the end,
 * the checkpoint also contains the parameters of the best epoch so far. Once they are restored, the checkpoint
 * contains the parameters of the last epoch, too.
 */
export function encodeCheckpoint(
  model: ModelFacts,
  state: Uint8Array,
  { best, last, ...progress }: Progress,
  metadata: CheckpointMetadata,
): Uint8Array {
  checkMetadata(metadata);
  const header = `${beginning}${JSON.stringify({ model, progress, notes: metadata }).slice(1)}\n`;
  const parts = [new TextEncoder().encode(header), state, best, last];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 4));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.set(checksum(bytes.subarray(0, at)), at);
  return bytes;
}

/** Throws for metadata that JSON cannot represent, such as a bigint or an object that contains itself. */
function checkMetadata(metadata: CheckpointMetadata): void {
  for (const [name, value] of Object.entries(metadata)) {
    try {
      JSON.stringify(value);
    } catch {
      throw new InputError(`cannot save ${JSON.stringify(name)}: it contains a bigint or a cycle`);
    }
  }
}

/**
 * Decodes the header of a checkpoint of any model. `data` contains the bytes after the header. Throws if the
 * bytes are not a checkpoint, or if they are damaged.
 */
export function readCheckpoint(checkpoint: Uint8Array): { header: CheckpointHeader; data: Uint8Array } {
  const bytes = new Uint8Array(checkpoint);
  const textTo = (end: number) => new TextDecoder().decode(bytes.subarray(0, end));
  if (textTo(beginning.length) !== beginning)
    throw new InputError("not a checkpoint of this tapeless version");
  const content = bytes.subarray(0, -4);
  if (`${checksum(content)}` !== `${bytes.subarray(-4)}`)
    throw new InputError("the checkpoint is damaged or truncated");
  const end = content.indexOf(10);
  const header: CheckpointHeader = headerIn(textTo(end));
  const part = wrongPart(header);
  if (part !== undefined) throw new InputError(`the checkpoint has no valid "${part}"`);
  return { header, data: content.subarray(end + 1) };
}

/** Parses the header without validating it. Returns an empty header if the text is not JSON. */
function headerIn(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * Decodes a checkpoint of this model, whose parameters have `parameterBytes` bytes. Throws for a checkpoint
 * of another model.
 */
export function decodeCheckpoint(
  model: ModelFacts,
  stateBytes: number,
  parameterBytes: number,
  checkpoint: Uint8Array,
): { state: Uint8Array; progress: Progress; metadata: CheckpointMetadata } {
  const { header, data } = readCheckpoint(checkpoint);
  const kindOf = ({ name, dtype }: ModelFacts) => `for "${name}" in ${dtype}`;
  if (kindOf(header.model) !== kindOf(model))
    throw new InputError(`the checkpoint is ${kindOf(header.model)}, not ${kindOf(model)}`);
  const [best, last] = [stateBytes, stateBytes + parameterBytes];
  if (header.model.specHash !== model.specHash || ![best, last, last + parameterBytes].includes(data.length))
    throw new InputError("the checkpoint is of another spec or compiler; to train longer, use --epochs N");
  return {
    state: data.subarray(0, best),
    progress: {
      rows: 0,
      sum: 0,
      ...header.progress,
      best: data.subarray(best, last),
      last: data.subarray(last),
    },
    metadata: header.notes,
  };
}

/** Returns the fitted encoding of the training data, if the checkpoint contains it. */
export const fieldsIn = (checkpoint: Uint8Array): readonly FittedField[] | undefined =>
  readCheckpoint(checkpoint).header.notes.fields;

/** Computes the 32-bit FNV-1a hash, which detects changed, missing and swapped bytes. */
function checksum(bytes: Uint8Array): Uint8Array {
  let sum = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, 0x01000193);
  return new Uint8Array(Int32Array.of(sum).buffer);
}
