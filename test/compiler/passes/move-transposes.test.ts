// The pass that moves transposes of products towards the outputs. If a test fails, an imported network with channels
// first copies images between its layers, or the pass changes what a graph computes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import { printGraph } from "../../../src/compiler/ir/text.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { moveTransposes } from "../../../src/compiler/passes/move-transposes.ts";
import { simplify } from "../../../src/compiler/passes/simplify.ts";
import { compileModel } from "../../../src/compiler/pipeline.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { givenModelFiles } from "../../../src/compiler/spec/model-files.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { AttributeType, modelBytes, reals, valueInfo } from "../../onnx/make-model.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";
import { graphOf, often, valuesFor } from "../../support/random-graph.ts";
import type { Move } from "../../support/random-graph.ts";
import { isIdentical } from "../../support/tensors.ts";

const run = (graph: Graph): Graph => moveTransposes.run(graph, createBuilder("f64"), { exact: true });
const after = (text: string): string => plainText(run(graphFrom(text)));
const transposesIn = (graph: Graph) => graph.nodes.filter(({ op }) => op === "transpose");

describe("move-transposes", () => {
  it("computes with a product in the order in which it is stored, up to a reduction", () => {
    expect(
      after(
        `%w: f64[4,3,2] = parameter {"name":"w"}
         %p: f64[n,3,2] = contract %x, %w {"sumX":[1],"sumY":[0]}
         %t: f64[n,2,3] = transpose %p {"permutation":[0,2,1]}
         %bias: f64[2] = parameter {"name":"bias"}
         %all: f64[n,2,3] = broadcast %bias {"shape":["n",2,3],"axes":[1]}
         %sum: f64[n,2,3] = add %t, %all
         %r: f64[n,2,3] = relu %sum
         %z: f64[n,2] = reduceSum %r {"axes":[2]}`,
      ),
    ).toMatchInlineSnapshot(`
      "%0: f64[n,3,2] = contract %x, %w {"sumX":[1],"sumY":[0]}
      %1: f64[n,3,2] = broadcast %bias {"shape":["n",3,2],"axes":[2]}
      %2: f64[n,3,2] = add %0, %1
      %3: f64[n,3,2] = relu %2
      %4: f64[n,2] = reduceSum %3 {"axes":[1]}
      output "z" = %4"
    `);
  });
  it("cancels the transposes of two layers", () => {
    expect(
      after(
        `%w: f64[4,3,2] = parameter {"name":"w"}
         %p: f64[n,3,2] = contract %x, %w {"sumX":[1],"sumY":[0]}
         %t: f64[n,2,3] = transpose %p {"permutation":[0,2,1]}
         %padded: f64[n,2,5] = pad %t {"before":[0,0,1],"after":[0,0,1],"value":0}
         %seen: f64[n,2,3,3] = window %padded {"axes":[2],"size":[3],"stride":[1],"dilation":[1]}
         %v: f64[2,3,5] = parameter {"name":"v"}
         %q: f64[n,3,5] = contract %seen, %v {"sumX":[1,3],"sumY":[0,1]}
         %z: f64[n,5,3] = transpose %q {"permutation":[0,2,1]}`,
      ),
    ).toMatchInlineSnapshot(`
      "%0: f64[n,3,2] = contract %x, %w {"sumX":[1],"sumY":[0]}
      %1: f64[n,5,2] = pad %0 {"before":[0,1,0],"after":[0,1,0],"value":0}
      %2: f64[n,3,2,3] = window %1 {"axes":[1],"size":[3],"stride":[1],"dilation":[1]}
      %3: f64[n,3,5] = contract %2, %v {"sumX":[2,3],"sumY":[0,1]}
      %4: f64[n,5,3] = transpose %3 {"permutation":[0,2,1]}
      output "z" = %4"
    `);
  });
  it("merges the groups of a convolution with the filters, next to each other", () => {
    expect(
      after(
        `%w: f64[2,4,5,3] = parameter {"name":"w"}
         %grouped: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
         %g: f64[2,2,5,3] = parameter {"name":"g"}
         %p: f64[2,n,5,3] = contract %grouped, %g {"batchX":[1],"batchY":[0],"sumX":[2],"sumY":[1]}
         %t: f64[n,2,3,5] = transpose %p {"permutation":[1,0,3,2]}
         %joined: f64[n,6,5] = reshape %t {"shape":["n",6,5]}
         %r: f64[n,6,5] = relu %joined
         %v: f64[6,2] = parameter {"name":"v"}
         %q: f64[n,5,2] = contract %r, %v {"sumX":[1],"sumY":[0]}
         %z: f64[n,2,5] = transpose %q {"permutation":[0,2,1]}`,
      ),
    ).toMatchInlineSnapshot(`
      "%0: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
      %1: f64[2,n,5,3] = contract %0, %g {"batchX":[1],"batchY":[0],"sumX":[2],"sumY":[1]}
      %2: f64[n,2,3,5] = transpose %1 {"permutation":[1,0,3,2]}
      %3: f64[n,6,5] = reshape %2 {"shape":["n",6,5]}
      %4: f64[n,6,5] = relu %3
      %5: f64[n,5,2] = contract %4, %v {"sumX":[1],"sumY":[0]}
      %6: f64[n,2,5] = transpose %5 {"permutation":[0,2,1]}
      output "z" = %6"
    `);
  });
  it("leaves a graph as it is if it would have as many transposes", () => {
    const graph = graphFrom(
      `%w: f64[4,3,2] = parameter {"name":"w"}
       %p: f64[n,3,2] = contract %x, %w {"sumX":[1],"sumY":[0]}
       %t: f64[n,2,3] = transpose %p {"permutation":[0,2,1]}
       %r: f64[n,2,3] = relu %t
       %z: f64[n,6] = reshape %r {"shape":["n",6]}`,
    );
    expect(run(graph)).toBe(graph);
  });
});

