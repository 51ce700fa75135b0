// Classifies the differences between two graphs that should compute the same values from given operands. A
// difference is none, an effect that a fast rule may declare, or an error.
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { leafName, operandNamesOf, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../../src/compiler/ir/types.ts";
import { evaluateOp } from "../../../src/compiler/ops/index.ts";
import type { Tensor } from "../../../src/compiler/ops/tensor.ts";
import type { Effect } from "../../../src/compiler/passes/rules/define.ts";
import { power } from "../../../src/runtime/numbers/logarithm.ts";
import { power as singlePower } from "../../../src/runtime/numbers/single.ts";
import { zipTensors } from "../../../src/compiler/ops/tensor.ts";
import { ExactGraph } from "./exact-graph.ts";
import { isClose, isFinite, isSame, realOf } from "./exact-reals.ts";
import { roundingBounds } from "./rounding-bounds.ts";

/** How a program rounds values. Each node is rounded once. */
export interface Precision {
  readonly float: "f32" | "f64";
  readonly unit: number;
  /** The smallest subnormal number. */
  readonly tiny: number;
  round(x: number): number;
  /**
   * x^y as trainers compute it. The interpreter uses the engine's function, which may compute squares without
   * a rounding error.
   */
  power(x: number, y: number): number;
}

export const double: Precision = { float: "f64", unit: 2 ** -53, tiny: 2 ** -1074, round: (x) => x, power };
export const single: Precision = {
  float: "f32",
  unit: 2 ** -24,
  tiny: 2 ** -149,
  round: Math.fround,
  power: singlePower,
};

export type Operands = ReadonlyMap<string, Tensor>;

/** The values of all nodes. Each value is rounded. */
export function valuesOf(
  graph: Graph,
  operands: Operands,
  rows: number,
  precision: Precision,
): Map<Node, Tensor> {
  const values = new Map<Node, Tensor>();
  for (const node of graph.nodes) {
    const inputs = operandsOf(node).flatMap((operand) => values.get(operand) ?? []);
    const result = operands.get(leafName(node) ?? "") ?? computed(node, inputs, rows, precision);
    values.set(node, { shape: result.shape, data: result.data.map(precision.round) });
  }
  return values;
}

function computed(node: Node, inputs: readonly Tensor[], rows: number, precision: Precision): Tensor {
  if (node.op === "power") return zipTensors(precision.power, inputs[0], inputs[1]);
  const names = operandNamesOf(node.op, node.attributes);
  const operands = Object.fromEntries(inputs.map((input, i) => [names[i], input]));
  return evaluateOp(node, operands, boundShape(node.type.shape, rows), rows);
}

export interface Judgement {
  /** Each effect, with a description of the first element that shows it. */
  readonly effects: ReadonlyMap<Effect, string>;
  /** Descriptions of differences that no effect explains. */
  readonly faults: readonly string[];
  /**
   * The number of elements that differ, and the number of these elements that have no bound, because a
   * divisor may be 0 or because the bound itself overflows.
   */
  readonly differing: number;
  readonly unbounded: number;
}

/** Compares the only outputs of two graphs on the same operands. */
export function judge(
  before: Graph,
  after: Graph,
  operands: Operands,
  rows: number,
  precision: Precision,
): Judgement {
  const [was, is] = [before, after].map(
    (graph) => new Side(graph, constantsOf(before), operands, rows, precision),
  );
  const effects = new Map<Effect, string>();
  const faults: string[] = [];
  let [differing, unbounded] = [0, 0];
  was.result.data.forEach((a, at) => {
    const b = is.result.data[at];
    if (Object.is(a, b)) return;
    differing++;
    const verdict = verdictOf(was, is, at);
    const text = `${precision.float}, element ${at}: ${a} became ${b}`;
    if (verdict === "unbounded") unbounded++;
    else if (isFault(verdict)) faults.push(`${text}: ${verdict.fault}`);
    else if (!effects.has(verdict)) effects.set(verdict, text);
  });
  return { effects, faults, differing, unbounded };
}

type Verdict = Effect | "unbounded" | { readonly fault: string };
const isFault = (verdict: Verdict): verdict is { readonly fault: string } => typeof verdict === "object";

const constantsOf = (graph: Graph): ReadonlySet<number> =>
  new Set(graph.nodes.flatMap((node) => (node.op === "constant" ? [node.attributes.value] : [])));

/** The classification of one element that differs. */
function verdictOf(was: Side, is: Side, at: number): Verdict {
  const [a, b] = [was.result.data[at], is.result.data[at]];
  if (a === 0 && b === 0) return "zero-sign";
  const [exactA, exactB] = [was.exact(at), is.exact(at)];
  const areFinite = Number.isFinite(a) && Number.isFinite(b);
  if (exactA !== undefined && exactB !== undefined && !isSame(exactA, exactB)) {
    if (!isFinite(exactA) || !isFinite(exactB)) return areFinite ? "unbounded" : "non-finite";
    // A constant that a rule computes from others must be correct to one unit in the last place.
    if (!is.computesConstants || !isClose(exactB, exactA, 52))
      return { fault: "the sides differ in real arithmetic" };
  }
  if (!areFinite) {
    if (exactA === undefined || exactB === undefined) return was.isFinite ? "overflow" : "non-finite";
    return was.cause(at) ?? is.cause(at) ?? { fault: "no intermediate result leaves the range" };
  }
  const difference = Math.abs(a - b);
  // The bounds are also computed in doubles, and so have rounding errors; the factor allows for them. The
  // result may also be rounded to a subnormal number.
  if (difference <= 1.0001 * (was.bound(at, "normal") + is.bound(at, "normal")) + was.precision.tiny)
    return "rounding";
  if (was.cause(at) === "overflow" || is.cause(at) === "overflow") return "overflow";
  const bound = 1.0001 * (was.bound(at, "underflow") + is.bound(at, "underflow"));
  if (bound === Infinity) return "unbounded";
  return difference <= bound ? "underflow" : { fault: `a difference of ${difference}, bound ${bound}` };
}

/** One of the two graphs. */
class Side {
  readonly result: Tensor;
  /** Whether all operands are finite. */
  readonly isFinite: boolean;
  private readonly graph: Graph;
  /**
   * The constants of the left-hand side. The rule computes other constants from them, with a rounding error.
   */
  private readonly numbers: ReadonlySet<number>;
  private readonly rows: number;
  readonly precision: Precision;
  private readonly values: ReadonlyMap<Node, Tensor>;
  private readonly reals: ExactGraph;
  private readonly bounds = new Map<string, Float64Array>();

  constructor(
    graph: Graph,
    numbers: ReadonlySet<number>,
    operands: Operands,
    rows: number,
    precision: Precision,
  ) {
    this.graph = graph;
    this.numbers = numbers;
    this.rows = rows;
    this.precision = precision;
    this.values = valuesOf(graph, operands, rows, precision);
    this.result = this.valueOf(this.root);
    this.isFinite = [...operands.values()].every(({ data }) => data.every(Number.isFinite));
    // In this evaluation, constants are exact, and bools are those of the program.
    const exact = { ...precision, round: (x: number) => x };
    this.reals = new ExactGraph(
      precision.float === "f64" ? this.values : valuesOf(graph, operands, rows, exact),
      rows,
    );
  }

  private get root(): Node {
    return this.graph.outputs[0].node;
  }

  private valueOf(node: Node): Tensor {
    return this.values.get(node) ?? { shape: [], data: new Float64Array(0) };
  }

  exact(at: number) {
    return this.reals.element(this.root, at);
  }

  /**
   * Returns the first effect by which an element on which the result depends became infinity, NaN or 0
   * through rounding; undefined if there is none.
   */
  cause(at: number, node = this.root): "overflow" | "underflow" | undefined {
    for (const [input, element] of this.reals.inputsOf(node, at)) {
      const cause = this.cause(element, input);
      if (cause !== undefined) return cause;
    }
    const value = this.valueOf(node).data[at];
    if (Number.isFinite(value) && value !== 0) return undefined;
    const exact = this.reals.element(node, at);
    if (exact === undefined || isSame(exact, realOf(value))) return undefined;
    return value === 0 ? "underflow" : "overflow";
  }

  get computesConstants(): boolean {
    return this.numbers.size > 0;
  }

  /** The largest error that rounding explains. `range`: for normal numbers only, or including underflow. */
  bound(at: number, range: "normal" | "underflow"): number {
    let list = this.bounds.get(range);
    if (list === undefined) {
      const { unit, tiny } = this.precision;
      const constant = (value: number) => this.errorOfConstant(value);
      const arithmetic = { unit, tiny: range === "underflow" ? tiny : 0, constant };
      list = roundingBounds(this.graph.nodes, this.values, this.rows, arithmetic).get(this.root);
      this.bounds.set(range, list ?? new Float64Array(0));
    }
    return list?.[at] ?? Infinity;
  }

  private errorOfConstant(value: number): number {
    const isComputed = this.computesConstants && !this.numbers.has(value);
    return Math.abs(value - this.precision.round(value)) + (isComputed ? 2 ** -52 * Math.abs(value) : 0);
  }
}
