/** The closed table of layers. A new one is a definition in this folder and a line here. */
import type { Node } from "../../ir/nodes.ts";
import type { Choice } from "../../util/choice.ts";
import { activation } from "./activation.ts";
import { attention } from "./attention.ts";
import { conv2d } from "./convolution.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import { embedding, positionEmbedding } from "./embedding.ts";
import { add, concat, multiply } from "./joins.ts";
import { givenText } from "./layer.ts";
import type { Layer, LayerContext, LayerInput } from "./layer.ts";
import { batchNorm, layerNorm, rmsNorm } from "./normalisation.ts";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "./pooling.ts";
import { gru, lstm, rnn } from "./recurrent.ts";
import { flatten, reshape } from "./shapes.ts";

export const layers = {
  dense,
  activation,
  dropout,
  flatten,
  reshape,
  add,
  multiply,
  concat,
  conv2d,
  "max-pool2d": maxPool2d,
  "avg-pool2d": avgPool2d,
  "global-avg-pool2d": globalAvgPool2d,
  "batch-norm": batchNorm,
  "layer-norm": layerNorm,
  "rms-norm": rmsNorm,
  embedding,
  "position-embedding": positionEmbedding,
  attention,
  rnn,
  lstm,
  gru,
} satisfies Record<string, Layer>;

/** A layer as the canonical spec has it, as far as its own keys go. */
export type LayerChoice = Choice<typeof layers>;

/** The layer's value, once it is clear that it has as many inputs as it takes. */
export function buildLayer(context: LayerContext, inputs: readonly LayerInput[], chosen: LayerChoice): Node {
  const layer: Layer = layers[chosen.type];
  if (layer.takes === "one input" && inputs.length !== 1)
    context.refuse(`${context.layer} takes one input, but ${givenText(inputs)}`, {
      key: "from",
      hint: "join them first: add, multiply or concat",
    });
  if (layer.takes === "several inputs" && inputs.length < 2)
    context.refuse(`${context.layer} joins several layers, but reads only ${inputs[0].name}`, {
      key: "from",
      hint: `"from": ["${inputs[0].name}", …]`,
    });
  return layer.build(context, inputs, chosen);
}
