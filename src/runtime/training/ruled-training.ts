// Training with split rules or windows, once or in folds. The result is compared with a naive forecast.
import type { Dataset, DatasetContext } from "../data/dataset.ts";
import { ruledDatasetOf, ruledFoldsOf, withoutTest } from "../data/ruled-dataset.ts";
import { foldedRegime, mean, trainAndJudge, validateFolds } from "./cross-validate.ts";
import { foldsOf } from "./folds.ts";
import type { Cutting, OpenDataset } from "./folds.ts";
import { figureText, resultText } from "./train-on.ts";
import type { Regime, Run, TrainingResult } from "./train-on.ts";
import type { Batch } from "../step/batch.ts";
import { shown } from "../step/errors.ts";

/** Loss and metrics of the naive forecast, on the splits that the model was not trained on. */
export interface NaiveResult {
  /**
   * The number of rows in a season. The forecast of a value is the latest known value that is a whole number
   * of seasons older.
   */
  season: number;
  validation?: Record<string, number>;
  test?: Record<string, number>;
}

/** The result of a run that forecasts a series. */
export type SeriesResult = TrainingResult & { naive: NaiveResult };

/** Trains one model. */
export const ruledRegime: Regime = {
  train(run) {
    const { trainer, source, locateErrors, epochs } = run;
    warnOfGaps(run);
    const dataset = ruledDatasetOf(run, source, trainer.seed, locateErrors);
    const naive = naiveIn(run, dataset);
    // No variable refers to the table during training, because it takes as much memory as the data set.
    return withNaive(run.train(trainer, dataset, { epochs }), naive);
  },
  doubt: () => undefined,
  text: (result) => naiveText(result, resultText),
};

/** Trains the folds, then the final model. */
export const ruledFoldsRegime: Regime = {
  async train(run) {
    warnOfGaps(run);
    const { source, folds } = ruledFolds(run);
    const ofFolds: (Record<string, number> | undefined)[] = [];
    let ofTest: Record<string, number> | undefined;
    const train: Run["train"] = (trainer, dataset, stage) => {
      if (dataset.validation) ofFolds.push(naiveOf(run, dataset, dataset.validation));
      ofTest = naiveOf(run, dataset, dataset.test);
      return run.train(trainer, dataset, stage);
    };
    const watched = { ...run, source, train };
    const result = await trainAndJudge(watched, await validateFolds(watched, folds));
    // A resumed run does not repeat the completed folds.
    const ofDone = folds.slice(0, folds.length - ofFolds.length).map((fold) => {
      const dataset = fold();
      return naiveOf(run, dataset, dataset.validation);
    });
    return { ...result, ...naiveResult(run, meanOver([...ofDone, ...ofFolds]), ofTest) };
  },
  doubt: foldedRegime.doubt,
  text: (result) => naiveText(result, foldedRegime.text),
};

/** The folds, and the source of the final model: all rows outside the test split, and the test split. */
export function ruledFolds(run: Cutting): Pick<Run, "source"> & { folds: (() => OpenDataset)[] } {
  const { data, trainer, locateErrors } = run;
  const source = withoutTest(run, run.source, trainer.seed, locateErrors);
  const rule = data.splitRules?.folds;
  const folds = rule
    ? ruledFoldsOf(run, run.source, rule, trainer.seed, locateErrors)
    : foldsOf({ ...run, source });
  return { source, folds };
}

/** Warns about gaps in the times of each file. */
export function warnOfGaps(run: Pick<Cutting, "source" | "locateErrors" | "warn"> & DatasetContext): void {
  const { source, locateErrors, warn } = run;
  for (const part of [source, source.validationFile, source.testFile]) {
    if (part === undefined) continue;
    const text = locateErrors(part.file, () => run.describeGaps?.(run, part.table));
    if (text !== undefined) warn(`${shown(part.file)}: ${text}`);
  }
}

// The naive forecast.

function naiveOf(
  context: DatasetContext,
  { fields }: Pick<Dataset, "fields">,
  windows: Batch | undefined,
): Record<string, number> | undefined {
  const figures = windows && context.forecastNaively?.(context, fields, windows);
  return figures && Object.keys(figures).length > 0 ? figures : undefined;
}

/** Evaluates the naive forecast on the validation and test splits of a data set. */
export const naiveIn = (context: DatasetContext, dataset: Dataset): Partial<Pick<SeriesResult, "naive">> =>
  naiveResult(
    context,
    naiveOf(context, dataset, dataset.validation),
    naiveOf(context, dataset, dataset.test),
  );

/** Returns the mean of each loss and metric over the folds. */
function meanOver(
  folds: readonly (Record<string, number> | undefined)[],
): Record<string, number> | undefined {
  const [first] = folds;
  if (first === undefined) return undefined;
  const over = (name: string) => mean(folds.map((fold) => fold?.[name] ?? NaN));
  return Object.fromEntries(Object.keys(first).map((name) => [name, over(name)]));
}

function naiveResult(
  { data }: DatasetContext,
  validation: Record<string, number> | undefined,
  test: Record<string, number> | undefined,
): Partial<Pick<SeriesResult, "naive">> {
  if (!validation && !test) return {};
  return {
    naive: { season: data.windowRule?.season ?? 1, ...(validation && { validation }), ...(test && { test }) },
  };
}

const withNaive = async (
  result: Promise<TrainingResult>,
  naive: Partial<SeriesResult>,
): Promise<TrainingResult> => ({ ...(await result), ...naive });

/** The text of the result, then a line for each split of the naive forecast. */
export function naiveText(result: TrainingResult, text: (result: TrainingResult) => string): string {
  if (!isOfSeries(result)) return text(result);
  const { naive, ...ofModel } = result;
  return `${text(ofModel)}\n${linesOf(naive)}`;
}

const isOfSeries = (result: TrainingResult): result is SeriesResult => "naive" in result;

function linesOf({ season, ...splits }: NaiveResult): string {
  const lines = Object.entries(splits).map(([split, figures]) => {
    const texts = Object.entries(figures).map(([name, value]) => `${name} ${figureText(value)}`);
    return split.padEnd(12) + texts.join("  ");
  });
  const what = season === 1 ? "the last value" : `the value ${season} rows before`;
  return [`naive forecast, ${what}`, ...lines].join("\n");
}
