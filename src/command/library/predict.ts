/** `predict` of the library: predicts rows with the model in a checkpoint. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { defaultTarget } from "../../compiler/targets.ts";
import { datasetContextOf } from "../../compiler/trainer/dataset-context.ts";
import type { Cell } from "../../runtime/prediction/interpretations.ts";
import { onData } from "../compile/compile-spec.ts";
import { foldWarning, loadToPredict, openCheckpointFile } from "../files/parameter-files.ts";
import { fieldsOf, predictingOf } from "../predict/answers.ts";
import { breathe, throwIfAborted } from "./aborted.ts";
import { checkOptions, compileOpen, loadCompiled, openSpec, optionError, warningsOf } from "./open-spec.ts";
import type { SpecFiles, SpecInput } from "./open-spec.ts";
import { inputsOf } from "./rows.ts";
import type { Rows } from "./rows.ts";

export interface PredictOptions extends SpecFiles {
  /** The trained model: a checkpoint as bytes, or the path of its file. */
  readonly checkpoint: Uint8Array | string;
  /** The rows to predict. Only the columns of inputs are read. */
  readonly data: Rows;
  /** Stops the work: `predict` rejects with `Aborted`. */
  readonly signal?: AbortSignal | undefined;
}

export interface Predicted {
  /** For each row, the cells that `tapeless predict` prints, by column. */
  readonly predictions: readonly Readonly<Record<string, Cell>>[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * Predicts the targets of rows.
 *
 * @throws {DiagnosticError} for an invalid spec, option, checkpoint or row
 * @throws {Aborted} if `signal` stops the work
 */
export async function predict(spec: SpecInput, options: PredictOptions): Promise<Predicted> {
  checkOptions(options, ["checkpoint", "data", "signal", "folder", "files"]);
  const { checkpoint, data, signal } = options;
  if (checkpoint === undefined)
    throw optionError("`checkpoint` is missing", "pass the checkpoint of `train`");
  if (data === undefined) throw optionError("`data` is missing", "pass the rows to predict");
  throwIfAborted(signal);
  const opened = await openCheckpointFile(checkpoint);
  const { name, header } = opened;
  const { dtype } = header.model;
  const open = await openSpec(spec, options);
  const compilation = await compileOpen(open, { dtype });
  const { model } = compilation;
  const predicting = predictingOf(compilation);
  const emitted = await loadCompiled(compilation, { target: defaultTarget, dtype }, { isProgram: false });
  await breathe(signal);
  const trainer = emitted.createTrainer();
  loadToPredict(trainer, compilation, opened, name);
  const fields = fieldsOf(header, model, name);
  const warning = foldWarning(model, header.notes, name);
  const { name: file, table } = await inputsOf(open, emitted.model, data, fields);
  await breathe(signal);
  const context = datasetContextOf(model, emitted.model);
  const [heads = [], ...rows] = onData(file, () => predicting(context, fields, table, trainer));
  return {
    predictions: rows.map((row) => Object.fromEntries(heads.map((head, i) => [head, row[i]]))),
    warnings: [...(await warningsOf(open, compilation)), ...(warning === undefined ? [] : [warning])],
  };
}
