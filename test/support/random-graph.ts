// Random well-typed graphs for property tests. A graph is drawn as a list of moves, each of which consists of
// a few small numbers. A move selects an op and operands among the earlier values, and maps its numbers to
// valid ones. Therefore, every list of moves is a valid graph, and shrinking a failing list leads to a small
// graph. Values stay moderate: values that could overflow or leave the domain of an op are limited first.
import fc from "fast-check";
import type { GraphBuilder } from "../../src/compiler/ir/builder.ts";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../src/compiler/ir/types.ts";
import type { Dimension, Shape } from "../../src/compiler/ir/types.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { withGradients } from "./gradients.ts";
import { randomRecurrence } from "./random-recurrence.ts";
import { anyStorage } from "./tensors.ts";

/** The numbers of one move. */
export type Move = readonly [kind: number, x: number, y: number, a: number, b: number];

/**
 * The number of runs of a property test. With `SOAK=20`, there are 20 times as many runs, with other graphs,
 * to find rare failures.
 */
export function often(numRuns: number, seed: number): { numRuns: number; seed: number } {
  const soak = Number(process.env.SOAK ?? 1);
  return { numRuns: numRuns * soak, seed: seed + 1000 * (soak - 1) };
}

const small = fc.nat({ max: 11 });
export const moves = (maxLength = 12): fc.Arbitrary<Move[]> =>
  fc.array(fc.tuple(fc.nat({ max: 99 }), small, small, small, small), { minLength: 1, maxLength });

/** The number of elements for a batch of three rows. */
const volume = (shape: Shape): number => shape.reduce<number>((v, d) => v * (d === "n" ? 3 : d), 1);
const largest = 120;

interface Context {
  readonly g: GraphBuilder;
  /** Real values, newest last. */
  readonly pool: Node[];
  /** An index vector with one element per row. The values are 0 and 1. */
  readonly rowIndices: Node;
}

type Maker = (x: Node, y: Node, a: number, b: number, context: Context) => Node | undefined;

const all = (node: Node): number[] => node.type.shape.map((_, axis) => axis);
const isStatic = (d: Dimension): d is number => d !== "n";

/**
 * Shifts an operand of a comparison, so that the two operands are not equal. If they were equal, a rewrite
 * that changes the last bit of one of them could change the result of the comparison.
 */
const shifted = (g: GraphBuilder, x: Node, b: number): Node => g.add(x, 0.0137 + 0.0719 * b);

/** Converts `y` to the shape of `x`: repeats it if possible, otherwise repeats its mean. */
function fitted(g: GraphBuilder, x: Node, y: Node): Node {
  const [long, short] = [x.type.shape, y.type.shape];
  const from = long.length - short.length;
  const fits = from >= 0 && short.every((d, axis) => d === 1 || d === long[axis + from]);
  const total = () => g.divide(g.reduceSum(y, { axes: all(y) }), volume(short));
  return g.broadcastTo(fits ? y : total(), long);
}

/** The axes selected by the bits of `a`. */
const axesBy = (node: Node, a: number): number[] => all(node).filter((axis) => ((a >> axis) & 1) === 1);

/** The first axis, starting at `a`, with a known size of at least `least`. */
function axisFor(node: Node, a: number, least: number): number | undefined {
  const { shape } = node.type;
  return all(node)
    .map((axis) => (axis + a) % shape.length)
    .find((axis) => {
      const size = shape[axis];
      return isStatic(size) && size >= least;
    });
}

const unary: readonly ((g: GraphBuilder, x: Node, b: number) => Node)[] = [
  (g, x) => g.negate(x),
  (g, x, b) => g.absolute(shifted(g, x, b)),
  (g, x, b) => g.multiply(x, g.sign(shifted(g, x, b))),
  (g, x, b) => g.relu(shifted(g, x, b)),
  (g, x) => g.exp(g.sin(x)),
  (g, x) => g.expm1(g.tanh(x)),
  (g, x) => g.log(g.add(g.multiply(x, x), 0.5)),
  (g, x) => g.log1p(g.multiply(x, x)),
  (g, x) => g.sqrt(g.add(g.multiply(x, x), 0.25)),
  (g, x) => g.tanh(x),
  (g, x) => g.sigmoid(x),
  (g, x) => g.erf(x),
  (g, x) => g.cos(x),
  (g, x) => g.sin(x),
  (g, x) => g.stopGradient(x),
  (g, x) => g.cast(x, { element: x.type.element }),
  (g, x, b) => g.multiply(x, [0, 1, -1, 2, 0.5][b % 5]),
  (g, x, b) => g.add(x, [0, 1, -0.3][b % 3]),
  (g, x, b) => g.subtract([0, 1][b % 2], x),
  (g, x, b) => g.power(x, [1, 2, 3][b % 3]),
  (g, x) => g.divide(x, g.batchSize({ element: x.type.element })),
];

