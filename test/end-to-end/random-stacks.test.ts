// Random stacks of layers over images and sequences, including blocks, compiled and run. Loss, gradients and
// predictions are compared with the interpreter of graphs, for a full batch and a single row. If a test
// fails, a stack is compiled incorrectly.
import fc from "fast-check";
import { expect, it } from "vitest";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { checkTarget, expectedOf } from "../../src/command/verify/check-target.ts";
import { randomBatch } from "../../src/runtime/check/batches.ts";
import { often } from "../support/random-graph.ts";

const one = fc.integer({ min: 1, max: 3 });
const pair = fc.oneof(one, fc.tuple(one, one));
const activation = fc.constantFrom("linear", "tanh", "softplus", "silu");
const padding = fc.constantFrom("valid", "same", 1);
const typed = <T extends object>(type: string, keys: fc.Arbitrary<T>) => keys.map((k) => ({ type, ...k }));

const onImages = fc.oneof(
  typed(
    "conv2d",
    fc.record({
      filters: one,
      kernel: pair,
      stride: pair,
      padding,
      dilation: pair,
      activation,
      bias: fc.boolean(),
    }),
  ),
  typed("depthwise-conv2d", fc.record({ kernel: pair, stride: pair, padding, multiplier: one, activation })),
  typed(
    "conv2d-transpose",
    fc.record({
      filters: one,
      kernel: pair,
      stride: pair,
      padding: fc.constantFrom("valid", "same"),
      activation,
    }),
  ),
  typed("max-pool2d", fc.record({ size: fc.constantFrom(2, 3), stride: pair, padding })),
  typed(
    "avg-pool2d",
    fc.record({ size: fc.constantFrom(2, 3), stride: pair, padding, countPadding: fc.boolean() }),
  ),
  fc.constantFrom("batch-norm", "layer-norm", { type: "group-norm", groups: 1 }, "rms-norm"),
);

const onSequences = fc.oneof(
  typed(
    "conv1d",
    fc.record({
      filters: one,
      kernel: one,
      stride: one,
      padding: fc.constantFrom("valid", "same", "causal"),
      dilation: one,
      activation,
    }),
  ),
  typed("max-pool1d", fc.record({ size: fc.constantFrom(2, 3), stride: one, padding })),
  typed(
    "avg-pool1d",
    fc.record({ size: fc.constantFrom(2, 3), stride: one, padding, countPadding: fc.boolean() }),
  ),
  typed("attention", fc.record({ heads: fc.constant(1), causal: fc.boolean() })),
  fc.record({
    type: fc.constant("bidirectional"),
    layer: typed("gru", fc.record({ units: one, returnSequences: fc.constant(true) })),
  }),
  fc.constantFrom("layer-norm", "position-embedding", { type: "group-norm", groups: 1 }),
);

/** Layers that preserve the shape, so that their output can be added to their input. */
const block = fc.record({
  type: fc.constantFrom("residual", "repeat"),
  layers: fc.array(
    fc.constantFrom(
      "layer-norm",
      "rms-norm",
      { type: "activation", fn: "tanh" },
      { type: "position-embedding" },
    ),
    { minLength: 1, maxLength: 2 },
  ),
});
const blockOf = ({ type, layers }: { type: string; layers: unknown[] }): unknown =>
  type === "residual" ? { type, layers } : { type, times: 2, layers };

const stack = fc.oneof(
  fc.record({
    shape: fc.tuple(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 2, max: 7 }), one),
    layers: fc.array(
      fc.oneof({ weight: 5, arbitrary: onImages }, { weight: 1, arbitrary: block.map(blockOf) }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  fc.record({
    shape: fc.tuple(fc.integer({ min: 2, max: 9 }), one),
    layers: fc.array(
      fc.oneof({ weight: 5, arbitrary: onSequences }, { weight: 1, arbitrary: block.map(blockOf) }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

it("random stacks compute what the interpreter computes", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(stack, fc.constantFrom(1, 5), async ({ shape, layers }, rows) => {
      const spec = {
        name: "stack",
        inputs: { x: { shape } },
        targets: { y: { classes: 3 } },
        network: [{ type: "dense", units: shape.at(-1) }, ...layers, "flatten", { type: "dense", units: 3 }],
        loss: "cross-entropy",
        optimizer: { type: "sgd", learningRate: 0.1 },
        training: { epochs: 1, batchSize: 5 },
      };
      const compilation = (() => {
        try {
          return compileFor(parseModel(spec), { dtype: "f64" });
        } catch (error) {
          // Sizes that do not fit are rejected with a diagnostic. Other tests check that these diagnostics
          // are correct.
          if (error instanceof DiagnosticError) return undefined;
          throw error;
        }
      })();
      fc.pre(compilation !== undefined);
      const module = await loadTrainer(await emitText(compilation, "f64", { isFormatted: false }));
      const trainer = module.createTrainer({ seed: 1 });
      const values = Object.fromEntries(
        Object.entries(trainer.parameters).map(([name, view]) => [
          name,
          Float64Array.from(view, (value, i) => value + 0.1 * Math.sin(i + 1)),
        ]),
      );
      const batch = randomBatch(module.model, rows, 1);
      const expected = expectedOf(compilation, module.model, values, trainer.seed, batch);
      const { holds, ...errors } = checkTarget(module, "ts", values, trainer.seed, batch, expected);
      expect({ holds, ...errors }).toMatchObject({ holds: true });
    }),
    often(15, 7),
  );
});
