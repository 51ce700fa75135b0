// The stages of lowering that save memory, each on the smallest graph that shows its effect. If a test fails,
// a value is kept longer than necessary, or not long enough. (random-graphs.test.ts tests that the stages
// preserve the meaning of any graph.)
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import { integer, multiply, number, variable } from "../../../src/compiler/loop/expressions.ts";
import { loop, store } from "../../../src/compiler/loop/statements.ts";
import { rematerialise } from "../../../src/compiler/lower/rematerialise.ts";
import { contractArrays } from "../../../src/compiler/lower/contract-arrays.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { buffer, load, loopsText, program, programOf, temporary } from "../../support/loop-program.ts";
import { lowered, runLoops, storageFor } from "../../support/run-loops.ts";
import { afterStage, loweredGraph, planOf } from "../../support/stages.ts";
import { anyStorage, compareStorage } from "../../support/tensors.ts";

const g = createBuilder("f64");
const leaf = (name: string, shape: Shape) => g.input({ name, type: tensorType("f64", shape) });
const product = (x: Node, w: Node) => g.contract(x, w, { batchX: [], batchY: [], sumX: [1], sumY: [0] });
const graphOf = (outputs: Readonly<Record<string, Node>>): Graph =>
  makeGraph(
    "test",
    Object.entries(outputs).map(([storage, node]) => ({ storage, node })),
  );

const temporaryShapes = (graph: Graph, skip: readonly string[] = []) =>
  [...lowered(graph, { skip }).program.buffers.values()]
    .filter(({ region }) => region === "temporary")
    .map(({ shape }) => shape.join());

function expectSame(graph: Graph, rows = 3): void {
  const values = anyStorage(graph, rows, 2);
  const actual = runLoops(lowered(graph, { batchSize: rows }), values, rows, rows);
  expect(compareStorage(actual, interpret(graph, values, rows)).worst).toBeLessThan(1e-12);
}

describe("rematerialise", () => {
  const [x, f] = [leaf("x", ["n", 64]), leaf("f", ["n", 64])];
  const [w1, w2, w3, w4] = ["w1", "w2", "w3", "w4"].map((name, i) =>
    leaf(name, i === 1 ? [64, 256] : i === 2 ? [256, 64] : [64, 64]),
  );
  // p stays live to the end. y = (p + f) · f² is read at once, and again after a product four times as wide.
  const p = product(x, w1);
  const y = g.multiply(g.add(p, f), g.multiply(f, f));
  const wide = g.tanh(product(g.sin(product(y, w4)), w2));
  const late = product(wide, w3);
  const dw = g.contract(y, late, { batchX: [], batchY: [], sumX: [0], sumY: [0] });
  // The value is the first operand of its late reader. Its copy must not be placed as soon as the traversal
  // reaches it.
  const graph = graphOf({
    dw,
    dp: g.contract(p, late, { batchX: [], batchY: [], sumX: [0], sumY: [0] }),
  });

  const bytesOf = (each: Graph, batchSize: number, copies?: ReadonlySet<Node>) => {
    const storage = storageFor(each, "f64");
    const loops = loweredGraph(each, { float: "f64", batchSize, storage }, [], copies);
    return planOf([loops], storage, batchSize).lowerBound;
  };
  const rematerialised = (each: Graph, batchSize: number) =>
    afterStage(rematerialise, { graph: each, copies: new Set<Node>() }, { g, batchSize });
  it("recomputes a cheap value after the peak, which becomes lower by the size of the value", () => {
    const batchSize = 1024;
    const { graph: lean, copies } = rematerialised(graph, batchSize);
    expect([...copies].map(({ name }) => name)).toEqual([expect.stringMatching(/_again$/)]);
    const [before, after] = [bytesOf(graph, batchSize), bytesOf(lean, batchSize, copies)];
    expect(before - after).toBeGreaterThanOrEqual(batchSize * 64 * 8);
  });
  it("computes the same bits", () => {
    const { graph: lean } = rematerialised(graph, 1024);
    const values = anyStorage(graph, 3, 4);
    expect(compareStorage(interpret(lean, values, 3), interpret(graph, values, 3))).toEqual({
      worst: 0,
      at: "",
    });
  });
  it("does not change graphs whose values fit in a cache of one mebibyte", () => {
    const batchSize = 64;
    expect(bytesOf(graph, batchSize)).toBeLessThan(1 << 20);
    expect(rematerialised(graph, batchSize)).toEqual({ graph, copies: new Set() });
  });
  it("never computes a function or a product twice", () => {
    const costly = graphOf({
      dw: g.contract(g.tanh(g.add(p, f)), product(g.tanh(product(g.tanh(g.add(p, f)), w2)), w3), {
        batchX: [],
        batchY: [],
        sumX: [0],
        sumY: [0],
      }),
    });
    const count = (each: Graph) => each.nodes.filter(({ op }) => op === "tanh" || op === "contract").length;
    expect(count(rematerialised(costly, 4096).graph)).toBe(count(costly));
  });
});