const binary: readonly ((g: GraphBuilder, x: Node, y: Node, b: number) => Node)[] = [
  (g, x, y) => g.add(x, y),
  (g, x, y) => g.subtract(x, y),
  (g, x, y) => g.multiply(x, g.tanh(y)),
  (g, x, y) => g.multiply(g.sin(x), g.sin(y)),
  (g, x, y) => g.divide(x, g.add(g.multiply(y, y), 1)),
  (g, x, y, b) => g.maximum(x, shifted(g, y, b)),
  (g, x, y, b) => g.minimum(x, shifted(g, y, b)),
  (g, x, y) => g.power(g.add(g.absolute(g.tanh(x)), 0.5), g.tanh(y)),
  (g, x, y, b) => g.select(g.less(x, shifted(g, y, b)), x, y),
  (g, x, y, b) => g.select(g.lessEqual(shifted(g, x, b), y), g.negate(y), 0),
  (g, x, y, b) => g.multiply(x, g.cast(g.less(y, shifted(g, x, b)), { element: x.type.element })),
  (g, x, y) => g.select(g.equal(g.stopGradient(g.multiply(x, 0)), 0), x, y),
];

const makers: readonly Maker[] = [
  (x, _, a, b, { g }) => unary[(a * 12 + b) % unary.length](g, x, b),
  (x, _, a, b, { g }) => unary[(a * 12 + b) % unary.length](g, x, b),
  (x, y, a, b, { g }) => binary[(a + b * 12) % binary.length](g, x, fitted(g, x, y), b),
  (x, y, a, b, { g }) => binary[(a + b * 12) % binary.length](g, x, fitted(g, x, y), b),
  (x, _, a, __, { g }) => g.reduceSum(g.multiply(x, 0.5), { axes: axesBy(x, a) }),
  (x, _, a, __, { g }) => g.reduceSum(x, { axes: axesBy(x, a) }),
  (x, y, a, b, { g }) => g.reduceMax(g.add(x, fitted(g, x, g.multiply(y, 0.1 + b))), { axes: axesBy(x, a) }),
  // Products over axes of equal size. The bits of `a` select the axes that are summed. Of the others, `b`
  // makes some batch axes.
  (x, y, a, b, { g }) => {
    const taken = new Set<number>();
    const pairs = all(x).flatMap((axis) => {
      const other = all(y).find(
        (candidate) => !taken.has(candidate) && y.type.shape[candidate] === x.type.shape[axis],
      );
      if (other === undefined) return [];
      taken.add(other);
      return [[axis, other] as const];
    });
    const summed = pairs.filter((_, i) => ((a >> i) & 1) === 1);
    const shared = pairs.filter((_, i) => ((a >> i) & 1) === 0 && ((b >> i) & 1) === 1);
    if (b % 2 === 1) summed.reverse();
    return g.contract(g.tanh(x), y, {
      batchX: shared.map(([axis]) => axis),
      batchY: shared.map(([, axis]) => axis),
      sumX: summed.map(([axis]) => axis),
      sumY: summed.map(([, axis]) => axis),
    });
  },
  // Merges an axis with the next one, splits an axis, or adds an axis of size one.
  (x, _, a, b, { g }) => {
    const { shape } = x.type;
    const axis = axisFor(x, a, 1);
    if (axis === undefined) return g.reshape(x, { shape: [...shape, 1] });
    const [size, next] = [Number(shape[axis]), shape[axis + 1]];
    if (b % 3 === 0) return g.reshape(x, { shape: shape.toSpliced(axis, 0, 1) });
    if (next !== undefined && isStatic(next))
      return g.reshape(x, { shape: shape.toSpliced(axis, 2, size * next) });
    return g.reshape(x, {
      shape: size % 2 === 0 ? shape.toSpliced(axis, 1, size / 2, 2) : shape.toSpliced(axis, 1, 1, size),
    });
  },
  (x, _, a, b, { g }) => {
    const permutation = all(x);
    for (let i = permutation.length - 1; i > 0; i--) {
      const j = (a + b * i) % (i + 1);
      [permutation[i], permutation[j]] = [permutation[j], permutation[i]];
    }
    return g.transpose(x, { permutation });
  },
  (x, _, a, b, { g }) => {
    const at = a % (x.type.shape.length + 1);
    const size: Dimension = x.type.shape.includes("n") ? 2 : b % 2 === 0 ? "n" : 3;
    return g.repeatAlong(x, [at], x.type.shape.toSpliced(at, 0, size));
  },
  (x, _, a, b, { g }) => {
    const axis = axisFor(x, a, 2);
    if (axis === undefined) return undefined;
    const size = Number(x.type.shape[axis]);
    const start = b % size;
    const taken = 1 + (a % (size - start));
    return g.slice(x, {
      start: all(x).map((other) => (other === axis ? start : 0)),
      shape: x.type.shape.map((d, other) => (other === axis ? taken : d)),
    });
  },
  (x, _, a, b, { g }) => {
    const axis = axisFor(x, a, 1);
    if (axis === undefined) return undefined;
    const only = (by: number) => all(x).map((other) => (other === axis ? by : 0));
    return g.pad(x, { before: only(b % 3), after: only((b + a) % 2), value: [0, -0.7][a % 2] });
  },
  (x, y, a, b, { g }) => {
    const axis = axisFor(x, a, 1);
    const other = fitted(g, x, y);
    if (axis === undefined) return undefined;
    return b % 2 === 0 ? g.concat(x, other, { axis }) : g.concat(other, g.cos(x), { axis });
  },
  // Takes windows. In half of the cases, the windows are then changed and folded back.
  (x, _, a, b, { g }) => {
    const axis = axisFor(x, a, 3);
    if (axis === undefined) return undefined;
    const windows = { axes: [axis], size: [2], stride: [1 + (b % 2)], dilation: [1 + (a % 2)] };
    const seen = g.window(x, windows);
    return b < 6 ? seen : g.fold(g.sin(seen), { ...windows, shape: x.type.shape });
  },
  (x, _, __, ___, { g, rowIndices }) => {
    const [first] = x.type.shape;
    return x.type.shape.includes("n") || first === undefined || !isStatic(first) || first < 2
      ? undefined
      : g.gather(x, rowIndices);
  },
  (x, _, a, __, { g, rowIndices }) =>
    x.type.shape[0] === "n" ? g.scatterAdd(x, rowIndices, { size: 2 + (a % 2) }) : undefined,
  (x, _, a, b, { g }) => {
    if (x.type.shape.lastIndexOf("n") > 0) return undefined;
    const leaf = (name: string) => g.state({ name, type: tensorType("i32", []) });
    const { element, shape } = x.type;
    const draw = g.random(leaf("seed"), leaf("step"), { shape, salt: a + 12 * b, element });
    return g.select(g.less(draw, 0.5), x, 0);
  },
  (x, y, a, b, { g }) => randomRecurrence(g, x, y, a, b, fitted),
  (x, y, a, b, { g }) => randomRecurrence(g, x, y, a, b, fitted),
  (x, _, a, __, { g }) => {
    const axis = a % Math.max(1, x.type.shape.length);
    if (x.type.shape.length === 0) return undefined;
    const index = g.iota({ shape: x.type.shape, axis });
    return g.add(x, g.cast(g.select(g.less(index, 1), index, 2), { element: x.type.element }));
  },
];

