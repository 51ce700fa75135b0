// Random models, compiled and run, compared with the interpreter of graphs. If a test fails, a combination of
// layers, loss and optimizer is compiled incorrectly: kernels are shared by mistake, memory is reused too
// early, or names conflict.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { referenceTrainer } from "../compiler/reference/reference-trainer.ts";
import { emittedModule } from "../support/emitted.ts";
import { often } from "../support/random-graph.ts";
import { batchFor } from "../support/specs.ts";

type Layer = ModelSpec["network"][number];

// There are few sizes, so many layers have equal shapes.
const size = fc.constantFrom(1, 3, 4, 8);
const activation = fc.constantFrom(
  "linear",
  "relu",
  "leaky-relu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "mish",
  "softplus",
  "softsign",
  "sigmoid",
  "hard-sigmoid",
  "hard-tanh",
  "hard-swish",
  "log-sigmoid",
  "tanh",
  "softmax",
  "log-softmax",
);
// Names that conflict with those of the compiler or with each other.
const layerName = fc.constantFrom(
  undefined,
  "n",
  "f",
  "i",
  "k",
  "row",
  "sum",
  "d_x",
  "x_2",
  "loss",
  "step",
  "parameters",
  "exp",
  "a-b",
  "a_b",
);

const dense: fc.Arbitrary<Layer> = fc.record({
  type: fc.constant("dense"),
  units: size,
  activation,
  bias: fc.boolean(),
  trainable: fc.constantFrom(true, true, true, false),
});
const dropout: fc.Arbitrary<Layer> = fc.constant({ type: "dropout", rate: 0.25 });

const optimizer = fc.constantFrom<ModelSpec["optimizer"]>(
  { type: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  { type: "adagrad", learningRate: 0.05 },
  { type: "adadelta", learningRate: 0.5 },
  { type: "rmsprop", learningRate: 0.01, centered: true, momentum: 0.3 },
  { type: "adam", learningRate: 0.01, amsgrad: true, clip: { norm: 0.5 } },
  { type: "adamw", learningRate: { type: "exponential", initial: 0.01, rate: 0.9, warmup: { steps: 2 } } },
  { type: "adamax", learningRate: 0.01 },
  { type: "nadam", learningRate: 0.01, clip: { value: 0.1 } },
  { type: "radam", learningRate: 0.01 },
  { type: "lion", learningRate: 0.001, weightDecay: 0.1 },
  { formula: ["state.n = 0.9 * state.n + gradient", "parameter = parameter - 0.01 * tanh(state.n)"] },
);

const losses = {
  real: ["mse", "mae", "rmse", "huber", "log-cosh", "hinge", "poisson"],
  classes: ["cross-entropy"],
} as const;

const specOf = fc
  .record({
    layers: fc.array(fc.oneof({ weight: 4, arbitrary: dense }, { weight: 1, arbitrary: dropout }), {
      minLength: 1,
      maxLength: 6,
    }),
    names: fc.array(layerName, { minLength: 7, maxLength: 7 }),
    loss: fc.constantFrom(...losses.real, ...losses.classes),
    optimizer,
    batchSize: fc.integer({ min: 1, max: 9 }),
    skips: fc.boolean(),
    l2: fc.constantFrom(0, 0.01),
  })
  .map(({ layers, names, loss, batchSize, skips, l2, ...rest }) => {
    const seen = new Set<string | undefined>();
    const network = [...layers, { type: "dense" as const, units: 3 }].map((layer, i) => {
      const name = names[i];
      if (name === undefined || seen.has(name) || typeof layer !== "object") return layer;
      seen.add(name);
      return { ...layer, name };
    });
    const spec: ModelSpec = {
      name: "random",
      inputs: { x: { shape: [4] } },
      targets: loss === "cross-entropy" ? { y: { classes: 3 } } : { y: { shape: [3] } },
      network,
      loss,
      training: { epochs: 1, batchSize, seed: 5 },
      regularization: { l1: 0, l2 },
      ...rest,
    };
    return { spec, skip: skips ? ["simplify", "fuse-loops", "scalar-replacement"] : [] };
  });

/** A batch; the hinge loss gets targets of 0 and 1. */
function batchOf(spec: ModelSpec, rows: number, seed: number) {
  const batch = batchFor(spec, rows, seed);
  return spec.loss === "hinge" ? { ...batch, y: batch.y.map((value) => (value > 0 ? 1 : 0)) } : batch;
}

describe("random models", () => {
  it("train like the interpreter", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(specOf, async ({ spec, skip }) => {
        const module = await emittedModule(spec, { dtype: "f64", skip });
        const trainer = module.createTrainer({ seed: 9 });
        const reference = referenceTrainer(spec, 9);
        for (const { name } of module.model.parameters) reference.set(name, [...trainer.parameters[name]]);
        const { batchSize = 1 } = spec.training;
        for (let step = 0; step < 4; step++) {
          const batch = batchOf(spec, 1 + ((step * 3) % batchSize), step);
          const expected = reference.step(batch);
          const actual = trainer.step(batch);
          expect(Math.abs(actual - expected), `loss of step ${step}: ${actual} for ${expected}`).toBeLessThan(
            1e-8 * Math.max(1, Math.abs(expected)),
          );
        }
        for (const { name } of module.model.parameters)
          reference.get(name).forEach((value, i) => {
            const found = trainer.parameters[name][i];
            expect(Math.abs(found - value), `${name}[${i}]: ${found} for ${value}`).toBeLessThan(
              1e-6 * Math.max(1, Math.abs(value)),
            );
          });
      }),
      often(25, 1),
    );
  });
});
