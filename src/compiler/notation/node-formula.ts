/**
 * The mathematical notation of ops: a complete table from op to formula. Views that have no notation in
 * mathematics, such as broadcasts and reshapes, are shown as their operand.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Attributes, Axes, ElementaryName, Node, NodeOf, OpName, WindowShape } from "../ir/nodes.ts";
import { formulaOfNumber, shortNumber } from "../util/number-text.ts";
import { call, infix, named, numeral } from "./formula.ts";
import type { Formula, Sign } from "./formula.ts";

type Part = (operand: Node) => Formula;
type Notation<K extends OpName> = (node: NodeOf<K>, part: Part) => Formula;

interface OneOperand {
  readonly operands: { readonly x: Node };
}
const applied =
  (name: string) =>
  (node: OneOperand, part: Part): Formula =>
    call(name, part(node.operands.x));

type BinaryName = "add" | "subtract" | "less" | "lessEqual" | "equal" | "maximum" | "minimum";
const between =
  (sign: Sign): Notation<BinaryName> =>
  ({ operands: { x, y } }, part) =>
    infix(sign, part(x), part(y));
const extreme =
  (name: string): Notation<BinaryName> =>
  ({ operands: { x, y } }, part) =>
    call(name, part(x), part(y));
/** The notation of a comparison. A constant is written on the right of the operator. */
const comparison =
  (sign: Sign, mirrored: Sign): Notation<BinaryName> =>
  ({ operands: { x, y } }, part) => ({
    kind: "condition",
    x: isNumber(x) ? infix(mirrored, part(y), part(x)) : infix(sign, part(x), part(y)),
  });

/** The value of a constant or of a broadcast constant; undefined for any other node. */
export function constantOf(node: Node): number | undefined {
  if (node.op === "constant") return node.attributes.value;
  return node.op === "broadcast" ? constantOf(node.operands.x) : undefined;
}
const isNumber = (node: Node): boolean => constantOf(node) !== undefined;

/** Whether all elements of the node are one number. */
const isScalar = (node: Node): boolean =>
  node.type.shape.length === 0 || (isImplicit(node) && isScalar(node.operands.x));

const same: Notation<"reshape" | "broadcast" | "stopGradient" | "cast"> = ({ operands: { x } }, part) =>
  part(x);

/** The letter of an index: i for the rows of a batch, j for the last axis, k, l, m … for the axes between. */
function indexOf({ type: { shape } }: Node, axis: number): string {
  if (shape[axis] === "n") return "i";
  if (axis === shape.length - 1) return "j";
  return "klmpqrs"[shape[0] === "n" ? axis - 1 : axis] ?? `a${axis}`;
}
const indicesOf = (x: Node, axes: Axes): string[] => axes.map((axis) => indexOf(x, axis));

function numberOf(value: number): Formula {
  const short = formulaOfNumber(value);
  if (short === undefined) return numeral(shortNumber(value).replace(/^-/, "−"));
  const [one, x] = [numeral("1"), numeral(String(short.x).replace(/^-/, "−"))];
  switch (short.kind) {
    case "complement":
      return infix("subtract", one, x);
    case "reciprocal of complement":
      return { kind: "quotient", x: one, y: infix("subtract", one, x) };
    case "reciprocal":
      return { kind: "quotient", x: one, y: x };
    case "logarithm":
      return call("ln", x);
  }
}

/** Writes x · x as x², constants before other factors, and elementwise products with ⊙. */
const elementProduct: Notation<"multiply"> = ({ operands: { x, y } }, part) => {
  if (x === y) return { kind: "power", x: part(x), y: numeral("2") };
  const [first, second] = isNumber(y) && !isNumber(x) ? [y, x] : [x, y];
  return infix(isScalar(x) || isScalar(y) ? "scale" : "times", part(first), part(second));
};

/**
 * A select with 0 on one side is written as a product with its condition, which is 1 or 0. As with Iverson
 * brackets, the product is 0 where the condition is false, even if the other factor is not finite.
 */
const selection: Notation<"select"> = ({ operands: { condition, x, y } }, part) => {
  const holds = part(condition);
  if (constantOf(y) === 0) return indicated(holds, x, part);
  if (constantOf(x) === 0) return indicated(negationOf(holds), y, part);
  return { kind: "choice", condition: holds.kind === "condition" ? holds.x : holds, x: part(x), y: part(y) };
};

