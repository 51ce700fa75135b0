/**
 * Ops in ordinary mathematical notation: a total table from op to formula. Views that mathematics leaves unsaid (broadcasts, reshapes)
 * read as their operand.
 */
import { operandsOf } from "../../ir/nodes.ts";
import type { Axes, Node, NodeOf, OpName } from "../../ir/nodes.ts";
import { complementOf, shortNumber } from "../../util/number-text.ts";
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
/** A number reads better behind the sign. */
const comparison =
  (sign: Sign, mirrored: Sign): Notation<BinaryName> =>
  ({ operands: { x, y } }, part) => ({
    kind: "condition",
    x: isNumber(x) ? infix(mirrored, part(y), part(x)) : infix(sign, part(x), part(y)),
  });

/** A constant, however repeated. */
const isNumber = (node: Node): boolean =>
  node.op === "constant" || (node.op === "broadcast" && isNumber(node.operands.x));

/** One number for all elements. */
const isScalar = (node: Node): boolean =>
  node.type.shape.length === 0 || (isSilent(node) && isScalar(node.operands.x));

const same: Notation<"reshape" | "broadcast" | "stopGradient" | "cast"> = ({ operands: { x } }, part) =>
  part(x);

/** `n` is the batch, `last` the last axis; others go by number. No axes are all of them. */
function axesOf(x: Node, axes: Axes): string[] {
  const rank = x.type.shape.length;
  if (axes.length === rank) return [];
  return axes.map((axis) => (x.type.shape[axis] === "n" ? "n" : axis === rank - 1 ? "last" : String(axis)));
}

function numberOf(value: number): Formula {
  const complement = complementOf(value);
  return complement === undefined
    ? numeral(shortNumber(value))
    : infix("subtract", numeral("1"), numeral(String(complement)));
}

const transposedIf = (isTransposed: boolean, x: Formula): Formula =>
  isTransposed ? { kind: "transpose", x } : x;

/** Matrix products read as such; others name the axes that they sum over. */
const product: Notation<"contract"> = ({ operands: { x, y }, attributes }, part) => {
  const { batchX, sumX, sumY } = attributes;
  const areMatrices =
    x.type.shape.length === 2 && y.type.shape.length === 2 && sumX.length === 1 && batchX.length === 0;
  if (areMatrices)
    return infix("matrix", transposedIf(sumX[0] === 0, part(x)), transposedIf(sumY[0] === 1, part(y)));
  if (sumX.length === 0) return infix("outer", part(x), part(y));
  return { kind: "sum", axes: axesOf(x, sumX), x: infix("matrix", part(x), part(y)) };
};

const leaf = ({ attributes, origin }: NodeOf<"input" | "parameter" | "state" | "argument">): Formula =>
  named(attributes.name, origin.layer);

const notations: { readonly [K in OpName]: Notation<K> } = {
  input: leaf,
  parameter: leaf,
  state: leaf,
  argument: leaf,
  constant: ({ attributes }) => numberOf(attributes.value),
  batchSize: () => named("n"),
  iota: () => named("index"),
  negate: ({ operands: { x } }, part) => ({ kind: "negate", x: part(x) }),
  absolute: ({ operands: { x } }, part) => ({ kind: "magnitude", x: part(x) }),
  sign: applied("sign"),
  relu: applied("relu"),
  exp: applied("exp"),
  expm1: applied("expm1"),
  log: applied("ln"),
  log1p: applied("ln1p"),
  sqrt: ({ operands: { x } }, part) => ({ kind: "root", x: part(x) }),
  tanh: applied("tanh"),
  sigmoid: applied("σ"),
  erf: applied("erf"),
  cos: applied("cos"),
  sin: applied("sin"),
  cast: same,
  stopGradient: same,
  add: between("add"),
  subtract: between("subtract"),
  multiply: ({ operands: { x, y } }, part) =>
    infix(isScalar(x) || isScalar(y) ? "scale" : "times", part(x), part(y)),
  divide: ({ operands: { x, y } }, part) => ({ kind: "quotient", x: part(x), y: part(y) }),
  power: ({ operands: { x, y } }, part) => ({ kind: "power", x: part(x), y: part(y) }),
  maximum: extreme("max"),
  minimum: extreme("min"),
  less: comparison("less", "greater"),
  lessEqual: comparison("lessEqual", "greaterEqual"),
  equal: comparison("equal", "equal"),
  select: ({ operands: { condition, x, y } }, part) => ({
    kind: "choice",
    condition: part(condition),
    x: part(x),
    y: part(y),
  }),
  reduceSum: ({ operands: { x }, attributes }, part) => ({
    kind: "sum",
    axes: axesOf(x, attributes.axes),
    x: part(x),
  }),
  reduceMax: ({ operands: { x }, attributes }, part) => ({
    kind: "call",
    name: "max",
    axes: axesOf(x, attributes.axes),
    parts: [part(x)],
  }),
  contract: product,
  reshape: same,
  transpose: ({ operands: { x } }, part) => ({ kind: "transpose", x: part(x) }),
  broadcast: same,
  slice: ({ operands: { x }, attributes: { start, shape } }, part) => ({
    kind: "box",
    x: part(x),
    ranges: start.map((from, i) => (shape[i] === "n" ? ":" : `${from}:${from + Number(shape[i])}`)),
  }),
  pad: applied("pad"),
  concat: ({ operands: { x, y } }, part) => {
    // What joins a joining joins all of its parts.
    const first = part(x);
    return { kind: "list", parts: [...(first.kind === "list" ? first.parts : [first]), part(y)] };
  },
  window: applied("windows"),
  fold: applied("fold"),
  gather: ({ operands: { x, indices } }, part) => ({ kind: "rows", x: part(x), indices: part(indices) }),
  scatterAdd: ({ operands: { x, indices } }, part) => ({
    kind: "scatter",
    x: part(x),
    indices: part(indices),
  }),
  scan: (node, part) => call("recurrence", ...operandsOf(node).map(part)),
  random: () => named("random"),
};

/** Dispatching on a union needs one asserted cast. */
const spell = (node: Node, part: Part): Formula =>
  (notations[node.op] as Notation<OpName>)(node as NodeOf<OpName>, part);

const isSilent = (node: Node): node is NodeOf<"broadcast"> | NodeOf<"reshape"> =>
  node.op === "broadcast" || node.op === "reshape" || node.op === "cast" || node.op === "stopGradient";

/** The formula of a node down to the nodes for which `nameOf` gives a name. The node itself is always spelled out. */
export function nodeFormula(root: Node, nameOf: (node: Node) => Formula | undefined): Formula {
  const part = (operand: Node): Formula => {
    const name = nameOf(operand);
    if (name !== undefined) return name;
    return isSilent(operand) ? part(operand.operands.x) : spell(operand, part);
  };
  return isSilent(root) ? part(root.operands.x) : spell(root, part);
}
