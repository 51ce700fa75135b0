// Numbers that f32 cannot represent. Each must be an error in the spec, found before any kernel is built. If
// a test fails, the number becomes infinity or zero in a trainer.
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { formatPath } from "../../../src/compiler/diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../../../src/compiler/ir/builder.ts";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";

const small: ModelSpec = {
  name: "small",
  inputs: { x: { shape: [3] } },
  targets: { y: { shape: [2] } },
  network: [{ type: "dense", units: 2 }],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 4 },
};
const activated = (activation: object): object => ({ network: [{ type: "dense", units: 2, activation }] });

/** The errors of the spec: code, path, message, hint. */
async function faultsOf(changes: object, dtype: "f32" | "f64" = "f32") {
  try {
    await compile({ ...small, ...changes }, { dtype, program: false });
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ code, path = [], message, hint }) => [
      code,
      formatPath(path),
      message,
      hint,
    ]);
  }
}

const most = "use dtype f64, or a number whose absolute value is at most 3.4e38";
const least = "use dtype f64, 0, or a number whose absolute value is at least 1.4e-45";

describe("a number that f32 cannot hold is an error in the spec", () => {
  it.each<[string, object, string, string, string]>([
    [
      "alpha of an activation",
      activated({ type: "elu", alpha: 1e300 }),
      "network[0].activation.alpha",
      "1e+300 is too large for f32",
      most,
    ],
    [
      "epsilon",
      { optimizer: { type: "adam", epsilon: 1e-60 } },
      "optimizer.epsilon",
      "1e-60 rounds to 0 in f32",
      least,
    ],
    [
      "the rate",
      { optimizer: { type: "sgd", learningRate: 1e300 } },
      "optimizer.learningRate.initial",
      "1e+300 is too large for f32",
      most,
    ],
    [
      "a bound of clipping",
      { optimizer: { type: "sgd", clip: { value: 1e39 } } },
      "optimizer.clip.value",
      "1e+39 is too large for f32",
      most,
    ],
    [
      "a weight of regularization",
      { regularization: { l2: 1e300 } },
      "regularization.l2",
      "1e+300 is too large for f32",
      most,
    ],
    [
      "a parameter of the loss",
      { loss: { type: "huber", delta: 1e300 } },
      "loss.delta",
      "1e+300 is too large for f32",
      most,
    ],
    [
      "a weight of a class",
      {
        targets: { y: { classes: 2 } },
        loss: "cross-entropy",
        training: { epochs: 1, batchSize: 4, classWeights: [1, 1e300] },
      },
      "training.classWeights[1]",
      "1e+300 is too large for f32",
      most,
    ],
  ])("%s", async (_, changes, place, message, hint) => {
    expect(await faultsOf(changes)).toEqual([["T1313", place, `${place}: ${message}`, hint]]);
    expect(await faultsOf(changes, "f64")).toEqual([]);
  });

  it("and so is a constant of a formula, with its location in the text", async () => {
    const changes = activated({ formula: "x * 1e300" });
    const place = "network[0].activation.formula";
    const message = `${place}: the formula contains a number that is out of range: the constant 1e+300 is too large for f32`;
    expect(await faultsOf(changes)).toEqual([["T1313", place, message, most]]);
    expect(await faultsOf(changes, "f64")).toEqual([]);
  });

  it("and so is a constant of a function", async () => {
    const changes = activated({ formula: (g: GraphBuilder, x: Node) => g.multiply(x, 1e300) });
    const [[code, , message, hint]] = await faultsOf(changes);
    expect([code, hint]).toEqual(["T1313", most]);
    expect(message).toContain("the constant 1e+300 is too large for f32");
  });

  it("but intermediate results of literal numbers may exceed the range", async () => {
    expect(await faultsOf(activated({ formula: "x * (1e300 / 1e299)" }))).toEqual([]);
  });
});
