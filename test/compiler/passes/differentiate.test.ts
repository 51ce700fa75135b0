// Differentiation. If a test fails, a gradient or a gradient of a gradient is wrong, a frozen parameter costs
// time, or differentiation and simplification do not produce the textbook form.
import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../../src/compiler/ir/builder.ts";
import { collectNodes, makeGraph, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import { createBuilder, ops } from "../../../src/compiler/ops/index.ts";
import { gradientsOf } from "../../../src/compiler/passes/derivatives/gradients-of.ts";
import { addGradients } from "../../../src/compiler/passes/differentiate.ts";
import { is } from "../../../src/compiler/passes/rules/define.ts";
import { compileModel } from "../../../src/compiler/pipeline.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { baseSpec, specWith } from "../spec/base-spec.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";
import { tensor } from "../../support/tensors.ts";

const outputOf = (graph: Graph, storage: string): Node => {
  const output = graph.outputs.find((candidate) => candidate.storage === storage);
  if (output === undefined) throw new Error(`no output ${storage}`);
  return output.node;
};

/** The operation below repetitions and reshapes: what a person would write. */
const beneath = (node: Node): Node =>
  is(node, "broadcast") || is(node, "reshape") || is(node, "cast") ? beneath(node.operands.x) : node;

describe("small graphs", () => {
  it("sums the contributions of all uses of a value", () => {
    const graph = graphFrom(`
      %square: f64[4] = multiply %v, %v
      %z: f64[] = reduceSum %square {"axes":[0]}
      output "result:loss" = %z`);
    const derived = addGradients(graph, ["v"], createBuilder("f64"));
    expect(plainText(makeGraph("d", derived.outputs.slice(1)))).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":1,"element":"f64"}
      %1: f64[4] = broadcast %0 {"shape":[4]}
      %2: f64[4] = multiply %1, %v
      %3: f64[4] = multiply %1, %v
      %4: f64[4] = add %2, %3
      output "gradient:v" = %4"
    `);
  });
  it("passes through a product: dx = dz · wᵀ and dw = xᵀ · dz, without a transpose", () => {
    const graph = graphFrom(`
      %h: f64[n,2] = contract %x, %a {"sumX":[1],"sumY":[0]}
      %z: f64[] = reduceSum %h {"axes":[0,1]}
      output "result:loss" = %z`);
    const derived = addGradients(graph, ["a"], createBuilder("f64"));
    expect(plainText(makeGraph("d", derived.outputs.slice(1)))).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":1,"element":"f64"}
      %1: f64[n,2] = broadcast %0 {"shape":["n",2]}
      %2: f64[4,2] = contract %x, %1 {"sumX":[0],"sumY":[0]}
      output "gradient:a" = %2"
    `);
  });
  it("records the forward node and the rule of each cotangent", () => {
    const graph = graphFrom(`
      %e: f64[4] = exp %v
      %z: f64[] = reduceSum %e {"axes":[0]}
      output "result:loss" = %z`);
    const derived = addGradients(graph, ["v"], createBuilder("f64"));
    const gradient = outputOf(derived, "gradient:v");
    expect([gradient.op, gradient.origin.rule, gradient.origin.forward?.op]).toEqual([
      "multiply",
      "exp.vjp",
      "exp",
    ]);
  });
  it("adds no output for parameters on which the loss does not depend, without a path or a derivative", () => {
    const graph = graphFrom(`
      %stopped: f64[4] = stopGradient %v
      %step: f64[4] = sign %v
      %both: f64[4] = multiply %stopped, %step
      %sum: f64[] = reduceSum %both {"axes":[0]}
      %z: f64[] = add %sum, %c
      output "result:loss" = %z`);
    const derived = addGradients(graph, ["v", "c", "absent"], createBuilder("f64"));
    expect(derived.outputs.map(({ storage }) => storage)).toEqual(["result:loss", "gradient:c"]);
  });
});

/** f, f′, f″ … at points, each derived from the one before. */
function derivatives(f: (g: GraphBuilder, x: Node) => Node, x: number, orders: number): number[] {
  const g = createBuilder("f64");
  const leaf = g.parameter({ name: "x", type: tensorType("f64", []) });
  const chain = [f(g, leaf)];
  for (let order = 1; order <= orders; order++) {
    const y = chain[order - 1];
    const [dx] = gradientsOf(y, [leaf], collectNodes([{ storage: "y", node: y }]), g);
    chain.push(dx ?? g.number(0));
  }
  const graph = makeGraph(
    "chain",
    chain.map((node, order) => ({ storage: String(order), node })),
  );
  expect(verifyGraph(ops, graph)).toEqual([]);
  const values = interpret(graph, new Map([["x", tensor([], [x])]]), 1);
  return chain.map((_, order) => values.get(String(order))?.data[0] ?? NaN);
}

