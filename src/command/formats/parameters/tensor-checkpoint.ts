/**
 * Checkpoints in the format of safetensors, which PyTorch reads and writes. They have the content of a checkpoint of
 * the trainer, tensor by tensor and under the names of storage:
 *
 *   NAME                   a parameter; with averaging, its moving average
 *   optimizer:STATE:NAME   a state of the optimizer, for one parameter; without NAME if it is one number
 *   trained:NAME           with averaging: the weight of the optimizer
 *   average:NAME           with averaging: the average after the last step, from which the parameter may differ
 *   loss:classWeights      the class weights
 *   best:NAME, last:NAME   the parameters of the best epoch and of the last epoch, if they are saved
 *
 * The metadata has `model`, `progress` and `notes` of the header as JSON, and the integers `step` and `seed`. Nothing
 * depends on the order of tensors, because other programs may write them in another order.
 */
import { nameIn, storageParts } from "../../../compiler/ir/storage.ts";
import type { MemoryPlan } from "../../../compiler/loop/types.ts";
import { sizeOf } from "../../../compiler/ir/types.ts";
import { encodeCheckpoint, readCheckpoint } from "../../../runtime/checkpoints/checkpoint.ts";
import type { CheckpointHeader } from "../../../runtime/checkpoints/checkpoint.ts";
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { safetensors, safetensorsMetadata } from "./formats.ts";
import { tensorErrors } from "./tensors.ts";
import type { NamedTensor, ReadTensors, StoredTensor } from "./tensors.ts";

/** The version of the format of checkpoints, in `tapeless`. */
const version = "2";

