// Layers compared with PyTorch in f64, on both targets: predictions in evaluation mode, and the loss and all
// gradients in training mode, of a full and of a short batch. The tests are skipped where PyTorch is not
// installed, unless CI=true. If a test fails, a layer does not have the meaning of PyTorch's layer.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { trainerTargets } from "../../../src/compiler/targets.ts";
import type { JsonObject } from "../../fuzz/random-parts.ts";
import { openOracle, oracleData } from "../../fuzz/torch-oracle.ts";
import type { Oracle } from "../../fuzz/torch-oracle.ts";
import { lacksModules } from "../../support/python.ts";

interface Case {
  readonly title: string;
  /** The shape of a row. */
  readonly input: readonly number[];
  readonly layers: readonly (JsonObject | string)[];
  /** Whether a second input contains the lengths of the sequences. */
  readonly hasLengths?: true;
}

/** The network under test is between two dense layers, so that its gradients pass through it. */
function specOf({ input, layers, hasLengths }: Case): JsonObject {
  const head = hasLengths ? ["global-avg-pool1d"] : ["flatten"];
  return {
    name: "layers",
    inputs: hasLengths
      ? { x: { shape: input, lengths: "steps" }, steps: { shape: [], dtype: "i32" } }
      : { x: { shape: input } },
    targets: { y: { shape: [2] } },
    network: [
      { type: "dense", name: "mix", units: input[input.length - 1], from: "x" },
      ...layers,
      ...head,
      { type: "dense", units: 2 },
    ],
    loss: "mse",
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize: 4 },
  };
}

const conv1d = (keys: JsonObject): JsonObject => ({ type: "conv1d", ...keys });
const conv2d = (keys: JsonObject): JsonObject => ({ type: "conv2d", ...keys });

const convolutions: readonly Case[] = [
  {
    title: "conv2d in 2 groups, with padding and stride",
    input: [6, 5, 4],
    layers: [conv2d({ filters: 6, kernel: 3, padding: 1, stride: 2, groups: 2, activation: "tanh" })],
  },
  {
    title: "conv2d in as many groups as channels, dilated",
    input: [6, 7, 3],
    layers: [conv2d({ filters: 6, kernel: [2, 3], dilation: [3, 2], groups: 3, bias: false })],
  },
  {
    title: "conv2d in 3 groups of 8 filters, between other convolutions",
    input: [5, 5, 2],
    layers: [
      conv2d({ filters: 12, kernel: 1, activation: "relu" }),
      conv2d({ filters: 24, kernel: 3, padding: "same", groups: 3, bias: false }),
      "batch-norm",
      conv2d({ filters: 4, kernel: 1, groups: 4 }),
    ],
  },
  {
    title: "conv1d in 2 groups, causal",
    input: [9, 4],
    layers: [conv1d({ filters: 8, kernel: 3, padding: "causal", dilation: 2, groups: 2 })],
  },
  {
    title: "conv1d in 4 groups, over sequences with padding",
    input: [7, 4],
    layers: [conv1d({ filters: 4, kernel: 3, padding: 1, groups: 4, activation: "silu" })],
    hasLengths: true,
  },
];

/** Options that lead to different lengths of real outputs. */
const upward: readonly JsonObject[] = [
  { kernel: 4, stride: 2, padding: 1 },
  { kernel: 2, stride: 3, padding: "same", activation: "tanh" },
  { kernel: 3, stride: 2, dilation: 2, outputPadding: 1 },
  { kernel: 2, stride: 2, padding: 2, outputPadding: 1 },
];