export interface RandomGraph {
  /**
   * The outputs: `result:loss`; `gradient:NAME` for each parameter on which the loss depends; `result:last`
   * for the last value; and the updated `p`.
   */
  readonly graph: Graph;
  readonly forward: Graph;
  readonly parameters: readonly string[];
}

/** @param steps whether to update the parameter `p` in place, like an optimizer */
export function graphOf(list: readonly Move[], float: "f32" | "f64" = "f64", steps = true): RandomGraph {
  const g = createBuilder(float);
  const parameter = (name: string, shape: Shape) => g.parameter({ name, type: tensorType(float, shape) });
  const p = parameter("p", [3, 4]);
  const q = parameter("q", [4]);
  const x = g.input({ name: "x", type: tensorType(float, ["n", 3]) });
  const rowIndices = g.input({ name: "rows", type: tensorType("i32", ["n"]) });
  const hidden = g.contract(x, p, { batchX: [], batchY: [], sumX: [1], sumY: [0] });
  const context: Context = { g, pool: [x, q, p, hidden, g.add(hidden, q)], rowIndices };
  const { pool } = context;
  for (const [kind, xAt, yAt, a, b] of list) {
    const pick = (from: number) => pool[Math.max(0, pool.length - 1 - from)];
    const made = makers[kind % makers.length](pick(xAt), pick(yAt), a, b, context);
    if (made === undefined || volume(made.type.shape) > largest || made.type.shape.length > 5) continue;
    if (made.type.shape.filter((d) => d === "n").length > 1) continue;
    pool.push(made);
  }
  const last = pool[pool.length - 1];
  const score = (node: Node) => g.reduceSum(g.sin(node), { axes: all(node) });
  const loss = g.add(score(last), g.multiply(0.5, score(pool[pool.length - 2])));
  const leaves = [p, q];
  const names = ["p", "q"];
  const forward = makeGraph("forward", [
    { storage: "result:loss", node: loss },
    { storage: "result:last", node: last },
  ]);
  const derived = withGradients(loss, leaves, g);
  const dp = derived.outputs.find(({ storage }) => storage === "gradient:p")?.node;
  const moved = g.subtract(p, g.multiply(0.1, dp ?? p));
  const graph = makeGraph("random", [
    ...derived.outputs,
    { storage: "result:last", node: last },
    ...(steps ? [{ storage: "p", node: moved }] : []),
  ]);
  return { graph, forward, parameters: names };
}

/** Values for the leaves of a random graph. */
export const valuesFor = (graph: Graph, rows: number, seed: number): Map<string, Tensor> =>
  anyStorage(graph, rows, seed);
