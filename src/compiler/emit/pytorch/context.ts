/**
 * Turns nodes of the graph IR into Python statements, with the rule of each op. An expression is written where it is
 * used. It becomes a variable if it is used several times or would be too long.
 *
 * PyTorch broadcasts operands itself. The text of a broadcast node is therefore a smaller tensor wherever an operator
 * takes it, and `expand` is written only where the full tensor is needed.
 */
import { invariant } from "../../diagnostics/errors.ts";
import { nameHint } from "../../ir/names.ts";
import { leafName, operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf, OpName, Recurrence } from "../../ir/nodes.ts";
import { recurrencesOf } from "../../ir/recurrence.ts";
import { sameShape } from "../../ir/types.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import type { ProcessHelper } from "./parts/processes.ts";
import { identifiers, numberText } from "./python-text.ts";
import { isRowSum } from "./rows.ts";

/** How tightly a Python expression binds. */
export const binding = {
  comparison: 1,
  or: 2,
  xor: 3,
  and: 4,
  sum: 5,
  product: 6,
  sign: 7,
  power: 8,
  atom: 9,
};
export type Binding = (typeof binding)[keyof typeof binding];

/** The Python expression of a value. `shape` broadcasts to the shape of the node. */
export interface Expression {
  readonly text: string;
  readonly binding: Binding;
  readonly shape: Shape;
  /** A Python number instead of a tensor. */
  readonly isNumber?: boolean;
}

export type Rule<K extends OpName> = (node: NodeOf<K>, c: Context) => Expression;
export type Rules = { readonly [K in OpName]: Rule<K> };

/** Functions of the emitted file that some expressions call. */
export type Helper = "fold" | "real" | "uniform" | ProcessHelper;

/** A module or function of PyTorch that computes a node from other operands than those of its op. */
export interface Recognised {
  readonly operands: readonly Node[];
  write(c: Context): Expression;
}

export interface Surroundings {
  readonly rules: Rules;
  readonly recognised: ReadonlyMap<Node, Recognised>;
  /** The expression of a parameter, an input or a state. */
  leaf(storage: string, node: Node): string;
  readonly helpers: Set<Helper>;
  /** Sums over rows that the trainer adds over all processes. Others are added where they are computed. */
  readonly ownSums?: ReadonlySet<Node> | undefined;
}

/** A longer expression becomes a variable. */
const longestInline = 76;
const longestLine = 112;

export class Context {
  private readonly surroundings: Surroundings;
  private readonly values = new Map<Node, Expression>();
  private readonly users = new Map<Node, Node[]>();
  private readonly scans = new Map<Recurrence, NodeOf<"scan">[]>();
  private readonly identify: (hint: string) => string;
  private readonly prefixes: readonly string[];
  readonly lines: string[] = [];
  private indent = "";
  usesBatchSize = false;

  /** `prefixes`: the starts of names that are left out, such as that of the layer. */
  constructor(surroundings: Surroundings, taken: Iterable<string> = [], prefixes: readonly string[] = []) {
    this.surroundings = surroundings;
    this.identify = identifiers(taken);
    this.prefixes = prefixes;
  }

  /** Sets the expression of a node that is not written. */
  bind(node: Node, text: string, tightness: Binding = binding.atom): void {
    this.values.set(node, { text, binding: tightness, shape: node.type.shape });
  }

  /** A new variable with a name like that of the node. */
  variable(node: Node): string {
    const hint = nameHint(node);
    if (this.prefixes.includes(hint)) return this.identify("y");
    const prefix = this.prefixes.find((each) => hint.startsWith(`${each}_`) && hint.length > each.length + 1);
    return this.identify(prefix === undefined ? hint : hint.slice(prefix.length + 1));
  }

  name(hint: string): string {
    return this.identify(hint);
  }

  /** Writes the nodes that the outputs need, and returns the text of the outputs. */
  write(outputs: readonly Node[]): readonly string[] {
    const nodes = this.needed(outputs);
    this.count(nodes, outputs);
    for (const node of nodes) this.writeNode(node);
    return outputs.map((node) => this.full(node).text);
  }

