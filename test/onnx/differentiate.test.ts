// `tapeless differentiate`: the derivatives of an ONNX model as an ONNX model. ONNX Runtime runs the files, and the
// derivatives are compared with central differences of the values that it computes. If a test fails, the derivatives of
// a file are wrong, or a wrong name ends in something other than a message.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { differentiateModel } from "../../src/compiler/differentiate-onnx.ts";
import type { DerivativeOptions } from "../../src/compiler/differentiate-onnx.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { checkModels, lacksOnnx, runJobs } from "../support/onnx-runtime.ts";
import type { Feed } from "../support/onnx-runtime.ts";
import { runTapeless } from "../support/run-tapeless.ts";
import { streamOf } from "../support/tensors.ts";
import { AttributeType, DataType, dense, modelBytes, reals, valueInfo } from "./make-model.ts";

const isSkipped = lacksOnnx();
const rows = 3;

/** y = tanh(x · w + b) · v, and the index of its largest element. */
const network = modelBytes({
  name: "network",
  input: [valueInfo("x", ["batch", 2])],
  output: [valueInfo("y", ["batch", 3]), valueInfo("best", ["batch"], DataType.INT64)],
  initializer: [
    reals("w", [2, 4], [0.3, -0.2, 0.5, 0.1, -0.7, 0.4, 0.2, -0.1]),
    reals("b", [4], [0.1, 0, -0.2, 0.3]),
    reals("v", [4, 3], [0.2, -0.4, 0.6, 0.1, 0.3, -0.5, 0.7, -0.2, 0.4, -0.3, 0.1, 0.5]),
  ],
  node: [
    { name: "sum", opType: "Gemm", input: ["x", "w", "b"], output: ["sum"] },
    { name: "tanh", opType: "Tanh", input: ["sum"], output: ["hidden"] },
    { name: "product", opType: "MatMul", input: ["hidden", "v"], output: ["y"] },
    {
      name: "best",
      opType: "ArgMax",
      input: ["y"],
      output: ["best"],
      attribute: [
        { name: "axis", type: AttributeType.INT, i: 1n },
        { name: "keepdims", type: AttributeType.INT, i: 0n },
      ],
    },
  ],
});

/** The same model with only the output y. */
const scores = modelBytes({
  ...dense,
  node: [
    { name: "gemm", opType: "Gemm", input: ["x", "w", "b"], output: ["sum"] },
    { name: "tanh", opType: "Tanh", input: ["sum"], output: ["y"] },
  ],
});

const derivative = (model: Uint8Array, options: Partial<DerivativeOptions>) =>
  differentiateModel(readModel(model), { dtype: "f64", ...options });

/**
 * The largest difference between the file's derivatives and central differences of `valueOf`, a function of the outputs
 * of the file. Each element of each input is moved in both directions.
 */
function worstError(
  { bytes, outputs }: ReturnType<typeof derivative>,
  feeds: Readonly<Record<string, Feed>>,
  valueOf: (outputs: Readonly<Record<string, { readonly data: ArrayLike<number> }>>) => number,
): number {
  const step = 1e-6;
  const moves = outputs.flatMap(({ name }) => {
    const of = name.slice("gradient:".length);
    const feed = name.startsWith("gradient:") ? feeds[of] : undefined;
    return feed === undefined ? [] : Array.from(feed.data, (_, at) => ({ of, feed, at }));
  });
  const run = (inputs: Readonly<Record<string, Feed>>) => ({ model: bytes, inputs, batches: [{}], runs: 1 });
  const moved = moves.flatMap(({ of, feed, at }) =>
    [step, -step].map((by) => {
      const data = Float64Array.from(feed.data);
      data[at] += by;
      return run({ ...feeds, [of]: { ...feed, data } });
    }),
  );
  const [own, ...others] = runJobs([run(feeds), ...moved]).map((result) => result.outputs);
  const errors = moves.map(({ of, at }, i) => {
    const difference = (valueOf(others[2 * i]) - valueOf(others[2 * i + 1])) / (2 * step);
    return Math.abs(own[`gradient:${of}`].data[at] - difference);
  });
  expect(errors.length).toBeGreaterThan(0);
  return Math.max(...errors);
}

