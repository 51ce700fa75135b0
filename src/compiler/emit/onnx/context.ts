/**
 * Turns nodes of the graph IR into ONNX nodes, with the rule of each op. Only the size `n` of the batch axis is unknown
 * here: all other sizes are constants of the file.
 */
import { invariant } from "../../diagnostics/errors.ts";
import { leafName } from "../../ir/nodes.ts";
import type { Node, NodeOf, OpName, Recurrence } from "../../ir/nodes.ts";
import { recurrencesOf } from "../../ir/recurrence.ts";
import { sameShape, sizeOf } from "../../ir/types.ts";
import type { ElementType, Shape } from "../../ir/types.ts";
import { dataTypeOf } from "./encode.ts";
import type { Element } from "./encode.ts";
import { GraphWriter } from "./graph-writer.ts";
import type { Attributes, Inputs, Note, Value } from "./graph-writer.ts";

/** The ONNX nodes of an op. */
export type Rule<K extends OpName> = (node: NodeOf<K>, c: Context) => Value;
export type Rules = { readonly [K in OpName]: Rule<K> };

/** What a graph and the bodies of its recurrences have in common. */
export interface Surroundings {
  readonly rules: Rules;
  noteOf(node: Node): Note;
  /** The value of an input, a parameter or a state. */
  leaf(storage: string): Value;
  /** The size of the batch, as a list of one integer. */
  batch(): Value;
}

/** The sizes of axes that are not merged, for `reshape`. */
export const axesOf = (shape: Shape): readonly Shape[] => shape.map((size) => [size]);

export class Context {
  readonly writer: GraphWriter;
  private readonly surroundings: Surroundings;
  private readonly outer: Context | undefined;
  private readonly values = new Map<Node, Value>();
  /** For values that only repeat others: a smaller value that broadcasts to them by NumPy's rule. */
  private readonly compact = new Map<Node, Value>();
  /** The scans of this graph by recurrence, and the values of those that are written. */
  private scans: ReadonlyMap<Recurrence, readonly NodeOf<"scan">[]> = new Map();

  constructor(surroundings: Surroundings, outer?: Context) {
    this.surroundings = surroundings;
    this.outer = outer;
    this.writer = new GraphWriter(outer?.writer);
  }

  /** The context of the body of a recurrence. It may read the values of this context. */
  inner(): Context {
    return new Context(this.surroundings, this);
  }

  /** Writes nodes, operands first. */
  write(nodes: readonly Node[]): void {
    this.scans = recurrencesOf({ nodes });
    for (const node of nodes) if (this.find(node) === undefined) this.writeNode(node);
  }

  private writeNode(node: Node): void {
    const { element, shape } = node.type;
    const note = this.surroundings.noteOf(node);
    const value = this.writer.describe(note, element, shape, () =>
      apply(this.surroundings.rules, node, this),
    );
    this.values.set(node, value);
  }

  /** Sets the value of a node that is not written, or not yet. */
  bind(node: Node, value: Value): void {
    this.values.set(node, value);
  }

  value(node: Node): Value {
    const value = this.find(node);
    invariant(value !== undefined, `${node.op} is used before it is written`);
    return value;
  }

  private find(node: Node): Value | undefined {
    return this.values.get(node) ?? this.outer?.find(node);
  }

  /** The scans of the recurrence in this graph. */
  scansOf(recurrence: Recurrence): readonly NodeOf<"scan">[] {
    return this.scans.get(recurrence) ?? [];
  }

  leaf(node: Node): Value {
    return this.surroundings.leaf(leafName(node) ?? "");
  }

  make(operator: string, inputs: Inputs, attributes: Attributes = {}): Value {
    return this.writer.make(operator, inputs, attributes);
  }

  cast(x: Value, element: Element): Value {
    return this.make("Cast", [x], { to: dataTypeOf(element) });
  }

  // Elementwise operators broadcast their operands, so one of them with the full shape is enough.

