/**
 * `train --report`: compares predictions with the true values, for rows that the model was not trained on.
 */
import { extname } from "node:path";
import type { Compilation } from "../../compiler/pipeline.ts";
import * as answers from "../../runtime/prediction/interpretations.ts";
import type { Interpretation } from "../../runtime/prediction/interpretations.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { FittedField } from "../../runtime/data/fields.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { answersOf } from "../../compiler/trainer/trainer-facts.ts";
import { rowsIn } from "../../compiler/reference/program-memory.ts";
import type { SplitPredictions, ReportFormat } from "../../studio/charts/index.ts";
import { usageError } from "../terminal/report-error.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";

/** `true`: print on standard error, because standard output contains the result. */
export type ReportFlag = string | true | undefined;

const formats = ["txt", "json", "svg", "html"] satisfies ReportFormat[];

/** @throws DiagnosticError, before any training, for a file that cannot be written */
export async function checkReport(file: ReportFlag): Promise<void> {
  if (typeof file !== "string") return;
  if (formatOf(file) === undefined)
    throw usageError(
      `--report ${file}: the file extension is not that of a report format`,
      "use a file name that ends in .txt, .json, .svg or .html",
    );
  await checkWritable(file);
}

/** The format of a report file, by its extension. */
export const formatOf = (file: string): ReportFormat | undefined =>
  formats.find((format) => extname(file).toLowerCase() === `.${format}`);

/** Reports on the validation and test splits, or on the training split if there is no other. */
export async function reportPredictions(
  compilation: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  { train, validation, test, fields }: Dataset,
  file: string | true,
): Promise<void> {
  const evaluated = Object.entries({ validation, test }).filter(
    (split): split is [string, Batch] => split[1] !== undefined,
  );
  const splits = (evaluated.length > 0 ? evaluated : [["training", train] as const]).flatMap(
    ([split, data]) =>
      targetScores(compilation, facts, trainer, data).map(({ target, scores }) => {
        const predictions = predictionsFor(compilation, facts, target, fields, data, scores);
        return { split, ...(compilation.model.losses && { target }), ...predictions };
      }),
  );
  const { reportFormats } = await import("../../studio/charts/index.ts");
  const format = typeof file === "string" ? (formatOf(file) ?? "txt") : "txt";
  const text = await reportFormats[format]({ title: `${facts.name}: predicted and true values`, splits });
  if (file === true) process.stderr.write(`\n${text}`);
  else await writeFile(file, text);
}

/** The predictions of a target, and its true values. */
function predictionsFor(
  { model, built }: Compilation,
  facts: ModelFacts,
  target: string,
  fields: readonly FittedField[],
  data: Batch,
  scores: readonly number[],
): Omit<SplitPredictions, "split" | "target"> {
  const { classes } = facts.targets[target];
  const field = fields.find(({ name }) => name === target) ?? { name: target, columns: [] };
  const expected = data[target];
  const scoresPerValue = scores.length / expected.length;
  const name = answersOf(model, built)?.[target].answer;
  const answer: Interpretation = answers[name ?? (classes === undefined ? "inTargetUnits" : "byScore")];
  if (!(classes === undefined ? scoresPerValue === 1 : scoresPerValue === 1 || scoresPerValue === classes))
    throw usageError(
      `--report: the outputs of "${facts.name}" do not correspond one to one to the values of ${
        model.losses === undefined ? "its target" : target
      }`,
      "omit --report",
    );
  const indices = Array.from({ length: classes ?? 0 }, (_, i) => i);
  // The scales of a row repeat at each step of a window.
  const scales = field.scales ?? [{ shift: 0, span: 1 }];
  const scaleOf = (position: number) => scales[position % scales.length];
  const predicted = Array.from(expected, (_, position) => {
    // The number of decimals is omitted, because errors are computed from numbers that are not rounded.
    const { shift, span } = scaleOf(position);
    const own = scores.slice(position * scoresPerValue, (position + 1) * scoresPerValue);
    return Number(answer(own, indices, { shift, span })[0]);
  });
  if (classes !== undefined) return { classes: namesOf(field, classes), expected, predicted };
  const original = Array.from(expected, (value, position) =>
    Number(answers.inTargetUnits([value], [], scaleOf(position))[0]),
  );
  const decimals = field.scales?.map((scale) => scale.decimals ?? NaN) ?? [];
  const most = decimals.length === 0 ? NaN : Math.max(...decimals);
  return { expected: original, predicted, ...(most >= 0 && { decimals: most }) };
}

/** The outputs of the network for all rows, divided among the targets. */
function targetScores(
  { built: { predictions } }: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  data: Batch,
): { readonly target: string; readonly scores: readonly number[] }[] {
  const scores = outputsOf(facts, trainer, data);
  const sizes = predictions.map(({ shape }) => sizeOf(shape));
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  return predictions.map(({ target }, i) => ({
    target,
    scores: scores.filter((_, at) => at % width >= starts[i] && at % width < starts[i] + sizes[i]),
  }));
}

/** The outputs of the network for all rows. */
function outputsOf(facts: ModelFacts, trainer: Trainer, data: Batch): number[] {
  const inputs = Object.entries(facts.inputs).filter(([, { onlyLoss }]) => !onlyLoss);
  const rows = rowsIn(facts, data);
  const scores: number[] = [];
  for (let start = 0; start < rows; start += facts.batchSize) {
    const cut = (name: string, size: number): number[] =>
      Array.prototype.slice.call(data[name], start * size, (start + facts.batchSize) * size);
    const batch = Object.fromEntries(inputs.map(([name, { shape }]) => [name, cut(name, sizeOf(shape))]));
    for (const score of trainer.predict(batch)) scores.push(score);
  }
  return scores;
}

/**
 * The names of classes. If the target is the next character of a text, the classes are the end and all
 * characters. Classes without names are numbered.
 */
function namesOf({ classNames, characters }: FittedField, classes: number): readonly string[] {
  const names = characters === undefined ? classNames : ["(end)", ...characters];
  return Array.from({ length: classes }, (_, i) => names?.[i] ?? String(i));
}
