/**
 * The table from ops of the graph IR to PyTorch expressions. It is complete: an op without a row does not compile.
 * Gradients come from PyTorch, so each expression has the derivative that the op defines.
 */
import { operandsOf } from "../../ir/nodes.ts";
import type { Axes, Node, NodeOf, OpName } from "../../ir/nodes.ts";
import { isFloat } from "../../ir/types.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import { binding } from "./context.ts";
import type { Binding, Context, Expression, Rule, Rules } from "./context.ts";
import { scan } from "./recurrence.ts";

const atom = (text: string, shape: Shape): Expression => ({ text, binding: binding.atom, shape });

/** The shape to which operands of these shapes broadcast. */
function broadcastShape(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis): Dimension => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

const resultShape = (node: Node, c: Context): Shape =>
  broadcastShape(operandsOf(node).map((operand) => c.value(operand).shape));

/** An operator between two operands. A right operand that binds equally gets parentheses. */
const infix =
  (operator: string, tightness: Binding) =>
  (node: NodeOf<"add" | "subtract" | "multiply" | "divide" | "less" | "lessEqual" | "equal">, c: Context) => {
    const { x, y } = node.operands;
    const isChain = operator === "+" || operator === "*";
    const [left, right] = [c.value(x), c.value(y)];
    const isNumber = left.isNumber === true && right.isNumber === true;
    const first = c.wrapped(isNumber ? c.tensor(x) : left, isComparison(tightness) ? binding.or : tightness);
    const least = isChain ? tightness : nextTighter(tightness);
    const text = `${first} ${operator} ${c.wrapped(right, least)}`;
    return { text, binding: tightness, shape: resultShape(node, c) };
  };

const isComparison = (tightness: Binding): boolean => tightness === binding.comparison;

const nextTighter = (tightness: Binding): Binding => {
  if (tightness === binding.comparison) return binding.or;
  return tightness === binding.sum ? binding.product : binding.sign;
};

/** x ** y. On the left, a power or a sign needs parentheses. */
const power: Rule<"power"> = (node, c) => {
  const { x, y } = node.operands;
  const left = c.value(y).isNumber ? c.tensor(x) : c.value(x);
  const text = `${c.wrapped(left, binding.atom)}**${c.wrapped(c.value(y), binding.sign)}`;
  return { text, binding: binding.power, shape: resultShape(node, c) };
};

const negate: Rule<"negate"> = ({ operands: { x } }, c) => {
  const value = c.tensor(x);
  return { text: `-${c.wrapped(value, binding.sign)}`, binding: binding.sign, shape: value.shape };
};

/** A function of tensors, element by element. */
const pointwise =
  (name: string) =>
  (node: Node, c: Context): Expression => {
    const texts = operandsOf(node).map((operand) => c.tensor(operand).text);
    return atom(`${name}(${texts.join(", ")})`, resultShape(node, c));
  };

/** The branches may be numbers, the condition not. */
const select: Rule<"select"> = (node, c) => {
  const { condition, x, y } = node.operands;
  const parts = [c.tensor(condition), c.value(x), c.value(y)];
  return atom(`torch.where(${parts.map(({ text }) => text).join(", ")})`, resultShape(node, c));
};

const cast: Rule<"cast"> = ({ operands: { x }, attributes: { element } }, c) => {
  const value = c.value(x);
  const from = x.type.element;
  if (from === element || value.isNumber || (isFloat(from) && isFloat(element))) return value;
  if (element === "i32") return atom(`${c.wrapped(value, binding.atom)}.long()`, value.shape);
  if (element === "bool") return atom(`${c.wrapped(value, binding.atom)}.bool()`, value.shape);
  c.need("real");
  return atom(`real(${value.text})`, value.shape);
};

const stopGradient: Rule<"stopGradient"> = ({ operands: { x } }, c) => {
  const value = c.value(x);
  return value.isNumber ? value : atom(`${c.wrapped(value, binding.atom)}.detach()`, value.shape);
};

/** The indices along one axis, with size 1 on the axes after it. Rows have their positions in the whole batch. */
const iota: Rule<"iota"> = ({ attributes: { shape, axis } }, c) => {
  const after = shape.slice(axis + 1);
  if (shape[axis] === "n") c.need("row_positions");
  const counts = `${shape[axis] === "n" ? "row_positions" : "torch.arange"}(${c.sizeText(shape[axis])})`;
  const index = after.length === 0 ? "" : `[:${", None".repeat(after.length)}]`;
  return atom(counts + index, [shape[axis], ...after.map(() => 1)]);
};

/** The axes of x, with axes of size 1 between them. Axes before the first are left out. */
const broadcast: Rule<"broadcast"> = ({ operands: { x }, attributes: { shape, axes } }, c) => {
  const value = c.value(x);
  if (value.isNumber) return value;
  const first = axes[0] ?? shape.length;
  const rest = shape.slice(first).map((size, i) => (axes.includes(first + i) ? size : 1));
  if (axes.length === 0 || rest.length === axes.length) return value;
  const last = axes[axes.length - 1] - first;
  const marks = rest.map((_, i) => (axes.includes(first + i) ? ":" : "None"));
  const shown = last === rest.length - 1 ? marks.slice(0, marks.lastIndexOf("None") + 1) : marks;
  return atom(`${c.object(x)}[${shown.join(", ")}]`, rest);
};

