/**
 * The interface of operators. An operator receives the values of its inputs and builds the values of its outputs.
 * Three kinds cover almost all of them:
 *
 *     pointwise   a function of numbers, applied to known values or to nodes, with broadcasting
 *     view        the same elements in another arrangement, also for known values
 *     computed    any other function of nodes; it is evaluated at once if all of its inputs are known
 */
import { DiagnosticError } from "../../diagnostics/errors.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { collectNodes } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import { createBuilder, evaluateNodes } from "../../ops/index.ts";
import { countOf, indicesOf, positionOf } from "../../ops/tensor.ts";
import type { ModelGraph } from "./model-file.ts";
import { InvalidModel } from "./invalid-model.ts";
import type { TensorData } from "./tensor-data.ts";
import { elementOf, isKnown, known, shapeOf, typeOfElement } from "./values.ts";
import type { Known, Value } from "./values.ts";

/** The node of the model that is built, with its attributes. */
export interface OperatorContext {
  readonly g: GraphBuilder;
  readonly opset: number;
  /** The number of outputs of the node. */
  readonly outputs: number;
  /** Whether the node has the attribute. */
  has(name: string): boolean;
  integer(name: string, otherwise: number): number;
  real(name: string, otherwise: number): number;
  text(name: string, otherwise: string): string;
  integers(name: string): readonly number[] | undefined;
  reals(name: string): readonly number[] | undefined;
  texts(name: string): readonly string[] | undefined;
  tensor(name: string): TensorData | undefined;
  graph(name: string): ModelGraph | undefined;
  /** The values of a subgraph's outputs. Only values that are known decide which subgraph is built. */
  outputsOf(graph: ModelGraph): readonly Value[];
  /** The value with this name, from anywhere before the node. */
  value(name: string): Value;
  /** The gradients of the sum of y with respect to nodes from which it is computed. */
  gradients(y: Node, xs: readonly Node[]): readonly Node[];
  /** The value as a node of the graph. */
  node(value: Value): Node;
  /** The elements of a known list of integers, such as axes. `what` names it in messages. */
  list(value: Value, what: string): readonly Dimension[];
  /** Ends the build of this node. The message continues "NODE (Operator) …". */
  refuse(reason: string): never;
}

export type Inputs = readonly (Value | undefined)[];

export interface Operator {
  build(context: OperatorContext, inputs: Inputs): readonly Value[];
}

/** The operators of a file of the table, by name. */
export type Operators = Readonly<Record<string, Operator>>;

/** The input number `index`, which the node must have. */
export function required(context: OperatorContext, inputs: Inputs, index: number): Value {
  const value = inputs[index];
  return value === undefined ? context.refuse(`has no input number ${index + 1}`) : value;
}

/** An axis that may be counted from the end. */
export function axisOf(context: OperatorContext, axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  return Number.isInteger(found) && found >= 0 && found < rank
    ? found
    : context.refuse(`has the axis ${axis}, but its input has ${rank} axes`);
}

/** A size that must not be the batch size. */
export function staticSize(context: OperatorContext, size: Dimension, what: string): number {
  return typeof size === "number"
    ? size
    : context.refuse(`needs a constant ${what}, but it is the batch size`);
}

/** The sizes of all axes, none of which may be the batch size. */
export const staticShape = (context: OperatorContext, shape: Shape, what: string): readonly number[] =>
  shape.map((size) => staticSize(context, size, what));

// Pointwise operators.

type Numbers = (...operands: number[]) => number;
type Nodes = (context: OperatorContext, ...operands: Node[]) => Node;

/** What a pointwise operator does with the batch size: its result, or undefined if that is not a dimension. */
type Symbolic = (...operands: Dimension[]) => Dimension | undefined;

export interface Pointwise {
  readonly build: Nodes;
  /** The function of numbers; its result has the element type of the first operand unless `result` is given. */
  readonly numbers: (context: OperatorContext) => Numbers;
  readonly symbolic?: Symbolic;
  readonly result?: Known["element"];
}

