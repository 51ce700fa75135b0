/**
 * The interface of operators. An operator receives the values of its inputs and builds the values of its outputs. There
 * are three main kinds:
 *
 *     pointwise   a function of numbers, applied to known values or to nodes, with broadcasting
 *     view        rearranges elements, also those of known values
 *     computed    any other function of nodes; it is evaluated during the import if all inputs are known
 */
import { DiagnosticError } from "../../diagnostics/errors.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { collectNodes } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { sameShape } from "../../ir/types.ts";
import type { ElementType, Shape } from "../../ir/types.ts";
import { createBuilder, evaluateNodes } from "../../ops/index.ts";
import { countOf, indicesOf, positionOf } from "../../ops/tensor.ts";
import type { ModelGraph, TensorData } from "./model.ts";
import { InvalidModel } from "./invalid-model.ts";
import {
  aroundBatch,
  elementOf,
  factorsOf,
  groupsOf,
  isDimension,
  isKnown,
  isMerged,
  known,
  merged,
  partsOf,
  productOf,
  shapeOf,
  sizesOf,
  startsOf,
  typeOfElement,
} from "./values.ts";
import type { Known, Size, Stored, Value } from "./values.ts";

/** The node of the model that is being built, with its attributes. */
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
  /**
   * Builds a subgraph and returns the values of its outputs. `given` are the values of its inputs, and values that
   * replace those of the enclosing graph.
   */
  outputsOf(graph: ModelGraph, given?: ReadonlyMap<string, Value>): readonly Value[];
  /** Returns the value with this name, which any earlier node may have defined. */
  value(name: string): Value;
  /** Returns the gradients of the sum of y with respect to nodes from which y is computed. */
  gradients(y: Node, xs: readonly Node[]): readonly Node[];
  /** Returns the value as a node of the graph. */
  node(value: Value): Node;
  /** Returns the elements of a known list of integers, such as axes. `what` names the list in messages. */
  list(value: Value, what: string): readonly Size[];
  /** Stops the build of this node. In the message, `reason` follows the name and the operator of the node. */
  refuse(reason: string): never;
}

export type Inputs = readonly (Value | undefined)[];

export interface Operator {
  build(context: OperatorContext, inputs: Inputs): readonly Stored[];
  /**
   * The same for inputs of which at least one has merged axes. Without this function, `build` gets such values with
   * the axes of the file, and the node is refused if one of these axes is a multiple of the batch.
   */
  readonly merged?: BuildMerged;
}

export type StoredInputs = readonly (Stored | undefined)[];
export type BuildMerged = (context: OperatorContext, inputs: StoredInputs) => readonly Stored[];

/** Builds the operator for values that may have merged axes. */
export function buildWith(
  { build, merged: buildMerged }: Operator,
  context: OperatorContext,
  inputs: StoredInputs,
): readonly Stored[] {
  if (buildMerged !== undefined && inputs.some((value) => value !== undefined && isMerged(value)))
    return buildMerged(context, inputs);
  return build(
    context,
    inputs.map((value) => plainOrRefused(context, value)),
  );
}

/** The operators that one file defines, by name. */
export type Operators = Readonly<Record<string, Operator>>;

/** Returns the input with this index. Refuses the node if it has no such input. */
export function required<T extends Stored>(
  context: OperatorContext,
  inputs: readonly (T | undefined)[],
  index: number,
): T {
  const value = inputs[index];
  return value === undefined ? context.refuse(`has no input number ${index + 1}`) : value;
}

/** Returns the axis. A negative axis counts from the end. */
export function axisOf(context: OperatorContext, axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  return Number.isInteger(found) && found >= 0 && found < rank
    ? found
    : context.refuse(`has the axis ${axis}, but its input has ${rank} axes`);
}

/** Returns the size. Refuses the node if it depends on the batch size. */
export function staticSize(context: OperatorContext, size: Size, what: string): number {
  return typeof size === "number"
    ? size
    : context.refuse(`needs a constant ${what}, but it is ${size === "n" ? "the batch size" : size}`);
}

/** Returns the sizes as a shape of the graph. Refuses the node if one of them is a multiple of the batch size. */
export const dimensionsOf = (context: OperatorContext, sizes: readonly Size[]): Shape =>
  sizes.map((size) => (isDimension(size) ? size : context.refuse(mergesBatch([sizes]))));

/** The reason to refuse a node that reads or builds values of these shapes. */
export const mergesBatch = (shapes: readonly (readonly Size[])[]): string =>
  `joins the batch axis with another axis: ${shapes.map((shape) => `[${shape.join(", ")}]`).join(", ")}`;

/** Returns the sizes of all axes. Refuses the node if one of them depends on the batch size. */
export const staticShape = (
  context: OperatorContext,
  shape: readonly Size[],
  what: string,
): readonly number[] => shape.map((size) => staticSize(context, size, what));

// Pointwise operators.

type Numbers = (...operands: number[]) => number;
type Nodes = (context: OperatorContext, ...operands: Node[]) => Node;