/** A tensor, and its bytes in the state of the trainer. */
interface Piece {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The memory that a checkpoint saves. */
interface StateLayout {
  readonly bytes: number;
  readonly parameterBytes: number;
  readonly parameters: readonly Piece[];
  /** The other tensors. */
  readonly states: readonly Piece[];
  /** The offsets of the 32-bit integers, by their keys in the metadata. */
  readonly integers: readonly (readonly [key: string, at: number])[];
}

function layoutOf({ storage }: MemoryPlan): StateLayout {
  const saved = [...storage.values()].filter(
    ({ buffer: { region, covers } }) => (region === "parameter" || region === "state") && !covers,
  );
  const pieces = saved.map(({ buffer, offset, bytes }) => ({
    region: buffer.region,
    element: buffer.element,
    name: buffer.name,
    shape: buffer.shape.map(Number),
    begin: offset,
    end: offset + bytes,
  }));
  const parameters = pieces.filter(({ region }) => region === "parameter");
  const covered = [...storage.values()].find(
    ({ buffer: { region, covers } }) => region === "parameter" && covers,
  );
  const trainable = new Set(covered?.buffer.covers);
  const flat = parameters.filter(({ name }) => trainable.has(name));
  const others = pieces.filter(({ region }) => region === "state");
  return {
    bytes: Math.max(...pieces.map(({ end }) => end)),
    parameterBytes: Math.max(0, ...parameters.map(({ end }) => end)),
    parameters,
    states: others.filter(({ element }) => element !== "i32").flatMap((piece) => statesOf(piece, flat)),
    integers: others
      .filter(({ element }) => element === "i32")
      .map(({ name, begin }) => [storageParts(name).name, begin] as const),
  };
}

/** The tensors of one storage. A vector over all trainable parameters becomes a tensor for each of them. */
function statesOf(piece: Piece, flat: readonly Piece[]): readonly Piece[] {
  const { space } = storageParts(piece.name);
  if ((space !== "optimizer" && space !== "average") || piece.shape.length === 0) return [piece];
  const prefix = nameIn("average", piece.name) === undefined ? piece.name : "average";
  const start = Math.min(...flat.map(({ begin }) => begin));
  return flat.map(({ name, shape, begin, end }) => ({
    name: `${prefix}:${name}`,
    shape,
    begin: piece.begin + begin - start,
    end: piece.begin + end - start,
  }));
}

/** The parameters of the best or of the last epoch, which follow the state at `offset`. */
const savedAt = (offset: number, prefix: string, parameters: readonly Piece[]): readonly Piece[] =>
  parameters.map(({ name, shape, begin, end }) => ({
    name: `${prefix}:${name}`,
    shape,
    begin: offset + begin,
    end: offset + end,
  }));

function piecesOf(layout: StateLayout, hasBest: boolean, hasLast: boolean): readonly Piece[] {
  const { bytes, parameterBytes, parameters, states } = layout;
  return [
    ...parameters,
    ...states,
    ...(hasBest ? savedAt(bytes, "best", parameters) : []),
    ...(hasLast ? savedAt(bytes + parameterBytes, "last", parameters) : []),
  ];
}

/** Converts a checkpoint of the trainer. @param plan the memory of the trainer */
export function encodeTensorCheckpoint(checkpoint: Uint8Array, plan: MemoryPlan): Uint8Array {
  const { header, data } = readCheckpoint(checkpoint);
  const layout = layoutOf(plan);
  const { bytes, parameterBytes, integers } = layout;
  const real = header.model.dtype === "f32" ? Float32Array : Float64Array;
  const pieces = piecesOf(layout, data.length > bytes, data.length > bytes + parameterBytes);
  const view = new DataView(data.buffer, data.byteOffset);
  const { model, progress, notes } = header;
  const { epoch, bestEpoch } = progress;
  return safetensors.encode(
    pieces.map(({ name, shape, begin, end }): NamedTensor => ({
      name,
      shape,
      numbers: new real(data.slice(begin, end).buffer),
    })),
    {
      format: "tapeless",
      tapeless: version,
      epoch: String(epoch),
      bestEpoch: String(bestEpoch),
      ...Object.fromEntries(integers.map(([key, at]) => [key, String(view.getUint32(at, true))])),
      model: JSON.stringify(model),
      progress: JSON.stringify(progress),
      notes: JSON.stringify(notes),
    },
  );
}

/** Whether the bytes are a checkpoint in this format, of any version. */
export const isTensorCheckpoint = (bytes: Uint8Array): boolean =>
  safetensorsMetadata(bytes)?.tapeless !== undefined;

/** The header of a checkpoint, not validated. @throws InputError for another version of the format */
function headerIn(facts: Readonly<Record<string, string>>): CheckpointHeader {
  if (facts.tapeless !== version)
    throw new InputError(`not a checkpoint of this tapeless version: its format is ${shown(facts.tapeless)}`);
  const [model, progress, notes] = ["model", "progress", "notes"].map((key) => {
    try {
      return JSON.parse(Object.hasOwn(facts, key) ? facts[key] : "");
    } catch {
      throw new InputError(`the checkpoint has no valid "${key}"`);
    }
  });
  return { tapeless: Number(version), model, progress, notes };
}

/** The header, not validated, and the tensors. @throws InputError if the bytes are not such a checkpoint */
export function readTensorCheckpoint(bytes: Uint8Array): {
  readonly header: CheckpointHeader;
  readonly tensors: readonly StoredTensor[];
  readonly facts: Readonly<Record<string, string>>;
} {
  const { tensors, facts = {} }: ReadTensors = safetensors.decode(bytes);
  return { header: headerIn(facts), tensors, facts };
}

/**
 * The parameters, one after the other in the order of the trainer's memory: trainable ones first.
 * @throws InputError if a tensor is missing or has another type or shape than the header says
 */
export function parameterBytesIn({ model }: CheckpointHeader, tensors: readonly StoredTensor[]): Uint8Array {
  const own = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const inOrder = [
    ...model.parameters.filter(({ trainable }) => trainable),
    ...model.parameters.filter(({ trainable }) => !trainable),
  ];
  const stored = inOrder.flatMap(({ name }) => own.get(name) ?? []);
  checkTensors(inOrder, stored);
  // A copy, because a Buffer may share its memory with others.
  return new Uint8Array(Buffer.concat(stored.map((tensor) => bytesOf(tensor, model.dtype))));
}

/**
 * Converts a file of this format to a checkpoint of the trainer.
 * @param plan the memory of the trainer @throws InputError with everything that does not fit
 */
export function decodeTensorCheckpoint(bytes: Uint8Array, plan: MemoryPlan): Uint8Array {
  const { header, tensors, facts } = readTensorCheckpoint(bytes);
  const layout = layoutOf(plan);
  const has = (prefix: string): boolean => tensors.some(({ name }) => name.startsWith(`${prefix}:`));
  const [hasBest, hasLast] = [has("best"), has("last")];
  if (hasLast && !hasBest)
    throw new InputError("the checkpoint has the parameters of the last epoch, but not of the best");
  const pieces = piecesOf(layout, hasBest, hasLast);
  checkTensors(pieces, tensors);
  const saved = [hasBest, hasLast].filter((isSaved) => isSaved).length;
  const data = new Uint8Array(layout.bytes + saved * layout.parameterBytes);
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name, begin } of pieces) {
    const tensor = found.get(name);
    if (tensor !== undefined) data.set(bytesOf(tensor, header.model.dtype), begin);
  }
  const view = new DataView(data.buffer);
  for (const [key, at] of layout.integers) view.setUint32(at, integerIn(facts, key), true);
  const [best, last] = [layout.bytes, layout.bytes + layout.parameterBytes];
  const progress = {
    rows: 0,
    sum: 0,
    ...header.progress,
    best: data.subarray(best, last),
    last: data.subarray(last),
  };
  return encodeCheckpoint(header.model, data.subarray(0, best), progress, header.notes);
}

/** The largest number of errors in a message. */
const mostErrors = 6;

/** @throws InputError unless the tensors have these names and shapes */
function checkTensors(
  pieces: readonly { readonly name: string; readonly shape: readonly number[] }[],
  tensors: readonly StoredTensor[],
): void {
  const errors = tensorErrors(pieces, tensors, "a tensor of this checkpoint");
  if (errors.length === 0) return;
  const more = errors.length > mostErrors ? [`and ${errors.length - mostErrors} more`] : [];
  throw new InputError(
    `the tensors do not fit the model: ${[...errors.slice(0, mostErrors), ...more].join("; ")}`,
  );
}

/** @throws InputError if the tensor has another type than the model */
function bytesOf({ name, type, shape, numbers }: StoredTensor, dtype: "f32" | "f64"): Uint8Array {
  const wanted = dtype === "f32" ? "F32" : "F64";
  if (type !== wanted)
    throw new InputError(
      `"${shown(name)}" has type ${shown(type ?? "unknown")}, but the model needs ${wanted}`,
    );
  const values = new (dtype === "f32" ? Float32Array : Float64Array)(sizeOf(shape, 1));
  values.set(Array.from(numbers()));
  return new Uint8Array(values.buffer);
}

/** @throws InputError unless the metadata has a 32-bit unsigned integer under the key */
function integerIn(facts: Readonly<Record<string, string>>, key: string): number {
  const text = Object.hasOwn(facts, key) ? facts[key] : "";
  if (/^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff) return Number(text);
  throw new InputError(`the checkpoint has no valid "${key}"`);
}
