/** Creates a checkpoint from tensors of another library, with the preprocessing that predictions need. */
import type { EmittedModule } from "../../../compiler/load-trainer.ts";
import type { Model } from "../../../compiler/spec/types.ts";
import { specMetadata } from "./spec-changes.ts";
import { datasetContextOf } from "../../../compiler/trainer/dataset-context.ts";
import { datasetOf } from "../../../runtime/data/dataset.ts";
import type { LocateErrors, Source } from "../../../runtime/data/dataset.ts";
import { numbersFor } from "./parameters.ts";
import type { StoredTensor } from "./tensors.ts";

export interface ImportedTensors {
  readonly checkpoint: Uint8Array;
  readonly parameters: readonly { readonly name: string; readonly numbers: ArrayLike<number> }[];
}

/**
 * The checkpoint of a trainer with 0 epochs. `tensors` are the parameters of the model. `source` is the data of the
 * spec: the preprocessing is fitted to its training split, as in training, so that the checkpoint can predict without
 * further training.
 *
 * @throws InputError for values that are not finite
 */
export function importTensors(
  model: Model,
  emitted: EmittedModule,
  tensors: readonly StoredTensor[],
  source: Source | undefined,
  locateErrors: LocateErrors,
): ImportedTensors {
  const { model: facts, createTrainer } = emitted;
  const trainer = createTrainer();
  const parameters = tensors.map((tensor) => ({
    name: tensor.name,
    numbers: numbersFor(facts.dtype, tensor),
  }));
  for (const { name, numbers } of parameters) trainer.parameters[name].set(numbers);
  const fields =
    source && datasetOf(datasetContextOf(model, facts), source, trainer.seed, locateErrors).fields;
  return { checkpoint: trainer.save({ ...(fields && { fields }), ...specMetadata(model) }), parameters };
}