/** An operator of numbers. Inputs that are all known give a known value. */
export const pointwise = (row: Pointwise): Operator => ({
  build: (context, inputs) => {
    const operands = aligned(
      context,
      inputs.map((_, index) => required(context, inputs, index)),
    );
    const constants = operands.filter(isKnown);
    if (constants.length < operands.length)
      return [row.build(context, ...operands.map((x) => context.node(x)))];
    return [pointwiseKnown(context, constants, row)];
  },
});

/**
 * Before opset 7, the second operand does not broadcast by NumPy's rule: its axes are those from `axis` on. Axes of
 * size 1 after them give it the same position by NumPy's rule.
 */
function aligned(context: OperatorContext, operands: readonly Value[]): readonly Value[] {
  const [x, y] = operands;
  if (context.opset >= 7 || operands.length !== 2 || !context.has("axis")) return operands;
  const [rankX, shape] = [shapeOf(x).length, shapeOf(y)];
  const behind = rankX - axisOf(context, context.integer("axis", 0), rankX) - shape.length;
  if (behind <= 0) return operands;
  const ones = Array.from({ length: behind }, () => 1);
  return isKnown(y)
    ? [x, { ...y, shape: [...y.shape, ...ones] }]
    : [x, context.g.reshape(y, { shape: [...shape, ...ones] })];
}

/** The most elements of a constant that the importer makes: a file that declares more allocates nothing. */
const mostElements = 2 ** 22;

/** The number of elements or positions, if it is a whole number and not too large to be written out. */
export const bounded = (context: OperatorContext, count: number): number =>
  Number.isInteger(count) && count >= 0 && count <= mostElements
    ? count
    : context.refuse(`makes a constant of ${count} elements`);

function pointwiseKnown(context: OperatorContext, operands: readonly Known[], row: Pointwise): Known {
  const shape = broadcastShape(context, operands);
  bounded(context, countOf(shape));
  const f = row.numbers(context);
  const element = row.result ?? operands[0].element;
  const values = Array.from(indicesOf(shape), (at) => {
    const given = operands.map((operand) => broadcastElement(operand, at));
    const numbers = given.filter((x) => typeof x === "number");
    if (numbers.length === given.length)
      return element === "integer" ? Math.trunc(f(...numbers)) : f(...numbers);
    return row.symbolic?.(...given) ?? context.refuse("computes a number from the batch size");
  });
  return known(element, shape, values);
}

/** The shape to which known values broadcast by NumPy's rule. */
export function broadcastShape(context: OperatorContext, operands: readonly Known[]): readonly number[] {
  const rank = Math.max(...operands.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(operands.map(({ shape }) => shape[axis - rank + shape.length] ?? 1));
    const others = [...sizes].filter((size) => size !== 1);
    if (others.length > 1)
      context.refuse(
        `has inputs of the shapes ${operands.map(({ shape }) => `[${shape.join()}]`).join(" and ")}`,
      );
    return others[0] ?? 1;
  });
}

/** The element of a known value at an index of the shape to which it broadcasts. */
export function broadcastElement({ shape, values }: Known, at: readonly number[]): Dimension {
  const own = at.slice(at.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));
  return values[positionOf(shape, own)];
}

// Views.

type View = (context: OperatorContext, x: Node, inputs: Inputs) => Node | readonly Node[];

/** An operator that rearranges its first input. The other inputs are parameters of the arrangement. */
export const view = (build: View): Operator => ({
  build: (context, inputs) => {
    const x = required(context, inputs, 0);
    if (!isKnown(x)) return [build(context, x, inputs)].flat();
    return arranged(context, [x], ([node], scratch) => build(scratch, node, inputs));
  },
});

/**
 * Rearranges known values: the positions of all elements take the place of the elements, and the reference
 * interpreter of graphs rearranges the positions.
 */
