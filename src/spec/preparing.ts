/** What preparing the data of a model depends on, as an emitted trainer would have it. */
import { namedClassCodec } from "../runtime/named-class-codec.ts";
import { weightCodec } from "../runtime/weight-codec.ts";
import { characterCodec, nextCodec } from "../runtime/character-codec.ts";
import { categoryCodec } from "../runtime/category-codec.ts";
import { columnCodec } from "../runtime/column-codec.ts";
import type { Codec, Preparing } from "../runtime/dataset.ts";
import { meanCodec } from "../runtime/missing.ts";
import { nextWordCodec, wordCodec } from "../runtime/word-codec.ts";
import { fitScales } from "../runtime/scale.ts";
import type { ModelFacts } from "../runtime/model-facts.ts";
import { codecNames, dataFacts, trainingFacts } from "./trainer-facts.ts";
import type { Model } from "./types.ts";

/** By the names that the emitter writes. */
const codecs: Readonly<Record<string, Codec>> = {
  columnCodec,
  characterCodec,
  nextCodec,
  meanCodec,
  categoryCodec,
  wordCodec,
  nextWordCodec,
  namedClassCodec,
  weightCodec,
};

export const preparingOf = (model: Model, facts: ModelFacts): Preparing => ({
  model: facts,
  data: dataFacts(model) ?? { inputs: {}, targets: {} },
  training: trainingFacts(model.training, model.metrics),
  codecs: Object.fromEntries(Object.entries(codecNames(model)).map(([key, name]) => [key, codecs[name]])),
  fitScales,
});
