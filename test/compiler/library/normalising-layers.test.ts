// Normalisation and attention compared with naive loops, and batch statistics in cases that are not among the
// PyTorch cases. If a test fails, a layer normalises over the wrong elements, or a position attends to
// positions that it must not read.
import { describe, it } from "vitest";
import { checkLayer } from "./check-layer.ts";
import type { LayerCase } from "./check-layer.ts";
import * as naive from "./naive-layers.ts";

const group = (input: readonly number[], groups: number, epsilon?: number, rows?: number): LayerCase => {
  const channels = input[input.length - 1];
  return {
    title: `[${input.join(", ")}] in ${groups} groups`,
    input,
    rows,
    layer: { type: "group-norm", groups, ...(epsilon === undefined ? {} : { epsilon }) },
    parameters: { scale: [channels], shift: [channels] },
    reference: (x, { scale, shift }) => naive.groupNorm(x, groups, epsilon ?? 1e-5, scale.data, shift.data),
  };
};

describe("group-norm", () => {
  it.each([
    group([4, 3, 6], 3),
    group([4, 3, 6], 1, 0.1),
    group([3, 2, 4], 4, undefined, 1),
    group([5, 4], 2),
    group([6], 2),
  ])("$title", checkLayer);
});

const layer = (input: readonly number[], rows?: number): LayerCase => {
  const units = input[input.length - 1];
  return {
    title: `[${input.join(", ")}]`,
    input,
    rows,
    layer: { type: "layer-norm" },
    parameters: { scale: [units], shift: [units] },
    reference: (x, { scale, shift }) => naive.layerNorm(x, 1e-5, scale.data, shift.data),
  };
};

describe("layer-norm", () => {
  it.each([layer([5]), layer([3, 4]), layer([2, 3, 4], 1)])("$title", checkLayer);
});

describe("batch-norm", () => {
  // Evaluation uses the running statistics; the gradients are those of training, and flow through the
  // statistics of the batch.
  const batch = (input: readonly number[], rows: number): LayerCase => {
    const channels = input[input.length - 1];
    return {
      title: `[${input.join(", ")}] in batches of ${rows}`,
      input,
      rows,
      layer: { type: "batch-norm" },
      parameters: { scale: [channels], shift: [channels], mean: [channels], variance: [channels] },
      reference: (x, { scale, shift, mean, variance }) => {
        const data = x.data.map((value, i) => {
          const k = i % channels;
          return (
            ((value - mean.data[k]) / Math.sqrt(variance.data[k] + 1e-5)) * scale.data[k] + shift.data[k]
          );
        });
        return { shape: x.shape, data };
      },
    };
  };
  it.each([batch([4], 5), batch([3, 2, 3], 3), batch([5, 2], 1)])("$title", checkLayer);
});

describe("rms-norm", () => {
  it.each([
    { title: "[5]", input: [5], rows: 1 },
    { title: "[2, 3, 4]", input: [2, 3, 4] },
  ])("$title", ({ input, ...rest }) =>
    checkLayer({
      ...rest,
      input,
      layer: { type: "rms-norm", epsilon: 1e-3 },
      parameters: { scale: input.slice(-1) },
      reference: (x, { scale }) => naive.rmsNorm(x, 1e-3, scale.data),
    }),
  );
});

const attention = (
  length: number,
  units: number,
  heads: number,
  causal: boolean,
  rows?: number,
): LayerCase => ({
  title: `${length} places of ${units} units, ${heads} heads${causal ? ", causal" : ""}`,
  input: [length, units],
  rows,
  layer: { type: "attention", heads, causal },
  parameters: {
    query: [units, units],
    queryBias: [units],
    key: [units, units],
    keyBias: [units],
    value: [units, units],
    valueBias: [units],
    output: [units, units],
    outputBias: [units],
  },
  reference: (x, { query, key, value, output, queryBias, keyBias, valueBias, outputBias }) =>
    naive.attention(
      x,
      {
        query,
        key,
        value,
        output,
        queryBias: queryBias.data,
        keyBias: keyBias.data,
        valueBias: valueBias.data,
        outputBias: outputBias.data,
      },
      heads,
      causal,
    ),
});

describe("attention", () => {
  it.each([
    attention(4, 6, 3, false),
    attention(5, 4, 2, true),
    attention(3, 4, 4, true, 1),
    attention(1, 4, 2, false),
    attention(6, 3, 1, true, 1),
  ])("$title", checkLayer);
});
