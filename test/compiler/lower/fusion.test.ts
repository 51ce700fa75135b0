// The choice of the values that one kernel computes. If a test fails, values that could stay in registers go
// through memory: the result is correct, but slow. Each count is for a small graph that shows one case.
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import { evaluateProgram } from "../../../src/compiler/loop/evaluate.ts";
import { visitStatements } from "../../../src/compiler/loop/statements.ts";
import type { LoopProgram } from "../../../src/compiler/loop/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { compileModel } from "../../../src/compiler/pipeline.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { lowered } from "../../support/run-loops.ts";
import { specs } from "../../support/specs.ts";

const g = createBuilder("f64");
const leaf = (name: string, shape: Shape) => g.input({ name, type: tensorType("f64", shape) });
const product = (x: Node, w: Node) => g.contract(x, w, { batchX: [], batchY: [], sumX: [1], sumY: [0] });
const fused = (outputs: Readonly<Record<string, Node>>, skip: readonly string[] = []): LoopProgram => {
  const graph: Graph = makeGraph(
    "test",
    Object.entries(outputs).map(([storage, node]) => ({ storage, node })),
  );
  return lowered(graph, { unscheduled: true, skip }).program;
};
const temporaries = ({ buffers }: LoopProgram) =>
  [...buffers.values()].filter(({ region }) => region === "temporary").map(({ name }) => name);

const [x, w, b] = [leaf("x", ["n", 8]), leaf("w", [8, 6]), leaf("b", [6])];

describe("fusion", () => {
  it("a layer is one kernel: product, bias and activation, with only the result in memory", () => {
    const program = fused({ h: g.relu(g.add(product(x, w), b)) });
    expect([program.kernels.length, temporaries(program)]).toEqual([1, []]);
  });
  it("a chain of pointwise values is one loop without a buffer", () => {
    const program = fused({ y: g.exp(g.multiply(g.sin(g.add(x, 1)), 0.5)) });
    expect([program.kernels.length, temporaries(program)]).toEqual([1, []]);
  });
  it("pointwise values are computed in the sum that reads them", () => {
    const program = fused({ loss: g.reduceSum(g.multiply(x, g.sin(x)), { axes: [0, 1] }) });
    expect([program.kernels.length, temporaries(program)]).toEqual([1, []]);
  });
  it("softmax is one loop over rows: maximum, exponentials, their sum, the quotient", () => {
    const peak = g.repeatAlong(g.reduceMax(x, { axes: [1] }), [1], x.type.shape);
    const e = g.exp(g.subtract(x, peak));
    const total = g.repeatAlong(g.reduceSum(e, { axes: [1] }), [1], x.type.shape);
    const program = fused({ y: g.divide(e, total) });
    expect(program.kernels.length).toBe(1);
    expect(program.kernels[0].body.filter(({ kind }) => kind === "for")).toHaveLength(1);
  });
  it("two products never share a nest", () => {
    const program = fused({ h: product(product(x, w), leaf("w2", [6, 8])) });
    expect(program.kernels.length).toBe(2);
  });
  it("no nest moves past another that stores what it reads", () => {
    const p = g.parameter({ name: "p", type: tensorType("f64", [4]) });
    const program = fused({ p: g.add(p, 1), q: g.multiply(p, 2) });
    const order: string[] = [];
    for (const kernel of program.kernels)
      visitStatements(kernel.body, (s) => {
        if (s.kind === "store") order.push(s.buffer);
      });
    expect(order.indexOf("q")).toBeLessThan(order.indexOf("p"));
  });
  it("a value that is only stored is computed where it is stored", () => {
    const total = (name: string) => g.state({ name, type: tensorType("f64", []) });
    const [a, b] = [total("a"), total("b")];
    const kinds = ({ kernels }: LoopProgram) => kernels.flatMap(({ body }) => body.map(({ kind }) => kind));
    expect(kinds(fused({ a: g.add(a, 1), b: g.multiply(b, 2) }))).toEqual(["store", "store"]);
    // Each new value needs the old value of the other state, so one of them is computed before the first store.
    const swapped = fused({ a: g.add(b, 1), b: g.multiply(a, 2) });
    expect(kinds(swapped)).toEqual(["let", "store", "store"]);
    const memory = new Map([
      ["a", new Float64Array([3])],
      ["b", new Float64Array([5])],
    ]);
    evaluateProgram(swapped, memory, { batchSize: 1, rows: 1 });
    expect([...memory].map(([, [value]]) => value)).toEqual([6, 6]);
  });
  it("without fusion every materialised value has a kernel of its own", () => {
    const outputs = { y: g.exp(x), z: g.sin(x) };
    expect(fused(outputs).kernels.length).toBe(1);
    expect(fused(outputs, ["fuse-loops"]).kernels.length).toBe(2);
  });
});

describe("models", () => {
  it("the optimizer updates all parameters in one loop, across layers", () => {
    for (const name of ["classifier", "alike", "joins"]) {
      const update = compileModel(parseModel(specs[name]), { dtype: "f32" }).lowered.find(
        (program) => program.name === "update",
      );
      const loops = (update?.kernels ?? []).flatMap(({ body }) => body.filter(({ kind }) => kind === "for"));
      // Clipping needs the norm of all gradients first.
      expect(loops.length, name).toBeLessThanOrEqual(name === "classifier" ? 2 : 1);
      const tensors = [...(update?.buffers.values() ?? [])].filter(
        ({ region, shape }) => region === "temporary" && shape.length > 0,
      );
      expect(tensors, name).toEqual([]);
    }
  });
  it("prediction is one kernel per layer; a long activation is a loop of its own after the product's", () => {
    const { lowered: programs } = compileModel(parseModel(specs.classifier), { dtype: "f32" });
    const kernels = programs.find(({ name }) => name === "predict")?.kernels ?? [];
    expect(kernels.map(({ body }) => body.length)).toEqual([1, 2, 1]);
  });
});