const drawn = (shape: readonly number[], seed: number): Feed => {
  const stream = streamOf(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  return { element: "f64", shape, data: Float64Array.from({ length: size }, () => 2 * stream.unit() - 1) };
};

const weights = { w: drawn([2, 3], 2), b: drawn([3], 3) };

describe.skipIf(isSkipped)("derivatives (need python3-onnx and python3-onnxruntime)", () => {
  it("are valid models of ordinary operators", () => {
    const files = [
      derivative(scores, { loss: "mse" }),
      derivative(scores, { loss: "cross-entropy", of: ["w"] }),
      derivative(network, { loss: "y" }),
    ];
    expect(checkModels(files.map(({ bytes }) => bytes))).toEqual(["", "", ""]);
  });

  it("of a loss: the target is an input", () => {
    const file = derivative(scores, { loss: "mse" });
    expect(file.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["x", ["n", 2]],
      ["w", [2, 3]],
      ["b", [3]],
      ["target", ["n", 3]],
    ]);
    const feeds = { x: drawn([rows, 2], 1), target: drawn([rows, 3], 4), ...weights };
    expect(worstError(file, feeds, ({ loss }) => loss.data[0])).toBeLessThan(1e-8);
  });

  it("of cross-entropy: the target is the class of each row", () => {
    const file = derivative(scores, { loss: "cross-entropy" });
    const target: Feed = { element: "i32", shape: [rows], data: Float64Array.from([2, 0, 1]) };
    const feeds = { x: drawn([rows, 2], 1), target, ...weights };
    expect(worstError(file, feeds, ({ loss }) => loss.data[0])).toBeLessThan(1e-8);
  });

  it("of an output: products with a cotangent, which is an input", () => {
    const file = derivative(network, { loss: "y" });
    const cotangent = drawn([rows, 3], 5);
    const feeds = {
      x: drawn([rows, 2], 1),
      w: drawn([2, 4], 2),
      b: drawn([4], 3),
      v: drawn([4, 3], 6),
      "cotangent:y": cotangent,
    };
    const product = ({ y }: Readonly<Record<string, { readonly data: ArrayLike<number> }>>) =>
      Array.from(y.data).reduce((sum, value, i) => sum + value * cotangent.data[i], 0);
    expect(worstError(file, feeds, product)).toBeLessThan(1e-8);
  });

  it("start from the parameters of the model unless a caller gives others", () => {
    const file = derivative(scores, { loss: "mse", of: ["w"] });
    expect(file.inputs.map(({ name, hasDefault }) => [name, hasDefault])).toEqual([
      ["x", false],
      ["w", true],
      ["target", false],
    ]);
    const feeds = { x: drawn([rows, 2], 1), target: drawn([rows, 3], 4) };
    const own: Feed = { element: "f64", shape: [2, 3], data: Float64Array.from([1, 2, 3, 4, 5, 6]) };
    const [byDefault, given] = runJobs(
      [feeds, { ...feeds, w: own }].map((inputs) => ({ model: file.bytes, inputs, batches: [{}], runs: 1 })),
    );
    expect(byDefault.outputs).toEqual(given.outputs);
  });
});

it("the same model gives the same bytes", () => {
  expect(derivative(network, { loss: "y" }).bytes).toEqual(derivative(network, { loss: "y" }).bytes);
});

describe("tapeless differentiate", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-differentiate-"));
  writeFileSync(join(folder, "network.onnx"), network);
  writeFileSync(join(folder, "scores.onnx"), scores);
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: readonly string[]) =>
    runTapeless(folder, ["differentiate", ...args, "-o", "gradient.onnx"]);

  it("writes the file, and lists its inputs and outputs", async () => {
    const { code, stdout } = await run("scores.onnx", "--loss", "mse", "--of", "w");
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(1)).toEqual([
      "input   x [n, 2]",
      "input   w [2, 3], by default the values of the model",
      "input   target [n, 3]",
      "output  loss []",
      "output  gradient:w [2, 3]",
      "",
    ]);
    expect(readModel(readFileSync(join(folder, "gradient.onnx"))).outputs).toEqual(["loss", "gradient:w"]);
  });

  it.each([
    [
      "a model of several outputs",
      ["network.onnx"],
      "the derivative needs one output, but the model has 2",
      "name the output as the loss: y, best",
    ],
    [
      "an output of integers",
      ["network.onnx", "--loss", "best"],
      'the output "best" has no derivative, because its elements are not real',
    ],
    [
      "an unknown loss",
      ["scores.onnx", "--loss", "crossentropy"],
      '"crossentropy" is neither an output of the model nor a loss',
      'did you mean "cross-entropy"?',
    ],
    [
      "a pattern that nothing matches",
      ["scores.onnx", "--of", "weight"],
      'no real input or parameter of the output has the name "weight"',
      "names:",
    ],
  ])("reports %s", async (_, args, message, hint = "") => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});
