/**
 * The row that `inspect --row`, or `row` of the library, chooses, and the numbers of a training step on it.
 */
import { emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { rowsAt, rowsIn } from "../../compiler/reference/program-memory.ts";
import { datasetContextOf, prepareDataset } from "../../compiler/trainer/dataset-context.ts";
import { countText, workText } from "../../compiler/util/number-text.ts";
import { randomBatch } from "../../runtime/check/batches.ts";
import type { Source } from "../../runtime/data/dataset.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { explainRow, flopsOfRow, maxFlopsOfRow, trainingRowText } from "../../studio/explain/explain-row.ts";
import type { RowStart } from "../../studio/explain/explain-row.ts";
import type { ExplainedRow } from "../../studio/explanation.ts";
import { onData } from "../compile/compile-spec.ts";
import { loadToPredict } from "../files/parameter-files.ts";
import type { OpenedCheckpoint } from "../files/parameter-files.ts";

/** The number of a training row, counted from 1, or the row with the largest loss. */
export type RowChoice = number | "worst";

export interface RowRequest {
  readonly compilation: TargetCompilation;
  readonly dtype: "f32" | "f64";
  readonly row: RowChoice;
  /** By default, the parameters are those with which training starts. */
  readonly checkpoint: OpenedCheckpoint | undefined;
  /** Opens the training data. Undefined if there is none: row N is then drawn at random, with N as the seed. */
  readonly read: ((facts: ModelFacts) => Promise<Source>) | undefined;
}

/** @throws DiagnosticError for data or a checkpoint that cannot be read, and for a row that does not exist */
export async function inspectedRow(request: RowRequest): Promise<ExplainedRow> {
  const { compilation, dtype, checkpoint } = request;
  const flops = flopsOfRow(compilation);
  if (flops > maxFlopsOfRow)
    throw rowError(
      `a step on one row takes ${workText(flops)}, and the reference interpreter, which computes the numbers, is ` +
        `limited to ${workText(maxFlopsOfRow)}`,
    );
  const { createTrainer, model: facts } = await loadTrainer(
    await emitText(compilation, dtype, { isFormatted: false }),
  );
  const trainer = createTrainer();
  if (checkpoint !== undefined) loadToPredict(trainer, compilation, checkpoint, checkpoint.name);
  return explainRow(compilation, {
    ...(await chosenRow(request, facts, trainer)),
    facts,
    checkpoint: trainer.save(),
    parameters: checkpoint === undefined ? "initial parameters" : `parameters of ${checkpoint.name}`,
  });
}

async function chosenRow(
  { compilation: { model }, row, read }: RowRequest,
  facts: ModelFacts,
  trainer: Trainer,
): Promise<Pick<RowStart, "batch" | "source">> {
  if (read === undefined) {
    if (row === "worst")
      throw rowError(
        "the row with the largest loss needs data, and the spec has no data section",
        "choose row 1, which is then drawn at random",
      );
    return { batch: randomBatch(facts, 1, row), source: `random row ${row}, because the spec has no data` };
  }
  const context = datasetContextOf(model, facts);
  const { train } = prepareDataset(context, await read(facts), model.training.seed, onData);
  const count = rowsIn(facts, train);
  if (row === "worst") {
    const worst = worstRow(facts, trainer, train);
    const which = `row ${countText(worst + 1)}, which has the largest loss of ${examinedText(count)}`;
    return { batch: rowsAt(facts, train, [worst]), source: which };
  }
  if (row > count)
    throw rowError(`there is no row ${countText(row)}; there are ${countText(count)} training rows`);
  return { batch: rowsAt(facts, train, [row - 1]), source: trainingRowText(row, count) };
}

const rowError = (message: string, hint?: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1010", severity: "error", message, hint }]);

/** The largest number of rows that `--row worst` examines. */
const maxExamined = 10_000;

const examinedText = (count: number): string =>
  count > maxExamined
    ? `the first ${countText(maxExamined)} training rows`
    : `the ${countText(count)} training rows`;

/**
 * The row with the largest loss in evaluation, counted from 0. A loss that is not a number counts as the largest,
 * because such a row is what the user looks for.
 */
function worstRow(facts: ModelFacts, trainer: Trainer, train: Batch): number {
  let worst = { row: 0, loss: -Infinity };
  for (let row = 0; row < Math.min(rowsIn(facts, train), maxExamined); row++) {
    const { loss } = trainer.evaluate(rowsAt(facts, train, [row]));
    if (Number.isNaN(loss)) return row;
    if (loss > worst.loss) worst = { row, loss };
  }
  return worst.row;
}
