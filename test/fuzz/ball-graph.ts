/**
 * Evaluates a whole graph in ball arithmetic, including its recurrences. All scans over one recurrence are
 * evaluated in one pass along time.
 */
import { invariant } from "../../src/compiler/diagnostics/errors.ts";
import { collectNodes, leafName, operandNamesOf, operandsOf } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node, NodeOf, Recurrence } from "../../src/compiler/ir/nodes.ts";
import { timeAxisOf } from "../../src/compiler/ir/recurrence.ts";
import { boundShape } from "../../src/compiler/ir/types.ts";
import { ballOf, exactBall } from "./ball.ts";
import type { Ball } from "./ball.ts";
import { evaluateBall } from "./ball-ops.ts";

/** Balls by the name of their storage. Storage that is not listed is zero. */
export type BallStorage = ReadonlyMap<string, Ball>;

const countOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

export const zeroBall = (shape: readonly number[]): Ball =>
  exactBall({ shape, data: new Float64Array(countOf(shape)) });

/** The value of every node. */
export function ballsOfGraph(graph: Graph, storage: BallStorage, rows: number): Map<Node, Ball> {
  const given = new Map<Node, Ball>();
  for (const node of graph.nodes) {
    const name = leafName(node);
    if (name !== undefined) given.set(node, storage.get(name) ?? zeroBall(boundShape(node.type.shape, rows)));
  }
  return evaluateAll(graph.nodes, given, rows);
}

/** The outputs that the graph writes to storage. */
export function interpretBalls(graph: Graph, storage: BallStorage, rows: number): Map<string, Ball> {
  const values = ballsOfGraph(graph, storage, rows);
  return new Map(graph.outputs.map(({ storage: name, node }) => [name, valueIn(values, node)]));
}

function valueIn(values: ReadonlyMap<Node, Ball>, node: Node): Ball {
  const value = values.get(node);
  invariant(value !== undefined, `${node.op} is used before it is made`);
  return value;
}

type Scan = NodeOf<"scan">;

function evaluateAll(nodes: readonly Node[], given: ReadonlyMap<Node, Ball>, rows: number): Map<Node, Ball> {
  const values = new Map(given);
  const scans = new Map<Recurrence, Scan[]>();
  for (const node of nodes)
    if (node.op === "scan") {
      const { recurrence } = node.attributes;
      scans.set(recurrence, [...(scans.get(recurrence) ?? []), node]);
    }
  for (const node of nodes) {
    if (values.has(node)) continue;
    const names = operandNamesOf(node.op, node.attributes);
    const operands = Object.fromEntries(
      operandsOf(node).map((operand, i) => [names[i], valueIn(values, operand)]),
    );
    if (node.op === "scan") {
      const together = sameOperands(node, scans.get(node.attributes.recurrence) ?? [node]);
      scanned(together, operands, rows).forEach((ball, i) => values.set(together[i], ball));
    } else {
      values.set(node, evaluateBall({ node, operands, shape: boundShape(node.type.shape, rows), rows }));
    }
  }
  return values;
}

/** Returns the scans that read the same operands as this scan. */
function sameOperands(node: Scan, scans: readonly Scan[]): readonly Scan[] {
  const own = operandsOf(node);
  return scans.filter((scan) => operandsOf(scan).every((operand, i) => operand === own[i]));
}

/** The balls of several values of one recurrence, each stacked along time. */
function scanned(
  scans: readonly Scan[],
  given: Readonly<Record<string, Ball>>,
  rows: number,
): readonly Ball[] {
  const { length, reverse, operands } = scans[0].attributes.recurrence;
  const values = scans.map(({ attributes }) => attributes.value);
  const carried = operands.filter(({ role }) => role === "carried");
  const roots = [...values, ...carried.flatMap(({ next }) => next ?? [])];
  const nodes = collectNodes(roots.map((node, i) => ({ storage: String(i), node })));
  const stacks = values.map((value) => new Stack(value, length, rows));
  let state = carried.map(({ name }) => given[name]);
  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step;
    const known = new Map<Node, Ball>();
    for (const { name, role, argument } of operands) {
      if (role === "each") known.set(argument, ballAtTime(argument, given[name], t, length, rows));
      if (role === "whole") known.set(argument, given[name]);
    }
    carried.forEach(({ argument }, i) => known.set(argument, state[i]));
    const made = evaluateAll(nodes, known, rows);
    values.forEach((value, i) => stacks[i].put(t, valueIn(made, value)));
    state = carried.map(({ next }, i) => (next === undefined ? state[i] : valueIn(made, next)));
  }
  return stacks.map((stack) => stack.ball());
}

/** The sizes of the axes before time, the size of one step, and the shape of the step. */
function cut(step: Node, rows: number) {
  const shape = boundShape(step.type.shape, rows);
  const axis = timeAxisOf(step.type.shape);
  return { shape, axis, outer: countOf(shape.slice(0, axis)), inner: countOf(shape.slice(axis)) };
}

function ballAtTime(step: Node, { mid, rad }: Ball, t: number, length: number, rows: number): Ball {
  const { shape, outer, inner } = cut(step, rows);
  const part = (data: Float64Array) => {
    const made = new Float64Array(outer * inner);
    for (let i = 0; i < outer; i++)
      made.set(data.subarray((i * length + t) * inner, (i * length + t + 1) * inner), i * inner);
    return made;
  };
  return ballOf(shape, part(mid), part(rad));
}

/** The values of all steps. */
class Stack {
  private readonly mid: Float64Array;
  private readonly rad: Float64Array;
  private readonly sizes: ReturnType<typeof cut>;
  private readonly length: number;

  constructor(value: Node, length: number, rows: number) {
    this.sizes = cut(value, rows);
    this.length = length;
    const count = this.sizes.outer * length * this.sizes.inner;
    this.mid = new Float64Array(count);
    this.rad = new Float64Array(count);
  }

  put(t: number, { mid, rad }: Ball): void {
    const { outer, inner } = this.sizes;
    for (let i = 0; i < outer; i++) {
      this.mid.set(mid.subarray(i * inner, (i + 1) * inner), (i * this.length + t) * inner);
      this.rad.set(rad.subarray(i * inner, (i + 1) * inner), (i * this.length + t) * inner);
    }
  }

  ball(): Ball {
    const { shape, axis } = this.sizes;
    return ballOf(shape.toSpliced(axis, 0, this.length), this.mid, this.rad);
  }
}