/** The result of a pointwise operator for operands with the batch size as a factor; undefined if it is unknown. */
type Symbolic = (...operands: Size[]) => Size | undefined;

export interface Pointwise {
  readonly build: Nodes;
  /** The function of numbers. The result has the element type `result`, by default that of the first operand. */
  readonly numbers: (context: OperatorContext) => Numbers;
  readonly symbolic?: Symbolic;
  readonly result?: Known["element"];
}

/** An elementwise operator. If all inputs are known, so is the result. */
export const pointwise = (row: Pointwise): Operator =>
  elementwise((context, inputs) => {
    const operands = aligned(
      context,
      inputs.map((_, index) => required(context, inputs, index)),
    );
    const constants = operands.filter(isKnown);
    if (constants.length < operands.length)
      return [row.build(context, ...operands.map((x) => context.node(x)))];
    const value = pointwiseKnown(context, constants, row);
    if (value !== undefined) return [value];
    // The graph computes real numbers from the number of rows, such as the factor 1 / n of a mean.
    return constants.some(({ element }) => element === "real")
      ? [row.build(context, ...operands.map((x) => context.node(x)))]
      : context.refuse("computes an integer from the batch size, which is not supported");
  });

/**
 * Before opset 7, the axes of the second operand correspond to those of the first operand from `axis` on. Appending
 * axes of size 1 gives the same result with NumPy's rule.
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

/**
 * The maximum number of elements of a constant that the importer creates. A file that declares more elements is
 * rejected before memory is allocated for them.
 */
const mostElements = 2 ** 22;

/** Returns the number of elements or positions. Refuses the node if it is not a whole number or is too large. */
export const bounded = (context: OperatorContext, count: number): number =>
  Number.isInteger(count) && count >= 0 && count <= mostElements
    ? count
    : context.refuse(
        `creates a constant of ${count} elements, but this number must be from 0 to ${mostElements}`,
      );

/** The result for known operands; undefined if it depends on the batch size and is not a size. */
function pointwiseKnown(
  context: OperatorContext,
  operands: readonly Known[],
  row: Pointwise,
): Known | undefined {
  const shape = broadcastShape(context, operands);
  bounded(context, countOf(shape));
  const f = row.numbers(context);
  const element = row.result ?? operands[0].element;
  const values = Array.from(indicesOf(shape), (at): Size | undefined => {
    const given = operands.map((operand) => broadcastElement(operand, at));
    const numbers = given.filter((x) => typeof x === "number");
    if (numbers.length === given.length)
      return element === "integer" ? Math.trunc(f(...numbers)) : f(...numbers);
    return row.symbolic?.(...given);
  });
  const results = values.flatMap((value) => value ?? []);
  return results.length < values.length ? undefined : known(element, shape, results);
}

/** The common shape of known values by NumPy's broadcasting rule. */
export function broadcastShape(context: OperatorContext, operands: readonly Known[]): readonly number[] {
  const rank = Math.max(...operands.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(operands.map(({ shape }) => shape[axis - rank + shape.length] ?? 1));
    const others = [...sizes].filter((size) => size !== 1);
    if (others.length > 1)
      context.refuse(
        `has inputs with the shapes ${operands.map(({ shape }) => `[${shape.join()}]`).join(" and ")}, ` +
          "which do not broadcast",
      );
    return others[0] ?? 1;
  });
}

/** The element of a known value at an index of the common shape. */
export function broadcastElement({ shape, values }: Known, at: readonly number[]): Size {
  const own = at.slice(at.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));
  return values[positionOf(shape, own)];
}

// Operators on merged axes.

/** An operator that computes each element of its result from one element of each input, with broadcasting. */
export const elementwise = (build: Operator["build"]): Operator => ({
  build,
  merged: (context, inputs) => {
    if (inputs.every((value) => value === undefined || isPlain(value)))
      return build(context, inputs.map(plainOf));
    const { operands, parts } = withEqualParts(context, inputs);
    return build(context, operands).map((value) =>
      isKnown(value) || isMerged(value) ? value : merged(context.g, value, parts),
    );
  },
});

export const isPlain = (value: Stored): boolean => !isMerged(value) || value.plain !== undefined;

/** The value with the axes of the file, if graphs have such axes. */
export const plainOf = (value: Stored | undefined): Value | undefined =>
  value !== undefined && isMerged(value) ? value.plain : value;

/** The value with the axes of the file. Refuses the node if graphs have no such axes. */
export const plainOrRefused = (context: OperatorContext, value: Stored | undefined): Value | undefined =>
  value === undefined || isPlain(value) ? plainOf(value) : context.refuse(mergesBatch([sizesOf(value)]));