/** Moves that transpose the product of a batch and a row, and then apply ops to what was made last. */
const kinds = [0, 2, 3, 5, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14, 14];
const [near, small] = [fc.nat({ max: 2 }), fc.nat({ max: 11 })];
const moves: fc.Arbitrary<Move[]> = fc
  .tuple(
    fc.tuple(small, small),
    fc.array(fc.tuple(fc.constantFrom(...kinds), near, near, small, small), { minLength: 2, maxLength: 10 }),
  )
  .map(([[a, b], rest]) => [[7, 1, 3, 0, 0], [9, 0, 0, a, b], ...rest]);

describe("on random graphs of products and transposes", () => {
  it("computes the same bits with fewer transposes, or leaves the graph as it is", () => {
    let changed = 0;
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 3 }), (list: readonly Move[], rows) => {
        const g = createBuilder("f64");
        const before = simplify.run(graphOf(list).graph, g, { exact: true });
        const graph = run(before);
        if (graph === before) return;
        changed++;
        const texts = `${printGraph(before)}\n${printGraph(graph)}`;
        expect(transposesIn(graph).length, texts).toBeLessThan(transposesIn(before).length);
        const values = valuesFor(before, rows, 3);
        const [expected, actual] = [interpret(before, values, rows), interpret(graph, values, rows)];
        for (const [name, value] of expected) {
          const found = actual.get(name);
          expect(found !== undefined && isIdentical(found, value), `${name} changed\n${texts}`).toBe(true);
        }
      }),
      often(600, 8),
    );
    expect(changed, "the pass changes too few graphs: the test says little").toBeGreaterThan(60);
  });
});

const attribute = (name: string, ints: readonly number[]) => ({
  name,
  type: AttributeType.INTS,
  ints: ints.map(BigInt),
});

const filters = (name: string, shape: readonly number[]) =>
  reals(
    name,
    shape,
    Array.from({ length: shape.reduce((x, y) => x * y) }, (_, i) => Math.sin(i + 1)),
  );

/** A CNN as PyTorch exports it: convolutions, one of them with groups, and both kinds of pools. */
const cnn = modelBytes({
  name: "cnn",
  input: [valueInfo("x", ["n", 2, 8, 8])],
  output: [valueInfo("y", ["n", 3])],
  initializer: [
    filters("w1", [6, 2, 3, 3]),
    filters("b1", [6]),
    filters("w2", [12, 3, 3, 3]),
    filters("w3", [4, 12, 1, 1]),
    filters("scale", [4]),
    filters("w4", [3, 4]),
  ],
  node: [
    {
      opType: "Conv",
      input: ["x", "w1", "b1"],
      output: ["c1"],
      attribute: [attribute("pads", [1, 1, 1, 1])],
    },
    { opType: "Relu", input: ["c1"], output: ["r1"] },
    {
      opType: "MaxPool",
      input: ["r1"],
      output: ["p1"],
      attribute: [attribute("kernel_shape", [2, 2]), attribute("strides", [2, 2])],
    },
    {
      opType: "Conv",
      input: ["p1", "w2"],
      output: ["c2"],
      attribute: [attribute("pads", [1, 1, 1, 1]), { name: "group", type: AttributeType.INT, i: 2n }],
    },
    { opType: "Sigmoid", input: ["c2"], output: ["s2"] },
    { opType: "Mul", input: ["c2", "s2"], output: ["m2"] },
    { opType: "Conv", input: ["m2", "w3"], output: ["c3"] },
    { opType: "Add", input: ["c3", "c3"], output: ["a3"] },
    { opType: "GlobalAveragePool", input: ["a3"], output: ["g"] },
    { opType: "Flatten", input: ["g"], output: ["f"] },
    {
      opType: "Gemm",
      input: ["f", "w4"],
      output: ["y"],
      attribute: [{ name: "transB", type: AttributeType.INT, i: 1n }],
    },
  ],
});

describe("a CNN with channels first", () => {
  const model = parseModel(
    {
      name: "imported",
      inputs: { image: { shape: [2, 8, 8] } },
      targets: { digit: { classes: 3 } },
      network: [{ type: "onnx", name: "body", file: "cnn.onnx" }],
      loss: "cross-entropy",
      optimizer: { type: "sgd", learningRate: 0.1 },
      training: { epochs: 1, batchSize: 4, seed: 1 },
    },
    givenModelFiles({ "cnn.onnx": cnn }),
  );
  const imagesIn = (skip: readonly string[]) => {
    const { graphs } = compileModel(model, { dtype: "f32", schedule: "none", skip });
    return transposesIn(graphs.gradient).filter(
      ({ type }) => type.shape.length === 4 && type.shape[0] === "n",
    );
  };
  it("has no transposes of images, forward and backward", () => {
    expect(imagesIn([]).map(({ name }) => name)).toEqual([]);
    expect(imagesIn(["move-transposes"]).length, "without the pass").toBeGreaterThan(0);
  });
  it("keeps the layouts of the file in its parameters and their gradients", () => {
    const { graphs } = compileModel(model, { dtype: "f32", schedule: "none" });
    const gradient = graphs.gradient.outputs.find(({ storage }) => storage === "gradient:body.w2");
    expect(gradient?.node.type.shape).toEqual([12, 3, 3, 3]);
  });
});
