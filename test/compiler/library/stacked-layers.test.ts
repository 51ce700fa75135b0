// Stacks of layers over images and sequences, checked as `tapeless verify` does: gradients against finite
// differences, and every target against the interpreter. If a test fails, layers that are correct alone are
// incorrect in sequence.
import { expect, it } from "vitest";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { verifyModel } from "../../../src/command/verify/verify-model.ts";

interface Stack {
  readonly title: string;
  readonly input: object;
  readonly target?: object;
  readonly network: readonly unknown[];
  readonly rows?: number;
}

const head = ["flatten", { type: "dense", units: 3 }];

const stacks: readonly Stack[] = [
  {
    title: "LeNet, small",
    input: { shape: [10, 9, 1] },
    network: [
      { type: "conv2d", filters: 3, kernel: 3, padding: "same", activation: "tanh" },
      { type: "avg-pool2d", size: 2 },
      { type: "conv2d", filters: 4, kernel: [3, 2], activation: "gelu" },
      { type: "max-pool2d", size: 2, padding: 1 },
      ...head,
    ],
  },
  {
    title: "separable convolutions with normalisation between them",
    input: { shape: [6, 5, 2] },
    network: [
      { type: "depthwise-conv2d", kernel: 3, multiplier: 2, padding: "same", bias: false },
      "batch-norm",
      { type: "activation", fn: "silu" },
      { type: "conv2d", filters: 6, kernel: 1 },
      { type: "group-norm", groups: 2 },
      { type: "depthwise-conv2d", kernel: [2, 3], stride: 2, dilation: [1, 2], padding: 1 },
      "global-avg-pool2d",
      { type: "dense", units: 3 },
    ],
  },
  {
    title: "an encoder and a decoder over one image",
    input: { shape: [6, 8, 1] },
    target: { shape: [6, 8, 1] },
    network: [
      { type: "conv2d", filters: 3, kernel: 3, stride: 2, padding: "same", activation: "softplus" },
      { type: "conv2d", filters: 4, kernel: 3, dilation: 2, padding: 2, activation: "tanh" },
      { type: "conv2d-transpose", filters: 2, kernel: 3, stride: 2, padding: "same", activation: "tanh" },
      { type: "conv2d-transpose", filters: 1, kernel: 3, padding: 1 },
    ],
    rows: 1,
  },
  {
    title: "groups, instance-norm, prelu and changes of the size",
    input: { shape: [4, 6, 2] },
    target: { shape: [8, 12, 2] },
    network: [
      {
        type: "pad",
        padding: [
          [0, 1],
          [1, 0],
        ],
        value: 0.5,
      },
      { type: "conv2d", filters: 8, kernel: 2, groups: 2, activation: "hard-swish" },
      { type: "instance-norm", affine: true },
      { type: "space-to-depth", block: 2 },
      { type: "conv2d", filters: 8, kernel: 1, groups: 4, activation: { type: "celu", alpha: 0.5 } },
      { type: "depth-to-space", block: 2 },
      { type: "prelu", perChannel: true },
      { type: "upsample", factor: 2, mode: "linear" },
      { type: "conv2d-transpose", filters: 2, kernel: 2, dilation: 2, padding: 1, groups: 2 },
    ],
    rows: 2,
  },
  {
    title: "causal convolutions over embedded characters",
    input: { shape: [7], dtype: "i32" },
    target: { classes: 4, shape: [7] },
    network: [
      { type: "embedding", vocabulary: 5, units: 3 },
      "position-embedding",
      { type: "conv1d", filters: 4, kernel: 2, padding: "causal", activation: "tanh" },
      { type: "conv1d", filters: 4, kernel: 2, dilation: 2, padding: "causal", activation: "tanh" },
      "layer-norm",
      { type: "attention", heads: 2, causal: true },
      { type: "dense", units: 4 },
    ],
  },
  {
    title: "pooled sequences",
    input: { shape: [11, 2] },
    network: [
      { type: "conv1d", filters: 4, kernel: 3, stride: 2, padding: "same", activation: "elu" },
      { type: "max-pool1d", size: 3, stride: 1, padding: 1 },
      { type: "avg-pool1d", size: 2, padding: "same", countPadding: false },
      "rms-norm",
      "global-avg-pool1d",
      { type: "dense", units: 3 },
    ],
    rows: 1,
  },
];

it.each(stacks)("$title", async ({ input, target = { classes: 3 }, network, rows = 4 }) => {
  const spec = {
    name: "stack",
    inputs: { x: input },
    targets: { y: target },
    network,
    loss: "classes" in target ? "cross-entropy" : "mse",
    optimizer: { type: "adam", learningRate: 0.01 },
    training: { epochs: 1, batchSize: rows },
  };
  const { parameters, targets } = await verifyModel(compileFor(parseModel(spec), { dtype: "f64" }));
  expect(parameters.length).toBeGreaterThan(2);
  for (const { name, relativeError } of parameters) expect(relativeError, name).toBeLessThan(1e-6);
  for (const { dtype, holds } of targets) expect(holds, dtype).toBe(true);
});
