/**
 * RNN, LSTM and GRU. The shape of X is [time, n, inputs], or [n, time, inputs] if `layout` is 1. The first axis of
 * every weight is the direction. The order of the gates differs from PyTorch: i, o, f, c for LSTM, and z, r, h for GRU.
 *
 *     RNN    h = f(x · Wᵀ + h · Rᵀ + b)
 *     LSTM   i, f, o = σ(… + p · c)     c = f · c + i · tanh(…)     h = o · tanh(c)     (p: optional peepholes)
 *     GRU    z, r = σ(…)     ĥ = tanh(x · Wᵀ + (r · h) · Rᵀ + b)     h = (1 − z) · ĥ + z · h
 *            with linear_before_reset: ĥ = tanh(x · Wᵀ + b_W + r · (h · Rᵀ + b_R))
 */
import type { GraphBuilder } from "../../../ir/builder.ts";
import { operandsOf } from "../../../ir/nodes.ts";
import type { Node } from "../../../ir/nodes.ts";
import { carried, each, recur, scanOf, whole } from "../../../ir/recurrence.ts";
import type { RecurrenceInput } from "../../../ir/recurrence.ts";
import type { Dimension } from "../../../ir/types.ts";
import { computed, staticSize } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";

interface CellStep {
  /** x · Wᵀ + b_W for all gates, at this position. */
  readonly inputs: Node;
  readonly h: Node;
  readonly c: Node | undefined;
  /** Rᵀ for all gates, with the shape [hidden, gates · hidden]. */
  readonly matrix: Node;
  readonly recurrentBias: Node;
  readonly peepholes: Node | undefined;
}

type Cell = (
  context: OperatorContext,
  step: CellStep,
  functions: readonly Activation[],
) => { h: Node; c?: Node };
type Activation = (g: GraphBuilder, x: Node) => Node;

const activations: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ["sigmoid", (g, x) => g.sigmoid(x)],
  ["tanh", (g, x) => g.tanh(x)],
  ["relu", (g, x) => g.relu(x)],
]);

const product = (g: GraphBuilder, h: Node, matrix: Node): Node =>
  g.contract(h, matrix, { batchX: [], batchY: [], sumX: [1], sumY: [0] });

/** Returns gate k. The gates are next to each other along the last axis. */
function gate(g: GraphBuilder, gates: Node, k: number, width: Dimension): Node {
  const { shape } = gates.type;
  const size = Number(width);
  return g.slice(gates, {
    start: shape.map((_, axis) => (axis === shape.length - 1 ? k * size : 0)),
    shape: shape.with(-1, size),
  });
}

const rnnCell: Cell = ({ g }, { inputs, h, matrix, recurrentBias }, [f]) => ({
  h: f(g, g.add(g.add(inputs, product(g, h, matrix)), recurrentBias)),
});

const lstmCell: Cell = ({ g }, { inputs, h, c, matrix, recurrentBias, peepholes }, [f, content, output]) => {
  const width = h.type.shape[1];
  const sums = g.add(g.add(inputs, product(g, h, matrix)), recurrentBias);
  const before = c ?? h;
  const seen = (k: number, cell: Node, place: number): Node => {
    const sum = gate(g, sums, k, width);
    return peepholes === undefined ? sum : g.add(sum, g.multiply(gate(g, peepholes, place, width), cell));
  };
  const enters = f(g, seen(0, before, 0));
  const stays = f(g, seen(2, before, 2));
  const memory = g.add(g.multiply(stays, before), g.multiply(enters, content(g, gate(g, sums, 3, width))));
  const leaves = f(g, seen(1, memory, 1));
  return { h: g.multiply(leaves, output(g, memory)), c: memory };
};

const gruCell: Cell = (context, { inputs, h, matrix, recurrentBias }, [f, content]) => {
  const { g } = context;
  const width = h.type.shape[1];
  const of = (list: Node, k: number): Node => gate(g, list, k, width);
  const recurrent = g.add(product(g, h, matrix), recurrentBias);
  const sums = g.add(inputs, recurrent);
  const [z, r] = [f(g, of(sums, 0)), f(g, of(sums, 1))];
  const isAfter = context.integer("linear_before_reset", 0) !== 0;
  const candidate = isAfter
    ? g.multiply(r, of(recurrent, 2))
    : g.add(product(g, g.multiply(r, h), of(matrix, 2)), of(recurrentBias, 2));
  const next = content(g, g.add(of(inputs, 2), candidate));
  return { h: g.add(g.multiply(g.subtract(1, z), next), g.multiply(z, h)) };
};

interface CellFacts {
  readonly gates: number;
  readonly hasMemory: boolean;
  readonly functions: readonly string[];
}

