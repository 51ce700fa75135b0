/** A batch, parameters and first states as the interpreter wants them: tensors by storage name. */
import { seedStorage } from "../../compiler/ir/storage.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { sizeOf } from "../../runtime/core/model-facts.ts";
import type { ModelFacts } from "../../runtime/core/model-facts.ts";
import type { Batch } from "../../runtime/core/slots.ts";

/** How many rows the batch has. */
export function rowsIn({ inputs, targets }: ModelFacts, batch: Batch): number {
  const [[name, { shape }]] = [...Object.entries(inputs), ...Object.entries(targets)];
  return batch[name].length / sizeOf(shape);
}

/** Inputs and targets. */
export function batchStorage(model: ModelFacts, batch: Batch): Map<string, Tensor> {
  const rows = rowsIn(model, batch);
  const slots = [...Object.entries(model.inputs), ...Object.entries(model.targets)];
  return new Map(
    slots.map(([name, { shape }]) => [
      name,
      { shape: [rows, ...shape], data: Float64Array.from(batch[name]) },
    ]),
  );
}

/** What stands in a trainer's views, by `NAME`. */
export const parameterStorage = (
  { parameters }: ModelFacts,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Map<string, Tensor> =>
  new Map(parameters.map(({ name, shape }) => [name, { shape, data: Float64Array.from(values[name]) }]));

/** What training starts from beside them, as far as it is not zero. */
export const stateStorage = (
  states: readonly { readonly name: string; readonly initial?: readonly number[] }[],
  seed: number,
): Map<string, Tensor> =>
  new Map([
    [seedStorage, { shape: [], data: Float64Array.of(seed) }],
    ...states.flatMap(({ name, initial }): [string, Tensor][] =>
      initial === undefined ? [] : [[name, { shape: [initial.length], data: Float64Array.from(initial) }]],
    ),
  ]);
