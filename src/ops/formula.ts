/**
 * Ops in ordinary mathematical notation, for comments in emitted code and for `inspect`: a total table from op to
 * text. Views that mathematics leaves unsaid (broadcasts, reshapes) read as their operand.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Axes, Node, NodeOf, OpName } from "../ir/nodes.ts";
import { complementOf, shortNumber } from "../util/number-text.ts";

/** How tightly a text binds: what stands inside a tighter one needs brackets. */
const precedence = { select: 0, compare: 1, sum: 2, product: 3, power: 4, atom: 5 } as const;
type Level = keyof typeof precedence;

interface Text {
  readonly text: string;
  readonly level: Level;
}

type Notation<K extends OpName> = (node: NodeOf<K>, part: (operand: Node, level: Level) => string) => Text;

const atom = (text: string): Text => ({ text, level: "atom" });
interface OneOperand {
  readonly operands: { readonly x: Node };
}
const applied =
  (name: string) =>
  (node: OneOperand, part: (operand: Node, level: Level) => string): Text =>
    atom(`${name}(${part(node.operands.x, "select")})`);

type BinaryName = "add" | "subtract" | "multiply" | "divide" | "less" | "lessEqual" | "equal";
const infix =
  (sign: string, level: Level, right: Level): Notation<BinaryName> =>
  ({ operands: { x, y } }, part) => ({ text: `${part(x, level)} ${sign} ${part(y, right)}`, level });
const comparison =
  (sign: string, mirrored: string): Notation<BinaryName> =>
  ({ operands: { x, y } }, part) =>
    isNumber(x)
      ? atom(`[${part(y, "sum")} ${mirrored} ${part(x, "sum")}]`)
      : atom(`[${part(x, "sum")} ${sign} ${part(y, "sum")}]`);

/** A constant, however repeated: it reads better behind the sign. */
const isNumber = (node: Node): boolean =>
  node.op === "constant" || (node.op === "broadcast" && isNumber(node.operands.x));

const same: Notation<"reshape" | "broadcast" | "stopGradient" | "cast"> = ({ operands: { x } }, part) => ({
  text: part(x, "atom"),
  level: "atom",
});

/** `Σ_n` over the batch, `Σ_last`, or the axes by number. */
function axesText(x: Node, axes: Axes): string {
  const rank = x.type.shape.length;
  if (axes.length === rank) return "";
  return `_${axes.map((axis) => (x.type.shape[axis] === "n" ? "n" : axis === rank - 1 ? "last" : String(axis))).join(",")}`;
}

function constantText(value: number): Text {
  const complement = complementOf(value);
  return complement === undefined ? atom(shortNumber(value)) : { text: `1 − ${complement}`, level: "sum" };
}

/** Matrix products read as such; others name the axes that they sum over. */
const product: Notation<"contract"> = ({ operands: { x, y }, attributes }, part) => {
  const { batchX, sumX, sumY } = attributes;
  const matrices =
    x.type.shape.length === 2 && y.type.shape.length === 2 && sumX.length === 1 && batchX.length === 0;
  const left = part(x, "product");
  const right = part(y, "power");
  if (matrices)
    return {
      text: `${left}${sumX[0] === 0 ? "ᵀ" : ""} · ${right}${sumY[0] === 1 ? "ᵀ" : ""}`,
      level: "product",
    };
  if (sumX.length === 0) return { text: `${left} ⊗ ${right}`, level: "product" };
  return { text: `Σ${axesText(x, sumX)} ${left} · ${right}`, level: "sum" };
};

