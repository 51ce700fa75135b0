// Compares one layer with its definition in naive loops: the forward pass in f64 and f32, and the gradients
// of the f64 trainer with finite differences. A dense layer comes first, so that the gradient with respect to
// the layer's input is tested too.
import { expect } from "vitest";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import type { EmittedModule } from "../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import type { Batch } from "../../../src/runtime/step/batch.ts";
import type { Trainer } from "../../../src/runtime/trainer/trainer.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { checkGradients } from "../../../src/runtime/check/check-gradients.ts";
import { streamOf } from "../../support/tensors.ts";
import { countOf, dense } from "./naive-layers.ts";
import type { Row } from "./naive-layers.ts";

/** Parameters of the layer by their names in the layer. */
export type Parameters = Readonly<Record<string, Row>>;

export interface LayerCase {
  readonly title: string;
  /** The shape of a row. */
  readonly input: readonly number[];
  readonly layer: { readonly type: string; readonly [key: string]: unknown };
  /** The names and shapes of all its parameters, as documented. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly reference: (x: Row, parameters: Parameters) => Row;
  readonly rows?: number;
}

/** Random numbers that f32 represents exactly; the same in every run. */
function drawn(shape: readonly number[], seed: number): Row {
  const stream = streamOf(seed);
  const row = { shape, data: [] };
  return { shape, data: Array.from({ length: countOf(row) }, () => Math.fround(3 * stream.unit() - 1.5)) };
}

/** A variance is above zero. */
const drawnFor = (name: string, shape: readonly number[], seed: number): Row => {
  const { data } = drawn(shape, seed);
  return { shape, data: name === "variance" ? data.map((value) => 0.5 + Math.abs(value)) : data };
};

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

const size = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1);

/** The tolerance for rounding in sums of some dozens of products, relative to the largest value. */
const tolerances = { f64: 1e-12, f32: 5e-5 };

export async function checkLayer(c: LayerCase): Promise<void> {
  const { input, layer, rows = 3 } = c;
  const channels = input[input.length - 1];
  const own = Object.fromEntries(
    Object.entries(c.parameters).map(([name, shape], i) => [name, drawnFor(name, shape, 20 + i)]),
  );
  const mix = { weight: drawn([channels, channels], 10), bias: drawn([channels], 11) };
  const parameters = new Map([
    ["mix.weight", mix.weight],
    ["mix.bias", mix.bias],
    ...Object.entries(own).map(([name, row]) => [`layer.${name}`, row] as const),
  ]);
  const x = Array.from({ length: rows }, (_, row) => drawn(input, 30 + row));
  const expected = x.map((row) => c.reference(dense(row, mix.weight, mix.bias.data), own));
  const values = expected.flatMap(({ data }) => data);
  const batch = { x: x.flatMap(({ data }) => data), y: values.map((value) => Math.sin(9 * value)) };
  const spec = {
    name: "layers",
    inputs: { x: { shape: input } },
    targets: { y: { shape: expected[0].shape } },
    network: [
      { type: "dense", name: "mix", units: channels },
      { ...layer, name: "layer" },
    ],
    loss: "mse",
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize: rows },
  };
  const exact = await trainerOf(spec, "f64", parameters);
  const single = await trainerOf(spec, "f32", parameters);
  for (const [dtype, { predict }] of Object.entries({ f64: exact, f32: single })) {
    const found = predict({ x: batch.x });
    expect(found.length).toBe(values.length);
    const tolerance = dtype === "f64" ? tolerances.f64 : tolerances.f32;
    expect(furthest(found, values), `values in ${dtype}`).toBeLessThan(tolerance * size(values));
  }
  expectGradients(exact, single, batch);
}

/** The trainer of a spec with its parameters set; it must have exactly the expected ones, in any order. */
async function trainerOf(
  spec: unknown,
  dtype: "f32" | "f64",
  parameters: ReadonlyMap<string, Row>,
): Promise<Trainer> {
  const code = await emitText(compileFor(parseModel(spec), { dtype }), dtype, { isFormatted: false });
  const { model, createTrainer }: EmittedModule = await loadTrainer(code);
  const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
  expect(shapes).toEqual(new Map([...parameters].map(([name, { shape }]) => [name, shape])));
  const trainer = createTrainer({ seed: 1 });
  for (const [name, { data }] of parameters) trainer.parameters[name].set(data);
  return trainer;
}

function expectGradients(exact: Trainer, single: Trainer, batch: Batch): void {
  single.gradient(batch);
  exact.gradient(batch);
  for (const [name, gradient] of Object.entries(exact.gradients))
    expect(furthest(single.gradients[name], gradient), `gradient of ${name} in f32`).toBeLessThan(
      1e-4 * size(gradient),
    );
  const isLearning = Object.values(exact.gradients).some((list) => list.some((value) => value !== 0));
  expect(isLearning, "some gradient is not zero").toBe(true);
  // There are so few operations that every element is compared.
  const loss = { parameters: exact.parameters, value: () => exact.gradient(batch), flops: 1e4 };
  for (const { name, relativeError, elements, kinks, worst } of checkGradients(exact, batch, loss, {
    seed: 1,
  })) {
    expect(relativeError, `gradient of ${name} at ${worst?.at}`).toBeLessThan(1e-6);
    expect(elements - kinks.length, `elements of ${name} that can be compared`).toBeGreaterThan(0);
  }
}
