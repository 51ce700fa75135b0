/**
 * The table from ops of the graph IR to ONNX operators of opset 17. It is complete: an op without a row does not
 * compile.
 */
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf, OpName } from "../../ir/nodes.ts";
import { axesOf } from "./context.ts";
import type { Context, Rule, Rules } from "./context.ts";
import type { Value } from "./graph-writer.ts";
import { contract } from "./products.ts";
import { random } from "./random-bits.ts";
import { scan } from "./recurrence.ts";
import { fold, window } from "./windows.ts";

/** An op that is one elementwise operator. */
const elementwise =
  (operator: string) =>
  (node: Node, c: Context): Value =>
    c.make(operator, c.aligned(operandsOf(node)));

/** A composition of operators over one real operand. */
const composed =
  (build: (x: Value, c: Context, number: (value: number) => Value) => Value) =>
  ({ operands: { x }, type: { element } }: NodeOf<"cos" | "erf" | "expm1" | "log1p">, c: Context): Value =>
    build(c.value(x), c, (value) => c.writer.scalar(element, value));

const leaf = (node: Node, c: Context): Value => c.leaf(node);
const same = ({ operands: { x } }: { readonly operands: { readonly x: Node } }, c: Context): Value =>
  c.value(x);

/** eˣ − 1 = tanh(x/2) · (eˣ + 1), which is accurate near 0. */
const expm1 = composed((x, c, number) =>
  c.make("Mul", [
    c.make("Tanh", [c.make("Mul", [x, number(0.5)])]),
    c.make("Add", [c.make("Exp", [x]), number(1)]),
  ]),
);

/** ln(1 + x) = ln u · x / (u − 1) for u = 1 + x as rounded, and x where u = 1 (Kahan), which is accurate near 0. */
const log1p = composed((x, c, number) => {
  const u = c.make("Add", [x, number(1)]);
  const correction = c.make("Div", [x, c.make("Sub", [u, number(1)])]);
  const isTiny = c.make("Equal", [u, number(1)]);
  return c.make("Where", [isTiny, x, c.make("Mul", [c.make("Log", [u]), correction])]);
});

/** cos x = sin(x + π/2) in f64, for which ONNX Runtime has no Cos. */
const cosine: Rule<"cos"> = (node, c) =>
  node.type.element === "f32"
    ? elementwise("Cos")(node, c)
    : composed((x, own, number) => own.make("Sin", [own.make("Add", [x, number(Math.PI / 2)])]))(node, c);

/** ONNX Runtime has Erf only for f32. */
const errorFunction: Rule<"erf"> = (node, c) =>
  node.type.element === "f32"
    ? elementwise("Erf")(node, c)
    : composed((x, own) => own.cast(own.make("Erf", [own.cast(x, "f32")]), "f64"))(node, c);

/** The batch axis counts up to n, and any other axis is a constant. */
const iota: Rule<"iota"> = (node, c) => {
  const { shape, axis } = node.attributes;
  const size = shape[axis];
  const [zero, one] = [0, 1].map((value) => c.writer.scalar("i32", value));
  const counts =
    size === "n"
      ? c.make("Range", [zero, c.cast(c.count(["n"]), "i32"), one])
      : c.writer.constant(
          "i32",
          [size],
          Array.from({ length: size }, (_, i) => i),
        );
  const aligned = shape.slice(axis).map((each, i) => (i === 0 ? each : 1));
  return c.repeated(node, c.reshape(counts, [[size]], axesOf(aligned)), aligned);
};

/** The axes of x get their positions in z, with axes of size 1 between them, which are then repeated. */
const broadcast: Rule<"broadcast"> = (node, c) => {
  const {
    operands: { x },
    attributes: { shape, axes },
  } = node;
  const first = axes[0] ?? shape.length;
  const missing = shape.flatMap((_, axis) => (axis < first || axes.includes(axis) ? [] : [axis - first]));
  const sizes = shape.slice(first).map((size, i) => (missing.includes(i) ? 1 : size));
  if (missing.length === 0) return c.repeated(node, c.value(x), sizes, c.smallest(x));
  return c.repeated(node, c.make("Unsqueeze", [c.value(x), c.writer.integers(missing)]), sizes);
};

/** ArgMax takes one axis. Several axes are moved to the end and merged. */
const argMax: Rule<"argMax"> = ({ operands: { x }, attributes: { axes }, type }, c) => {
  const { shape } = x.type;
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const isOne = axes.length === 1;
  const order = [...kept, ...axes];
  const merged = [...kept.map((axis) => [shape[axis]]), axes.map((axis) => shape[axis])];
  const arranged = isOne
    ? c.value(x)
    : c.reshape(c.transpose(c.value(x), order), axesOf(order.map((axis) => shape[axis])), merged);
  const place = c.make("ArgMax", [arranged], { axis: isOne ? axes[0] : kept.length, keepdims: 0 });
  return c.cast(place, type.element);
};