function indicated(holds: Formula, x: Node, part: Part): Formula {
  if (constantOf(x) === 1) return holds;
  return isScalar(x) ? infix("scale", part(x), holds) : infix("times", holds, part(x));
}

const negatedSigns: Partial<Record<Sign, Sign>> = {
  less: "greaterEqual",
  lessEqual: "greater",
  greater: "lessEqual",
  greaterEqual: "less",
};

function negationOf(holds: Formula): Formula {
  if (holds.kind === "condition" && holds.x.kind === "infix") {
    const sign = negatedSigns[holds.x.sign];
    if (sign !== undefined) return { kind: "condition", x: { ...holds.x, sign } };
  }
  return infix("subtract", numeral("1"), holds);
}

const transposedIf = (isTransposed: boolean, x: Formula): Formula =>
  isTransposed ? { kind: "transpose", x } : x;

/** One factor of a product. `summed` is the position of its summed axes relative to its other axes. */
interface Factor {
  readonly node: Node;
  readonly summed: "first" | "last" | "all" | "between";
}

/**
 * Looks through unnamed transposes, because the notation does not show the order of several row or column
 * axes.
 */
function factorOf(node: Node, batch: Axes, summed: Axes): Factor {
  if (node.op === "transpose" && node.name === undefined) {
    const { permutation } = node.attributes;
    const before = (axes: Axes): Axes => axes.map((axis) => permutation[axis]);
    return factorOf(node.operands.x, before(batch), before(summed));
  }
  const kept = [...node.type.shape.keys()].filter((axis) => !batch.includes(axis) && !summed.includes(axis));
  if (kept.length === 0) return { node, summed: "all" };
  if (Math.min(...summed) > Math.max(...kept)) return { node, summed: "last" };
  return { node, summed: Math.max(...summed) < Math.min(...kept) ? "first" : "between" };
}

/**
 * A contraction over the last axes of x and the first axes of y is a matrix product. There may be batch axes,
 * and rows and columns may have several axes. An operand whose summed axes are on the other side is written
 * as a transpose. Any other contraction is written as a sum over named indices.
 */
const product: Notation<"contract"> = ({ operands: { x, y }, attributes }, part) => {
  const { batchX, batchY, sumX, sumY } = attributes;
  if (sumX.length === 0) return infix("outer", part(x), part(y));
  const [left, right] = [factorOf(x, batchX, sumX), factorOf(y, batchY, sumY)];
  const areVectors = left.summed === "all" && right.summed === "all";
  if (areVectors || left.summed === "between" || right.summed === "between")
    return { kind: "sum", axes: indicesOf(x, sumX), x: infix("times", part(x), part(y)) };
  const [a, b] = [part(left.node), part(right.node)];
  return infix("matrix", transposedIf(left.summed === "first", a), transposedIf(right.summed === "last", b));
};

// The attributes of views in words. Axes are counted from 0, and axis 0 is the batch.

const inWords = (text: string): Formula => ({ kind: "row", parts: [text] });

const axesText = (axes: Axes): string => `${axes.length === 1 ? "axis" : "axes"} ${axes.join(", ")}`;

/** Such as "2 + 2 on axis 1": two elements before and two after. */
function paddingText({ before, after, value }: Attributes<"pad">): string {
  const sides = before.flatMap((count, axis) =>
    count === 0 && after[axis] === 0 ? [] : [`${count} + ${after[axis]} on axis ${axis}`],
  );
  return [...sides, ...(value === 0 ? [] : [`with ${shortNumber(value)}`])].join(", ");
}

/** Such as "5 by 5 over axes 1, 2, stride 2 by 2". Strides and dilations of 1 are omitted. */
function windowText({ axes, size, stride, dilation }: WindowShape): string {
  const unlessOne = (name: string, counts: readonly number[]): string =>
    counts.every((count) => count === 1) ? "" : `, ${name} ${counts.join(" by ")}`;
  const over = `${size.join(" by ")} over ${axesText(axes)}`;
  return `${over}${unlessOne("stride", stride)}${unlessOne("dilation", dilation)}`;
}

const leaf = ({ attributes, origin }: NodeOf<"input" | "parameter" | "state" | "argument">): Formula =>
  named(attributes.name, origin.layer);

