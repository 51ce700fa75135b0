/**
 * Recognises the functions of PyTorch in nodes, where they mean the same: activations, pooling,
 * `F.scaled_dot_product_attention` and `F.cross_entropy`.
 */
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf } from "../../ir/nodes.ts";
import { binding } from "./context.ts";
import type { Context, Expression, Recognised } from "./context.ts";
import { numberText } from "./python-text.ts";

/** Nodes, operands first, with the number of uses of each. */
export interface UsedNodes {
  readonly nodes: readonly Node[];
  usesOf(node: Node): number;
}

type Recogniser = (node: Node, given: UsedNodes) => Recognised | undefined;

/** The functions of PyTorch that compute some of the nodes. */
export function findFunctions(given: UsedNodes): ReadonlyMap<Node, Recognised> {
  const recognisers: readonly Recogniser[] = [asActivation, asPooling, asAttention, asCrossEntropy];
  const found = new Map<Node, Recognised>();
  for (const node of given.nodes)
    for (const recognise of recognisers) {
      const own = recognise(node, given);
      if (own !== undefined) found.set(node, own);
    }
  return found;
}

export const atom = (text: string, node: Node): Expression => ({
  text,
  binding: binding.atom,
  shape: node.type.shape,
});

/** The number that is repeated along all axes. */
export function repeatedNumber(node: Node): number | undefined {
  if (node.op === "broadcast") return repeatedNumber(node.operands.x);
  return node.op === "constant" ? node.attributes.value : undefined;
}

/** The operand of a broadcast. */
const unrepeated = (node: Node): Node => (node.op === "broadcast" ? unrepeated(node.operands.x) : node);

const isAxes = (axes: readonly number[], ...expected: readonly number[]): boolean =>
  axes.join() === expected.join();

// Activations.

/** The function of PyTorch for a composite with the ops; undefined if it has none. */
const activations: Readonly<Record<string, (ops: ReadonlySet<string>) => string | undefined>> = {
  softmax: () => "F.softmax(X, -1)",
  "log-softmax": () => "F.log_softmax(X, -1)",
  gelu: (ops) => (ops.has("erf") ? "F.gelu(X)" : 'F.gelu(X, approximate="tanh")'),
  silu: () => "F.silu(X)",
  mish: () => "F.mish(X)",
  selu: () => "F.selu(X)",
  softsign: () => "F.softsign(X)",
};