const reduceMax: Rule<"reduceMax"> = ({ operands: { x }, attributes: { axes } }, c) =>
  axes.length === 0 ? c.value(x) : c.make("ReduceMax", [c.value(x)], { axes, keepdims: 0 });

/** Nested concatenations along one axis become one node. */
const concat: Rule<"concat"> = ({ operands: { x, y }, attributes: { axis } }, c) => {
  const parts = (node: Node): readonly Node[] =>
    node.op === "concat" && node.attributes.axis === axis
      ? [...parts(node.operands.x), node.operands.y]
      : [node];
  return c.make(
    "Concat",
    [...parts(x), y].map((part) => c.value(part)),
    { axis },
  );
};

const slice: Rule<"slice"> = ({ operands: { x }, attributes: { start, shape } }, c) => {
  const axes = [...shape.keys()].filter((axis) => shape[axis] !== x.type.shape[axis]);
  if (axes.length === 0) return c.value(x);
  const starts = axes.map((axis) => start[axis]);
  const ends = axes.map((axis) => start[axis] + Number(shape[axis]));
  return c.make("Slice", [c.value(x), ...[starts, ends, axes].map((list) => c.writer.integers(list))]);
};

/**
 * ScatterElements adds the rows of x, with the index of a row repeated along its elements. All rows are added in their
 * order.
 */
const scatterAdd: Rule<"scatterAdd"> = ({ operands: { x, indices }, attributes: { size }, type }, c) => {
  const rank = indices.type.shape.length;
  const [rows, rest] = [x.type.shape.slice(0, rank), x.type.shape.slice(rank)];
  const zeros = c.make("Expand", [c.writer.scalar(type.element, 0), c.sizes([[size], rest])]);
  const column = c.reshape(c.value(indices), axesOf(rows), [rows, []]);
  const places = c.make("Expand", [column, c.sizes([[], rest])]);
  const added = c.make(
    "ScatterElements",
    [zeros, places, c.reshape(c.value(x), axesOf(x.type.shape), [rows, rest])],
    {
      axis: 0,
      reduction: "add",
    },
  );
  return c.reshape(added, [[size], rest], axesOf(type.shape));
};

export const rules: Rules = {
  input: leaf,
  parameter: leaf,
  state: leaf,
  argument: (node, c) => c.value(node),
  constant: ({ attributes: { value, element } }, c) => c.writer.scalar(element, value),
  batchSize: ({ attributes: { element } }, c) => c.cast(c.count(["n"]), element),
  iota,

  negate: elementwise("Neg"),
  absolute: elementwise("Abs"),
  sign: elementwise("Sign"),
  floor: elementwise("Floor"),
  relu: elementwise("Relu"),
  sqrt: elementwise("Sqrt"),
  exp: elementwise("Exp"),
  expm1,
  log: elementwise("Log"),
  log1p,
  sin: elementwise("Sin"),
  cos: cosine,
  tanh: elementwise("Tanh"),
  erf: errorFunction,
  sigmoid: elementwise("Sigmoid"),
  cast: ({ operands: { x }, attributes: { element } }, c) =>
    x.type.element === element ? c.value(x) : c.cast(c.value(x), element),
  stopGradient: same,

  add: elementwise("Add"),
  subtract: elementwise("Sub"),
  multiply: elementwise("Mul"),
  divide: elementwise("Div"),
  power: elementwise("Pow"),
  maximum: elementwise("Max"),
  minimum: elementwise("Min"),
  less: elementwise("Less"),
  lessEqual: elementwise("LessOrEqual"),
  equal: elementwise("Equal"),
  select: elementwise("Where"),

  reduceSum: ({ operands: { x }, attributes: { axes } }, c) => c.sum(c.value(x), axes),
  reduceMax,
  argMax,
  contract,

  reshape: ({ operands: { x }, attributes: { shape } }, c) =>
    c.reshape(c.value(x), axesOf(x.type.shape), axesOf(shape)),
  transpose: ({ operands: { x }, attributes: { permutation } }, c) => c.transpose(c.value(x), permutation),
  broadcast,
  slice,
  pad: ({ operands: { x }, attributes: { before, after, value } }, c) =>
    c.pad(c.value(x), before, after, value, x.type.element),
  concat,
  window,

  fold,
  gather: ({ operands: { x, indices } }, c) => c.make("Gather", [c.value(x), c.value(indices)], { axis: 0 }),
  scatterAdd,
  scan,
  random,
} satisfies { readonly [K in OpName]: Rule<K> };