const transposed: readonly Case[] = [
  {
    title: "conv2d-transpose, dilated, with output padding",
    input: [3, 4, 2],
    layers: [
      {
        type: "conv2d-transpose",
        filters: 3,
        kernel: [2, 3],
        stride: [2, 3],
        dilation: [1, 2],
        padding: 1,
        outputPadding: [1, 2],
        activation: "gelu",
      },
    ],
  },
  {
    title: "conv2d-transpose in 2 groups between convolutions",
    input: [4, 3, 2],
    layers: [
      conv2d({ filters: 8, kernel: 1, activation: "tanh" }),
      { type: "conv2d-transpose", filters: 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2 },
      conv2d({ filters: 2, kernel: 2, stride: 2 }),
    ],
  },
  {
    title: "conv2d-transpose whose output padding is not less than its stride",
    input: [2, 3, 4],
    layers: [
      { type: "conv2d-transpose", filters: 4, kernel: 2, dilation: 3, outputPadding: [2, 1], groups: 4 },
    ],
  },
  {
    title: "conv2d-transpose, same, dilated, in 3 groups",
    input: [3, 2, 3],
    layers: [
      { type: "conv2d-transpose", filters: 3, kernel: 3, stride: 2, dilation: 2, padding: "same", groups: 3 },
    ],
  },
  {
    title: "conv1d-transpose in 2 groups",
    input: [5, 4],
    layers: [
      { type: "conv1d-transpose", filters: 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2 },
    ],
  },
  ...upward.map((keys): Case => ({
    title: `conv1d-transpose over sequences with padding, ${JSON.stringify(keys)}`,
    input: [6, 2],
    layers: [{ type: "conv1d-transpose", filters: 3, ...keys }],
    hasLengths: true,
  })),
];

const norms: readonly Case[] = [
  { title: "instance-norm of images", input: [3, 4, 3], layers: ["instance-norm"] },
  {
    title: "instance-norm of images, affine, after a convolution",
    input: [5, 4, 2],
    layers: [
      conv2d({ filters: 5, kernel: 2, activation: "tanh" }),
      { type: "instance-norm", affine: true, epsilon: 0.01 },
    ],
  },
  {
    title: "instance-norm of sequences with padding",
    input: [6, 3],
    layers: [{ type: "instance-norm", affine: true }, conv1d({ filters: 3, kernel: 2, padding: "causal" })],
    hasLengths: true,
  },
];

const fn = (name: string, keys: JsonObject = {}): JsonObject => ({ type: "activation", fn: name, ...keys });

const activations: readonly Case[] = [
  { title: "celu", input: [5], layers: [fn("celu", { alpha: 0.5 })] },
  { title: "celu with a negative alpha", input: [5], layers: [fn("celu", { alpha: -2 })] },
  {
    title: "relu6, hard-swish and threshold",
    input: [9],
    layers: [fn("relu6"), fn("hard-swish"), fn("threshold", { threshold: 0.2, value: -1 })],
  },
  { title: "log-sigmoid", input: [5], layers: [fn("log-sigmoid")] },
  { title: "shrinkage", input: [9], layers: [fn("tanh-shrink"), fn("soft-shrink", { lambda: 0.01 })] },
  { title: "hard-shrink", input: [9], layers: [fn("hard-shrink", { lambda: 0.3 })] },
  { title: "prelu with one slope", input: [3, 4], layers: ["prelu"] },
  {
    title: "prelu with a slope for each channel",
    input: [3, 2, 5],
    layers: [{ type: "prelu", perChannel: true }],
  },
  {
    title: "prelu of sequences with padding",
    input: [6, 3],
    layers: [{ type: "prelu", perChannel: true }],
    hasLengths: true,
  },
];

const up = (keys: JsonObject): JsonObject => ({ type: "upsample", ...keys });

