/**
 * Recognises the modules of PyTorch in the nodes of a layer, where they mean the same: `nn.Linear`, `nn.Conv1d`,
 * `nn.Conv2d`, `nn.Embedding`, `nn.LSTM`, `nn.GRU`, `nn.RNN`, `nn.LayerNorm`, `nn.RMSNorm` and dropout. Everything else
 * is written op by op.
 */
import { operandsOf } from "../../ir/nodes.ts";
import { invariant } from "../../diagnostics/errors.ts";
import type { Node, NodeOf } from "../../ir/nodes.ts";
import type { Recognised } from "./context.ts";
import { atom, channelsFirst, paddingOf, perAxis, repeatedNumber } from "./recognise-functions.ts";
import type { UsedNodes } from "./recognise-functions.ts";
import { numberText } from "./python-text.ts";

/** The parameter of a module, and the order of our axes in it. */
export interface ModuleParameter {
  /** The name in our library: `dense1.weight`. */
  readonly name: string;
  /** The name in the module: `weight`. */
  readonly own: string;
  readonly axes?: readonly number[];
}

/** A module that computes a node of the layer. */
export interface FoundModule extends Recognised {
  readonly node: Node;
  /** The constructor: `nn.Linear(64, 10)`. */
  readonly constructor_: string;
  readonly parameters: readonly ModuleParameter[];
}

/** A layer's nodes, with the number of uses of each. */
export interface LayerNodes extends UsedNodes {
  /** The type in the spec: `gru`. */
  readonly type: string;
  readonly result: Node;
  /** The variable of the module: `self.dense1`. */
  readonly module: string;
}

const isParameter = (node: Node): node is NodeOf<"parameter"> => node.op === "parameter";

