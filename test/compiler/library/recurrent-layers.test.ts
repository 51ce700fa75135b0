// Recurrent layers as emitted trainers, compared with loops written from PyTorch's documentation. If a test
// fails, a gate, the order of time steps, or the carried state is incorrect.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/index.ts";
import type { ModelSpec } from "../../../src/index.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { verifyModel } from "../../../src/command/verify/verify-model.ts";

type Layers = ModelSpec["network"];

function specOf(length: number, features: number, network: Layers, outputs: readonly number[]): ModelSpec {
  return {
    name: "recurrent",
    inputs: { x: { shape: [length, features] } },
    targets: { y: { shape: [...outputs] } },
    network,
    loss: "mse",
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize: 4 },
  };
}

const trainerOf = async (spec: ModelSpec) =>
  (await loadTrainer((await compile(spec, { dtype: "f64" })).code)).createTrainer({ seed: 3 });

type Trainer = Awaited<ReturnType<typeof trainerOf>>;

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
const waves = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(1.3 * i + 0.2));

/** x · W + b at column k of a matrix with `width` columns. */
const column = (
  x: readonly number[],
  matrix: ArrayLike<number>,
  bias: ArrayLike<number>,
  width: number,
  k: number,
) => x.reduce((sum, value, i) => sum + value * matrix[i * width + k], bias[k]);

/** The outputs of all steps for one row, in order of time. */
function stepByStep(
  type: string,
  units: number,
  trainer: Trainer,
  name: string,
  sequence: readonly (readonly number[])[],
  reverse: boolean,
): number[][] {
  const parameter = (own: string) => trainer.parameters[`${name}.${own}`];
  const gates = type === "rnn" ? 1 : type === "lstm" ? 4 : 3;
  let h = new Array<number>(units).fill(0);
  let c = new Array<number>(units).fill(0);
  const outputs: number[][] = [];
  const order = reverse ? [...sequence].reverse() : sequence;
  for (const x of order) {
    const from = (g: number, j: number) =>
      column(x, parameter("weight"), parameter("bias"), gates * units, g * units + j);
    const past = (g: number, j: number) =>
      column(h, parameter("recurrent"), parameter("recurrentBias"), gates * units, g * units + j);
    const each = (f: (j: number) => number) => Array.from({ length: units }, (_, j) => f(j));
    const before = h;
    if (type === "rnn") h = each((j) => Math.tanh(from(0, j) + past(0, j)));
    else if (type === "lstm") {
      const cell = c;
      const next = each(
        (j) =>
          sigma(from(1, j) + past(1, j)) * cell[j] +
          sigma(from(0, j) + past(0, j)) * Math.tanh(from(2, j) + past(2, j)),
      );
      h = each((j) => sigma(from(3, j) + past(3, j)) * Math.tanh(next[j]));
      c = next;
    } else
      h = each((j) => {
        const z = sigma(from(1, j) + past(1, j));
        const fresh = Math.tanh(from(2, j) + sigma(from(0, j) + past(0, j)) * past(2, j));
        return (1 - z) * fresh + z * before[j];
      });
    outputs.push(h);
  }
  return reverse ? outputs.reverse() : outputs;
}

const types = ["rnn", "lstm", "gru"] as const;
const [length, features, units] = [5, 3, 4];
const cut = (list: readonly number[]): number[][] =>
  Array.from({ length }, (_, t) => list.slice(t * features, (t + 1) * features));

/** Makes all parameters nonzero, so that a missing bias changes the result. */
function disturb(trainer: Trainer): void {
  for (const values of Object.values(trainer.parameters))
    values.forEach((value, i) => (values[i] = value + 0.1 * Math.cos(i)));
}

describe.each(types)("%s", (type) => {
  it.each([false, true])("returns the value of every step, read backwards: %s", async (reverse) => {
    const trainer = await trainerOf(
      specOf(length, features, [{ type, units, returnSequences: true, reverse }], [length, units]),
    );
    disturb(trainer);
    const rows = [waves(length * features), waves(length * features).map((x) => -x / 2)];
    const found = [...trainer.predict({ x: rows.flat() })];
    const expected = rows.flatMap((row) =>
      stepByStep(type, units, trainer, `${type}1`, cut(row), reverse).flat(),
    );
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
  });

  it.each([false, true])("returns its last state, read backwards: %s", async (reverse) => {
    const trainer = await trainerOf(specOf(length, features, [{ type, units, reverse }], [units]));
    disturb(trainer);
    const row = waves(length * features);
    const all = stepByStep(type, units, trainer, `${type}1`, cut(row), reverse);
    const expected = reverse ? all[0] : all[length - 1];
    [...trainer.predict({ x: row })].forEach((value, j) => expect(value).toBeCloseTo(expected[j], 12));
  });

  it("has the derivative by finite differences: stacked, backwards, with one step, after a frozen layer", async () => {
    const networks: [number, Layers][] = [
      [
        length,
        [
          { type, units, returnSequences: true },
          { type, units: 3, reverse: true },
          { type: "dense", units: 2 },
        ],
      ],
      [
        1,
        [
          { type, units },
          { type: "dense", units: 2 },
        ],
      ],
      [
        length,
        [
          { type, units, returnSequences: true, trainable: false },
          { type, units: 2 },
        ],
      ],
    ];
    for (const [steps, network] of networks) {
      const model = parseModel(specOf(steps, features, network, [2]));
      const { parameters } = await verifyModel(compileFor(model, { dtype: "f64" }));
      for (const { name, relativeError } of parameters) expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it("is a loop over time: two hundred steps need no more code than twenty", async () => {
    const sizes = await Promise.all(
      [20, 200].map(
        async (steps) => (await compile(specOf(steps, features, [{ type, units }], [units]))).code,
      ),
    );
    // Statements are counted instead of lines, because long numbers cause more line breaks.
    const [short, long] = sizes.map((code) => code.replaceAll(/^ *\/\/.*$/gm, "").split(";").length);
    expect(long).toBe(short);
    const [small, large] = sizes.map((code) => gzipSync(code).length);
    expect(large / small).toBeLessThan(1.02);
  });
});
