/** The row of `tapeless inspect --row`, and the numbers of a training step on it. */
import { emitText } from "../../compiler/compile-target.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { rowsAt, rowsIn } from "../../compiler/reference/program-memory.ts";
import { datasetContextOf, prepareDataset } from "../../compiler/trainer/dataset-context.ts";
import { countText, workText } from "../../compiler/util/number-text.ts";
import { randomBatch } from "../../runtime/check/batches.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { explainRow, flopsOfRow, maxFlopsOfRow, trainingRowText } from "../../studio/explain/explain-row.ts";
import type { RowStart } from "../../studio/explain/explain-row.ts";
import type { ExplainedRow } from "../../studio/explanation.ts";
import { onFile } from "../compile/compile-spec.ts";
import type { CompiledSpec } from "../compile/compile-spec.ts";
import { loadToPredict, readCheckpointFile } from "../files/parameter-files.ts";
import { readSource } from "../files/read-source.ts";
import { printNotice, usageError } from "../terminal/report-error.ts";

/** The number of a training row, counted from 1, or the row with the largest loss. */
export type RowChoice = number | "worst";

interface RowFlags {
  readonly row: RowChoice;
  /** A checkpoint file. By default, the parameters are those with which training starts. */
  readonly checkpoint: string | undefined;
  readonly dtype: "f32" | "f64";
}

/** @throws DiagnosticError for data or a checkpoint that cannot be read, and for a row that does not exist */
export async function inspectedRow(
  spec: string,
  compiled: CompiledSpec,
  { row, checkpoint, dtype }: RowFlags,
): Promise<ExplainedRow> {
  const { compilation } = compiled;
  const flops = flopsOfRow(compilation);
  if (flops > maxFlopsOfRow)
    throw usageError(
      `--row: a step on one row takes ${workText(flops)}, and the reference interpreter, which computes the ` +
        `numbers, is limited to ${workText(maxFlopsOfRow)}`,
    );
  const emitted = await loadTrainer(await emitText(compilation, dtype, { isFormatted: false }));
  const trainer = emitted.createTrainer();
  if (checkpoint !== undefined)
    loadToPredict(trainer, compilation, await readCheckpointFile(checkpoint), checkpoint);
  const chosen = await chosenRow(spec, compiled, emitted, { row, trainer });
  return explainRow(compilation, {
    ...chosen,
    facts: emitted.model,
    checkpoint: trainer.save(),
    parameters: checkpoint === undefined ? "initial parameters" : `parameters of ${checkpoint}`,
  });
}

/** Without a data section, row N is drawn at random, with N as the seed. */
async function chosenRow(
  spec: string,
  { compilation: { model }, source }: CompiledSpec,
  { model: facts }: EmittedModule,
  { row, trainer }: { readonly row: RowChoice; readonly trainer: Trainer },
): Promise<Pick<RowStart, "batch" | "source">> {
  if (model.data === undefined) {
    if (row === "worst")
      throw usageError(
        "--row worst needs data, and the spec has no data section",
        "--row 1 draws a random row",
      );
    return { batch: randomBatch(facts, 1, row), source: `random row ${row}, because the spec has no data` };
  }
  const { train } = prepareDataset(
    datasetContextOf(model, facts),
    await readSource({ spec, source, model, facts, given: undefined, notify: printNotice }),
    model.training.seed,
    (file, work) => onFile(file, "T2004", work),
  );
  const count = rowsIn(facts, train);
  if (row === "worst") {
    const worst = worstRow(facts, trainer, train);
    const which = `row ${countText(worst + 1)}, which has the largest loss of ${examinedText(count)}`;
    return { batch: rowsAt(facts, train, [worst]), source: which };
  }
  if (row > count)
    throw usageError(`--row: there is no row ${countText(row)}; there are ${countText(count)} training rows`);
  return { batch: rowsAt(facts, train, [row - 1]), source: trainingRowText(row, count) };
}

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