const notations: { readonly [K in OpName]: Notation<K> } = {
  input: ({ attributes }) => atom(attributes.name),
  parameter: ({ attributes }) => atom(attributes.name),
  state: ({ attributes }) => atom(attributes.name),
  argument: ({ attributes }) => atom(attributes.name),
  constant: ({ attributes }) => constantText(attributes.value),
  batchSize: () => atom("n"),
  iota: () => atom("index"),
  negate: ({ operands: { x } }, part) => ({ text: `−${part(x, "product")}`, level: "sum" }),
  absolute: ({ operands: { x } }, part) => atom(`|${part(x, "select")}|`),
  sign: applied("sign"),
  relu: applied("relu"),
  exp: applied("exp"),
  expm1: applied("expm1"),
  log: applied("ln"),
  log1p: applied("ln1p"),
  sqrt: ({ operands: { x } }, part) => atom(`√(${part(x, "select")})`),
  tanh: applied("tanh"),
  sigmoid: applied("σ"),
  erf: applied("erf"),
  cos: applied("cos"),
  sin: applied("sin"),
  cast: same,
  stopGradient: same,
  add: infix("+", "sum", "sum"),
  subtract: infix("−", "sum", "product"),
  multiply: infix("·", "product", "product"),
  divide: infix("/", "product", "power"),
  power: ({ operands: { x, y } }, part) => ({
    text: `${part(x, "atom")}^${part(y, "atom")}`,
    level: "power",
  }),
  maximum: ({ operands: { x, y } }, part) => atom(`max(${part(x, "select")}, ${part(y, "select")})`),
  minimum: ({ operands: { x, y } }, part) => atom(`min(${part(x, "select")}, ${part(y, "select")})`),
  less: comparison("<", ">"),
  lessEqual: comparison("≤", "≥"),
  equal: comparison("=", "="),
  select: ({ operands: { condition, x, y } }, part) => ({
    text: `${part(condition, "compare")} ? ${part(x, "compare")} : ${part(y, "compare")}`,
    level: "select",
  }),
  reduceSum: ({ operands: { x }, attributes }, part) => ({
    text: `Σ${axesText(x, attributes.axes)} ${part(x, "product")}`,
    level: "sum",
  }),
  reduceMax: ({ operands: { x }, attributes }, part) =>
    atom(`max${axesText(x, attributes.axes)}(${part(x, "select")})`),
  contract: product,
  reshape: same,
  transpose: ({ operands: { x } }, part) => ({ text: `${part(x, "atom")}ᵀ`, level: "power" }),
  broadcast: same,
  slice: ({ operands: { x }, attributes: { start, shape } }, part) =>
    atom(
      `${part(x, "atom")}[${start.map((from, i) => (shape[i] === "n" ? ":" : `${from}:${from + Number(shape[i])}`)).join(", ")}]`,
    ),
  pad: ({ operands: { x } }, part) => atom(`pad(${part(x, "select")})`),
  concat: ({ operands: { x, y } }, part) => {
    // What joins a joining joins all of its parts.
    const first = part(x, "select");
    const inner = /^\[([^\]]*)\]$/.exec(first)?.[1];
    return atom(`[${x.op === "concat" && inner !== undefined ? inner : first}, ${part(y, "select")}]`);
  },
  window: ({ operands: { x } }, part) => atom(`windows(${part(x, "select")})`),
  fold: ({ operands: { x } }, part) => atom(`fold(${part(x, "select")})`),
  gather: ({ operands: { x, indices } }, part) => atom(`${part(x, "atom")}[${part(indices, "select")}]`),
  scatterAdd: ({ operands: { x, indices } }, part) =>
    atom(`scatter(${part(x, "select")} at ${part(indices, "select")})`),
  scan: (node, part) =>
    atom(`recurrence(${operandsOf(node).map((operand) => part(operand, "select")).join(", ")})`), // prettier-ignore
  random: () => atom("random"),
};

/** Dispatching on a union needs one asserted cast. */
const spell = (node: Node, part: (operand: Node, level: Level) => string): Text =>
  (notations[node.op] as Notation<OpName>)(node as NodeOf<OpName>, part);

const isSilent = (node: Node): node is NodeOf<"broadcast"> | NodeOf<"reshape"> =>
  node.op === "broadcast" || node.op === "reshape" || node.op === "cast" || node.op === "stopGradient";

/** The formula of a node down to the nodes for which `nameOf` gives a name. The node itself is always spelled out. */
export function formulaOf(root: Node, nameOf: (node: Node) => string | undefined): string {
  const part = (operand: Node, level: Level): string => {
    const name = nameOf(operand);
    if (name !== undefined) return name;
    if (isSilent(operand)) return part(operand.operands.x, level);
    const inner = spell(operand, part);
    return precedence[inner.level] < precedence[level] ? `(${inner.text})` : inner.text;
  };
  return isSilent(root) ? part(root.operands.x, "select") : spell(root, part).text;
}
