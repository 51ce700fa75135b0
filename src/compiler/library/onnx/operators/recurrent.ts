/**
 * RNN, LSTM and GRU. X is [time, n, inputs] (with `layout` 1: [n, time, inputs]), and every weight has a first axis for
 * the directions. The order of the gates differs from PyTorch's: i, o, f, c for LSTM and z, r, h for GRU.
 *
 *     RNN    h = f(x · Wᵀ + h · Rᵀ + b)
 *     LSTM   i, f, o = σ(… + p · c)     c = f · c + i · tanh(…)     h = o · tanh(c)     with peepholes p, if given
 *     GRU    z, r = σ(…)     ĥ = tanh(x · Wᵀ + (r · h) · Rᵀ + b)     h = (1 − z) · ĥ + z · h
 *            with linear_before_reset: ĥ = tanh(x · Wᵀ + b_W + r · (h · Rᵀ + b_R))
 */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import { carried, each, recur, whole } from "../../../ir/recurrence.ts";
import type { RecurrenceInput } from "../../../ir/recurrence.ts";
import type { Dimension } from "../../../ir/types.ts";
import { computed, staticSize } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";

interface CellStep {
  /** x · Wᵀ + b_W for all gates, at this position. */
  readonly inputs: Node;
  readonly h: Node;
  readonly c: Node | undefined;
  /** Rᵀ for all gates, [hidden, gates · hidden]. */
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

/** Gate number k of all gates, which are side by side in the last axis. */
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

/** The part of a value with an axis for directions, in one direction. */
const inDirection = (g: GraphBuilder, x: Node, direction: number): Node => {
  const { shape } = x.type;
  const start = shape.map((_, axis) => (axis === 0 ? direction : 0));
  return g.reshape(g.slice(x, { start, shape: shape.with(0, 1) }), { shape: shape.slice(1) });
};

function recurrent(cell: Cell, facts: CellFacts): Operator {
  return computed((context, given) => {
    const [x, weight, matrix, bias, lengths, h0, c0, peepholes] = given;
    if (x === undefined || weight === undefined || matrix === undefined)
      return context.refuse("has too few inputs");
    const { g } = context;
    for (const name of ["clip", "input_forget", "activation_alpha", "activation_beta"])
      if (context.has(name) && context.integers(name)?.length !== 0 && context.integer(name, 0) !== 0)
        return context.refuse(`has the attribute ${name}, which is not supported`);
    const isBatchFirst = context.integer("layout", 0) !== 0;
    const timeAxis = isBatchFirst ? 1 : 0;
    const length = staticSize(context, x.type.shape[timeAxis], "length of the sequence");
    const rows = x.type.shape[1 - timeAxis];
    const hidden = staticSize(context, matrix.type.shape[2], "size of the state");
    const direction = context.text("direction", "forward");
    const directions = direction === "bidirectional" ? 2 : 1;
    // A recurrence has time first, unless the batch axis is symbolic: then time follows it.
    const isRowsFirst = rows === "n";
    const sequence = isRowsFirst === isBatchFirst ? x : g.transpose(x, { permutation: [1, 0, 2] });
    const isReal =
      lengths === undefined ? undefined : realPositions(context, lengths, { length, rows, isRowsFirst });
    const functionsOf = (d: number): readonly Activation[] => {
      const names = context.texts("activations") ?? [];
      const own = names.slice(d * facts.functions.length, (d + 1) * facts.functions.length);
      return (own.length > 0 ? own : facts.functions).map(
        (name) =>
          activations.get(name.toLowerCase()) ??
          context.refuse(`has the activation ${name}, which is not supported`),
      );
    };
    const zeros = g.broadcastTo(g.number(0), [rows, hidden]);
    const initial = (state: Node | undefined, d: number): Node =>
      state === undefined
        ? zeros
        : inDirection(g, isBatchFirst ? g.transpose(state, { permutation: [1, 0, 2] }) : state, d);
    const runs = Array.from({ length: directions }, (_, d) => {
      const both = bias === undefined ? undefined : inDirection(g, bias, d);
      const width = facts.gates * hidden;
      const half = (k: number): Node =>
        both === undefined
          ? g.broadcastTo(g.number(0), [width])
          : g.slice(both, { start: [k * width], shape: [width] });
      const inputs = g.add(
        g.contract(sequence, inDirection(g, weight, d), { batchX: [], batchY: [], sumX: [2], sumY: [1] }),
        half(0),
      );
      const operands: Record<string, RecurrenceInput | undefined> = {
        inputs: each(inputs),
        h: carried(initial(h0, d)),
        matrix: whole(g.transpose(inDirection(g, matrix, d), { permutation: [1, 0] })),
        recurrentBias: whole(half(1)),
        c: facts.hasMemory ? carried(initial(c0, d)) : undefined,
        peepholes: peepholes && whole(inDirection(g, peepholes, d)),
        real: isReal && each(isReal),
      };
      const name = `direction${d}`;
      const reverse = d === 1 || direction === "reverse";
      const stack = (pick: (made: { h: Node; c?: Node }) => Node): Node =>
        recur(g, { name, length, reverse }, operands, (step) => {
          const made = cell(
            context,
            {
              inputs: step.inputs,
              h: step.h,
              c: step.c,
              matrix: step.matrix,
              recurrentBias: step.recurrentBias,
              peepholes: step.peepholes,
            },
            functionsOf(d),
          );
          const kept = (next: Node, before: Node): Node =>
            step.real === undefined
              ? next
              : g.select(g.repeatAlong(step.real, [1], next.type.shape), next, before);
          const h = kept(made.h, step.h);
          const c = made.c && kept(made.c, step.c);
          return { next: { h, ...(c && { c }) }, value: pick({ h, ...(c && { c }) }) };
        });
      const states = stack(({ h }) => h);
      const memories = facts.hasMemory ? stack(({ h, c }) => c ?? h) : undefined;
      const last = (all: Node): Node => {
        const at = reverse ? 0 : length - 1;
        const axis = isRowsFirst ? 1 : 0;
        const { shape } = all.type;
        const one = g.slice(all, {
          start: shape.map((_, i) => (i === axis ? at : 0)),
          shape: shape.with(axis, 1),
        });
        return g.reshape(one, { shape: shape.toSpliced(axis, 1) });
      };
      // Outputs of padding are 0, although the state continues.
      const shown =
        isReal === undefined ? states : g.select(g.repeatAlong(isReal, [2], states.type.shape), states, 0);
      return { states: shown, h: last(states), c: memories && last(memories) };
    });
    return resultsOf(context, runs, { isRowsFirst, isBatchFirst });
  });
}

/** Whether each position is before the end of its row's sequence, [time, n] or [n, time]. */
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

/** Y [time, directions, n, hidden], Y_h and Y_c [directions, n, hidden]; with `layout` 1 the rows come first. */
function resultsOf(
  context: OperatorContext,
  runs: readonly Run[],
  { isRowsFirst, isBatchFirst }: { readonly isRowsFirst: boolean; readonly isBatchFirst: boolean },
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