  /** The operands that the expression of the node reads. Random numbers come from `draws`, which has seed and step. */
  private operandsOf(node: Node): readonly Node[] {
    if (node.op === "random") return [];
    return this.surroundings.recognised.get(node)?.operands ?? operandsOf(node);
  }

  /** The nodes that have no expression yet, operands first. */
  needed(outputs: readonly Node[]): readonly Node[] {
    const order: Node[] = [];
    const done = new Set<Node>();
    const stack = outputs.map((node) => ({ node, isOpen: false })).reverse();
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { node, isOpen } = top;
      if (isOpen) order.push(node);
      if (isOpen || done.has(node) || this.values.has(node)) continue;
      done.add(node);
      stack.push({ node, isOpen: true });
      stack.push(
        ...this.operandsOf(node)
          .map((operand) => ({ node: operand, isOpen: false }))
          .reverse(),
      );
    }
    return order;
  }

  count(nodes: readonly Node[], outputs: readonly Node[]): void {
    for (const node of nodes)
      for (const operand of this.operandsOf(node))
        this.users.set(operand, [...(this.users.get(operand) ?? []), node]);
    for (const output of outputs) this.users.set(output, [...(this.users.get(output) ?? []), output]);
    for (const [recurrence, scans] of recurrencesOf({ nodes }))
      this.scans.set(recurrence, [...(this.scans.get(recurrence) ?? []), ...scans]);
  }

  usersOf(node: Node): readonly Node[] {
    return this.users.get(node) ?? [];
  }

  scansOf(recurrence: Recurrence): readonly NodeOf<"scan">[] {
    return this.scans.get(recurrence) ?? [];
  }

  writeNode(node: Node): void {
    if (this.values.has(node)) return;
    const { recognised, rules, ownSums } = this.surroundings;
    const own = recognised.get(node)?.write(this) ?? applied(rules, node, this);
    const expression = isRowSum(node) && ownSums?.has(node) !== true ? this.overProcesses(own) : own;
    const isTrivial = /^[\w.]+$/.test(expression.text) || expression.isNumber === true;
    const isLong = expression.text.length > longestInline;
    const users = this.usersOf(node);
    const isResult = users.length === 1 && users[0] === node;
    const isVariable = !isTrivial && (users.length > 1 || (isLong && !isResult));
    this.values.set(node, isVariable ? this.assigned(node, expression) : expression);
  }

  private overProcesses({ text, shape }: Expression): Expression {
    this.need("sum_over_processes");
    return { text: `sum_over_processes(${text})`, binding: binding.atom, shape };
  }

  private assigned(node: Node, { text, shape }: Expression): Expression {
    const name = this.variable(node);
    this.line(`${name} = ${text}`);
    return { text: name, binding: binding.atom, shape };
  }

  /** A statement. One that is too long continues on indented lines. */
  line(text: string): void {
    this.lines.push(...folded(this.indent + text, longestLine));
  }

  /** A variable with this value, so that it is computed once. A name needs none. */
  held(hint: string, text: string): string {
    if (/^[\w.]+$/.test(text)) return text;
    const name = this.name(hint);
    this.line(`${name} = ${text}`);
    return name;
  }

  /** Writes the body of a loop. */
  block(head: string, body: () => void): void {
    this.line(head);
    const outer = this.indent;
    this.indent += "    ";
    body();
    this.indent = outer;
  }

  need(helper: Helper): void {
    this.surroundings.helpers.add(helper);
  }

  leaf(node: Node): Expression {
    const text = this.surroundings.leaf(leafName(node) ?? "", node);
    return { text, binding: binding.atom, shape: node.type.shape };
  }

  /** An expression that broadcasts to the node. */
  value(node: Node): Expression {
    const value = this.values.get(node);
    invariant(value !== undefined, `${node.op} is used before it is written`);
    return value;
  }

  /** An expression with the shape of the node. */
  full(node: Node): Expression {
    const value = this.value(node);
    const { shape } = node.type;
    if (sameShape(value.shape, shape)) return value;
    if (value.isNumber)
      return { text: `torch.full((${this.sizes(shape)}), ${value.text})`, binding: binding.atom, shape };
    const missing = shape.length - value.shape.length;
    const sizes = shape.map((size, axis) => (value.shape[axis - missing] === size ? -1 : size));
    return {
      text: `${this.wrapped(value, binding.atom)}.expand(${this.sizes(sizes, "")})`,
      binding: binding.atom,
      shape,
    };
  }

  /** A tensor that broadcasts to the node, for functions that take no numbers. */
  tensor(node: Node): Expression {
    const value = this.value(node);
    return value.isNumber ? { ...value, text: `torch.tensor(${value.text})`, isNumber: false } : value;
  }

  /** The text of the full tensor, ready for a method or an index. */
  object(node: Node): string {
    return this.wrapped(this.full(node), binding.atom);
  }

  /** The text of an operand that must bind at least as tightly. */
  wrapped(value: Expression, least: Binding): string {
    return value.binding < least ? `(${value.text})` : value.text;
  }

  sizeText(size: Dimension): string {
    if (size !== "n") return String(size);
    this.usesBatchSize = true;
    return "n";
  }

  /** Sizes separated by commas. `end` follows a single size, as in the tuple `(3,)`. */
  sizes(shape: Shape, end = ","): string {
    return shape.map((size) => this.sizeText(size)).join(", ") + (shape.length === 1 ? end : "");
  }

  /** Like {@link sizes}, for reshapes: the size of the batch is left open. */
  openSizes(shape: Shape): string {
    const open = shape.indexOf("n");
    return shape.map((size, axis) => (axis === open ? "-1" : this.sizeText(size))).join(", ");
  }

  number(value: number, isReal: boolean): Expression {
    const text = numberText(value, isReal);
    return { text, binding: text.startsWith("-") ? binding.sign : binding.atom, shape: [], isNumber: true };
  }
}