/** The operands with all axes apart, so that they broadcast as with merged axes. */
function withEqualParts(context: OperatorContext, inputs: StoredInputs) {
  const given = inputs.flatMap((value) => (value === undefined ? [] : [groupsOfStored(value)]));
  const rank = Math.max(...given.map((groups) => groups.length));
  const groupAt = (groups: readonly Shape[], axis: number): Shape =>
    groups[axis - rank + groups.length] ?? [1];
  const common = Array.from({ length: rank }, (_, axis): Shape => {
    const groups = given.map((each) => groupAt(each, axis)).filter((group) => productOf(group) !== 1);
    const isSame = (list: readonly Shape[]): boolean => list.every((group) => sameShape(group, list[0]));
    const shared = isSame(groups) ? groups : groups.map(aroundBatch);
    return isSame(shared) ? (shared[0] ?? [1]) : context.refuse(mergesBatch(groups));
  });
  const operands = inputs.map((value): Value | undefined => {
    if (value === undefined) return undefined;
    const groups = groupsOfStored(value);
    const shape = common.flatMap((group, axis) =>
      productOf(groupAt(groups, axis)) === 1 ? group.map(() => 1) : group,
    );
    if (isKnown(value)) return { ...value, shape: shape.map(Number) };
    return context.g.reshape(partsOf(value).node, { shape });
  });
  return { operands, parts: common.map((group) => group.length) };
}

const groupsOfStored = (value: Stored): readonly Shape[] =>
  isKnown(value) ? value.shape.map((size) => [size]) : groupsOf(partsOf(value));

/**
 * An operator along axes of its first input, which its attribute `axis`, its attribute `axes` or its list `axes` names.
 * It treats all other axes alike, so that these may be merged.
 */
export const alongAxes = (operator: Operator): Operator => ({
  ...operator,
  merged: (context, inputs) => {
    const [x, ...others] = inputs;
    const parameters = others.map((value) => plainOrRefused(context, value));
    if (x === undefined || isKnown(x) || isPlain(x))
      return operator.build(context, [plainOf(x), ...parameters]);
    const { node, parts } = partsOf(x);
    const starts = startsOf(parts);
    const named: number[] = [];
    const axisIn = (given: number): number => {
      const axis = axisOf(context, given, parts.length);
      if (parts[axis] > 1) return context.refuse(mergesBatch([[...groupsOf({ node, parts })[axis]]]));
      named.push(axis);
      return starts[axis];
    };
    const apart: OperatorContext = {
      ...context,
      integer: (name, otherwise) =>
        name === "axis" ? axisIn(context.integer(name, otherwise)) : context.integer(name, otherwise),
      integers: (name) => (name === "axes" ? context.integers(name)?.map(axisIn) : context.integers(name)),
      list: (value, what) =>
        what === "axes"
          ? context.list(value, what).map((axis) => axisIn(Number(axis)))
          : context.list(value, what),
    };
    return operator.build(apart, [node, ...parameters]).map((value) => {
      if (isKnown(value) || isMerged(value)) return value;
      const isDropped = value.type.shape.length < node.type.shape.length;
      return merged(context.g, value, isDropped ? parts.filter((_, axis) => !named.includes(axis)) : parts);
    });
  },
});

// Views.

type View = (context: OperatorContext, x: Node, inputs: Inputs) => Node | readonly Node[];

/** An operator that rearranges its first input. The other inputs are parameters, such as a shape. */
export const view = (build: View): Operator => ({
  build: (context, inputs) => {
    const x = required(context, inputs, 0);
    if (!isKnown(x)) return [build(context, x, inputs)].flat();
    return arranged(context, [x], ([node], scratch) => build(scratch, node, inputs));
  },
});

/**
 * Rearranges known values. The reference interpreter of graphs rearranges the positions of the elements instead of the
 * elements, which may include the batch size.
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

/** An operator that builds nodes. If all inputs are known, the reference interpreter computes the result in f64. */
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

/** Builds nodes on leaves that represent known values, and evaluates the nodes. */
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

/** Returns a node for a known value whose elements are all equal; undefined if they differ. */
export function uniformNode(g: GraphBuilder, value: Known): Node | undefined {
  const [first = 0] = value.values;
  if (value.values.some((x) => x !== first)) return undefined;
  const element = typeOfElement(value.element, g.float);
  const one =
    typeof first === "number" && value.element === "boolean"
      ? g.equal(g.number(first, "i32"), g.number(1, "i32"))
      : sizeNode(g, first, element);
  return g.broadcastTo(one, value.shape);
}

function sizeNode(g: GraphBuilder, size: Size, element: ElementType): Node {
  const { count, isBatch } = factorsOf(size);
  if (!isBatch) return g.number(count, element);
  const rows = g.batchSize({ element });
  return count === 1 ? rows : g.multiply(g.number(count, element), rows);
}

const constantNode = (context: OperatorContext, g: GraphBuilder, value: Value): Node => {
  if (!isKnown(value)) return value;
  return (
    uniformNode(g, value) ??
    context.refuse("uses a list of different constants in a constant expression, which is not supported")
  );
};

/** Runs `build`. If the graph builder throws a type error, refuses the node. */
export function refusing<T>(context: OperatorContext, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof InvalidModel || !(error instanceof DiagnosticError)) throw error;
    return context.refuse(`does not fit its inputs: ${error.diagnostics[0].message}`);
  }
}
