// Convolution, transposed convolution and pooling with random sizes, strides, paddings and dilations, before
// and after simplification, compared with naive loops. A layer without output must be rejected. If a test
// fails, a combination of these options is off by one.
import fc from "fast-check";
import { expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { compileModel } from "../../../src/compiler/pipeline.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { often } from "../../support/random-graph.ts";
import { drawn, streamOf } from "../../support/tensors.ts";
import * as naive from "./naive-layers.ts";
import type { ConvolutionOf, Padding, Row } from "./naive-layers.ts";

const small = fc.integer({ min: 1, max: 4 });
const size = fc.integer({ min: 1, max: 7 });
const pairOf = <T>(value: fc.Arbitrary<T>) => fc.tuple(value, value);
const padding = fc.oneof(
  fc.constantFrom<Padding>("valid", "same"),
  fc.integer({ min: 0, max: 3 }),
  pairOf(fc.integer({ min: 0, max: 3 })),
);

const cases = fc.record({
  type: fc.constantFrom("conv2d", "depthwise-conv2d", "conv2d-transpose", "max-pool2d", "avg-pool2d"),
  input: fc.tuple(size, size, fc.integer({ min: 1, max: 3 })),
  kernel: pairOf(small),
  stride: pairOf(small),
  dilation: pairOf(fc.integer({ min: 1, max: 3 })),
  padding,
  filters: fc.integer({ min: 1, max: 3 }),
  countPadding: fc.boolean(),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** The layer's keys, without sizes that the type does not have. */
function layerOf({ type, kernel, stride, dilation, padding: given, filters, countPadding }: Case): object {
  switch (type) {
    case "conv2d":
      return { type, filters, kernel, stride, dilation, padding: given };
    case "depthwise-conv2d":
      return { type, multiplier: filters, kernel, stride, dilation, padding: given };
    case "conv2d-transpose":
      return { type, filters, kernel, stride, padding: given };
    case "avg-pool2d":
      return { type, size: kernel, stride, padding: given, countPadding };
    default:
      return { type, size: kernel, stride, padding: given };
  }
}

function expectedOf(c: Case, x: Row, weight: Row, bias: readonly number[]): Row {
  const { type, kernel, stride, padding: given, countPadding } = c;
  const isDilated = type === "conv2d" || type === "depthwise-conv2d";
  const sizes: ConvolutionOf = {
    kernel,
    stride,
    dilation: isDilated ? c.dilation : [1, 1],
    padding: typeof given === "object" ? given : [given, given],
  };
  if (type === "conv2d") return naive.convolution(x, weight, bias, sizes);
  if (type === "depthwise-conv2d") return naive.depthwise(x, weight, bias, sizes);
  if (type === "conv2d-transpose") return naive.transposed(x, weight, bias, sizes);
  return type === "max-pool2d" ? naive.maxPooling(x, sizes) : naive.meanPooling(x, sizes, countPadding);
}

/** The shape of the filters, as documented. */
const weightShape = ({ type, kernel, filters, input }: Case): number[] =>
  type === "conv2d-transpose" ? [...kernel, filters, input[2]] : [...kernel, input[2], filters];

const biasSize = ({ type, filters, input }: Case): number =>
  type === "depthwise-conv2d" ? filters * input[2] : filters;

/** A layer without output is rejected, and so is a pooling layer whose padding is more than half of its window. */
const isRefused = (c: Case, { shape }: Row): boolean => {
  const pads = typeof c.padding === "object" ? c.padding : [c.padding, c.padding];
  const isPool = c.type.endsWith("pool2d");
  const isMuch = pads.some((pad, axis) => typeof pad === "number" && 2 * pad > c.kernel[axis]);
  return shape.some((length) => length < 1) || (isPool && isMuch);
};

it("computes the same as its definition for any sizes", { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(cases, (c) => {
      const random = streamOf(4);
      const row = (shape: readonly number[]): Row => ({ shape, data: [...drawn(shape, random).data] });
      const [x, weight, bias] = [row(c.input), row(weightShape(c)), row([biasSize(c)])];
      const expected = expectedOf(c, x, weight, bias.data);
      const refused = isRefused(c, expected);
      // The dense layer computes the identity. It is needed because a model must have something to train.
      const channels = c.input[2];
      const spec = {
        name: "windows",
        inputs: { x: { shape: c.input } },
        targets: { y: { shape: refused ? [1] : expected.shape } },
        network: [
          { type: "dense", units: channels, bias: false, name: "same" },
          { ...layerOf(c), name: "layer" },
        ],
        loss: "mse",
        optimizer: { type: "sgd", learningRate: 0.1 },
        training: { epochs: 1, batchSize: 2 },
      };
      if (refused) {
        expect(() => compileModel(parseModel(spec), { dtype: "f64" })).toThrow(DiagnosticError);
        return;
      }
      const { derived, graphs } = compileModel(parseModel(spec), { dtype: "f64" });
      const identity = Array.from({ length: channels ** 2 }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0));
      const tensor = ({ shape, data }: Row) => ({ shape, data: Float64Array.from(data) });
      const storage = new Map([
        ["x", tensor({ shape: [1, ...x.shape], data: x.data })],
        ["same.weight", tensor({ shape: [channels, channels], data: identity })],
        ["layer.weight", tensor(weight)],
        ["layer.bias", tensor(bias)],
      ]);
      for (const graph of [derived.predict, graphs.predict]) {
        const found = interpret(graph, storage, 1).get("result:output");
        expect(found?.shape).toEqual([1, ...expected.shape]);
        expected.data.forEach((value, i) => expect(found?.data[i]).toBeCloseTo(value, 10));
      }
    }),
    often(120, 1),
  );
});