describe("contract-arrays", () => {
  const [i, j] = [variable("i", "i32"), variable("j", "i32")];
  const x = buffer("x", ["n", 4]);
  const e = temporary("e", ["n", 4]);
  const fill = (at = [i, j]) => loop("j", 4, "parallel", [store("e", at, load("x", [i, j]))]);
  const k = variable("k", "i32");
  const use = loop("k", 4, "parallel", [store("x", [i, k], multiply(load("e", [i, k]), load("e", [i, k])))]);
  const shrunk = (each: ReturnType<typeof program>) =>
    afterStage(contractArrays, each, { batchSize: 3, float: "f64" });
  const shapeIn = (each: ReturnType<typeof program>) => shrunk(each).buffers.get("e")?.shape;

  it("keeps one iteration of a value that each iteration computes and uses by itself", () => {
    expect(shapeIn(program([loop("i", "n", "parallel", [fill(), use])], x, e))).toEqual([4]);
  });
  it("keeps all of a value that another loop or kernel reads", () => {
    const row = variable("row", "i32");
    const later = loop("k", 4, "parallel", [store("x", [row, k], load("e", [row, k]))]);
    const two = [loop("i", "n", "parallel", [fill()]), loop("row", "n", "parallel", [later])];
    expect(shapeIn(program(two, x, e))).toEqual(["n", 4]);
    const apart = [[loop("i", "n", "parallel", [fill()])], [loop("i", "n", "parallel", [use])]];
    expect(shapeIn(programOf(apart, x, e))).toEqual(["n", 4]);
  });
  it("keeps an axis that is read at another index than its own", () => {
    const next = loop("k", 4, "parallel", [store("x", [i, k], load("e", [integer(0), k]))]);
    expect(shapeIn(program([loop("i", "n", "parallel", [fill(), next])], x, e))).toEqual(["n", 4]);
  });
  it("does not change storage, or loops that will be blocked", () => {
    const stored = program([loop("i", "n", "parallel", [store("x", [i, integer(0)], number(1, "f64"))])], x);
    expect(shrunk(stored).buffers.get("x")?.shape).toEqual(["n", 4]);
    expect(shapeIn(program([loop("i", "n", "output", [fill(), use])], x, e))).toEqual(["n", 4]);
  });
  it("softmax keeps the exponentials of one row", () => {
    const v = leaf("v", ["n", 5]);
    const exps = g.exp(v);
    const total = g.repeatAlong(g.reduceSum(exps, { axes: [1] }), [1], ["n", 5]);
    const graph = graphOf({ y: g.divide(exps, total) });
    expect(temporaryShapes(graph)).toEqual(["5"]);
    expect(temporaryShapes(graph, ["contract-arrays"])).toEqual(["n,5"]);
    expectSame(graph);
  });
});

describe("values that need no memory", () => {
  it("windows of a product that are only added up are added directly", () => {
    const [dz, w] = [leaf("dz", ["n", 4, 3]), leaf("w", [3, 2])];
    const windows = { axes: [1], size: [2], stride: [1], dilation: [1] };
    const folded = g.fold(g.contract(dz, w, { batchX: [], batchY: [], sumX: [2], sumY: [0] }), {
      ...windows,
      shape: ["n", 5],
    });
    const graph = graphOf({ dx: folded });
    expect(temporaryShapes(graph)).toEqual([]);
    expectSame(graph);
  });
  it("a product with another reader is materialised", () => {
    const [dz, w] = [leaf("dz", ["n", 4, 3]), leaf("w", [3, 2])];
    const both = g.contract(dz, w, { batchX: [], batchY: [], sumX: [2], sumY: [0] });
    const windows = { axes: [1], size: [2], stride: [1], dilation: [1] };
    const graph = graphOf({ dx: g.fold(both, { ...windows, shape: ["n", 5] }), again: g.exp(both) });
    expect(temporaryShapes(graph)).toEqual(["n,4,2"]);
    expectSame(graph);
  });
  it("a concatenation that a product reads is stored in pieces, without a select in the loop", () => {
    const [x, y, w] = [leaf("x", ["n", 3]), leaf("y", ["n", 2]), leaf("w", [5, 4])];
    const graph = graphOf({ z: product(g.concat(g.sin(x), y, { axis: 1 }), w) });
    const { program: loops } = lowered(graph);
    expect(temporaryShapes(graph)).toEqual(["n,5"]);
    expect(loopsText(loops.kernels)).not.toContain('"kind":"select"');
    expectSame(graph);
  });
});