/** The statement, continued on indented lines where it is too long. */
export function folded(line: string, most: number): string[] {
  if (line.length <= most) return [line];
  const indent = /^ */.exec(line)?.[0] ?? "";
  if (depthAt(line, breakBefore(line, most)) > 0) return broken(line, `${indent}    `, most);
  // A statement continues only within parentheses.
  const [, start, value] = /^( *(?:return |[\w., ]+ = ))(.*)$/.exec(line) ?? [];
  if (start === undefined) return [line];
  return [`${start}(`, ...broken(`${indent}    ${value}`, `${indent}    `, most), `${indent})`];
}

/** The line, broken at its spaces. */
function broken(line: string, indent: string, most: number): string[] {
  if (line.length <= most) return [line];
  const space = breakBefore(line, most);
  if (space < indent.length) return [line];
  return [line.slice(0, space).trimEnd(), ...broken(indent + line.slice(space).trimStart(), indent, most)];
}

/** The last space outside strings before the column. */
function breakBefore(line: string, most: number): number {
  let isString = false;
  let last = -1;
  for (let i = 0; i < most; i++) {
    if (line[i] === '"') isString = !isString;
    if (line[i] === " " && !isString && line[i + 1] !== " ") last = i;
  }
  return last;
}

function depthAt(line: string, end: number): number {
  let depth = 0;
  for (const character of line.slice(0, end)) {
    if ("([{".includes(character)) depth++;
    if (")]}".includes(character)) depth--;
  }
  return depth;
}

/**
 * The expression of a node by the rule of its op. Contains a type assertion, because TypeScript cannot check a call
 * that dispatches on a union of ops.
 */
export const applied = (rules: Rules, node: Node, c: Context): Expression =>
  (rules[node.op] as Rule<OpName>)(node as NodeOf<OpName>, c);
