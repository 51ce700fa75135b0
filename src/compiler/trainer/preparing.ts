/** The context in which commands prepare the data of a model. An emitted trainer uses the same context. */
import { columnCodec, meanCodec, namedClassCodec, weightCodec } from "../../runtime/data/column-codec.ts";
import { dateCodec, meanDateCodec } from "../../runtime/data/date-codec.ts";
import { classNameCodec, decimalCodec, namedNumberCodec } from "../../runtime/data/target-codecs.ts";
import { openCategoryCodec } from "../../runtime/data/open-category-codec.ts";
import { characterCodec, nextCodec, nextWordCodec, wordCodec } from "../../runtime/data/text-codecs.ts";
import { categoryCodec } from "../../runtime/data/category-codec.ts";
import type { Codec, DatasetContext } from "../../runtime/data/dataset.ts";
import { fitScales } from "../../runtime/data/scale.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { CodecName } from "../runtime-references.ts";
import { codecNames, dataFacts, trainingFacts } from "./trainer-facts.ts";
import type { Model } from "../spec/types.ts";

/** The encoders, by the names that the emitter writes. */
const codecs: Readonly<Record<CodecName, Codec>> = {
  columnCodec,
  characterCodec,
  nextCodec,
  meanCodec,
  categoryCodec,
  openCategoryCodec,
  dateCodec,
  meanDateCodec,
  classNameCodec,
  namedNumberCodec,
  decimalCodec,
  wordCodec,
  nextWordCodec,
  namedClassCodec,
  weightCodec,
};

export const preparingOf = (model: Model, facts: ModelFacts): DatasetContext => ({
  model: facts,
  data: dataFacts(model) ?? { inputs: {}, targets: {} },
  training: trainingFacts(model.training, model.metrics),
  codecs: Object.fromEntries(Object.entries(codecNames(model)).map(([key, name]) => [key, codecs[name]])),
  fitScales,
});
