// The same texts, padded to 24, 60 and 200 positions, must give the same bits: losses, metrics, and all
// parameters except the rows of position embeddings that no text reaches. If a test fails, a result depends
// on the padding, or the order of a sum changes.
import { describe, expect, it } from "vitest";
import type { ModelSpec } from "../../src/index.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { streamOf } from "../support/tensors.ts";

type Layers = ModelSpec["network"];

const lengths = [24, 60, 200];
const vocabulary = 9;

/** Texts of 0 to 20 characters as numbers from 1. */
function drawnTexts(count: number): number[][] {
  const random = streamOf(3);
  return Array.from({ length: count }, () =>
    Array.from(
      { length: Math.floor(21 * random.unit()) },
      () => 1 + Math.floor((vocabulary - 1) * random.unit()),
    ),
  );
}

const texts = drawnTexts(48);
const classes = texts.map((text) => Math.min(2, text.filter((number) => number === 1).length));

const models: Readonly<Record<string, Layers>> = {
  "recurrent layers in both directions": [
    { type: "bidirectional", layer: { type: "gru", units: 8, returnSequences: true } },
    { type: "bidirectional", layer: { type: "lstm", units: 8 } },
    { type: "dense", units: 3 },
  ],
  "a convolution, norms and pools": [
    { type: "conv1d", filters: 8, kernel: 3, padding: "same" },
    { type: "batch-norm" },
    { type: "activation", fn: "relu" },
    { type: "max-pool1d", size: 2 },
    { type: "group-norm", groups: 2 },
    { type: "global-max-pool1d" },
    { type: "dense", units: 3 },
  ],
  "a transformer": [
    { type: "position-embedding", name: "places" },
    { type: "residual", layers: ["layer-norm", { type: "attention", heads: 2 }] },
    { type: "residual", layers: ["layer-norm", { type: "dense", units: 8, activation: "gelu" }] },
    { type: "global-avg-pool1d" },
    { type: "dense", units: 3 },
  ],
};

const specOf = (length: number, network: Layers): ModelSpec => ({
  name: "texts",
  inputs: { text: { shape: [length], dtype: "i32" } },
  targets: { kind: { classes: 3 } },
  network: [{ type: "embedding", vocabulary, units: 8 }, ...network],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 2, batchSize: 16, seed: 4 },
  data: {
    file: "texts.csv",
    inputs: { text: { columns: ["text"], characters: { length } } },
    targets: { kind: { columns: ["kind"] } },
  },
});

/** The parameters after training, without the rows of positions that no text reaches, and the evaluation. */
async function trained(spec: ModelSpec, options: { target: "ts" | "wasm"; dtype: "f32" | "f64" }) {
  const code = await emitText(compileFor(parseModel(spec), options), options.dtype, { isFormatted: false });
  const trainer = (await loadTrainer(code)).createTrainer({ seed: 4 });
  const [length] = spec.inputs.text.shape;
  const rows = texts.map((text) => [0, ...text, ...new Array<number>(length - 1 - text.length).fill(0)]);
  const batch = { text: rows.flat(), kind: classes };
  trainer.fit(batch, { epochs: 2 });
  const parameters = Object.entries(trainer.parameters).map(([name, values]) => [
    name,
    [...(name === "places.weight" ? values.subarray(0, 21 * 8) : values)],
  ]);
  const evaluation = trainer.evaluate({ text: rows.slice(0, 16).flat(), kind: classes.slice(0, 16) });
  // Values are compared as texts, so that a failure names the parameter instead of listing its numbers.
  return [...parameters, ["evaluation", evaluation]].map((part) => JSON.stringify(part));
}

const exact = { target: "ts", dtype: "f64" } as const;
const kernels = { target: "wasm", dtype: "f32" } as const;
const singles = { target: "ts", dtype: "f32" } as const;

/**
 * In f32, TypeScript rounds values only where it stores them. At 60 positions the memory of the transformer
 * exceeds the limit of `rematerialise`, so other values are stored.
 */
const variants = (name: string) => (name === "a transformer" ? [exact, kernels] : [exact, kernels, singles]);

describe.each(Object.entries(models))("%s", (name, network) => {
  it.each(variants(name))("train to the same bits at any length: $target, $dtype", async (options) => {
    const results = [];
    for (const length of lengths) results.push(await trained(specOf(length, network), options));
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });
});