const axesText = (axes: Axes): string => (axes.length === 1 ? String(axes[0]) : `(${axes.join(", ")})`);

const reduceSum: Rule<"reduceSum"> = ({ operands: { x }, attributes: { axes }, type: { shape } }, c) => {
  if (axes.length === 0) return c.full(x);
  const isWhole = shape.length === 0;
  return atom(`${c.object(x)}.sum(${isWhole ? "" : axesText(axes)})`, shape);
};

/** x with the axes merged into one, which is the last. A single axis stays in place. */
function mergedAxes(x: Node, axes: Axes, c: Context): { readonly text: string; readonly axis: number } {
  const { shape } = x.type;
  if (axes.length === 1) return { text: c.object(x), axis: axes[0] };
  if (axes.length === shape.length) return { text: `${c.object(x)}.flatten()`, axis: 0 };
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const isInOrder = order.every((axis, i) => axis === i);
  const moved = isInOrder ? c.object(x) : `${c.object(x)}.permute(${order.join(", ")})`;
  return { text: `${moved}.flatten(${kept.length})`, axis: kept.length };
}

/** With `max`, the first of equal elements gets the gradient; `amax` would divide it among them. */
const reduceMax: Rule<"reduceMax"> = (node, c) => {
  const { operands, attributes, type } = node;
  const { axes } = attributes;
  if (axes.length === 0) return c.full(operands.x);
  const hasNoGradient = c.usersOf(node).every(({ op }) => op === "stopGradient");
  if (hasNoGradient) return atom(`${c.object(operands.x)}.amax(${axesText(axes)})`, type.shape);
  const { text, axis } = mergedAxes(operands.x, axes, c);
  return atom(`${text}.max(${axis}).values`, type.shape);
};

const argMax: Rule<"argMax"> = ({ operands: { x }, attributes: { axes }, type: { shape } }, c) => {
  const { text, axis } = mergedAxes(x, axes, c);
  return atom(`${text}.argmax(${axis})`, shape);
};

const letters = "abcdefghijklmnopqrstuvwxyz";

/** A matrix product where the axes are in place, otherwise `einsum`. */
const contract: Rule<"contract"> = ({ operands: { x, y }, attributes, type: { shape } }, c) => {
  const { batchX, batchY, sumX, sumY } = attributes;
  const [rankX, rankY] = [x.type.shape.length, y.type.shape.length];
  const isMatrix = rankY === 2 && batchX.length === 0 && rankX > 0;
  if (isMatrix && sumX.length === 1 && sumX[0] === rankX - 1 && sumY[0] === 0) {
    const text = `${c.wrapped(c.full(x), binding.product)} @ ${c.wrapped(c.full(y), binding.sign)}`;
    return { text, binding: binding.product, shape };
  }
  const ofX = [...letters].slice(0, rankX);
  const ofY = [...letters].slice(rankX, rankX + rankY);
  batchY.forEach((axis, i) => (ofY[axis] = ofX[batchX[i]]));
  sumY.forEach((axis, i) => (ofY[axis] = ofX[sumX[i]]));
  const freeX = ofX.filter((_, axis) => !batchX.includes(axis) && !sumX.includes(axis));
  const freeY = ofY.filter((_, axis) => !batchY.includes(axis) && !sumY.includes(axis));
  const result = [...batchX.map((axis) => ofX[axis]), ...freeX, ...freeY];
  const pattern = `${ofX.join("")},${ofY.join("")}->${result.join("")}`;
  return atom(`torch.einsum("${pattern}", ${c.full(x).text}, ${c.full(y).text})`, shape);
};

const reshape: Rule<"reshape"> = ({ operands: { x }, attributes: { shape } }, c) => {
  const from = x.type.shape;
  const isFlat = shape.length === 2 && shape[0] === "n" && from[0] === "n" && from.length > 2;
  if (isFlat) return atom(`${c.object(x)}.flatten(1)`, shape);
  return atom(`${c.object(x)}.reshape(${shape.length === 0 ? "()" : c.openSizes(shape)})`, shape);
};

const transpose: Rule<"transpose"> = ({ operands: { x }, attributes: { permutation }, type }, c) => {
  const moved = permutation.flatMap((axis, i) => (axis === i ? [] : [i]));
  if (moved.length === 0) return c.full(x);
  const text = moved.length === 2 ? `transpose(${moved.join(", ")})` : `permute(${permutation.join(", ")})`;
  return atom(`${c.object(x)}.${text}`, type.shape);
};

const slice: Rule<"slice"> = ({ operands: { x }, attributes: { start, shape } }, c) => {
  const marks = shape.map((size, axis) => {
    if (size === x.type.shape[axis]) return ":";
    const end = Number(size) + start[axis];
    return `${start[axis] === 0 ? "" : start[axis]}:${end === x.type.shape[axis] ? "" : end}`;
  });
  const last = marks.findLastIndex((mark) => mark !== ":");
  return last < 0 ? c.full(x) : atom(`${c.object(x)}[${marks.slice(0, last + 1).join(", ")}]`, shape);
};

