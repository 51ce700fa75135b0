// Checkpoints: everything that training changes, in bytes that can be told apart from any others.
//
//   header (JSON, one line)   state   parameters of the best epoch   of the last   checksum
//
// The state begins with the parameters, one after the other. Those of the best epoch are there only where early stopping keeps them, those
// of the last only where the best stand in their place.
import type { FittedField } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Progress } from "./session.ts";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

/** What whoever saves wants to find again, as plain data. */
export interface Notes {
  /** How the data was read that the model was trained on. */
  fields?: readonly FittedField[];
  /** Whether training had stopped early. */
  stopped?: boolean;
  [name: string]: unknown;
}

/** The part of a checkpoint that a person can read. */
export interface CheckpointHeader {
  /** The version of the format; it comes first. */
  tapeless: number;
  model: ModelFacts;
  progress: Omit<Progress, "best" | "last">;
  notes: Notes;
}

/** The bytes of a checkpoint. */
export function encodeCheckpoint(
  model: ModelFacts,
  state: Uint8Array,
  { best, last, ...progress }: Progress,
  notes: Notes,
): Uint8Array {
  const header: CheckpointHeader = { tapeless: 2, model, progress, notes };
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const content = joined(line, state, best, last);
  return joined(content, checksum(content));
}

/** The header of a checkpoint of any model, and the numbers that follow it; throws if it is none, or damaged. */
export function readCheckpoint(checkpoint: Uint8Array): { header: CheckpointHeader; data: Uint8Array } {
  const bytes = new Uint8Array(checkpoint);
  const textTo = (end: number) => new TextDecoder().decode(bytes.subarray(0, end));
  const [, version] = /^{"tapeless":(\d+)/.exec(textTo(20)) ?? [];
  if (version === undefined) throw new InputError("this is not a checkpoint of a tapeless trainer");
  if (version !== "2")
    throw new InputError(`the checkpoint has format ${version}; this trainer reads format 2`);
  const content = bytes.subarray(0, -4);
  if (checksum(content).some((byte, i) => byte !== bytes[content.length + i]))
    throw new InputError("the checkpoint is damaged or cut short: its checksum does not fit its content");
  const end = content.indexOf(10);
  return { header: JSON.parse(textTo(end)), data: content.subarray(end + 1) };
}

/** Reads a checkpoint of this model whose parameters take `parameterBytes`; throws if it is anything else. */
export function decodeCheckpoint(
  model: ModelFacts,
  stateBytes: number,
  parameterBytes: number,
  checkpoint: Uint8Array,
): { state: Uint8Array; progress: Progress; notes: Notes } {
  const { header, data } = readCheckpoint(checkpoint);
  const { name, specHash, dtype } = header.model;
  if (specHash !== model.specHash)
    throw new InputError(
      name === model.name
        ? `the spec of "${name}" has changed since the checkpoint was written (--epochs N sets the epochs without a change of spec)`
        : `the checkpoint is of another model: "${name}", not "${model.name}"`,
    );
  if (dtype !== model.dtype)
    throw new InputError(
      `the checkpoint holds ${dtype} numbers; this trainer was compiled for ${model.dtype}`,
    );
  const [best, last] = [stateBytes, stateBytes + parameterBytes];
  if (![0, parameterBytes, 2 * parameterBytes].includes(data.length - stateBytes))
    throw new InputError(
      "the checkpoint was written by a trainer of the same model that another version compiled",
    );
  return {
    state: data.subarray(0, best),
    progress: { ...header.progress, best: data.subarray(best, last), last: data.subarray(last) },
    notes: header.notes,
  };
}

/** How the data was read that the model of a checkpoint was trained on; undefined if whoever saved it did not say. */
export const fieldsIn = (checkpoint: Uint8Array): readonly FittedField[] | undefined =>
  readCheckpoint(checkpoint).header.notes.fields;

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** FNV-1a, 32 bits: each byte stirs the whole sum, so a changed, missing or swapped one shows. */
function checksum(bytes: Uint8Array): Uint8Array {
  let sum = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i], 0x01000193);
  return new Uint8Array(Int32Array.of(sum).buffer);
}