  /**
   * The value of a node that repeats `value` along axes of size 1, or axes that it lacks at the left. `shape` is the
   * shape of `value`, and `smallest` broadcasts to it.
   */
  repeated(node: Node, value: Value, shape: Shape, smallest = value): Value {
    this.compact.set(node, smallest);
    // Expand does not shrink axes, so an axis that is already large may be 1 in its shape.
    const missing = node.type.shape.length - shape.length;
    const sizes = node.type.shape.map((size, axis) => (shape[axis - missing] === size ? 1 : size));
    return this.make("Expand", [value, this.sizes(axesOf(sizes))]);
  }

  /** The smallest value that broadcasts to the node. */
  smallest(node: Node): Value {
    return this.compact.get(node) ?? this.outer?.compact.get(node) ?? this.value(node);
  }

  /** The operands of an elementwise operator. */
  aligned(operands: readonly Node[]): readonly Value[] {
    const given = operands.map((x) => this.smallest(x));
    const isFull = operands.some((x, i) => given[i] === this.value(x));
    return isFull ? given : operands.map((x) => this.value(x));
  }

  // Sizes. Each is a product of dimensions.

  /** The product of dimensions as a list of one integer. */
  private size(factors: Shape): Value {
    const constant = factors.reduce<number>((product, d) => (d === "n" ? product : product * d), 1);
    const batches = factors.flatMap((d) => (d === "n" ? [this.surroundings.batch()] : []));
    if (batches.length === 0) return this.writer.integers([constant]);
    const product = batches.reduce((x, y) => this.make("Mul", [x, y]));
    return constant === 1 ? product : this.make("Mul", [product, this.writer.integers([constant])]);
  }

  /** A list of sizes. */
  sizes(list: readonly Shape[]): Value {
    if (!list.flat().includes("n")) return this.writer.integers(list.map((factors) => sizeOf(factors, 1)));
    const parts = list.map((factors) => this.size(factors));
    return parts.length === 1 ? parts[0] : this.make("Concat", parts, { axis: 0 });
  }

  /** The product of dimensions as a number of the type i64. */
  count(shape: Shape): Value {
    return this.make("Squeeze", [this.size(shape), this.writer.integers([0])]);
  }

  // Arrangements.

  /** Reshapes x to axes with these sizes. `from` are its present sizes. */
  reshape(x: Value, from: readonly Shape[], to: readonly Shape[]): Value {
    const isSame = from.length === to.length && from.every((factors, axis) => sameShape(factors, to[axis]));
    return isSame ? x : this.make("Reshape", [x, this.reshapeSizes(to)]);
  }

  private reshapeSizes(to: readonly Shape[]): Value {
    // At most one size of a reshape may be left out.
    const dynamic = to.filter((factors) => factors.includes("n")).length;
    return dynamic > 1
      ? this.sizes(to)
      : this.writer.integers(to.map((factors) => (factors.includes("n") ? -1 : sizeOf(factors, 1))));
  }

  transpose(x: Value, permutation: readonly number[]): Value {
    return permutation.every((axis, i) => axis === i)
      ? x
      : this.make("Transpose", [x], { perm: permutation });
  }

  /** The sum along the axes, which the result does not have. */
  sum(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.make("ReduceSum", [x, this.writer.integers(axes)], { keepdims: 0 });
  }

  /** x with elements of one value before and after those of each axis. */
  pad(
    x: Value,
    before: readonly number[],
    after: readonly number[],
    value: number,
    element: ElementType,
  ): Value {
    const isEmpty = [...before, ...after].every((count) => count === 0);
    if (isEmpty) return x;
    return this.make("Pad", [
      x,
      this.writer.integers([...before, ...after]),
      this.writer.scalar(element, value),
    ]);
  }
}

/** Contains a type assertion, because TypeScript cannot check a call that dispatches on a union of ops. */
const apply = (rules: Rules, node: Node, c: Context): Value =>
  (rules[node.op] as Rule<OpName>)(node as NodeOf<OpName>, c);