/** The composite of a node names the activation that it belongs to. */
function asActivation(node: Node, { nodes, usesOf }: UsedNodes): Recognised | undefined {
  const { composite = "" } = node.origin;
  const write = Object.hasOwn(activations, composite) ? activations[composite] : undefined;
  const users = nodes.filter((other) => operandsOf(other).includes(node));
  const isResult = users.length === 0 || users.some((other) => other.origin.composite !== composite);
  if (write === undefined || !isResult) return undefined;
  const region = regionOf(node, composite, new Set(nodes));
  const isClosed = [...region].every((each) => {
    const inside = [...region].filter((other) => operandsOf(other).includes(each)).length;
    return each === node || inside === usesOf(each);
  });
  const outside = [
    ...new Set([...region].flatMap((each) => operandsOf(each).filter((x) => !isInside(x, region)))),
  ];
  const text = write(new Set([...region].map(({ op }) => op)));
  if (outside.length !== 1 || text === undefined || !isClosed) return undefined;
  const [x] = outside;
  return {
    operands: [x],
    write: (c) =>
      atom(
        text.replace("X", () => c.full(x).text),
        node,
      ),
  };
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

// Windows. PyTorch has the channels before the positions.

export const perAxis = (sizes: readonly number[]): string =>
  sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : `(${sizes.join(", ")})`;

/** The call of a function of values [n, channels, …positions], for a value [n, …positions, channels]. */
export function channelsFirst(name: string, x: string, others: readonly string[], rank: number): string {
  const positions = Array.from({ length: rank }, (_, i) => i + 1);
  const first = [0, rank + 1, ...positions].join(", ");
  const last = [0, ...positions.map((axis) => axis + 1), 1].join(", ");
  return `${name}(${[`${x}.permute(${first})`, ...others].join(", ")}).permute(${last})`;
}

/** The padding that a function of windows adds itself: as much before as after. */
export function paddingOf(x: Node, fill: number, usesOf: UsedNodes["usesOf"]) {
  const none = { source: x, padding: [0] };
  if (x.op !== "pad" || x.attributes.value !== fill || usesOf(x) > 1) return none;
  const { before, after } = x.attributes;
  const isEven = before.every((count, axis) => count === after[axis]);
  const isSpatial = before[0] === 0 && before[before.length - 1] === 0;
  return isEven && isSpatial ? { source: x.operands.x, padding: before.slice(1, -1) } : none;
}

/** `F.max_pool2d` and its kind: the maximum of windows, or their sum divided by the number of elements. */
function asPooling(node: Node, { usesOf }: UsedNodes): Recognised | undefined {
  const isMean = node.op === "divide";
  const reduced = isMean ? node.operands.x : node;
  if (reduced.op !== (isMean ? "reduceSum" : "reduceMax")) return undefined;
  const { x: seen } = reduced.operands;
  if (seen.op !== "window" || usesOf(seen) > 1 || (isMean && usesOf(reduced) > 1)) return undefined;
  const { axes, size, stride, dilation } = seen.attributes;
  const rank = axes.length;
  const positions = axes.map((_, i) => i + 1);
  const elements = size.reduce((product, each) => product * each, 1);
  const isPlain =
    rank <= 2 &&
    seen.operands.x.type.shape.length === rank + 2 &&
    isAxes(axes, ...positions) &&
    isAxes(reduced.attributes.axes, ...positions.map((axis) => axis + rank + 1)) &&
    dilation.every((gap) => gap === 1) &&
    (!isMean || repeatedNumber(node.operands.y) === elements);
  const { source, padding } = paddingOf(seen.operands.x, isMean ? 0 : -Infinity, usesOf);
  if (!isPlain || padding.some((count, axis) => 2 * count > size[axis])) return undefined;
  const options = [
    perAxis(size),
    ...(isAxes(stride, ...size) ? [] : [`stride=${perAxis(stride)}`]),
    ...(padding.every((count) => count === 0) ? [] : [`padding=${perAxis(padding)}`]),
  ];
  const name = `F.${isMean ? "avg" : "max"}_pool${rank}d`;
  return {
    operands: [source],
    write: (c) => atom(channelsFirst(name, c.object(source), options, rank), node),
  };
}

// Softmax over the last axis. The maximum m of x is subtracted first.

/** exp(x − m), whose sum is the divisor of softmax. */
interface Exponentials {
  readonly x: Node;
  readonly shifted: Node;
}

function exponentialsOf(node: Node): Exponentials | undefined {
  if (node.op !== "exp" || node.operands.x.op !== "subtract") return undefined;
  const { x, y } = node.operands.x.operands;
  const shift = unrepeated(y);
  if (shift.op !== "stopGradient") return undefined;
  // With a mask, the maximum is at least the lowest number.
  const { x: limited } = shift.operands;
  const maximum = limited.op === "maximum" ? limited.operands.x : limited;
  const isMaximum = maximum.op === "reduceMax" && maximum.operands.x === x;
  return isMaximum && isAxes(maximum.attributes.axes, lastAxis(x))
    ? { x, shifted: node.operands.x }
    : undefined;
}

const lastAxis = ({ type: { shape } }: Node): number => shape.length - 1;

/** Whether the node is the sum of these exponentials, or 1 if all of them are 0. */
function isSumOf(node: Node, exponentials: Node): boolean {
  const sum = node.op === "add" && node.operands.x.op === "reduceSum" ? node.operands.x : node;
  return (
    sum.op === "reduceSum" &&
    sum.operands.x === exponentials &&
    isAxes(sum.attributes.axes, lastAxis(exponentials))
  );
}

/** The scores of softmax, and which of them count. */
function softmaxOf(node: Node): { readonly scores: Node; readonly visible: Node | undefined } | undefined {
  if (node.op !== "divide") return undefined;
  const { x: exponentials, y } = node.operands;
  const found = exponentialsOf(exponentials);
  if (found === undefined || !isSumOf(unrepeated(y), exponentials)) return undefined;
  const { x } = found;
  return x.op === "select" && repeatedNumber(x.operands.y) === -Infinity
    ? { scores: x.operands.x, visible: x.operands.condition }
    : { scores: x, visible: undefined };
}

/** Contraction of two operands over these axes. */
function isProduct(
  node: Node,
  axes: Record<"batchX" | "batchY" | "sumX" | "sumY", readonly number[]>,
): node is NodeOf<"contract"> {
  if (node.op !== "contract") return false;
  const { batchX, batchY, sumX, sumY } = node.attributes;
  return (
    isAxes(batchX, ...axes.batchX) &&
    isAxes(batchY, ...axes.batchY) &&
    isAxes(sumX, ...axes.sumX) &&
    isAxes(sumY, ...axes.sumY)
  );
}

/** softmax(Q · Kᵀ / √D) · V, for Q, K and V [n, positions, heads, D]. */
function asAttention(node: Node): Recognised | undefined {
  if (!isProduct(node, { batchX: [0, 1], batchY: [0, 2], sumX: [3], sumY: [1] })) return undefined;
  const { x: weights, y: value } = node.operands;
  const { scores, visible } = softmaxOf(weights) ?? {};
  if (scores?.op !== "multiply") return undefined;
  const { x: products, y: factor } = scores.operands;
  if (!isProduct(products, { batchX: [0, 2], batchY: [0, 2], sumX: [3], sumY: [3] })) return undefined;
  const { x: query, y: key } = products.operands;
  if (repeatedNumber(factor) !== 1 / Math.sqrt(Number(query.type.shape[3]))) return undefined;
  const isCausal = visible !== undefined && isTriangle(visible);
  const isMasked = visible !== undefined && !isCausal;
  return {
    operands: [query, key, value, ...(isMasked ? [visible] : [])],
    write: (c) => {
      const [q, k, v] = [query, key, value].map((x, i) =>
        c.held(["query", "key", "value"][i], `${c.object(x)}.transpose(1, 2)`),
      );
      if (isMasked) return maskedAttention(node, [q, k, v], visible, c);
      return atom(attentionText([q, k, v, ...(isCausal ? ["is_causal=True"] : [])]), node);
    },
  };
}

const attentionText = (operands: readonly string[]): string =>
  `F.scaled_dot_product_attention(${operands.join(", ")})`;

/** Whether each position sees itself and earlier positions. */
function isTriangle(visible: Node): boolean {
  if (visible.op !== "lessEqual") return false;
  const { x, y } = visible.operands;
  return x.op === "iota" && x.attributes.axis === 3 && y.op === "iota" && y.attributes.axis === 2;
}

/** Where a position sees nothing, PyTorch has no result, and ours is 0. Such a position sees everything first. */
function maskedAttention(node: Node, operands: readonly string[], visible: Node, c: Context): Expression {
  const mask = c.held("visible", c.tensor(visible).text);
  const sees = c.held("sees", `${mask}.any(-1, keepdim=True)`);
  const text = `${attentionText([...operands, `attn_mask=${mask} | ~${sees}`])} * ${sees}`;
  return { text, binding: binding.product, shape: node.type.shape };
}

/** Cross-entropy of logits, which is 0 where the class is −1. */
function asCrossEntropy(node: Node): Recognised | undefined {
  if (node.op !== "select" || repeatedNumber(node.operands.y) !== 0) return undefined;
  const { condition, x: rowLoss } = node.operands;
  if (condition.op !== "lessEqual" || repeatedNumber(condition.operands.x) !== 0) return undefined;
  const target = condition.operands.y;
  const found = rowLoss.op === "subtract" ? expectedLogit(rowLoss.operands.y) : undefined;
  if (rowLoss.op !== "subtract" || rowLoss.operands.x.op !== "log" || found?.target !== target)
    return undefined;
  const { x: sum } = rowLoss.operands.x.operands;
  const exponentials = sum.op === "reduceSum" ? sum.operands.x : sum;
  const { x: logits, shifted } = exponentialsOf(exponentials) ?? {};
  if (logits === undefined || shifted !== found.shifted || !isSumOf(sum, exponentials)) return undefined;
  const smoothing = found.smoothing === 0 ? [] : [`label_smoothing=${numberText(found.smoothing)}`];
  const options = ["ignore_index=-1", 'reduction="none"', ...smoothing];
  return {
    operands: [logits, target],
    write: (c) => {
      // PyTorch has the classes on the second axis.
      const scores = lastAxis(logits) === 1 ? c.full(logits).text : `${c.object(logits)}.movedim(-1, 1)`;
      return atom(`F.cross_entropy(${[scores, c.full(target).text, ...options].join(", ")})`, node);
    },
  };
}

interface ExpectedLogit {
  readonly shifted: Node;
  readonly target: Node;
  readonly smoothing: number;
}

/** Σ_j q_j · shifted_j, where q distributes the fraction `smoothing` evenly and the rest to the target. */
function expectedLogit(node: Node): ExpectedLogit | undefined {
  if (node.op !== "reduceSum" || !isAxes(node.attributes.axes, lastAxis(node.operands.x))) return undefined;
  const { x: terms } = node.operands;
  const chosen = terms.op === "multiply" ? terms.operands.x : terms;
  if (chosen.op !== "select") return undefined;
  const target = classOf(chosen.operands.condition);
  const least = repeatedNumber(chosen.operands.y);
  if (target === undefined || least === undefined) return undefined;
  if (terms.op !== "multiply")
    return least === 0 ? { shifted: chosen.operands.x, target, smoothing: 0 } : undefined;
  const most = repeatedNumber(chosen.operands.x) ?? NaN;
  const smoothing = Number((1 - most + least).toPrecision(12));
  const isSmoothing = Math.abs(least * Number(terms.type.shape[lastAxis(terms)]) - smoothing) < 1e-12;
  return isSmoothing ? { shifted: terms.operands.y, target, smoothing } : undefined;
}

/** The classes that a one-hot encoding compares with all indices. */
function classOf(node: Node): Node | undefined {
  if (node.op !== "equal" || node.operands.x.op !== "iota") return undefined;
  const { x: indices, y } = node.operands;
  const isLast = indices.attributes.axis === lastAxis(indices);
  return isLast && y.op === "broadcast" ? y.operands.x : undefined;
}