/** The notation of each op. An elementary function without an entry has its own name: tanh(x). */
const notations: { readonly [K in Exclude<OpName, ElementaryName>]: Notation<K> } & {
  readonly [K in ElementaryName]?: Notation<K>;
} = {
  input: leaf,
  parameter: leaf,
  state: leaf,
  argument: leaf,
  constant: ({ attributes }) => numberOf(attributes.value),
  batchSize: () => named("n"),
  iota: (node) => named(indexOf(node, node.attributes.axis)),
  negate: ({ operands: { x } }, part) => ({ kind: "negate", x: part(x) }),
  absolute: ({ operands: { x } }, part) => ({ kind: "magnitude", x: part(x) }),
  sign: applied("sign"),
  floor: applied("floor"),
  relu: applied("relu"),
  expm1: ({ operands: { x } }, part) => infix("subtract", call("exp", part(x)), numeral("1")),
  log: applied("ln"),
  log1p: ({ operands: { x } }, part) => call("ln", infix("add", numeral("1"), part(x))),
  sqrt: ({ operands: { x } }, part) => ({ kind: "root", x: part(x) }),
  sigmoid: applied("σ"),
  cast: same,
  stopGradient: same,
  add: between("add"),
  subtract: between("subtract"),
  multiply: elementProduct,
  divide: ({ operands: { x, y } }, part) => ({ kind: "quotient", x: part(x), y: part(y) }),
  power: ({ operands: { x, y } }, part) => ({ kind: "power", x: part(x), y: part(y) }),
  maximum: extreme("max"),
  minimum: extreme("min"),
  less: comparison("less", "greater"),
  lessEqual: comparison("lessEqual", "greaterEqual"),
  equal: comparison("equal", "equal"),
  select: selection,
  reduceSum: ({ operands: { x }, attributes }, part) => ({
    kind: "sum",
    axes: indicesOf(x, attributes.axes),
    x: part(x),
  }),
  reduceMax: ({ operands: { x }, attributes }, part) => ({
    kind: "call",
    name: "max",
    axes: indicesOf(x, attributes.axes),
    parts: [part(x)],
  }),
  argMax: ({ operands: { x }, attributes }, part) => ({
    kind: "call",
    name: "argmax",
    axes: indicesOf(x, attributes.axes),
    parts: [part(x)],
  }),
  contract: product,
  reshape: same,
  transpose: ({ operands: { x }, attributes }, part) =>
    x.type.shape.length === 2
      ? { kind: "transpose", x: part(x) }
      : call("rearrange", part(x), inWords(axesText(attributes.permutation))),
  broadcast: same,
  slice: ({ operands: { x }, attributes: { start, shape } }, part) => ({
    kind: "box",
    x: part(x),
    ranges: start.map((from, i) => (shape[i] === "n" ? ":" : `${from}:${from + Number(shape[i])}`)),
  }),
  pad: ({ operands: { x }, attributes }, part) => call("pad", part(x), inWords(paddingText(attributes))),
  concat: ({ operands: { x, y } }, part) => {
    // Nested concatenations are written as one list.
    const first = part(x);
    return { kind: "list", parts: [...(first.kind === "list" ? first.parts : [first]), part(y)] };
  },
  window: ({ operands: { x }, attributes }, part) =>
    call("windows", part(x), inWords(windowText(attributes))),
  fold: ({ operands: { x }, attributes }, part) => call("fold", part(x), inWords(windowText(attributes))),
  gather: ({ operands: { x, indices } }, part) => ({ kind: "rows", x: part(x), indices: part(indices) }),
  scatterAdd: ({ operands: { x, indices } }, part) => ({
    kind: "scatter",
    x: part(x),
    indices: part(indices),
  }),
  scan: (node, part) => call("recurrence", ...operandsOf(node).map(part)),
  random: () => named("random"),
};

/** Contains a type assertion, because TypeScript cannot check a call that dispatches on a union of ops. */
const spell = (node: Node, part: Part): Formula =>
  ((notations[node.op] ?? applied(node.op)) as Notation<OpName>)(node as NodeOf<OpName>, part);

const isImplicit = (node: Node): node is NodeOf<"broadcast"> | NodeOf<"reshape"> =>
  node.op === "broadcast" || node.op === "reshape" || node.op === "cast" || node.op === "stopGradient";

/** The formula of a node, expanded down to nodes with a name in `nameOf`. The root is always expanded. */
export function nodeFormula(root: Node, nameOf: (node: Node) => Formula | undefined): Formula {
  const part = (operand: Node): Formula => {
    const name = nameOf(operand);
    if (name !== undefined) return name;
    return isImplicit(operand) ? part(operand.operands.x) : spell(operand, part);
  };
  return isImplicit(root) ? part(root.operands.x) : spell(root, part);
}
