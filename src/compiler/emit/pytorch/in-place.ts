/**
 * Finds nodes of an update that may overwrite the memory of an operand, so that a step allocates few vectors:
 * `0.9 * m + 0.1 * g` becomes `m.mul_(0.9).add_(g, alpha=0.1)`.
 *
 * A node may overwrite an operand that nothing reads afterwards: all other readers of the operand must be operands of
 * the node, directly or indirectly. Python evaluates them before it calls the method that overwrites.
 */
import { nameHint } from "../../ir/names.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf, OpName } from "../../ir/nodes.ts";
import { binding } from "./context.ts";
import type { Context, Expression, Recognised } from "./context.ts";
import { atom } from "./recognise-functions.ts";

/** A node whose value overwrites that of an operand. */
export interface InPlace extends Recognised {
  readonly target: Node;
}

const binaryOps: ReadonlySet<OpName> = new Set<OpName>(["add", "subtract", "multiply", "divide"]);

/** Ops with one operand, and their methods in place. */
const methods: Partial<Readonly<Record<OpName, string>>> = {
  absolute: "abs_",
  exp: "exp_",
  log: "log_",
  negate: "neg_",
  sign: "sign_",
  sqrt: "sqrt_",
  tanh: "tanh_",
};

/** Whether the value has memory of its own, unlike that of a view. */
export const isComputed = ({ op }: Node): boolean =>
  binaryOps.has(op) ||
  op in methods ||
  op === "maximum" ||
  op === "minimum" ||
  op === "power" ||
  op === "select";

const isVector = ({ type: { shape }, op }: Node): boolean => shape.length === 1 && op !== "broadcast";

/** The nodes that overwrite an operand. `stored`: the leaves that may be overwritten. */
export function findInPlace(
  nodes: readonly Node[],
  outputs: readonly Node[],
  stored: ReadonlySet<Node>,
): ReadonlyMap<Node, InPlace> {
  const readers = readersOf(nodes);
  const kept = new Set(outputs);
  const found = new Map<Node, InPlace>();
  const mayOverwrite = (target: Node, node: Node): boolean => {
    const others = (readers.get(target) ?? []).filter((reader) => reader !== node);
    const before = others.length === 0 ? new Set<Node>() : ancestorsOf(node);
    const isOwn = isVector(target) && (stored.has(target) || isComputed(target)) && !kept.has(target);
    return isOwn && others.every((reader) => isComputed(reader) && before.has(reader));
  };
  for (const node of nodes) {
    if (!isVector(node)) continue;
    const targets = targetsOf(node).filter((target) => mayOverwrite(target, node));
    const target = targets.find((each) => stored.has(memoryOf(each, found))) ?? targets[0];
    if (target === undefined) continue;
    const single = (each: Node) => readers.get(each)?.length === 1 && !kept.has(each);
    found.set(node, { target, ...inPlace(node, target, single) });
  }
  return found;
}

/** The node whose memory has the value. */
export function memoryOf(node: Node, found: ReadonlyMap<Node, InPlace>): Node {
  const own = found.get(node);
  return own === undefined ? node : memoryOf(own.target, found);
}

function readersOf(nodes: readonly Node[]): ReadonlyMap<Node, readonly Node[]> {
  const readers = new Map<Node, Node[]>();
  for (const node of nodes)
    for (const operand of new Set(operandsOf(node)))
      readers.set(operand, [...(readers.get(operand) ?? []), node]);
  return readers;
}

function ancestorsOf(node: Node): ReadonlySet<Node> {
  const found = new Set<Node>();
  const open = [...operandsOf(node)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...operandsOf(next));
  }
  return found;
}

/** The operands that a method of PyTorch can overwrite with the node. */
function targetsOf(node: Node): readonly Node[] {
  if (node.op in methods) return operandsOf(node);
  if (!binaryOps.has(node.op)) return [];
  const [x, y] = operandsOf(node);
  return node.op === "add" || node.op === "multiply" ? [x, y] : [x];
}