export function arranged(
  context: OperatorContext,
  operands: readonly Known[],
  build: (nodes: readonly Node[], scratch: OperatorContext) => Node | readonly Node[],
): readonly Known[] {
  const elements = operands.flatMap(({ values }) => values);
  let start = 0;
  const positions = operands.map(({ shape, values }) => {
    const first = start;
    start += values.length;
    return known(
      "integer",
      shape,
      values.map((_, i) => first + i),
    );
  });
  return evaluated(context, positions, (nodes, scratch) => [build(nodes, scratch)].flat()).map(
    ({ shape, values }) =>
      known(
        operands[0].element,
        shape,
        values.map((position) => elements[Number(position)]),
      ),
  );
}

// Other operators.

type Computed = (context: OperatorContext, inputs: readonly (Node | undefined)[]) => Node | readonly Node[];

/** An operator of nodes. Inputs that are all known are computed in f64 by the reference interpreter. */
export const computed = (build: Computed): Operator => ({
  build: (context, inputs) => {
    const given = inputs.flatMap((value) => value ?? []);
    const constants = given.filter(isKnown);
    const isNumeric = constants.every(({ values }) => values.every((value) => typeof value === "number"));
    if (constants.length < given.length || !isNumeric || given.length === 0)
      return [
        build(
          context,
          inputs.map((value) => value && context.node(value)),
        ),
      ].flat();
    return evaluated(context, constants, (nodes, scratch) => {
      const next = nodes[Symbol.iterator]();
      return [
        build(
          scratch,
          inputs.map((value) => value && next.next().value),
        ),
      ].flat();
    });
  },
});

/** Builds nodes over leaves that stand for known values, and evaluates them. */
function evaluated(
  context: OperatorContext,
  operands: readonly Known[],
  build: (nodes: readonly Node[], scratch: OperatorContext) => readonly Node[],
): readonly Known[] {
  const g = createBuilder("f64");
  const leaves = operands.map(({ element, shape }, i) =>
    g.input({ name: String(i), type: { element: typeOfElement(element, "f64"), shape } }),
  );
  const scratch = { ...context, g, node: (value: Value) => constantNode(context, g, value) };
  const results = build(leaves, scratch);
  const given = new Map(
    leaves.map((leaf, i) => [
      leaf,
      { shape: operands[i].shape, data: Float64Array.from(operands[i].values, Number) },
    ]),
  );
  const nodes = collectNodes(results.map((node, i) => ({ storage: String(i), node })));
  for (const { type } of nodes) bounded(context, countOf(type.shape.map(Number)));
  const values = evaluateNodes(nodes, given, 1);
  return results.map((node) => {
    const { shape, data } = values.get(node) ?? context.refuse("has no value");
    return known(elementOf(node), shape, Array.from(data));
  });
}

/** A known value whose elements are all equal, as a node; undefined if they differ. */
export function uniformNode(g: GraphBuilder, value: Known): Node | undefined {
  const [first = 0] = value.values;
  if (value.values.some((x) => x !== first)) return undefined;
  const element = typeOfElement(value.element, g.float);
  const one =
    first === "n"
      ? g.batchSize({ element })
      : value.element === "boolean"
        ? g.equal(g.number(first, "i32"), g.number(1, "i32"))
        : g.number(first, element);
  return g.broadcastTo(one, value.shape);
}

const constantNode = (context: OperatorContext, g: GraphBuilder, value: Value): Node => {
  if (!isKnown(value)) return value;
  return uniformNode(g, value) ?? context.refuse("needs a list of constants inside a constant expression");
};

/** Runs `build` and turns a type error of the graph builder into a refusal of the node. */
export function refusing<T>(context: OperatorContext, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof InvalidModel || !(error instanceof DiagnosticError)) throw error;
    return context.refuse(`does not fit its inputs: ${error.diagnostics[0].message}`);
  }
}