/** Returns the part of x that belongs to one direction. The first axis of x is the direction. */
const inDirection = (g: GraphBuilder, x: Node, direction: number): Node => {
  const { shape } = x.type;
  const start = shape.map((_, axis) => (axis === 0 ? direction : 0));
  return g.reshape(g.slice(x, { start, shape: shape.with(0, 1) }), { shape: shape.slice(1) });
};

/** What both directions of a node have in common. */
interface Layer {
  readonly cell: Cell;
  readonly facts: CellFacts;
  /** The inputs of the node. */
  readonly weight: Node;
  readonly matrix: Node;
  readonly bias: Node | undefined;
  readonly h0: Node | undefined;
  readonly c0: Node | undefined;
  readonly peepholes: Node | undefined;
  /** X as recurrences need it: the rows come first if their number is the batch size; otherwise time comes first. */
  readonly sequence: Node;
  readonly isReal: Node | undefined;
  readonly length: number;
  readonly rows: Dimension;
  readonly hidden: number;
  readonly isRowsFirst: boolean;
  readonly isBatchFirst: boolean;
}

function layerOf(
  context: OperatorContext,
  given: readonly (Node | undefined)[],
  cell: Cell,
  facts: CellFacts,
): Layer {
  const [x, weight, matrix, bias, lengths, h0, c0, peepholes] = given;
  if (x === undefined || weight === undefined || matrix === undefined)
    return context.refuse("has too few inputs");
  const isBatchFirst = context.integer("layout", 0) !== 0;
  const timeAxis = isBatchFirst ? 1 : 0;
  const length = staticSize(context, x.type.shape[timeAxis], "length of the sequence");
  const rows = x.type.shape[1 - timeAxis];
  const hidden = staticSize(context, matrix.type.shape[2], "size of the state");
  const isRowsFirst = rows === "n";
  const sequence = isRowsFirst === isBatchFirst ? x : swapped(context.g, x);
  const isReal =
    lengths === undefined ? undefined : realPositions(context, lengths, { length, rows, isRowsFirst });
  const inputs = { weight, matrix, bias, h0, c0, peepholes };
  return { cell, facts, ...inputs, sequence, isReal, length, rows, hidden, isRowsFirst, isBatchFirst };
}

/** Swaps the first two axes. */
const swapped = (g: GraphBuilder, x: Node): Node => g.transpose(x, { permutation: [1, 0, 2] });

/** Returns the activations of one direction. The attribute lists the activations of all directions. */
function functionsOf(
  context: OperatorContext,
  { functions }: CellFacts,
  direction: number,
): readonly Activation[] {
  const names = context.texts("activations") ?? [];
  const own = names.slice(direction * functions.length, (direction + 1) * functions.length);
  if (own.length > 0 && own.length < functions.length) return context.refuse("has too few activations");
  return (own.length > 0 ? own : functions).map(
    (name) =>
      activations.get(name.toLowerCase()) ??
      context.refuse(`has the activation ${name}, which is not supported`),
  );
}

/** Returns the operands of the recurrence for one direction. */
function operandsIn(
  { g }: OperatorContext,
  layer: Layer,
  direction: number,
): Record<string, RecurrenceInput | undefined> {
  const { facts, hidden, rows, isBatchFirst, bias, peepholes, isReal } = layer;
  const width = facts.gates * hidden;
  const both = bias && inDirection(g, bias, direction);
  const biasOf = (half: number): Node =>
    both === undefined
      ? g.broadcastTo(g.number(0), [width])
      : g.slice(both, { start: [half * width], shape: [width] });
  const initial = (state: Node | undefined): Node =>
    state === undefined
      ? g.broadcastTo(g.number(0), [rows, hidden])
      : inDirection(g, isBatchFirst ? swapped(g, state) : state, direction);
  const product = g.contract(layer.sequence, inDirection(g, layer.weight, direction), {
    batchX: [],
    batchY: [],
    sumX: [2],
    sumY: [1],
  });
  return {
    inputs: each(g.add(product, biasOf(0))),
    h: carried(initial(layer.h0)),
    matrix: whole(g.transpose(inDirection(g, layer.matrix, direction), { permutation: [1, 0] })),
    recurrentBias: whole(biasOf(1)),
    c: facts.hasMemory ? carried(initial(layer.c0)) : undefined,
    peepholes: peepholes && whole(inDirection(g, peepholes, direction)),
    isReal: isReal && each(isReal),
  };
}