/** `isSingle`: whether only one node reads the value. */
function inPlace(node: Node, target: Node, isSingle: (node: Node) => boolean): Recognised {
  const [x, y = x] = operandsOf(node);
  const other = target === x ? y : x;
  const call = (method: string, given: readonly string[], c: Context) =>
    atom(`${c.object(target)}.${method}(${given.join(", ")})`, node);
  if (node.op === "add" || node.op === "subtract") {
    const product = productOf(other, isSingle);
    const sign = node.op === "add" ? "" : "-";
    return {
      operands: [
        target,
        ...product.scalars,
        ...product.divisors,
        ...product.vectors,
        ...product.vectorDivisors,
      ],
      write: (c) => call(...sumCall(product, sign, c), c),
    };
  }
  if (node.op === "multiply" || node.op === "divide") {
    const method = node.op === "multiply" ? "mul_" : "div_";
    return { operands: [target, other], write: (c) => call(method, [c.value(other).text], c) };
  }
  const method = methods[node.op] ?? "";
  return { operands: [target], write: (c) => call(method, [], c) };
}

/** Products and quotients of scalars and vectors. */
interface Product {
  readonly scalars: readonly Node[];
  readonly divisors: readonly Node[];
  readonly vectors: readonly Node[];
  readonly vectorDivisors: readonly Node[];
}

const factor = (node: Node): Product => ({
  scalars: isVector(node) ? [] : [node],
  divisors: [],
  vectors: isVector(node) ? [node] : [],
  vectorDivisors: [],
});

/** The factors of a value that `add_`, `addcmul_` or `addcdiv_` can add; otherwise the value itself. */
function productOf(node: Node, isSingle: (node: Node) => boolean): Product {
  const product = factorsOf(node, isSingle);
  const { vectors, vectorDivisors } = product;
  const isKnown =
    vectors.length === 1 ? vectorDivisors.length <= 1 : vectors.length + vectorDivisors.length === 2;
  return isKnown && vectors.length > 0 ? product : factor(node);
}

function factorsOf(node: Node, isSingle: (node: Node) => boolean): Product {
  const isInner = isSingle(node) && isVector(node);
  if (!isInner || (node.op !== "multiply" && node.op !== "divide")) return factor(node);
  const { x, y } = (node satisfies NodeOf<"multiply" | "divide">).operands;
  const left = factorsOf(x, isSingle);
  const right = node.op === "multiply" ? factorsOf(y, isSingle) : inverse(factor(y));
  return {
    scalars: [...left.scalars, ...right.scalars],
    divisors: [...left.divisors, ...right.divisors],
    vectors: [...left.vectors, ...right.vectors],
    vectorDivisors: [...left.vectorDivisors, ...right.vectorDivisors],
  };
}

const inverse = ({ scalars, divisors, vectors, vectorDivisors }: Product): Product => ({
  scalars: divisors,
  divisors: scalars,
  vectors: vectorDivisors,
  vectorDivisors: vectors,
});

/** The method that adds a product, and its arguments. */
function sumCall(product: Product, sign: "" | "-", c: Context): readonly [string, readonly string[]] {
  const { vectors, vectorDivisors } = product;
  const texts = [
    ...vectors.map((vector) => shortText(vector, nameHint(vector), c)),
    ...vectorDivisors.map((vector) => shortText(vector, "divisor", c)),
  ];
  const scalar = scalarOf(product, c);
  if (texts.length < 2) {
    const method = sign === "" ? "add_" : "sub_";
    if (vectors.length === 0) return [method, [scalar?.text ?? "1.0"]];
    return [method, [...texts, ...(scalar === undefined ? [] : [`alpha=${scalar.text}`])]];
  }
  const method = vectorDivisors.length > 0 ? "addcdiv_" : "addcmul_";
  const value =
    sign === "" ? scalar?.text : `-${scalar === undefined ? "1.0" : c.wrapped(scalar, binding.product)}`;
  return [method, [...texts, ...(value === undefined ? [] : [`value=${value}`])]];
}

/** The text of a value; a variable if the text is long. */
function shortText(node: Node, hint: string, c: Context): string {
  const { text } = c.value(node);
  return text.length <= longestArgument ? text : c.held(hint, text);
}

const longestArgument = 40;

/** The scalar factors; undefined without any. */
function scalarOf({ scalars, divisors }: Product, c: Context): Expression | undefined {
  const [first, ...others] = scalars.map((scalar) => c.value(scalar));
  if (first === undefined && divisors.length === 0) return undefined;
  if (others.length === 0 && divisors.length === 0) return first;
  const head = first === undefined ? "1.0" : c.wrapped(first, binding.product);
  const factors = others.map((each) => ` * ${c.wrapped(each, binding.sign)}`);
  const quotients = divisors.map((each) => ` / ${c.wrapped(c.value(each), binding.sign)}`);
  return { text: head + [...factors, ...quotients].join(""), binding: binding.product, shape: [] };
}
