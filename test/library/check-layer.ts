// One layer against its definition in naive loops: forward in f64 and f32, and the gradients of the f64 trainer against finite
// differences. A dense layer stands before it, so that its derivative by its input is needed for the gradients of that one.
import { expect } from "vitest";
import { loadTrainer } from "../../src/load-trainer.ts";
import { compileModel, emitTypeScript } from "../../src/pipeline.ts";
import { parseModel } from "../../src/spec/parse-model.ts";
import { checkGradients } from "../../src/verify/check-gradients.ts";
import { streamOf } from "../support/tensors.ts";
import { countOf, dense } from "./naive-layers.ts";
import type { Row } from "./naive-layers.ts";

/** Parameters of the layer by their own names. */
export type Parameters = Readonly<Record<string, Row>>;

export interface LayerCase {
  readonly title: string;
  /** The shape of a row. */
  readonly input: readonly number[];
  readonly layer: { readonly type: string; readonly [key: string]: unknown };
  /** Names and layouts of all its parameters, as documented. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly reference: (x: Row, parameters: Parameters) => Row;
  readonly rows?: number;
}

/** Numbers that f32 holds exactly, the same in every run. */
function drawn(shape: readonly number[], seed: number): Row {
  const stream = streamOf(seed);
  const row = { shape, data: [] };
  return { shape, data: Array.from({ length: countOf(row) }, () => Math.fround(3 * stream.unit() - 1.5)) };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

/** Twice the epsilon of the type, times the length of sums that there are here. */
const tolerances = { f64: 1e-12, f32: 5e-5 };

export async function checkLayer({
  input,
  layer,
  parameters,
  reference,
  rows = 3,
}: LayerCase): Promise<void> {
  const channels = input[input.length - 1];
  const own = Object.fromEntries(Object.entries(parameters).map(([name, shape], i) => [name, drawn(shape, 20 + i)])); // prettier-ignore
  const mix = { weight: drawn([channels, channels], 10), bias: drawn([channels], 11) };
  const batch = Array.from({ length: rows }, (_, row) => drawn(input, 30 + row));
  const expected = batch.map((x) => reference(dense(x, mix.weight, mix.bias.data), own));
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
  const trainers = { f32: await trainerOf(spec, "f32"), f64: await trainerOf(spec, "f64") };
  const x = batch.flatMap(({ data }) => data);
  const rowsOfTarget = { x, y: expected.flatMap(({ data }) => data.map((value) => Math.sin(9 * value))) };
  for (const dtype of ["f64", "f32"] as const) {
    const { model, trainer } = trainers[dtype];
    const shapes = model.parameters.map(({ name, shape }) => [name, shape]);
    expect(Object.fromEntries(shapes)).toEqual({
      "mix.weight": mix.weight.shape,
      "mix.bias": mix.bias.shape,
      ...Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [`layer.${name}`, shape])),
    });
    trainer.parameters["mix.weight"].set(mix.weight.data);
    trainer.parameters["mix.bias"].set(mix.bias.data);
    for (const [name, { data }] of Object.entries(own)) trainer.parameters[`layer.${name}`].set(data);
    const found = trainer.predict({ x });
    const size = expected
      .flatMap(({ data }) => data)
      .reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    expect(found.length).toBe(expected.reduce((sum, row) => sum + row.data.length, 0));
    expect(largest(found, expected.flatMap(({ data }) => data)), `values in ${dtype}`).toBeLessThan(tolerances[dtype] * size); // prettier-ignore
    trainer.gradient(rowsOfTarget);
  }
  const { trainer } = trainers.f64;
  const isLearning = Object.values(trainer.gradients).some((gradient) =>
    gradient.some((value) => value !== 0),
  );
  expect(isLearning, "some gradient is not zero").toBe(true);
  const loss = { value: () => trainer.gradient(rowsOfTarget), isInterpreted: false };
  for (const { name, relativeError, elements, kinks, worst } of checkGradients(
    trainer,
    rowsOfTarget,
    loss,
    1,
  )) {
    expect(relativeError, `gradient of ${name} at ${worst.at}`).toBeLessThan(1e-6);
    expect(elements - kinks, `elements of ${name} that can be compared`).toBeGreaterThan(0);
    const scale = Math.max(...Array.from(trainer.gradients[name], Math.abs));
    trainer.gradient(rowsOfTarget);
    expect(largest(trainers.f32.trainer.gradients[name], trainer.gradients[name]), `gradient of ${name} in f32`).toBeLessThan(1e-4 * Math.max(1, scale)); // prettier-ignore
  }
}

async function trainerOf(spec: unknown, dtype: "f32" | "f64") {
  const module = await loadTrainer(await emitTypeScript(compileModel(parseModel(spec), { dtype }), dtype));
  return { model: module.model, trainer: module.createTrainer({ seed: 1 }) };
}