describe("derivatives of derivatives", () => {
  const at = [0.3, 1.7];
  const rows: readonly (readonly [string, (g: GraphBuilder, x: Node) => Node, (x: number) => number[]])[] = [
    ["x³", (g, x) => g.multiply(x, g.multiply(x, x)), (x) => [x ** 3, 3 * x ** 2, 6 * x, 6, 0]],
    ["x^4 by power", (g, x) => g.power(x, 4), (x) => [x ** 4, 4 * x ** 3, 12 * x ** 2, 24 * x, 24]],
    ["sin x", (g, x) => g.sin(x), (x) => [Math.sin(x), Math.cos(x), -Math.sin(x), -Math.cos(x), Math.sin(x)]],
    ["e^(2x)", (g, x) => g.exp(g.multiply(2, x)), (x) => [1, 2, 4, 8, 16].map((c) => c * Math.exp(2 * x))],
    ["1/x", (g, x) => g.divide(1, x), (x) => [1 / x, -1 / x ** 2, 2 / x ** 3, -6 / x ** 4, 24 / x ** 5]],
    ["ln x", (g, x) => g.log(x), (x) => [Math.log(x), 1 / x, -1 / x ** 2, 2 / x ** 3, -6 / x ** 4]],
    [
      "tanh x",
      (g, x) => g.tanh(x),
      (x) => {
        const t = Math.tanh(x);
        const s = 1 - t * t;
        return [t, s, -2 * t * s, s * (6 * t * t - 2)];
      },
    ],
    [
      "σ(x)",
      (g, x) => g.sigmoid(x),
      (x) => {
        const s = 1 / (1 + Math.exp(-x));
        return [s, s * (1 - s), s * (1 - s) * (1 - 2 * s)];
      },
    ],
    ["√x", (g, x) => g.sqrt(x), (x) => [x ** 0.5, 0.5 * x ** -0.5, -0.25 * x ** -1.5, 0.375 * x ** -2.5]],
  ];
  it.each(rows)("%s", (_, f, analytic) => {
    for (const x of at) {
      const expected = analytic(x);
      derivatives(f, x, expected.length - 1).forEach((value, order) =>
        expect(Math.abs(value - expected[order]), `order ${order} at ${x}`).toBeLessThan(
          1e-9 * Math.max(1, Math.abs(expected[order])),
        ),
      );
    }
  });

  it("the Hessian of a quadratic form is the matrix plus its transpose", () => {
    const g = createBuilder("f64");
    const m = [2, -1, 0.5, 3];
    const matrix = g.input({ name: "m", type: tensorType("f64", [2, 2]) });
    const x = g.parameter({ name: "x", type: tensorType("f64", [2]) });
    const product = g.contract(matrix, x, { batchX: [], batchY: [], sumX: [1], sumY: [0] });
    const y = g.contract(x, product, { batchX: [], batchY: [], sumX: [0], sumY: [0] });
    const nodesOf = (node: Node) => collectNodes([{ storage: "y", node }]);
    const [dx] = gradientsOf(y, [x], nodesOf(y), g);
    const rows2 = [0, 1].flatMap((row) => {
      if (dx === undefined) return [];
      const element = g.reshape(g.slice(dx, { start: [row], shape: [1] }), { shape: [] });
      const [second] = gradientsOf(element, [x], nodesOf(element), g);
      return second === undefined ? [] : [{ storage: String(row), node: second }];
    });
    const storage = new Map([
      ["m", tensor([2, 2], m)],
      ["x", tensor([2], [0.3, 0.7])],
    ]);
    const found = interpret(makeGraph("hessian", rows2), storage, 1);
    expect([...(found.get("0")?.data ?? [])]).toEqual([2 * m[0], m[1] + m[2]]);
    expect([...(found.get("1")?.data ?? [])]).toEqual([m[1] + m[2], 2 * m[3]]);
  });
});

