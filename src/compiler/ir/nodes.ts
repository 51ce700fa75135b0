/**
 * The syntax of the graph IR: one row an op, naming its operands and its attributes. Types, builder, printer and
 * parser all derive from this table; what an op means stands in its file under `ops/`.
 */
import type { ElementType, Shape, TensorType } from "./types.ts";

interface Row<Operands extends readonly string[], Attributes extends object> {
  readonly operands: Operands;
  readonly attributes: readonly (keyof Attributes & string)[];
  /** Carries the type of the attributes; never a value. */
  readonly as?: Attributes;
}

type None = Record<never, never>;

const row = <const Operands extends readonly string[]>(...operands: Operands): Row<Operands, None> => ({
  operands,
  attributes: [],
});

/** A row whose op has attributes: `attributed<{ axes: Axes }>()(["axes"], "x")`. */
const attributed =
  <Attributes extends object>() =>
  <const Operands extends readonly string[]>(
    attributes: readonly (keyof Attributes & string)[],
    ...operands: Operands
  ): Row<Operands, Attributes> => ({ operands, attributes });

export type Axes = readonly number[];
/** Which axes of `x` and `y` a contraction pairs: `batch` axes stay, `sum` axes are summed over. */
export interface ContractAxes {
  readonly batchX: Axes;
  readonly batchY: Axes;
  readonly sumX: Axes;
  readonly sumY: Axes;
}
/** Windows over `axes`: window o of an axis holds the elements o·stride + k·dilation, k < size. */
export interface WindowShape {
  readonly axes: Axes;
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** How the step of a recurrence sees one operand of its `scan`. */
export interface StepOperand {
  /** The operand's name, and its argument's. */
  readonly name: string;
  /**
   * each: a sequence, of which a step sees its own element. carried: what the step before left; the operand
   * is what the first step sees. whole: the same at every step.
   */
  readonly role: "each" | "carried" | "whole";
  /** The leaf that stands for it in the step. */
  readonly argument: NodeOf<"argument">;
  /** What a step leaves for the next one; of carried operands alone. */
  readonly next?: Node;
}

/**
 * A step that is repeated along time. The nodes between its arguments and what it makes are its body; they
 * stand in no graph. Scans over one and the same recurrence are run as one loop.
 */
export interface Recurrence {
  /** How many steps. */
  readonly length: number;
  /** Whether the steps run from the end of time to its beginning. */
  readonly reverse: boolean;
  /** In the order of the scan's operands. */
  readonly operands: readonly StepOperand[];
}

/** An interface, since a literal type would be resolved while the table that it is part of still is in the making. */
interface ScanAttributes {
  readonly recurrence: Recurrence;
  readonly value: Node;
}

/**
 * The elementary functions: ops of one number that a target computes by a function of the same name. Their
 * definitions are `ops/pointwise/elementary.ts`.
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
  // Leaves: values that stand in memory before the graph runs, and numbers.
  input: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  parameter: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  state: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  argument: attributed<{ name: string; type: TensorType }>()(["name", "type"]),
  constant: attributed<{ value: number; element: ElementType }>()(["value", "element"]),
  batchSize: attributed<{ element: ElementType }>()(["element"]),
  iota: attributed<{ shape: Shape; axis: number }>()(["shape", "axis"]),

  // Pointwise, one operand.
  negate: row("x"),
  absolute: row("x"),
  sign: row("x"),
  floor: row("x"),
  relu: row("x"),
  sqrt: row("x"),
  ...elementary,
  cast: attributed<{ element: ElementType }>()(["element"], "x"),
  stopGradient: row("x"),

  // Pointwise, two and three operands.
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

  // Sums and maxima.
  reduceSum: attributed<{ axes: Axes }>()(["axes"], "x"),
  reduceMax: attributed<{ axes: Axes }>()(["axes"], "x"),
  argMax: attributed<{ axes: Axes }>()(["axes"], "x"),
  contract: attributed<ContractAxes>()(["batchX", "batchY", "sumX", "sumY"], "x", "y"),

  // Views: the same elements in other places.
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

  // Adjoints of views that read an element more than once, and reads through an index.
  fold: attributed<WindowShape & { shape: Shape }>()(["axes", "size", "stride", "dilation", "shape"], "x"),
  gather: row("x", "indices"),
  scatterAdd: attributed<{ size: number }>()(["size"], "x", "indices"),

  // What `value` of the step is at every step, stacked along time. Its operands are those that the recurrence names.
  scan: attributed<ScanAttributes>()(["recurrence", "value"]),

  // Randomness without state: bits are a function of seed, step, salt and position.
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
 * Where a node came from. Rewriting keeps it; it becomes the comments in emitted code and the names of values.
 * `forward` and `rule` are there on nodes of the backward part: the node whose derivative this serves.
 */
export interface Origin {
  readonly path?: readonly (string | number)[];
  readonly layer?: string;
  readonly composite?: string;
  readonly forward?: Node;
  readonly rule?: string;
  /** The rewrites that made this node what it is, in order. */
  readonly rewrites?: readonly Rewrite[];
}

/** A rewrite rule, and the pass that applied it. A pass that has one rule gives its own name to it. */
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
  /** A wish; `nameAll` makes names unique within a graph. */
  readonly name?: string;
}

export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/** A value that the graph leaves in the named place of storage. */
export interface Output {
  readonly storage: string;
  readonly node: Node;
}

/** Nodes in topological order: operands stand before those who use them. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly outputs: readonly Output[];
}

const operandNames: Readonly<Record<OpName, { readonly operands: readonly string[] }>> = syntax;

/** The names of an op's operands, in order: those of its syntax row, or those that a recurrence brings. */
export const operandNamesOf = (op: OpName, attributes: object): readonly string[] =>
  isOverRecurrence(attributes)
    ? attributes.recurrence.operands.map(({ name }) => name)
    : operandNames[op].operands;

const isOverRecurrence = (attributes: object): attributes is ScanAttributes => "recurrence" in attributes;

export function operandsOf(node: Node): Node[] {
  const operands: Readonly<Record<string, Node>> = node.operands;
  return operandNamesOf(node.op, node.attributes).map((name) => operands[name]);
}

/** The place of storage that a leaf stands for. */
export const leafName = (node: Node): string | undefined =>
  node.op === "input" || node.op === "parameter" || node.op === "state" ? node.attributes.name : undefined;

/** All nodes that the outputs need, operands first. Iterative, since a deep network is a deep graph. */
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
