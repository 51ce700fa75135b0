/** `tapeless predict`: predictions for the rows of a file, in the form that the emitted program prints. */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { fieldsFor } from "../formats/parameters/checkpoint.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import * as answers from "../../runtime/prediction/interpretations.ts";
import { forecastBy } from "../../runtime/prediction/forecasts.ts";
import { csvText, predictBy } from "../../runtime/prediction/predictions.ts";
import type { Interpretation, Cell } from "../../runtime/prediction/interpretations.ts";
import type { CheckpointHeader } from "../../runtime/checkpoints/checkpoint.ts";
import type { FittedField } from "../../runtime/data/fields.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { answerName, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { compileSpec, onData, onFile } from "../compile/compile-spec.ts";
import { datasetContextOf } from "../../compiler/trainer/dataset-context.ts";
import { readInputs } from "../files/read-source.ts";
import { readCheckpointFile, warnOfFold } from "../files/parameter-files.ts";
import { usageError } from "../terminal/report-error.ts";

export interface PredictFlags {
  readonly output?: string;
  readonly json?: boolean;
}

/** Returns the exit code. */
export async function predictSpec(
  spec: string,
  checkpoint: string,
  file: string,
  { output, json }: PredictFlags,
): Promise<number> {
  const { bytes, header } = await readCheckpointFile(checkpoint);
  const { dtype } = header.model;
  const { compilation, source } = await compileSpec(spec, { dtype });
  const { model } = compilation;
  await checkOutputs(
    { "-o": output },
    { ...ofSpec(spec, model), "the checkpoint": checkpoint, "the rows to predict": file },
  );
  const answer = answerOf(compilation);
  const { emitText } = await import("../../compiler/compile-target.ts");
  const emitted = await loadTrainer(await emitText(compilation, dtype));
  const trainer = emitted.createTrainer();
  onFile(checkpoint, "T3001", () => trainer.load(bytes));
  const fields = fieldsOf(header, model, checkpoint);
  warnOfFold(model, header.notes, checkpoint);
  const request = { spec, source, model, facts: emitted.model, given: file };
  const table = await readInputs(request, file, fields);
  const context = datasetContextOf(model, emitted.model);
  const predicting = model.data?.windows === undefined ? predictBy(answer) : forecastBy(predictBy(answer));
  const rows = onData(file, () => predicting(context, fields, table, trainer));
  const text = `${json ? jsonOf(model.name, rows) : csvText(rows)}\n`;
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
  return 0;
}

/**
 * @throws DiagnosticError (T1010) for a model whose outputs do not correspond to the values of its target.
 */
function answerOf({ model, built }: Compilation): Interpretation {
  const name = answerName(model, built);
  if (name !== undefined) return answers[name];
  if (writesTexts(model))
    throw usageError(
      `"${model.name}" is a language model: it generates texts and makes no predictions for rows`,
      "to generate texts: tapeless train SPEC --resume CHECKPOINT --sample N",
    );
  throw usageError(
    `the outputs of "${model.name}" do not correspond one to one to the values of its target`,
    "trainer.predict() of the emitted module returns the raw outputs",
  );
}

/** The fitted preprocessing in the checkpoint. @throws DiagnosticError (T3001) if there is none */
function fieldsOf({ notes }: CheckpointHeader, model: Model, file: string): readonly FittedField[] {
  const fields = onFile(file, "T3001", () => fieldsFor(model, notes.fields));
  if (fields !== undefined) return fields;
  throw new DiagnosticError([
    {
      code: "T3001",
      severity: "error",
      message: "the checkpoint does not contain the preprocessing of its training data",
      location: { file },
      hint:
        "use a checkpoint that train --out wrote; if it is imported, first run train --resume CHECKPOINT --epochs 0 " +
        "--out FILE",
    },
  ]);
}

/** `{ "model", "predictions": [{ column: value, … }, …] }` */
function jsonOf(model: string, [heads, ...rows]: readonly (readonly Cell[])[]): string {
  const predictions = rows.map((row) => Object.fromEntries(heads.map((head, i) => [head, row[i]])));
  return JSON.stringify({ model, predictions });
}
