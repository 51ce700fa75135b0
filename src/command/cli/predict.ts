/**
 * `tapeless predict`: predicts the rows of a file, and prints the predictions as the emitted program does.
 */
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { csvText } from "../../runtime/prediction/predictions.ts";
import type { Cell } from "../../runtime/prediction/interpretations.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { compileSpec, onData } from "../compile/compile-spec.ts";
import { datasetContextOf } from "../../compiler/trainer/dataset-context.ts";
import { readInputs } from "../files/read-source.ts";
import { loadToPredict, readCheckpointFile, warnOfFold } from "../files/parameter-files.ts";
import { fieldsOf, predictingOf } from "../predict/answers.ts";
import { printNotice } from "../terminal/report-error.ts";

export interface PredictFlags {
  readonly output?: string;
  readonly json?: boolean;
}

const argumentOrder = "the order of the arguments is: tapeless predict SPEC CHECKPOINT ROWS";

/** Returns the exit code. */
export async function predictSpec(
  spec: string,
  checkpoint: string,
  file: string,
  { output, json }: PredictFlags,
): Promise<number> {
  const opened = await readCheckpointFile(checkpoint, argumentOrder);
  const { header } = opened;
  const { dtype } = header.model;
  const { compilation, source } = await compileSpec(spec, { dtype });
  const { model } = compilation;
  await checkOutputs(
    { "-o": output },
    { ...ofSpec(spec, model), "the checkpoint": checkpoint, "the rows to predict": file },
  );
  const predicting = predictingOf(compilation);
  const { emitText } = await import("../../compiler/compile-target.ts");
  const emitted = await loadTrainer(await emitText(compilation, dtype));
  const trainer = emitted.createTrainer();
  loadToPredict(trainer, compilation, opened, checkpoint);
  const fields = fieldsOf(header, model, checkpoint);
  warnOfFold(model, header.notes, checkpoint);
  const request = { spec, source, model, facts: emitted.model, given: file, notify: printNotice };
  const table = await readInputs(request, file, fields);
  const context = datasetContextOf(model, emitted.model);
  const rows = onData(file, () => predicting(context, fields, table, trainer));
  const text = `${json ? jsonOf(model.name, rows) : csvText(rows)}\n`;
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
  return 0;
}

/** `{ "model", "predictions": [{ column: value, … }, …] }` */
function jsonOf(model: string, [heads, ...rows]: readonly (readonly Cell[])[]): string {
  const predictions = rows.map((row) => Object.fromEntries(heads.map((head, i) => [head, row[i]])));
  return JSON.stringify({ model, predictions });
}
