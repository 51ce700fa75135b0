// Recurrences in the graph IR: construction, verification, text form, pruning and sharing. If a test fails,
// the verifier accepts a broken step, or two different steps are considered equal.
import { describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { makeGraph, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { parseGraph, printGraph } from "../../../src/compiler/ir/text.ts";
import {
  argumentNode,
  carried,
  each,
  pruneOperands,
  recur,
  recurrencesOf,
  rewriteSteps,
  scanOf,
  stepsOf,
  stepType,
  whole,
} from "../../../src/compiler/ir/recurrence.ts";
import { rewriteGraph } from "../../../src/compiler/ir/builder.ts";
import { tensorType, TypeRefusal } from "../../../src/compiler/ir/types.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import { createBuilder, ops } from "../../../src/compiler/ops/index.ts";
import { shareSubexpressions } from "../../../src/compiler/passes/share-subexpressions.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { anyStorage, compareStorage } from "../../support/tensors.ts";

const g = createBuilder("f64");
const leaf = (name: string, shape: Shape) => g.input({ name, type: tensorType("f64", shape) });
const [xs, h0, w] = [leaf("xs", ["n", 3, 2]), leaf("h0", ["n", 2]), leaf("w", [2, 2])];
const product = (x: Node, y: Node) => g.contract(x, y, { batchX: [], batchY: [], sumX: [1], sumY: [0] });

/** h ← tanh(x + h · w); the value is the new h. */
const recurrent = (from = h0, sequence = xs): Node =>
  recur(
    g,
    { name: "r", length: 3 },
    { x: each(sequence), h: carried(from), w: whole(w) },
    ({ x, h, w: matrix }) => {
      const next = g.tanh(g.add(x, product(h, matrix)));
      return { next: { h: next }, value: next };
    },
  );
const graphOf = (...nodes: readonly Node[]): Graph =>
  makeGraph(
    "test",
    nodes.map((node, i) => ({ storage: `z${i}`, node })),
  );
const messages = (graph: Graph) => verifyGraph(ops, graph).map(({ message }) => message);
const scan = (node: Node) => {
  if (node.op !== "scan") throw new Error(`${node.op} is no scan`);
  return node;
};

describe("recur", () => {
  it("stacks the value of every step after the batch axis", () => {
    expect(recurrent().type).toEqual(tensorType("f64", ["n", 3, 2]));
    expect(messages(graphOf(recurrent()))).toEqual([]);
  });
  it("puts time first without a batch axis, and rejects a type that is not a sequence of that length", () => {
    expect(stepType(tensorType("f64", [3, 2]), 3)).toEqual(tensorType("f64", [2]));
    expect(() => stepType(tensorType("f64", ["n", 4, 2]), 3)).toThrow(TypeRefusal);
    expect(() => stepType(tensorType("f64", ["n"]), 3)).toThrow("is not a sequence of 3 steps");
  });
  it("rejects time before the batch axis: steps are stacked after it", () => {
    expect(() => stepType(tensorType("f64", [3, "n"]), 3)).toThrow(
      "[3,n] must have the batch axis before the time axis",
    );
  });
  it("rejects a step that changes the type of a carried value, or does not compute it", () => {
    const step = (next: (h: Node) => Record<string, Node>) => () =>
      recur(g, { name: "r", length: 3 }, { h: carried(h0) }, ({ h }) => ({ next: next(h), value: h }));
    expect(step((h) => ({ h: g.reduceSum(h, { axes: [1] }) }))).toThrow(DiagnosticError);
    expect(step(() => ({}))).toThrow(/h is carried, so the step must compute its next value/);
    expect(step((h) => ({ h: g.reduceSum(h, { axes: [1] }) }))).toThrow(/but its next value has f64\[n\]/);
  });
});

describe("verifyGraph", () => {
  it("reports an argument outside of its step", () => {
    const stray = argumentNode(g, "stray", tensorType("f64", ["n", 2]));
    expect(messages(graphOf(g.exp(stray)))).toEqual(["it is not an argument of the enclosing step"]);
    const [{ argument }] = scan(recurrent()).attributes.recurrence.operands;
    expect(messages(graphOf(recurrent(), g.exp(argument)))).toEqual([
      "it is not an argument of the enclosing step",
    ]);
  });
  it("reports a step that reads an argument of another step", () => {
    const [{ argument }] = scan(recurrent()).attributes.recurrence.operands;
    const z = recur(g, { name: "s", length: 3 }, { x: each(xs) }, ({ x }) => ({
      next: {},
      value: g.add(x, argument),
    }));
    expect(messages(graphOf(z))).toEqual(["it is not an argument of the enclosing step"]);
  });
  it("reports two scans of one recurrence over different operands", () => {
    const first = scan(recurrent());
    const { recurrence, value } = first.attributes;
    const second = scanOf(g, recurrence, g.exp(value), [xs, g.exp(h0), w]);
    expect(messages(graphOf(first, second))).toEqual(["scans of its recurrence have different operands"]);
  });
  it("reports a carried operand without a next value", () => {
    const first = scan(recurrent());
    const { recurrence, value } = first.attributes;
    const operands = recurrence.operands.map(({ name, role, argument }) => ({ name, role, argument }));
    const broken: Node = { ...first, attributes: { recurrence: { ...recurrence, operands }, value } };
    expect(messages(graphOf(broken))).toEqual(["h is carried, so the step must compute its next value"]);
  });
});

/** A recurrence over rows of a matrix within each step of one over time. */
const nested = (): Node =>
  recur(g, { name: "outer", length: 3 }, { x: each(xs), h: carried(h0) }, ({ x, h }) => {
    const start = g.reduceSum(x, { axes: [1] });
    const inner = recur(
      g,
      { name: "inner", length: 2, reverse: true },
      { e: each(x), s: carried(start) },
      ({ e, s }) => {
        const next = g.sin(g.add(e, s));
        return { next: { s: next }, value: g.multiply(next, 2) };
      },
    );
    return { next: { h: g.add(h, inner) }, value: inner };
  });

describe("text", () => {
  const readBack = (graph: Graph) => parseGraph(printGraph(graph), createBuilder("f64"));
  /** Expects that the parsed text prints as the same text and computes the same values. */
  function expectSame(graph: Graph): Graph {
    const read = readBack(graph);
    expect(printGraph(read)).toBe(printGraph(graph));
    const values = anyStorage(graph, 2, 1);
    expect(compareStorage(interpret(read, values, 2), interpret(graph, values, 2))).toEqual({
      worst: 0,
      at: "",
    });
    return read;
  }
  it("prints nested recurrences, inner ones first", () => {
    const text = printGraph(graphOf(nested()));
    expect(text.indexOf('recurrence r1 {"length":2,"reverse":true}')).toBeGreaterThan(0);
    expect(text.indexOf('recurrence r2 {"length":3')).toBeGreaterThan(text.indexOf("recurrence r1"));
    expect(stepsOf(expectSame(graphOf(nested()))).map(({ recurrence }) => recurrence.length)).toEqual([2, 3]);
  });
  it("two scans of one recurrence still share it", () => {
    const first = scan(recurrent());
    const { recurrence, value } = first.attributes;
    const second = scanOf(g, recurrence, g.exp(value), operandsOf(first));
    expect(recurrencesOf(expectSame(graphOf(first, second))).size).toBe(1);
  });
  it("a constant that two steps share, and an argument that none reads", () => {
    const two = g.number(2);
    const scaled = (factor: Node) =>
      recur(g, { name: "s", length: 3 }, { x: each(xs), h: carried(h0) }, ({ x, h }) => ({
        next: { h },
        value: g.multiply(x, factor),
      }));
    expectSame(graphOf(scaled(two), scaled(two)));
  });
  it("naming a value does not copy an argument, because no step would bind the copy", () => {
    const z = recur(g, { name: "r", length: 3 }, { h: carried(h0) }, ({ h }) => ({
      next: { h: g.named("again", h) },
      value: g.named("seen", h),
    }));
    expect(messages(graphOf(z))).toEqual([]);
  });
});

describe("rewriting a recurrence", () => {
  it("reaches the steps of nested recurrences, and shares what does not change", () => {
    const graph = graphOf(nested());
    const cosines = rewriteSteps(graph, g, (step) =>
      rewriteGraph(step, g, (node) => (node.op === "sin" ? g.cos(node.operands.x) : node)),
    );
    const opsIn = (each: Graph) => stepsOf(each).flatMap(({ step }) => step.nodes.map(({ op }) => op));
    expect([
      opsIn(graph).includes("sin"),
      opsIn(cosines).includes("sin"),
      opsIn(cosines).includes("cos"),
    ]).toEqual([true, false, true]);
    expect(messages(cosines)).toEqual([]);
    expect(rewriteSteps(graph, g, (step) => step)).toBe(graph);
  });
  it("drops operands that no value needs, but not one that only another carried operand reads", () => {
    const given = { x: each(xs), h: carried(h0), c: carried(h0), unread: carried(h0), idle: whole(w) };
    const z = recur(g, { name: "r", length: 3 }, given, ({ x, h, c, unread }) => ({
      next: { h: g.add(h, c), c: g.multiply(c, x), unread: g.exp(unread) },
      value: h,
    }));
    const lean = pruneOperands(graphOf(z), g);
    const [recurrence] = recurrencesOf(lean).keys();
    expect(recurrence.operands.map(({ name }) => name)).toEqual(["x", "h", "c"]);
    expect(messages(lean)).toEqual([]);
    const values = anyStorage(graphOf(z), 2, 1);
    expect(compareStorage(interpret(lean, values, 2), interpret(graphOf(z), values, 2)).worst).toBe(0);
  });
  it("equal scans become one; scans of different recurrences, or of different values, do not", () => {
    const share = (graph: Graph) => shareSubexpressions.run(graph, g, { exact: true });
    const scansOf = (graph: Graph) => graph.nodes.filter(({ op }) => op === "scan").length;
    const first = scan(recurrent());
    const { recurrence, value } = first.attributes;
    const again = scanOf(g, recurrence, value, operandsOf(first));
    const other = scanOf(g, recurrence, g.exp(value), operandsOf(first));
    expect(scansOf(share(graphOf(first, again)))).toBe(1);
    expect(scansOf(share(graphOf(first, other)))).toBe(2);
    expect(scansOf(share(graphOf(first, recurrent(g.exp(h0)))))).toBe(2);
  });
});
