/** The table of layers. To add a layer, define it in this folder and add a line here. */
import type { Node } from "../../ir/nodes.ts";
import type { Choice } from "../../util/choice.ts";
import { activation } from "./activation.ts";
import { attention, crossAttention } from "./attention.ts";
import { conv1d, conv2d } from "./convolution.ts";
import { custom } from "./custom.ts";
import { dense } from "./dense.ts";
import { depthwiseConv2d } from "./depthwise.ts";
import { dropout } from "./dropout.ts";
import { embedding, positionEmbedding } from "./embedding.ts";
import { add, concat, multiply, residual } from "./joins.ts";
import { givenText } from "./layer.ts";
import type { Layer, LayerContext, LayerInput } from "./layer.ts";
import { hasPositionsOf, jointMask } from "./masks.ts";
import { importedOnnx, onnx } from "./onnx.ts";
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from "./normalisation.ts";
import {
  avgPool1d,
  avgPool2d,
  globalAvgPool1d,
  globalAvgPool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  maxPool1d,
  maxPool2d,
} from "./pooling.ts";
import { prelu } from "./prelu.ts";
import { gru, lstm, rnn } from "./recurrent.ts";
import { depthToSpace, flatten, pad, reshape, spaceToDepth } from "./shapes.ts";
import { conv1dTranspose, conv2dTranspose } from "./transposed-convolution.ts";
import { upsample } from "./upsample.ts";

/** Layers that read a sequence in order. With `reverse` they read it from its end. */
export const recurrentLayers = { rnn, lstm, gru } satisfies Record<string, Layer>;

export const layers = {
  dense,
  activation,
  prelu,
  dropout,
  flatten,
  reshape,
  pad,
  add,
  multiply,
  concat,
  conv1d,
  conv2d,
  "depthwise-conv2d": depthwiseConv2d,
  "conv1d-transpose": conv1dTranspose,
  "conv2d-transpose": conv2dTranspose,
  upsample,
  "depth-to-space": depthToSpace,
  "space-to-depth": spaceToDepth,
  "max-pool1d": maxPool1d,
  "max-pool2d": maxPool2d,
  "avg-pool1d": avgPool1d,
  "avg-pool2d": avgPool2d,
  "global-avg-pool1d": globalAvgPool1d,
  "global-avg-pool2d": globalAvgPool2d,
  "global-max-pool1d": globalMaxPool1d,
  "global-max-pool2d": globalMaxPool2d,
  "batch-norm": batchNorm,
  "layer-norm": layerNorm,
  "group-norm": groupNorm,
  "instance-norm": instanceNorm,
  "rms-norm": rmsNorm,
  embedding,
  "position-embedding": positionEmbedding,
  attention,
  "cross-attention": crossAttention,
  ...recurrentLayers,
  onnx,
  custom,
} satisfies Record<string, Layer>;

/** All layers of the canonical spec, including those that only the expansion of blocks inserts. */
const allLayers = { ...layers, residual, onnx: importedOnnx } satisfies Record<string, Layer>;

/** The keys of a layer in the canonical spec, without the keys that every layer has. */
export type LayerChoice = Choice<typeof allLayers>;

/** The value of a layer, with its mask. */
export interface LayerValue {
  readonly value: Node;
  readonly mask: Node | undefined;
}

/** Checks the number of inputs and builds the value of the layer. */
export function buildLayer(
  context: LayerContext,
  inputs: readonly LayerInput[],
  chosen: LayerChoice,
): LayerValue {
  const layer: Layer = allLayers[chosen.type];
  if (layer.takes === "one input" && inputs.length !== 1)
    context.refuse(
      `${context.layer} must read exactly one input, got ${inputs.length}: ${givenText(inputs)}`,
      {
        key: "from",
        hint: "join them first with an add, multiply or concat layer",
      },
    );
  if (layer.takes === "two inputs" && inputs.length !== 2)
    context.refuse(
      `${context.layer} must read exactly two inputs, got ${inputs.length}: ${givenText(inputs)}`,
      {
        key: "from",
        hint: 'write "from": ["QUERIES", "MEMORY"]',
      },
    );
  if (layer.takes === "several inputs" && inputs.length < 2)
    context.refuse(`${context.layer} must read at least two inputs, but reads only ${inputs[0].name}`, {
      key: "from",
      hint: `write "from": ["${inputs[0].name}", …]`,
    });
  const value = layer.build(context, inputs, chosen);
  return { value, mask: maskOf(layer, context, inputs, chosen, value) };
}

function maskOf(
  { mask: rule }: Layer,
  context: LayerContext,
  inputs: readonly LayerInput[],
  chosen: LayerChoice,
  value: Node,
): Node | undefined {
  const masks = inputs.flatMap(({ mask }) => mask ?? []);
  if (rule === "ends" || masks.length === 0) return undefined;
  if (typeof rule === "object") return rule.of(context, inputs, chosen, value);
  const given = rule === "joins" ? masks : masks.filter((mask) => mask === inputs[0].mask);
  return jointMask(
    context.g,
    given.filter((mask) => hasPositionsOf(mask, value)),
  );
}
