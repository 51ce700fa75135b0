// The derivatives of recurrences. If a test fails, a gradient through time is wrong, or is computed in every
// step although once would be enough.
import { describe, expect, it } from "vitest";
import { collectNodes, makeGraph } from "../../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../../src/compiler/ir/nodes.ts";
import {
  carried,
  each,
  recur,
  recurrencesOf,
  stepsOf,
  whole,
} from "../../../../src/compiler/ir/recurrence.ts";
import { tensorType } from "../../../../src/compiler/ir/types.ts";
import type { Shape } from "../../../../src/compiler/ir/types.ts";
import { verifyGraph } from "../../../../src/compiler/ir/verify.ts";
import { createBuilder, ops } from "../../../../src/compiler/ops/index.ts";
import { gradientsOf } from "../../../../src/compiler/passes/derivatives/gradients-of.ts";
import { shareSubexpressions } from "../../../../src/compiler/passes/share-subexpressions.ts";
import { interpret } from "../../../../src/compiler/reference/interpret.ts";
import { compareWithDifferences, withGradients } from "../../../support/gradients.ts";
import { lowered, runLoops } from "../../../support/run-loops.ts";
import { anyStorage, compareStorage } from "../../../support/tensors.ts";

const g = createBuilder("f64");
const parameter = (name: string, shape: Shape) => g.parameter({ name, type: tensorType("f64", shape) });
const [xs, h0, w, b] = [
  parameter("xs", ["n", 4, 2]),
  parameter("h0", ["n", 2]),
  parameter("w", [2, 2]),
  parameter("b", [2]),
];
const product = (x: Node, y: Node) => g.contract(x, y, { batchX: [], batchY: [], sumX: [1], sumY: [0] });
const total = (x: Node) => g.reduceSum(x, { axes: x.type.shape.map((_, axis) => axis) });
const score = (x: Node) => total(g.sin(x));
const facts = { name: "r", length: 4 };

const rnn = () =>
  recur(g, facts, { x: each(xs), h: carried(h0), w: whole(w), b: whole(b) }, (step) => {
    const next = g.tanh(g.add(g.add(step.x, product(step.h, step.w)), step.b));
    return { next: { h: next }, value: next };
  });

/**
 * Compares the derived gradients with finite differences, and runs them as loops to compare with the
 * interpreter.
 */
function expectRight(loss: Node, leaves: readonly Node[], missing: readonly string[] = []): Graph {
  const graph = withGradients(loss, leaves, g);
  expect(verifyGraph(ops, graph)).toEqual([]);
  const names = leaves.flatMap((node) => (node.op === "parameter" ? [node.attributes.name] : []));
  const found = graph.outputs.map(({ storage }) => storage);
  expect(found).toEqual([
    "result:loss",
    ...names.filter((name) => !missing.includes(name)).map((name) => `gradient:${name}`),
  ]);
  const values = anyStorage(graph, 3, 5);
  const { error, uncertain } = compareWithDifferences(graph, values, names, 3);
  expect([uncertain, error < 1e-7], `error ${error}`).toEqual([false, true]);
  const loops = runLoops(lowered(graph), values, 3);
  expect(compareStorage(loops, interpret(graph, values, 3)).worst).toBeLessThan(1e-12);
  return graph;
}

