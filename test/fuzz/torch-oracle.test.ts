// The fuzzer's comparison with PyTorch, which is skipped where PyTorch is not installed. If the test fails,
// the fuzzer reports an error for a layer that the output does not read.
import { describe, expect, it } from "vitest";
import type { JsonObject } from "./random-parts.ts";
import { runSpec } from "./run-spec.ts";
import { openOracle } from "./torch-oracle.ts";
import { lacksModules } from "../support/python.ts";

describe.skipIf(lacksModules("torch"))("the oracle", () => {
  it("leaves out layers that the output does not read, which have no parameters", async () => {
    const spec: JsonObject = {
      name: "fuzz",
      inputs: { x: { shape: [3] } },
      targets: { y: { shape: [2] } },
      network: [
        { type: "rms-norm", from: "x" },
        { type: "dense", units: 2, from: "x" },
      ],
      loss: "mse",
      optimizer: { type: "sgd", learningRate: 0.1 },
      training: { epochs: 1, batchSize: 2 },
    };
    const { reference, findings } = await runSpec({ spec, seed: 1 }, { dtypes: ["f64"] });
    expect(findings).toEqual([]);
    if (reference === undefined) throw new Error("there is no reference");
    const oracle = openOracle();
    expect(await oracle.compare({ spec, seed: 1 }, reference)).toEqual({ verdict: "agrees" });
    oracle.end();
  });
});
