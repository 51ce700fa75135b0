/** Creates a checkpoint from tensors of another library, with the preprocessing that predictions need. */
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import type { EmittedModule } from "../../../compiler/load-trainer.ts";
import type { Model } from "../../../compiler/spec/types.ts";
import { specMetadata } from "./spec-changes.ts";
import { datasetContextOf } from "../../../compiler/trainer/dataset-context.ts";
import { datasetOf } from "../../../runtime/data/dataset.ts";
import type { LocateErrors, Source } from "../../../runtime/data/dataset.ts";
import { numbersFor, parameterErrors } from "./parameters.ts";
import type { StoredTensor } from "./tensors.ts";

/** The maximum number of errors that are listed. */
const maxErrors = 20;

export interface ImportedTensors {
  readonly checkpoint: Uint8Array;
  readonly parameters: readonly { readonly name: string; readonly numbers: ArrayLike<number> }[];
}

/**
 * The checkpoint of a trainer with 0 epochs. `source` is the data of the spec: the preprocessing is fitted to
 * its training split, as in training, so that the checkpoint can predict without further training.
 *
 * @throws DiagnosticError (T3002) if the tensors are not the parameters of the model
 * @throws InputError for values that are not finite
 */
export function importTensors(
  model: Model,
  emitted: EmittedModule,
  { file, tensors }: { readonly file: string; readonly tensors: readonly StoredTensor[] },
  source: Source | undefined,
  locateErrors: LocateErrors,
): ImportedTensors {
  const { model: facts, createTrainer } = emitted;
  const errors = parameterErrors(facts.parameters, tensors);
  if (errors.length > 0) {
    const more = errors.length > maxErrors ? [`and ${errors.length - maxErrors} more`] : [];
    const message = `the tensors do not match the parameters of "${model.name}"`;
    const notes = [...errors.slice(0, maxErrors), ...more];
    throw new DiagnosticError([{ code: "T3002", severity: "error", message, location: { file }, notes }]);
  }
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