/** The module of the layer, if it is one of PyTorch's. */
export const findModule = (layer: LayerNodes): FoundModule | undefined => {
  const whole = asRecurrent(layer) ?? asNorm(layer);
  if (whole !== undefined) return whole;
  for (const node of layer.nodes) {
    const found = asLinear(node, layer) ?? asEmbedding(node, layer) ?? asDropout(node, layer);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A product with a parameter, and its bias, if the product has no other use. */
interface Product {
  readonly result: Node;
  readonly product: NodeOf<"contract">;
  readonly weight: NodeOf<"parameter">;
  readonly bias: NodeOf<"parameter"> | undefined;
}

function productOf(node: Node, { nodes, usesOf }: LayerNodes): Product | undefined {
  if (node.op !== "contract" || !isParameter(node.operands.y)) return undefined;
  const weight = node.operands.y;
  const only = usesOf(node) === 1 ? nodes.find((other) => operandsOf(other).includes(node)) : undefined;
  const bias = only?.op === "add" && only.operands.x === node ? biasOf(only.operands.y, usesOf) : undefined;
  return { result: bias === undefined || only === undefined ? node : only, product: node, weight, bias };
}

/** The parameter that is repeated along all axes but the last. */
function biasOf(node: Node, usesOf: LayerNodes["usesOf"]): NodeOf<"parameter"> | undefined {
  if (node.op !== "broadcast" || usesOf(node) > 1) return undefined;
  const { x } = node.operands;
  const isLast = node.attributes.axes.length === 1 && node.attributes.axes[0] === node.type.shape.length - 1;
  return isLast && isParameter(x) ? x : undefined;
}

/** `nn.Linear`, whose weight is the transpose of ours, or a convolution. */
function asLinear(node: Node, layer: LayerNodes): FoundModule | undefined {
  const found = productOf(node, layer);
  if (found === undefined) return undefined;
  const { product, weight, bias, result } = found;
  const { batchX, sumX, sumY } = product.attributes;
  const { x } = product.operands;
  const [size, units] = weight.type.shape;
  const isLinear =
    weight.type.shape.length === 2 &&
    batchX.length === 0 &&
    sumX.length === 1 &&
    sumX[0] === x.type.shape.length - 1 &&
    sumY[0] === 0;
  if (!isLinear) return asConvolution(found, layer);
  return {
    node: result,
    operands: [x],
    constructor_: `nn.Linear(${size}, ${units}${bias === undefined ? ", bias=False" : ""})`,
    parameters: moduleParameters(found, [1, 0]),
    write: (c) => atom(`${layer.module}(${c.full(x).text})`, result),
  };
}

const moduleParameters = ({ weight, bias }: Product, axes: readonly number[]): readonly ModuleParameter[] => [
  { name: weight.attributes.name, own: "weight", axes },
  ...(bias === undefined ? [] : [{ name: bias.attributes.name, own: "bias" }]),
];

/** `nn.Conv1d` or `nn.Conv2d`. PyTorch has the channels first, in values and in filters. */
function asConvolution(found: Product, layer: LayerNodes): FoundModule | undefined {
  const { product, weight, bias, result } = found;
  const { x: seen, y } = product.operands;
  const rank = weight.type.shape.length - 2;
  if (seen.op !== "window" || (rank !== 1 && rank !== 2) || y !== weight) return undefined;
  const { batchX, sumX, sumY } = product.attributes;
  const spatial = Array.from({ length: rank }, (_, i) => i);
  // The axes of `seen` are [n, i, j, c, p, q], those of the filters [p, q, c, f].
  const isPlain =
    batchX.length === 0 &&
    sumX.join() === [...spatial.map((i) => rank + 2 + i), rank + 1].join() &&
    sumY.join() === [...spatial, rank].join() &&
    seen.attributes.axes.join() === spatial.map((i) => i + 1).join();
  if (!isPlain) return undefined;
  const { source, padding } = paddingOf(seen.operands.x, 0, layer.usesOf);
  const { size, stride, dilation } = seen.attributes;
  const [channels, filters] = weight.type.shape.slice(-2);
  const options = [
    ...(stride.every((s) => s === 1) ? [] : [`stride=${perAxis(stride)}`]),
    ...(padding.every((p) => p === 0) ? [] : [`padding=${perAxis(padding)}`]),
    ...(dilation.every((d) => d === 1) ? [] : [`dilation=${perAxis(dilation)}`]),
    ...(bias === undefined ? ["bias=False"] : []),
  ];
  const facts = [`${channels}`, `${filters}`, perAxis(size), ...options];
  return {
    node: result,
    operands: [source],
    constructor_: `nn.Conv${rank}d(${facts.join(", ")})`,
    parameters: moduleParameters(found, [rank + 1, rank, ...spatial]),
    write: (c) => atom(channelsFirst(layer.module, c.object(source), [], rank), result),
  };
}

function asEmbedding(node: Node, layer: LayerNodes): FoundModule | undefined {
  if (node.op !== "gather" || !isParameter(node.operands.x)) return undefined;
  const { x: weight, indices } = node.operands;
  if (weight.type.shape.length !== 2) return undefined;
  return {
    node,
    operands: [indices],
    constructor_: `nn.Embedding(${weight.type.shape.join(", ")})`,
    parameters: [{ name: weight.attributes.name, own: "weight" }],
    write: (c) => atom(`${layer.module}(${c.full(indices).text})`, node),
  };
}

/** select(rate ≤ random, 1 / (1 − rate) · x, 0): the emitted file has a module of this name. */
function asDropout(node: Node, layer: LayerNodes): FoundModule | undefined {
  if (node.op !== "select") return undefined;
  const { condition, x: scaled, y } = node.operands;
  if (condition.op !== "lessEqual" || scaled.op !== "multiply") return undefined;
  const { x: limit, y: drawn } = condition.operands;
  const { x: factor, y: x } = scaled.operands;
  const rate = repeatedNumber(limit);
  if (rate === undefined || drawn.op !== "random" || repeatedNumber(y) !== 0) return undefined;
  if (repeatedNumber(factor) !== 1 / (1 - rate)) return undefined;
  const { salt } = drawn.attributes;
  return {
    node,
    operands: [x],
    constructor_: `Dropout(${numberText(rate)}, draws, salt=${salt})`,
    parameters: [],
    write: (c) => atom(`${layer.module}(${c.full(x).text})`, node),
  };
}

const recurrentModules: Readonly<Record<string, string>> = { rnn: "RNN", lstm: "LSTM", gru: "GRU" };

/** The parameters of recurrent modules by their names in our library. Both have the same order of gates. */
const recurrentParameters = [
  { ours: "weight", own: "weight_ih_l0", axes: [1, 0] },
  { ours: "recurrent", own: "weight_hh_l0", axes: [1, 0] },
  { ours: "bias", own: "bias_ih_l0" },
  { ours: "recurrentBias", own: "bias_hh_l0" },
] as const;

/** `nn.LSTM`, `nn.GRU` or `nn.RNN`, unless the layer has a mask: on padding, our layers keep their state. */
function asRecurrent(layer: LayerNodes): FoundModule | undefined {
  const { nodes, type, result, module } = layer;
  const scans = nodes.filter((node) => node.op === "scan");
  const product = nodes.find((node) => node.op === "contract" && isParameter(node.operands.y));
  if (!Object.hasOwn(recurrentModules, type) || scans.length !== 1 || product?.op !== "contract")
    return undefined;
  const { recurrence, value } = scans[0].attributes;
  const isMasked = recurrence.operands.some(({ argument }) => argument.type.element === "bool");
  const isPlain = type !== "rnn" || value.op === "tanh" || value.op === "relu";
  if (isMasked || !isPlain) return undefined;
  const { x, y: weight } = product.operands;
  const nonlinearity = value.op === "relu" ? ', nonlinearity="relu"' : "";
  const sizes = `${weight.type.shape[0]}, ${value.type.shape[1]}, batch_first=True`;
  const flip = recurrence.reverse ? ".flip(1)" : "";
  // The last state in the order of reading.
  const part = result === scans[0] ? flip : "[:, -1]";
  return {
    node: result,
    operands: [x],
    constructor_: `nn.${recurrentModules[type]}(${sizes}${nonlinearity})`,
    parameters: recurrentParameters.map(({ ours, ...own }) => ({ name: parameterOf(layer, ours), ...own })),
    write: (c) => atom(`${module}(${flip === "" ? c.full(x).text : c.object(x) + flip})[0]${part}`, result),
  };
}

/** The full name of a parameter of the layer. */
function parameterOf({ nodes }: LayerNodes, own: string): string {
  const name = nodes.find((node) => isParameter(node) && node.attributes.name.endsWith(`.${own}`));
  invariant(name?.op === "parameter", `the layer has a parameter ${own}`);
  return name.attributes.name;
}

/** `nn.LayerNorm` or `nn.RMSNorm`, unless the layer leaves padding out of its means. */
function asNorm(layer: LayerNodes): FoundModule | undefined {
  const { nodes, type, result, module } = layer;
  const [isLayerNorm, isRmsNorm] = [type === "layer-norm", type === "rms-norm"];
  const [sum, deviation] = [
    nodes.find(({ op }) => op === "reduceSum"),
    nodes.find(({ op }) => op === "sqrt"),
  ];
  const hasPadding = nodes.some(({ op }) => op === "select" || op === "cast");
  if (!(isLayerNorm || isRmsNorm) || hasPadding || sum?.op !== "reduceSum" || deviation?.op !== "sqrt")
    return undefined;
  const { x: summed } = sum.operands;
  const x = isLayerNorm || summed.op !== "multiply" ? summed : summed.operands.x;
  const added = deviation.operands.x;
  const epsilon = added.op === "add" ? repeatedNumber(added.operands.y) : undefined;
  if (epsilon === undefined) return undefined;
  const ofScale = { name: parameterOf(layer, "scale"), own: "weight" };
  const size = x.type.shape[x.type.shape.length - 1];
  const isDefault = isLayerNorm && epsilon === 1e-5;
  return {
    node: result,
    operands: [x],
    constructor_:
      `nn.${isLayerNorm ? "LayerNorm" : "RMSNorm"}(${size}` +
      `${isDefault ? "" : `, eps=${numberText(epsilon)}`})`,
    parameters: isLayerNorm ? [ofScale, { name: parameterOf(layer, "shift"), own: "bias" }] : [ofScale],
    write: (c) => atom(`${module}(${c.full(x).text})`, result),
  };
}
