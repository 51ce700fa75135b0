/** `train --report`: what the trained model says of the rows it was not trained on, against what is true. */
import { extname } from "node:path";
import type { Compilation } from "../../compiler/pipeline.ts";
import * as answers from "../../runtime/prediction/answers.ts";
import type { Answer } from "../../runtime/prediction/answers.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { FittedField } from "../../runtime/data/fields.ts";
import { sizeOf, type ModelFacts } from "../../runtime/core/model-facts.ts";
import type { Batch } from "../../runtime/core/slots.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { answerName } from "../../compiler/trainer/trainer-facts.ts";
import { rowsIn } from "../verify/batches.ts";
import type { SplitPredictions, ReportFormat } from "../../studio/charts/index.ts";
import { usageError } from "../terminal/report-error.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";

/** `true`: on standard error, as standard output is what the program prints. */
export type ReportFlag = string | true | undefined;

const formats = ["txt", "json", "svg", "html"] satisfies ReportFormat[];

/** @throws DiagnosticError, before any training, for a file that cannot be written. */
export async function checkReport(file: ReportFlag): Promise<void> {
  if (typeof file !== "string") return;
  if (formatOf(file) === undefined)
    throw usageError(
      `--report ${file}: a report is text, JSON, a picture or a page`,
      "name it .txt, .json, .svg or .html",
    );
  await checkWritable(file);
}

/** By the ending of the file. */
export const formatOf = (file: string): ReportFormat | undefined =>
  formats.find((format) => extname(file).toLowerCase() === `.${format}`);

/** Tells of the validation and test parts; of the training part where there is no other. */
export async function reportAnswers(
  compilation: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  { train, validation, test, fields }: Dataset,
  file: string | true,
): Promise<void> {
  const held = Object.entries({ validation, test }).filter(
    (split): split is [string, Batch] => split[1] !== undefined,
  );
  const splits = (held.length > 0 ? held : [["training", train] as const]).map(([split, data]) =>
    partAnswers(compilation, facts, trainer, fields[fields.length - 1], split, data),
  );
  const { reportFormats } = await import("../../studio/charts/index.ts");
  const format = typeof file === "string" ? (formatOf(file) ?? "txt") : "txt";
  const text = reportFormats[format]({ title: `${facts.name}: predicted against true`, splits });
  if (file === true) process.stderr.write(`\n${text}`);
  else await writeFile(file, text);
}

function partAnswers(
  { model, built }: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  field: FittedField,
  split: string,
  data: Batch,
): SplitPredictions {
  const [[target, { classes, shape }]] = Object.entries(facts.targets);
  const expected = data[target];
  const scores = predictionsOf(facts, trainer, data);
  const perPlace = scores.length / expected.length;
  const known: Readonly<Record<string, Answer>> = answers;
  const answer = known[answerName(model, built) ?? (classes === undefined ? "inTargetUnits" : "byScore")];
  if (!(classes === undefined ? perPlace === 1 : perPlace === 1 || perPlace === classes))
    throw usageError(
      `--report: "${facts.name}" gives numbers that do not stand beside those of its target, one by one`,
      "leave it out",
    );
  const indices = Array.from({ length: classes ?? 0 }, (_, i) => i);
  const scaleOf = (place: number) => field.scales?.[place % sizeOf(shape)];
  const predicted = Array.from(expected, (_, place) =>
    Number(answer(scores.slice(place * perPlace, (place + 1) * perPlace), indices, scaleOf(place))[0]),
  );
  if (classes !== undefined) return { split, classes: namesOf(field, classes), expected, predicted };
  const own = Array.from(expected, (value, place) => {
    const { shift, span } = scaleOf(place) ?? { shift: 0, span: 1 };
    return value * span + shift;
  });
  return { split, expected: own, predicted };
}

/** The network's output for all rows. */
function predictionsOf(facts: ModelFacts, trainer: Trainer, data: Batch): number[] {
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
 * Of what follows in a text: its end, then its characters. Classes that the data has no names for are their
 * numbers.
 */
function namesOf({ classNames, characters }: FittedField, classes: number): readonly string[] {
  const names = characters === undefined ? classNames : ["(end)", ...characters];
  return Array.from({ length: classes }, (_, i) => names?.[i] ?? String(i));
}