describe("gradients of recurrences are correct for", () => {
  it("an initial state that is a parameter", () => {
    expectRight(score(rnn()), [h0]);
  });
  it("sequence, weight and bias, forwards and backwards in time", () => {
    expectRight(score(rnn()), [xs, h0, w, b]);
    const z = recur(g, { ...facts, reverse: true }, { x: each(xs), h: carried(h0) }, ({ x, h }) => {
      const next = g.sin(g.multiply(h, x));
      return { next: { h: next }, value: g.add(next, h) };
    });
    expectRight(score(z), [xs, h0]);
  });
  it("a weight whose product has batch axes", () => {
    const [sequence, weight] = [parameter("sequence", ["n", 4, 2, 3]), parameter("weight", [2, 3, 2])];
    const z = recur(g, facts, { x: each(sequence), h: carried(h0), w: whole(weight) }, (step) => {
      const product = g.contract(step.x, step.w, { batchX: [1], batchY: [0], sumX: [2], sumY: [1] });
      const next = g.tanh(g.add(step.h, g.reduceSum(product, { axes: [0] })));
      return { next: { h: next }, value: next };
    });
    expectRight(score(z), [sequence, h0, weight]);
  });
  it("carried values that are swapped", () => {
    const z = recur(g, facts, { x: each(xs), p: carried(h0), q: carried(g.exp(h0)) }, ({ x, p, q }) => ({
      next: { p: q, q: p },
      value: g.multiply(x, g.sin(p)),
    }));
    expectRight(score(z), [xs, h0]);
  });
  it("a value that is the carried value before the step, and one that is the sequence", () => {
    const before = recur(g, facts, { x: each(xs), h: carried(h0) }, ({ x, h }) => ({
      next: { h: g.multiply(0.5, g.add(h, x)) },
      value: h,
    }));
    expectRight(score(before), [xs, h0]);
    const same = recur(g, facts, { x: each(xs), h: carried(h0) }, ({ x, h }) => ({ next: { h }, value: x }));
    expectRight(score(same), [xs]);
  });
  it("a carried value that nothing reads: its gradient is zero, or missing", () => {
    const z = recur(g, facts, { x: each(xs), h: carried(h0), idle: carried(b) }, ({ x, h, idle }) => ({
      next: { h: g.add(h, x), idle: g.cos(idle) },
      value: g.sin(h),
    }));
    const graph = withGradients(score(z), [b], g);
    const idle = graph.outputs.find(({ storage }) => storage === "gradient:b");
    const values = anyStorage(graph, 2, 1);
    if (idle !== undefined)
      expect([...(interpret(graph, values, 2).get(idle.storage)?.data ?? [])]).toEqual([0, 0]);
    expectRight(score(z), [xs, h0]);
  });
  it("integer operands, which have none and do not block others", () => {
    const count = g.iota({ shape: ["n", 4, 2], axis: 1 });
    const z = recur(g, facts, { x: each(xs), k: each(count), h: carried(h0) }, ({ x, k, h }) => {
      const next = g.add(g.multiply(h, 0.5), g.select(g.less(k, 2), x, g.multiply(x, x)));
      return { next: { h: next }, value: g.multiply(next, g.cast(k, { element: "f64" })) };
    });
    expectRight(score(z), [xs, h0]);
  });
  it("a carried integer", () => {
    const zero = g.cast(g.multiply(0, h0), { element: "i32" });
    const z = recur(g, facts, { x: each(xs), k: carried(zero), h: carried(h0) }, ({ x, k, h }) => {
      const real = g.cast(k, { element: "f64" });
      return {
        next: { k: g.select(g.less(k, 1), k, k), h: g.sin(g.add(h, x)) },
        value: g.add(g.multiply(x, real), h),
      };
    });
    expectRight(score(z), [xs, h0]);
  });
  it("an operand that every step reads whole, with a batch axis", () => {
    const shift = parameter("shift", ["n", 2]);
    const z = recur(g, facts, { x: each(xs), h: carried(h0), s: whole(shift) }, ({ x, h, s }) => {
      const next = g.tanh(g.add(g.multiply(h, s), x));
      return { next: { h: next }, value: g.multiply(next, s) };
    });
    expectRight(score(z), [xs, h0, shift]);
  });
  it("a recurrence within the steps of another", () => {
    const z = recur(g, facts, { x: each(xs), h: carried(h0), w: whole(b) }, (outer) => {
      const start = g.reduceSum(outer.x, { axes: [1] });
      const given = { e: each(outer.x), s: carried(start) };
      const inner = recur(g, { name: "inner", length: 2 }, given, ({ e, s }) => {
        const next = g.tanh(g.add(e, s));
        return { next: { s: next }, value: next };
      });
      const next = g.sin(g.add(outer.h, g.multiply(inner, outer.w)));
      return { next: { h: next }, value: next };
    });
    expectRight(score(z), [xs, h0, b]);
  });
});

describe("second derivatives", () => {
  it("the gradient of the gradient's norm agrees with differences", () => {
    const loss = score(rnn());
    const nodes = collectNodes([{ storage: "loss", node: loss }]);
    const norm = gradientsOf(loss, [w, h0], nodes, g)
      .flatMap((gradient) => (gradient === undefined ? [] : [total(g.multiply(gradient, gradient))]))
      .reduce((sum, part) => g.add(sum, part));
    expectRight(norm, [xs, h0, w, b]);
  });
});

describe("the loop along time", () => {
  const contractionsOutside = (graph: Graph) => graph.nodes.filter(({ op }) => op === "contract");

  it("does not compute the gradient of a weight that every step reads: it is one product outside, over rows and time", () => {
    const graph = withGradients(score(rnn()), [w, b], g);
    const dw = graph.outputs.find(({ storage }) => storage === "gradient:w")?.node;
    if (dw?.op !== "contract") throw new Error(`d_w is a ${dw?.op}`);
    expect([dw.attributes.sumX, dw.attributes.sumY].map((axes) => [...axes].sort())).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(contractionsOutside(graph)).toEqual([dw]);
    const db = graph.outputs.find(({ storage }) => storage === "gradient:b")?.node;
    expect(db?.op === "reduceSum" && [...db.attributes.axes].sort()).toEqual([0, 1]);
    // No carried value has the size of a weight, and no step computes one.
    for (const { recurrence, step } of stepsOf(graph)) {
      const shapes = step.nodes.filter(({ op }) => op !== "argument").map(({ type }) => type.shape.join());
      expect(shapes).not.toContain("2,2");
      for (const { role, argument } of recurrence.operands)
        if (role === "carried") expect(argument.type.shape).toEqual(["n", 2]);
    }
  });
  it("keeps only those forward values that the derivative reads: tanh by its result", () => {
    const derived = makeGraph("g", withGradients(score(rnn()), [w], g).outputs.slice(1));
    const graph = shareSubexpressions.run(derived, g, { exact: true });
    const [forward, backward] = [...recurrencesOf(graph)];
    // The new state for tanh, and the previous state for the weight.
    expect(forward[1].map(({ attributes }) => attributes.value.op).sort()).toEqual(["argument", "tanh"]);
    expect(backward[0].reverse).toBe(true);
    const opsIn = stepsOf(graph).map(({ step }) => step.nodes.filter(({ op }) => op === "tanh").length);
    expect(opsIn).toEqual([1, 0]);
  });
});