describe("models", () => {
  const compiled = (spec: Record<string, unknown>) => compileModel(parseModel(spec), { dtype: "f64" });

  it("the gradient of cross-entropy is (softmax(z) − onehot(y)) / n", () => {
    const { graphs } = compiled(baseSpec());
    // The gradient of the last bias is the sum over rows of the gradient of the logits.
    const bias = outputOf(graphs.gradient, "gradient:dense2.bias");
    expect(is(bias, "reduceSum") && bias.attributes.axes).toEqual([0]);
    const [logits] = operandsOf(bias);
    expect(logits.op).toBe("multiply");

    const factors = operandsOf(logits).map(beneath);
    const difference = factors.find(({ op }) => op === "subtract");
    const scale = factors.find(({ op }) => op === "select");
    if (difference === undefined || scale === undefined) throw new Error(factors.map(({ op }) => op).join());

    // softmax(z) = e / Σ e, e = exp(z − max z), with the loss's own e and Σ e.
    const [softmax, onehot] = operandsOf(difference);
    expect(softmax.op).toBe("divide");
    const [e, sum] = operandsOf(softmax).map(beneath);
    expect([e.op, sum.op, operandsOf(sum)[0] === e]).toEqual(["exp", "reduceSum", true]);
    expect(softmax.name).toBe("softmax");

    // onehot(y)[j] = [j = y]
    const [index, target] = operandsOf(beneath(onehot)).map(beneath);
    expect([beneath(onehot).op, index.op, target.op]).toEqual(["equal", "iota", "input"]);

    // 1 / n, where n counts the rows whose target is not −1.
    const [counts, share] = operandsOf(scale).map(beneath);
    expect([counts.op, share.op]).toEqual(["lessEqual", "divide"]);
    const [one, divisor] = operandsOf(share).map(beneath);
    expect(is(one, "constant") && one.attributes.value).toBe(1);
    // A batch in which no row counts must not lead to a division by zero.
    expect(divisor.op).toBe("maximum");
    const [count] = operandsOf(divisor).map(beneath);
    expect([count.op, beneath(operandsOf(count)[0]).op]).toEqual(["reduceSum", "lessEqual"]);
  });

  it("the gradient of the mean squared error is a factor times (prediction − target)", () => {
    const spec = specWith({ targets: { t: { shape: [3] } }, loss: "mse" });
    const weight = outputOf(compiled(spec).graphs.gradient, "gradient:dense2.weight");
    // dw = hᵀ · dz, and dz = c · (z − t) for scalars c
    let dz = operandsOf(weight)[1];
    while (is(dz, "multiply")) {
      const factors = operandsOf(dz);
      const rest = factors.filter((factor) => beneath(factor).type.shape.length > 0);
      expect(rest.length, "a factor that is no scalar").toBe(1);
      [dz] = rest;
    }
    expect([weight.op, dz.op, operandsOf(dz)[1].op]).toEqual(["contract", "subtract", "input"]);
  });

  it("frozen layers before the first trained layer have no backward nodes", () => {
    const layer = (trainable: boolean) => ({ type: "dense", units: 5, activation: "tanh", trainable });
    const network = (first: boolean, second: boolean) => [
      layer(first),
      layer(second),
      { type: "dense", units: 3 },
    ];
    const backward = (first: boolean, second: boolean) => {
      const { gradient } = compiled(specWith({ network: network(first, second) })).derived;
      const nodes = gradient.nodes.filter(({ origin }) => origin.forward !== undefined);
      return { count: nodes.length, layers: new Set(nodes.map(({ origin }) => origin.layer)) };
    };
    const [all, firstFrozen, bothFrozen] = [
      backward(true, true),
      backward(false, true),
      backward(false, false),
    ];
    expect(all.layers).toContain("dense1");
    expect(firstFrozen.layers).not.toContain("dense1");
    expect(bothFrozen.layers).not.toContain("dense2");
    expect(firstFrozen.count).toBeLessThan(all.count);
    expect(bothFrozen.count).toBeLessThan(firstFrozen.count);
    // A frozen layer between two trained layers still passes the gradient on.
    expect(backward(true, false).layers).toContain("dense2");
  });

  it("the passes remove everything that only differentiation needed", () => {
    const { derived, graphs } = compiled(baseSpec());
    expect(derived.gradient.nodes.some(({ op }) => op === "stopGradient")).toBe(true);
    expect(graphs.gradient.nodes.some(({ op }) => op === "stopGradient")).toBe(false);
    expect(graphs.gradient.nodes.some(({ op }) => op === "transpose")).toBe(false);
    expect(graphs.gradient.nodes.length).toBeLessThan(derived.gradient.nodes.length);
  });
});
