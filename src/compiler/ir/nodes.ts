/**
 * The syntax of the graph IR. The table has one row per op with the names of its operands and attributes.
 * Types, builder, printer and parser are derived from it. The semantics of an op is defined in its file under
 * `ops/`.
 */
import type { ElementType, Shape, TensorType } from "./types.ts";

interface Row<Operands extends readonly string[], Attributes extends object> {
  readonly operands: Operands;
  readonly attributes: readonly (keyof Attributes & string)[];
  /** Records the type of the attributes for TypeScript. It never has a value. */
  readonly as?: Attributes;
}

type None = Record<never, never>;

const row = <const Operands extends readonly string[]>(...operands: Operands): Row<Operands, None> => ({
  operands,
  attributes: [],
});

/** A row for an op with attributes: `attributed<{ axes: Axes }>()(["axes"], "x")`. */
const attributed =
  <Attributes extends object>() =>
  <const Operands extends readonly string[]>(
    attributes: readonly (keyof Attributes & string)[],
    ...operands: Operands
  ): Row<Operands, Attributes> => ({ operands, attributes });

export type Axes = readonly number[];
/**
 * The axes of `x` and `y` that a contraction pairs. The result keeps `batch` axes; the contraction sums over
 * `sum` axes.
 */
export interface ContractAxes {
  readonly batchX: Axes;
  readonly batchY: Axes;
  readonly sumX: Axes;
  readonly sumY: Axes;
}
/** Windows over `axes`. Window o of an axis contains the elements o·stride + k·dilation for 0 ≤ k < size. */
export interface WindowShape {
  readonly axes: Axes;
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** The role of one operand of a `scan` in the step of the recurrence. */
export interface StepOperand {
  /** The name of the operand and of its argument. */
  readonly name: string;
  /**
   * each: the operand is a sequence; each step reads its own element.
   * carried: each step reads the result of the previous one; the first step reads the operand.
   * whole: every step reads the whole operand.
   */
  readonly role: "each" | "carried" | "whole";
  /** The leaf that represents the operand in the step. */
  readonly argument: NodeOf<"argument">;
  /** The value that a step passes to the next one. Only carried operands have it. */
  readonly next?: Node;
}

/**
 * A step that is repeated along time. Its body consists of the nodes between its arguments and its results.
 * These nodes do not belong to the enclosing graph. All scans over the same recurrence run as one loop.
 */
export interface Recurrence {
  /** The number of steps. */
  readonly length: number;
  /** Whether the steps run from the end of the sequence to the start. */
  readonly reverse: boolean;
  /** In the order of the scan's operands. */
  readonly operands: readonly StepOperand[];
}

/**
 * This is an interface and not a type literal, because it refers recursively to the type of the table, and
 * TypeScript would resolve a type literal too early.
 */
interface ScanAttributes {
  readonly recurrence: Recurrence;
  readonly value: Node;
}

/**
 * The elementary functions. Each is an op with one operand, and targets compute it with a function of the
 * same name. `ops/pointwise/elementary.ts` defines them.
 */
export const elementary = {
  exp: row("x"),
  expm1: row("x"),
  log: row("x"),
  log1p: row("x"),
  sin: row("x"),
  cos: row("x"),
  tanh: row("x"),
  erf: row("x"),
  sigmoid: row("x"),
} as const;

export type ElementaryName = keyof typeof elementary;
export const isElementary = (name: string): name is ElementaryName => Object.hasOwn(elementary, name);

export const syntax = {
  // Leaves: constants, and values that are in memory before the graph runs.
  input: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  parameter: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  state: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  argument: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  constant: attributed<{ value: number; element: ElementType }>()(["value", "element"]),
  batchSize: attributed<{ element: ElementType }>()(["element"]),
  iota: attributed<{ shape: Shape; axis: number }>()(["shape", "axis"]),

  // Pointwise ops with one operand.
  negate: row("x"),
  absolute: row("x"),
  sign: row("x"),
  floor: row("x"),
  relu: row("x"),
  sqrt: row("x"),
  ...elementary,
  cast: attributed<{ element: ElementType }>()(["element"], "x"),
  stopGradient: row("x"),

  // Pointwise ops with two or three operands.
  add: row("x", "y"),
  subtract: row("x", "y"),
  multiply: row("x", "y"),
  divide: row("x", "y"),
  power: row("x", "y"),
  maximum: row("x", "y"),
  minimum: row("x", "y"),
  less: row("x", "y"),
  lessEqual: row("x", "y"),
  equal: row("x", "y"),
  select: row("condition", "x", "y"),

  // Reductions: sums, maxima and contractions.
  reduceSum: attributed<{ axes: Axes }>()(["axes"], "x"),
  reduceMax: attributed<{ axes: Axes }>()(["axes"], "x"),
  argMax: attributed<{ axes: Axes }>()(["axes"], "x"),
  contract: attributed<ContractAxes>()(["batchX", "batchY", "sumX", "sumY"], "x", "y"),

  // Views: the same elements in a different arrangement.
  reshape: attributed<{ shape: Shape }>()(["shape"], "x"),
  transpose: attributed<{ permutation: Axes }>()(["permutation"], "x"),
  broadcast: attributed<{ shape: Shape; axes: Axes }>()(["shape", "axes"], "x"),
  slice: attributed<{ start: readonly number[]; shape: Shape }>()(["start", "shape"], "x"),
  pad: attributed<{ before: readonly number[]; after: readonly number[]; value: number }>()(
    ["before", "after", "value"],
    "x",
  ),
  concat: attributed<{ axis: number }>()(["axis"], "x", "y"),
  window: attributed<WindowShape>()(["axes", "size", "stride", "dilation"], "x"),

  // Adjoints of views that read an element more than once, and indexed reads.
  fold: attributed<WindowShape & { shape: Shape }>()(["axes", "size", "stride", "dilation", "shape"], "x"),
  gather: row("x", "indices"),
  scatterAdd: attributed<{ size: number }>()(["size"], "x", "indices"),

  // The value of the node `value` in every step, stacked along time. The operands are those of the
  // recurrence.
  scan: attributed<ScanAttributes>()(["recurrence", "value"]),

  // Stateless random numbers: the bits depend only on seed, step, salt and position.
  random: attributed<{ shape: Shape; salt: number; element: ElementType }>()(
    ["shape", "salt", "element"],
    "seed",
    "step",
  ),
} as const;

type Syntax = typeof syntax;
export type OpName = keyof Syntax;
export type OperandName<K extends OpName> = K extends "scan" ? string : Syntax[K]["operands"][number];
export type Attributes<K extends OpName> = NonNullable<Syntax[K]["as"]>;

/**
 * The origin of a node. Rewrites preserve it, and emitted comments and the names of values are derived from
 * it. The origin of a backward node has `forward` and `rule`: the node whose derivative it computes, and the
 * derivative rule.
 */
export interface Origin {
  readonly path?: readonly (string | number)[];
  readonly layer?: string;
  readonly composite?: string;
  readonly forward?: Node;
  readonly rule?: string;
  /** The derivations of other nodes that a rewrite combined with this one, each once. */
  readonly combined?: readonly NodeDerivation[];
  /** The rewrites that produced this node, in order. */
  readonly rewrites?: readonly Rewrite[];
}

/** The derivative rule that produced a backward node, and the node whose derivative it computes. */
export interface NodeDerivation {
  readonly forward: Node;
  readonly rule: string;
}

/**
 * A rewrite rule and the pass that applied it. If a pass has only one rule, the rule has the name of the
 * pass.
 */
export interface Rewrite {
  readonly rule: string;
  readonly pass: string;
}

export interface NodeOf<K extends OpName> {
  readonly op: K;
  readonly operands: { readonly [O in OperandName<K>]: Node };
  readonly attributes: Attributes<K>;
  readonly type: TensorType;
  readonly origin: Origin;
  /** A name hint. `nameAll` makes names unique within a graph. */
  readonly name?: string;
}

export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/**
 * The derivations of a backward node: those that rewrites combined with it, then its own.
 * Empty for forward values.
 */
export const derivationsOf = ({
  origin: { forward, rule, combined = [] },
}: Node): readonly NodeDerivation[] =>
  forward === undefined || rule === undefined ? [] : [...combined, { forward, rule }];

/** A node whose value the graph writes to the named storage. */
export interface Output {
  readonly storage: string;
  readonly node: Node;
}

/** Nodes in topological order: operands come before the nodes that use them. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly outputs: readonly Output[];
}

const operandNames: Readonly<Record<OpName, { readonly operands: readonly string[] }>> = syntax;

/** The names of an op's operands, in order. They come from its row in the syntax, or from its recurrence. */
export const operandNamesOf = (op: OpName, attributes: object): readonly string[] =>
  op === "scan" && isOverRecurrence(attributes)
    ? attributes.recurrence.operands.map(({ name }) => name)
    : operandNames[op].operands;

const isOverRecurrence = (attributes: object): attributes is ScanAttributes => "recurrence" in attributes;

export function operandsOf(node: Node): Node[] {
  const operands: Readonly<Record<string, Node>> = node.operands;
  return operandNamesOf(node.op, node.attributes).map((name) => operands[name]);
}

/** The name of the storage that a leaf reads. */
export const leafName = (node: Node): string | undefined =>
  node.op === "input" || node.op === "parameter" || node.op === "state" ? node.attributes.name : undefined;

/**
 * All nodes that the outputs need, operands first. The function is iterative, because recursion over a deep
 * network would overflow the stack.
 */
export function collectNodes(outputs: readonly Output[]): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  for (const { node: root } of outputs) {
    const stack: { node: Node; operands: Node[]; next: number }[] = [];
    const enter = (node: Node) => {
      if (!done.has(node)) {
        done.add(node);
        stack.push({ node, operands: operandsOf(node), next: 0 });
      }
    };
    enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.operands.length) enter(top.operands[top.next++]);
      else order.push(stack.pop()!.node);
    }
  }
  return order;
}

export const makeGraph = (name: string, outputs: readonly Output[]): Graph => ({
  name,
  nodes: collectNodes(outputs),
  outputs,
});
