// The types of TypeScript specs, checked by `tsc`. If a line marked with @ts-expect-error compiles, editors
// no longer show that mistake.
import { expect, it } from "vitest";
import { defineModel } from "../../../src/compiler/spec/define-model.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";

const spec = {
  name: "small",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 5, activation: { type: "leaky-relu", slope: 0.1 } },
    "flatten",
    {
      type: "repeat",
      times: 2,
      layers: [
        { type: "residual", layers: ["layer-norm", { type: "dense", units: 5 }], shortcut: ["layer-norm"] },
      ],
    },
    { type: "bidirectional", layer: { type: "lstm", units: 2, returnSequences: true } },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: {
    type: "adam",
    learningRate: { type: "cosine", initial: 0.1, steps: 10, warmup: { steps: 2 } },
  },
  training: { epochs: 2, batchSize: 6 },
} satisfies ModelSpec;

it("returns its argument", () => {
  expect(defineModel(spec)).toBe(spec);
  expect(parseModel(defineModel(spec)).name).toBe("small");
});

it("lets the type checker find errors that the schema would report", () => {
  // @ts-expect-error: the key is called units
  defineModel({ ...spec, network: [{ type: "dense", unit: 3 }] });
  // @ts-expect-error: unknown layer
  defineModel({ ...spec, network: [{ type: "dens", units: 3 }] });
  // @ts-expect-error: the slope belongs to another activation
  defineModel({ ...spec, network: [{ type: "dense", units: 3, activation: { type: "relu", slope: 0.1 } }] });
  // @ts-expect-error: the key is called units, inside a block too
  defineModel({ ...spec, network: [{ type: "residual", layers: [{ type: "dense", unit: 3 }] }] });
  // @ts-expect-error: the number of repetitions is missing
  defineModel({ ...spec, network: [{ type: "repeat", layers: [{ type: "dense", units: 3 }] }] });
  defineModel({
    ...spec,
    network: [
      // @ts-expect-error: the layer inside must not have a direction
      { type: "bidirectional", layer: { type: "gru", units: 3, reverse: true } },
    ],
  });
  // @ts-expect-error: unknown loss
  defineModel({ ...spec, loss: "cross" });
  // @ts-expect-error: epochs are missing
  defineModel({ ...spec, training: { batchSize: 6 } });
  expect(() => parseModel({ ...spec, training: { batchSize: 6 } })).toThrow("training.epochs is missing");
});

it("gives layers of the canonical tree the types of their keys", () => {
  const [layer] = parseModel(spec).network;
  if (layer.type !== "dense") throw new Error("not a dense layer");
  const units: number = layer.units;
  const from: readonly string[] = layer.from;
  expect([units, from]).toEqual([5, ["x"]]);
});
