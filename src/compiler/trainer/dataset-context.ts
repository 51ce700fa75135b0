/** The context in which commands prepare the data of a model. An emitted trainer uses the same context. */
import {
  columnEncoder,
  meanEncoder,
  namedClassEncoder,
  weightEncoder,
} from "../../runtime/data/column-encoder.ts";
import { dateEncoder, meanDateEncoder } from "../../runtime/data/date-encoder.ts";
import { openCategoryEncoder } from "../../runtime/data/open-category-encoder.ts";
import {
  classNameEncoder,
  decimalEncoder,
  decimalRangeEncoder,
  namedNumberEncoder,
  rangeEncoder,
} from "../../runtime/data/target-encoders.ts";
import {
  characterEncoder,
  nextEncoder,
  nextWordEncoder,
  wordEncoder,
} from "../../runtime/data/text-encoders.ts";
import { categoryEncoder } from "../../runtime/data/category-encoder.ts";
import { datasetOf } from "../../runtime/data/dataset.ts";
import type {
  Dataset,
  DatasetContext,
  FeatureEncoder,
  LocateErrors,
  Source,
  Splitter,
} from "../../runtime/data/dataset.ts";
import { gapText } from "../../runtime/data/gaps.ts";
import { ruledDatasetOf } from "../../runtime/data/ruled-dataset.ts";
import { fitScales } from "../../runtime/data/scale.ts";
import { readMoments } from "../../runtime/data/series.ts";
import {
  drawnFraction,
  lastRows,
  rowsAfter,
  rowsOfColumn,
  rowsOfGroups,
} from "../../runtime/data/split-rules.ts";
import { cutWindows, windowsBy } from "../../runtime/data/windows.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { foldedRegime } from "../../runtime/training/cross-validate.ts";
import { forecastNaively } from "../../runtime/training/naive-forecast.ts";
import { ruledFoldsRegime, ruledRegime } from "../../runtime/training/ruled-training.ts";
import { resultText } from "../../runtime/training/train-on.ts";
import type { Regime, TrainingResult } from "../../runtime/training/train-on.ts";
import type { EncoderName, RegimeName, SplitterName } from "../runtime-references.ts";
import type { Model } from "../spec/types.ts";
import { mapValues } from "../util/collections.ts";
import {
  encoderNames,
  dataFacts,
  regimeName,
  seriesParts,
  splitterNames,
  trainingFacts,
} from "./trainer-facts.ts";

/** The encoders, by the names that the emitter writes. */
const encoders: Readonly<Record<EncoderName, FeatureEncoder>> = {
  columnEncoder,
  characterEncoder,
  nextEncoder,
  meanEncoder,
  categoryEncoder,
  openCategoryEncoder,
  dateEncoder,
  meanDateEncoder,
  wordEncoder,
  nextWordEncoder,
  namedClassEncoder,
  classNameEncoder,
  namedNumberEncoder,
  decimalEncoder,
  rangeEncoder,
  decimalRangeEncoder,
  weightEncoder,
};

/** The splitters, by the names that the emitter writes. */
const splitters: Readonly<Record<SplitterName, Splitter>> = {
  lastRows,
  rowsAfter,
  rowsOfColumn,
  rowsOfGroups,
  drawnFraction,
};

const regimes: Readonly<Record<RegimeName, Regime>> = { foldedRegime, ruledRegime, ruledFoldsRegime };

export const datasetContextOf = (model: Model, facts: ModelFacts): DatasetContext => ({
  model: facts,
  data: dataFacts(model) ?? { inputs: {}, targets: {} },
  training: trainingFacts(model),
  encoders: mapValues(encoderNames(model), (name) =>
    model.data?.windows === undefined ? encoders[name] : windowsBy(encoders[name]),
  ),
  fitScales,
  readTimes: readMoments,
  splitters: mapValues(splitterNames(model), (name) => splitters[name]),
  ...(seriesParts(model).cutUnits && { cutUnits: cutWindows }),
  ...(seriesParts(model).describeGaps && { describeGaps: gapText }),
  ...(seriesParts(model).forecastNaively && { forecastNaively }),
});

/** The training regime of the model; undefined for a single training run on random splits. */
export function regimeOf(model: Model): Regime | undefined {
  const name = regimeName(model);
  return name === undefined ? undefined : regimes[name];
}

/** The text of the result of a run. */
export const resultOf = (model: Model, result: TrainingResult): string =>
  (regimeOf(model)?.text ?? resultText)(result);

/** Splits and encodes the rows, as a run of this model does. */
export const prepareDataset = (
  context: DatasetContext,
  source: Source,
  seed: number,
  locateErrors: LocateErrors,
): Dataset =>
  context.data.splitRules === undefined
    ? datasetOf(context, source, seed, locateErrors)
    : ruledDatasetOf(context, source, seed, locateErrors);