/** `F.pad` takes the last axis first. */
const pad: Rule<"pad"> = ({ operands: { x }, attributes: { before, after, value }, type }, c) => {
  const first = before.findIndex((count, axis) => count > 0 || after[axis] > 0);
  if (first < 0) return c.full(x);
  const counts = before
    .flatMap((count, axis) => (axis < first ? [] : [[count, after[axis]]]))
    .reverse()
    .flat();
  const fill = value === 0 ? "" : `, value=${c.number(value, isFloat(type.element)).text}`;
  return atom(`F.pad(${c.full(x).text}, (${counts.join(", ")})${fill})`, type.shape);
};

/** Nested concatenations along one axis are one. */
const concat: Rule<"concat"> = ({ operands: { x, y }, attributes: { axis }, type }, c) =>
  atom(`torch.cat((${c.full(x).text}, ${c.full(y).text}), ${axis})`, type.shape);

/** z[…o…, k] = x[…o · stride + k · dilation…]: `unfold` puts k at the end. */
const window: Rule<"window"> = ({ operands: { x }, attributes, type }, c) => {
  const { axes, size, stride, dilation } = attributes;
  const views = axes.map((axis, i) => {
    const reach = (size[i] - 1) * dilation[i] + 1;
    return `.unfold(${axis}, ${reach}, ${stride[i]})${dilation[i] === 1 ? "" : `[..., ::${dilation[i]}]`}`;
  });
  return atom(c.object(x) + views.join(""), type.shape);
};

const tuple = (list: readonly number[]): string => `(${list.join(", ")}${list.length === 1 ? "," : ""})`;

const fold: Rule<"fold"> = ({ operands: { x }, attributes, type: { shape } }, c) => {
  c.need("fold");
  const { axes, stride, dilation } = attributes;
  const facts = `axes=${tuple(axes)}, stride=${tuple(stride)}, dilation=${tuple(dilation)}`;
  return atom(`fold(${c.full(x).text}, (${c.sizes(shape)}), ${facts})`, shape);
};

const gather: Rule<"gather"> = ({ operands: { x, indices }, type }, c) =>
  atom(`${c.object(x)}[${c.full(indices).text}]`, type.shape);

const scatterAdd: Rule<"scatterAdd"> = ({ operands: { x, indices }, attributes: { size }, type }, c) => {
  const rest = type.shape.slice(1);
  const rows = `${c.object(x)}.reshape(${["-1", ...rest.map((each) => c.sizeText(each))].join(", ")})`;
  const zeros = `torch.zeros(${c.sizes([size, ...rest], "")})`;
  return atom(`${zeros}.index_add(0, ${c.object(indices)}.flatten(), ${rows})`, type.shape);
};

/** The numbers depend on the seed, the step, the salt, and the position in the whole batch. */
const random: Rule<"random"> = ({ attributes: { shape, salt } }, c) => {
  c.need("uniform");
  const isShared = shape[0] === "n" ? "" : ", by_row=False";
  return atom(`self.draws.uniform(${salt}, (${c.sizes(shape)})${isShared})`, shape);
};

const leaf = (node: Node, c: Context): Expression => c.leaf(node);

export const rules = {
  input: leaf,
  parameter: leaf,
  state: leaf,
  argument: (node, c) => c.value(node),
  constant: ({ attributes: { value, element } }, c) =>
    element === "bool"
      ? { ...atom(value === 0 ? "False" : "True", []), isNumber: true }
      : c.number(value, isFloat(element)),
  batchSize: (_, c) => atom(`torch.tensor(float(${c.sizeText("n")}))`, []),
  iota,

  negate,
  absolute: pointwise("torch.abs"),
  sign: pointwise("torch.sign"),
  floor: pointwise("torch.floor"),
  relu: pointwise("F.relu"),
  sqrt: pointwise("torch.sqrt"),
  exp: pointwise("torch.exp"),
  expm1: pointwise("torch.expm1"),
  log: pointwise("torch.log"),
  log1p: pointwise("torch.log1p"),
  sin: pointwise("torch.sin"),
  cos: pointwise("torch.cos"),
  tanh: pointwise("torch.tanh"),
  erf: pointwise("torch.erf"),
  sigmoid: pointwise("torch.sigmoid"),
  cast,
  stopGradient,

  add: infix("+", binding.sum),
  subtract: infix("-", binding.sum),
  multiply: infix("*", binding.product),
  divide: infix("/", binding.product),
  power,
  maximum: pointwise("torch.maximum"),
  minimum: pointwise("torch.minimum"),
  less: infix("<", binding.comparison),
  lessEqual: infix("<=", binding.comparison),
  equal: infix("==", binding.comparison),
  select,

  reduceSum,
  reduceMax,
  argMax,
  contract,

  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
  window,

  fold,
  gather,
  scatterAdd,
  scan,
  random,
} satisfies { readonly [K in OpName]: Rule<K> } as Rules;