/** Runs the cell along time in one direction. */
function runOf(context: OperatorContext, layer: Layer, direction: number): Run {
  const { g } = context;
  const { length, isReal, isRowsFirst } = layer;
  const reverse = direction === 1 || context.text("direction", "forward") === "reverse";
  const functions = functionsOf(context, layer.facts, direction);
  const facts = { name: `direction${direction}`, length, reverse };
  const states = recur(g, facts, operandsIn(context, layer, direction), (step) => {
    const { inputs, h, c, matrix, recurrentBias, peepholes } = step;
    const made = layer.cell(context, { inputs, h, c, matrix, recurrentBias, peepholes }, functions);
    // A step on padding changes nothing.
    const kept = (next: Node, before: Node): Node =>
      step.isReal === undefined
        ? next
        : g.select(g.repeatAlong(step.isReal, [1], next.type.shape), next, before);
    const next = { h: kept(made.h, h), ...(made.c && { c: kept(made.c, c) }) };
    return { next, value: next.h };
  });
  const last = (all: Node): Node => {
    const axis = isRowsFirst ? 1 : 0;
    const { shape } = all.type;
    const start = shape.map((_, i) => (i === axis && !reverse ? length - 1 : 0));
    return g.reshape(g.slice(all, { start, shape: shape.with(axis, 1) }), {
      shape: shape.toSpliced(axis, 1),
    });
  };
  // Outputs at padding are 0, although the state does not change there.
  const shown =
    isReal === undefined ? states : g.select(g.repeatAlong(isReal, [2], states.type.shape), states, 0);
  const memories = memoriesOf(g, states);
  return { states: shown, h: last(states), c: memories && last(memories) };
}

/** Returns the memory of an LSTM at every step, as a second scan over the same recurrence. */
function memoriesOf(g: GraphBuilder, states: Node): Node | undefined {
  if (states.op !== "scan") return undefined;
  const { recurrence } = states.attributes;
  const memory = recurrence.operands.find(({ name }) => name === "c")?.next;
  return memory && scanOf(g, recurrence, memory, operandsOf(states));
}

/** Attributes that change what a cell computes. PyTorch does not export them, so they are not supported. */
const refused = ["clip", "input_forget", "activation_alpha", "activation_beta"];

const recurrent = (cell: Cell, facts: CellFacts): Operator =>
  computed((context, given) => {
    for (const name of refused)
      if (context.has(name) && context.integers(name)?.length !== 0 && context.integer(name, 1) !== 0)
        return context.refuse(`has the attribute ${name}, which is not supported`);
    const layer = layerOf(context, given, cell, facts);
    const directions = context.text("direction", "forward") === "bidirectional" ? 2 : 1;
    const runs = Array.from({ length: directions }, (_, direction) => runOf(context, layer, direction));
    return resultsOf(context, runs, layer);
  });

/** Whether each position precedes the end of the row's sequence, with the shape [time, n] or [n, time]. */
function realPositions(
  { g }: OperatorContext,
  lengths: Node,
  {
    length,
    rows,
    isRowsFirst,
  }: { readonly length: number; readonly rows: Dimension; readonly isRowsFirst: boolean },
): Node {
  const shape = isRowsFirst ? [rows, length] : [length, rows];
  const time = isRowsFirst ? 1 : 0;
  return g.less(g.iota({ shape, axis: time }), g.repeatAlong(lengths, [time], shape));
}

interface Run {
  readonly states: Node;
  readonly h: Node;
  readonly c: Node | undefined;
}

/**
 * Returns the outputs Y, with the shape [time, directions, n, hidden], and Y_h and Y_c, with the shape [directions, n,
 * hidden]. If `layout` is 1, the axis of rows comes first.
 */
function resultsOf(
  context: OperatorContext,
  runs: readonly Run[],
  { isRowsFirst, isBatchFirst }: Layer,
): readonly Node[] {
  const { g } = context;
  const stacked = (nodes: readonly Node[], axis: number): Node =>
    nodes
      .map((node) => g.reshape(node, { shape: node.type.shape.toSpliced(axis, 0, 1) }))
      .reduce((all, node) => g.concat(all, node, { axis }));
  // [time, directions, n, hidden], or [n, time, directions, hidden].
  const all = stacked(
    runs.map(({ states }) => states),
    isRowsFirst ? 2 : 1,
  );
  const order = isRowsFirst ? { 0: [1, 2, 0, 3], 1: [0, 1, 2, 3] } : { 0: [0, 1, 2, 3], 1: [2, 0, 1, 3] };
  const arrange = (x: Node, permutation: readonly number[]): Node =>
    permutation.every((from, to) => from === to) ? x : g.transpose(x, { permutation });
  const last = (nodes: readonly Node[]): Node => stacked(nodes, isBatchFirst ? 1 : 0);
  const memories = runs.flatMap(({ c }) => c ?? []);
  return [
    arrange(all, order[isBatchFirst ? 1 : 0]),
    last(runs.map(({ h }) => h)),
    ...(memories.length > 0 ? [last(memories)] : []),
  ];
}

export const recurrentOperators: Operators = {
  RNN: recurrent(rnnCell, { gates: 1, hasMemory: false, functions: ["tanh"] }),
  LSTM: recurrent(lstmCell, { gates: 4, hasMemory: true, functions: ["sigmoid", "tanh", "tanh"] }),
  GRU: recurrent(gruCell, { gates: 3, hasMemory: false, functions: ["sigmoid", "tanh"] }),
};
