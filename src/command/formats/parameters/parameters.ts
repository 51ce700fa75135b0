/**
 * Reads parameters from checkpoints, and values of tensors from other files.
 */
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { InputError } from "../../../runtime/step/errors.ts";
import { sizeOf, type ModelFacts } from "../../../runtime/model/facts.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { NamedTensor, StoredTensor } from "./tensors.ts";

/** The content of a checkpoint of any model. Reading it needs no spec. */
export interface Exported {
  readonly model: ModelFacts;
  readonly epoch: number;
  /** The tensors, in the model's order. */
  readonly tensors: readonly NamedTensor[];
}

/** @throws InputError if the bytes are not a checkpoint */
export function parametersIn(checkpoint: Uint8Array): Exported {
  const { header, data } = openCheckpoint(checkpoint);
  const { model, progress } = header;
  const real = model.dtype === "f32" ? Float32Array : Float64Array;
  // The data begins with the parameters, trainable ones first. It is copied because views need aligned
  // offsets.
  const { buffer } = data.slice();
  let at = 0;
  const inOrder = [
    ...model.parameters.filter(({ trainable }) => trainable),
    ...model.parameters.filter(({ trainable }) => !trainable),
  ];
  const tensors = new Map(
    inOrder.map(({ name, shape }) => {
      const numbers = new real(buffer, at, sizeOf(shape));
      at += numbers.byteLength;
      return [name, { name, shape, numbers }] as const;
    }),
  );
  return {
    model,
    epoch: progress.epoch,
    tensors: model.parameters.flatMap(({ name }) => tensors.get(name) ?? []),
  };
}

/** The maximum number of errors that are listed. */
const maxErrors = 20;

/** The error T3002 with everything that does not fit. */
export function mismatch(model: string, file: string, errors: readonly string[]): Diagnostic {
  const more = errors.length > maxErrors ? [`and ${errors.length - maxErrors} more`] : [];
  return {
    code: "T3002",
    severity: "error",
    message: `the tensors do not match the parameters of "${model}"`,
    location: { file },
    notes: [...errors.slice(0, maxErrors), ...more],
  };
}

/**
 * The values of a tensor in the element type of a model.
 * @throws InputError for values that are not finite in this type
 */
export function numbersFor(dtype: "f32" | "f64", tensor: StoredTensor): Float32Array | Float64Array {
  const given = tensor.numbers();
  const numbers = dtype === "f32" ? Float32Array.from(given) : Float64Array.from(given);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return numbers;
  throw new InputError(`value ${bad} of "${tensor.name}" is ${given[bad]}, which is not finite as ${dtype}`);
}