const resizing: readonly Case[] = [
  { title: "upsample of images, nearest", input: [2, 3, 2], layers: [up({ factor: [3, 2] })] },
  {
    title: "upsample of images, bilinear",
    input: [3, 4, 2],
    layers: [up({ factor: [2, 3], mode: "linear" })],
  },
  {
    title: "upsample between convolutions, bilinear",
    input: [3, 3, 2],
    layers: [
      conv2d({ filters: 4, kernel: 2, activation: "tanh" }),
      up({ factor: 2, mode: "linear" }),
      conv2d({ filters: 2, kernel: 3, padding: "same" }),
    ],
  },
  {
    title: "upsample of images, bilinear with aligned corners",
    input: [3, 1, 2],
    layers: [up({ factor: [2, 4], mode: "linear", alignCorners: true })],
  },
  { title: "upsample to a size, nearest", input: [3, 4, 2], layers: [up({ size: [5, 7] })] },
  { title: "upsample to a size, linear", input: [5, 2], layers: [up({ size: 8, mode: "linear" })] },
  { title: "upsample to a smaller size", input: [7, 2], layers: [up({ size: 3, mode: "linear" })] },
  {
    title: "upsample of sequences with padding",
    input: [4, 2],
    layers: [up({ factor: 3, mode: "linear" }), conv1d({ filters: 2, kernel: 2 })],
    hasLengths: true,
  },
  {
    title: "pad of images",
    input: [3, 4, 2],
    layers: [
      {
        type: "pad",
        padding: [
          [1, 0],
          [2, 1],
        ],
        value: 0.5,
      },
      conv2d({ filters: 2, kernel: 3 }),
    ],
  },
  {
    title: "pad of sequences with padding",
    input: [4, 2],
    layers: [{ type: "pad", padding: [[1, 2]], value: -1 }, conv1d({ filters: 2, kernel: 2 })],
    hasLengths: true,
  },
  ...["crd", "dcr"].flatMap((order): Case[] => [
    {
      title: `depth-to-space, ${order}`,
      input: [2, 3, 12],
      layers: [{ type: "depth-to-space", block: 2, order }, conv2d({ filters: 2, kernel: 3 })],
    },
    {
      title: `space-to-depth, ${order}`,
      input: [4, 6, 3],
      layers: [conv2d({ filters: 3, kernel: 1 }), { type: "space-to-depth", block: 2, order }],
    },
  ]),
];

const tolerance = 1e-10;

/**
 * The first number that differs from PyTorch's by more than the tolerance, relative to the mean size. Numbers that
 * cancel to 0, such as the gradient of a bias before a norm, are compared with a size of 1e-4.
 */
function differenceOf(found: ArrayLike<number>, expected: readonly (number | null)[]): string | undefined {
  if (found.length !== expected.length) return `${found.length} numbers, but PyTorch has ${expected.length}`;
  const scale = expected.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0) / expected.length;
  const i = expected.findIndex(
    (value, at) => value === null || !(Math.abs(found[at] - value) <= tolerance * Math.max(scale, 1e-4)),
  );
  return i < 0 ? undefined : `[${i}] is ${found[i]}, but PyTorch has ${expected[i]}`;
}

describe.skipIf(lacksModules("torch"))("layers as PyTorch defines them", () => {
  let oracle: Oracle;
  beforeAll(() => {
    oracle = openOracle();
  });
  afterAll(() => oracle.end());

  it.each([...convolutions, ...transposed, ...norms, ...activations, ...resizing])(
    "$title",
    async (layerCase) => {
      const fuzzCase = { spec: specOf(layerCase), seed: 3 };
      const reply = await oracle.answer(fuzzCase);
      if ("unknown" in reply) throw new Error(`the oracle does not support it: ${reply.unknown}`);
      const { model, parameters, batches } = oracleData(fuzzCase);
      for (const target of trainerTargets) {
        const text = await emitText(compileFor(model, { dtype: "f64", target }), "f64", {
          isFormatted: false,
          isProgram: false,
        });
        const trainer = (await loadTrainer(text)).createTrainer({ seed: 1 });
        expect(trainer.backend === "ts", target).toBe(target === "ts");
        for (const [name, view] of Object.entries(trainer.parameters)) view.set(parameters[name]);
        const found = new Map<string, ArrayLike<number>>();
        const { y: _, ...inputs } = batches[0];
        found.set("predictions", Float64Array.from(trainer.predict(inputs)));
        batches.slice(0, 2).forEach((batch, i) => {
          found.set(`loss, batch ${i}`, [trainer.gradient(batch)]);
          for (const [name, view] of Object.entries(trainer.gradients))
            found.set(`gradient of ${name}, batch ${i}`, Float64Array.from(view));
        });
        expect([...found.keys()].sort(), target).toEqual(Object.keys(reply.results).sort());
        for (const [what, values] of found)
          expect(differenceOf(values, reply.results[what]), `${target}: ${what}`).toBeUndefined();
      }
    },
  );
});
