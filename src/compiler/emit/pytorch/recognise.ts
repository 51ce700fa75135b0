/**
 * Recognises the modules and functions of PyTorch in the nodes of a layer, where they mean the same: `nn.Linear`,
 * `nn.Conv1d`, `nn.Conv2d`, `nn.Embedding`, dropout, and activations. Everything else is written op by op.
 */
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf } from "../../ir/nodes.ts";
import { binding } from "./context.ts";
import type { Context, Expression, Recognised } from "./context.ts";
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
export interface LayerNodes {
  readonly nodes: readonly Node[];
  usesOf(node: Node): number;
  /** The variable of the module: `self.dense1`. */
  readonly module: string;
}

const atom = (text: string, node: Node): Expression => ({
  text,
  binding: binding.atom,
  shape: node.type.shape,
});

const isParameter = (node: Node): node is NodeOf<"parameter"> => node.op === "parameter";

/** The module of the layer, if it is one of PyTorch's. */
export const findModule = (layer: LayerNodes): FoundModule | undefined => {
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
  const { source, padding } = paddingOf(seen.operands.x, layer);
  const { size, stride, dilation } = seen.attributes;
  const [channels, filters] = weight.type.shape.slice(-2);
  const options = [
    ...(stride.every((s) => s === 1) ? [] : [`stride=${perAxis(stride)}`]),
    ...(padding.every((p) => p === 0) ? [] : [`padding=${perAxis(padding)}`]),
    ...(dilation.every((d) => d === 1) ? [] : [`dilation=${perAxis(dilation)}`]),
    ...(bias === undefined ? ["bias=False"] : []),
  ];
  const first = [0, rank + 1, ...spatial.map((i) => i + 1)];
  const last = [0, ...spatial.map((i) => i + 2), 1];
  const facts = [`${channels}`, `${filters}`, perAxis(size), ...options];
  return {
    node: result,
    operands: [source],
    constructor_: `nn.Conv${rank}d(${facts.join(", ")})`,
    parameters: moduleParameters(found, [rank + 1, rank, ...spatial]),
    write: (c) =>
      atom(
        `${layer.module}(${c.object(source)}.permute(${first.join(", ")})).permute(${last.join(", ")})`,
        result,
      ),
  };
}

const perAxis = (sizes: readonly number[]): string =>
  sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : `(${sizes.join(", ")})`;

/** The padding that the convolution itself can add: zeros, as many before as after. */
function paddingOf(x: Node, { usesOf }: LayerNodes): { source: Node; padding: readonly number[] } {
  const none = { source: x, padding: [0] };
  if (x.op !== "pad" || x.attributes.value !== 0 || usesOf(x) > 1) return none;
  const { before, after } = x.attributes;
  const isEven = before.every((count, axis) => count === after[axis]);
  const isSpatial = before[0] === 0 && before[before.length - 1] === 0;
  return isEven && isSpatial ? { source: x.operands.x, padding: before.slice(1, -1) } : none;
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

/** The number that is repeated along all axes. */
function repeatedNumber(node: Node): number | undefined {
  if (node.op === "broadcast") return repeatedNumber(node.operands.x);
  return node.op === "constant" ? node.attributes.value : undefined;
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

// Activations. The composite of a node names the function that it belongs to.

/** The function of PyTorch for a composite with the ops; undefined if it has none. */
const functions: Readonly<Record<string, (ops: ReadonlySet<string>) => string | undefined>> = {
  softmax: () => "F.softmax(X, -1)",
  "log-softmax": () => "F.log_softmax(X, -1)",
  gelu: (ops) => (ops.has("erf") ? "F.gelu(X)" : 'F.gelu(X, approximate="tanh")'),
  silu: () => "F.silu(X)",
  mish: () => "F.mish(X)",
  selu: () => "F.selu(X)",
  softsign: () => "F.softsign(X)",
};

/** The activations of the layer as functions of PyTorch. */
export function findFunctions({ nodes, usesOf }: LayerNodes): ReadonlyMap<Node, Recognised> {
  const found = new Map<Node, Recognised>();
  const own = new Set(nodes);
  for (const node of nodes) {
    const { composite = "" } = node.origin;
    const write = Object.hasOwn(functions, composite) ? functions[composite] : undefined;
    const users = nodes.filter((other) => operandsOf(other).includes(node));
    const isResult = users.length === 0 || users.some((other) => other.origin.composite !== composite);
    if (write === undefined || !isResult) continue;
    const region = regionOf(node, composite, own);
    const isClosed = [...region].every((each) => {
      const inside = [...region].filter((other) => operandsOf(other).includes(each)).length;
      return each === node || inside === usesOf(each);
    });
    const outside = [
      ...new Set([...region].flatMap((each) => operandsOf(each).filter((x) => !isInside(x, region)))),
    ];
    const text = write(new Set([...region].map(({ op }) => op)));
    if (outside.length !== 1 || text === undefined || !isClosed) continue;
    const [x] = outside;
    found.set(node, {
      operands: [x],
      write: (c: Context) =>
        atom(
          text.replace("X", () => c.full(x).text),
          node,
        ),
    });
  }
  return found;
}

const isFree = (node: Node): boolean =>
  node.op === "constant" || (node.op === "broadcast" && isFree(node.operands.x));

const isInside = (node: Node, region: ReadonlySet<Node>): boolean => region.has(node) || isFree(node);

/** The nodes of the composite that the node depends on. */
function regionOf(node: Node, composite: string, own: ReadonlySet<Node>): ReadonlySet<Node> {
  const region = new Set<Node>();
  const open = [node];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (region.has(each) || !own.has(each) || each.origin.composite !== composite) continue;
    region.add(each);
    open.push(...operandsOf(each));
  }
  return region;
}
