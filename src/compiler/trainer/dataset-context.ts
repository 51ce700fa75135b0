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
import type { FeatureEncoder, DatasetContext } from "../../runtime/data/dataset.ts";
import { fitScales } from "../../runtime/data/scale.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { EncoderName } from "../runtime-references.ts";
import { encoderNames, dataFacts, trainingFacts } from "./trainer-facts.ts";
import type { Model } from "../spec/types.ts";

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

export const datasetContextOf = (model: Model, facts: ModelFacts): DatasetContext => ({
  model: facts,
  data: dataFacts(model) ?? { inputs: {}, targets: {} },
  training: trainingFacts(model),
  encoders: Object.fromEntries(
    Object.entries(encoderNames(model)).map(([key, name]) => [key, encoders[name]]),
  ),
  fitScales,
});
