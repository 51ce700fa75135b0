// Emitted trainers, compared with training runs that PyTorch computed in float64: predictions, losses,
// gradients before clipping, and parameters after the last step. If a test fails, a user gets numbers that
// differ from the textbook's.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/index.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import type { ModelSpec } from "../../src/index.ts";

type Numbers = readonly number[];
type Batch = Record<string, Numbers>;

interface Case {
  readonly name: string;
  readonly about: string;
  readonly spec: ModelSpec;
  readonly parameters: Record<string, Numbers>;
  readonly batches: readonly (Batch & { readonly rows: never })[];
  readonly expect: {
    readonly predictions: Numbers;
    readonly evaluatedLoss?: number;
    readonly gradients: Record<string, Numbers>;
    readonly losses: Numbers;
    readonly finalParameters: Record<string, Numbers>;
  };
}

/** f64 agrees up to rounding; in f32, rounding errors accumulate over the steps. */
const tolerances = { f64: { value: 1e-9, end: 1e-7 }, f32: { value: 2e-4, end: 3e-3 } };

const meanSize = (values: Numbers): number =>
  values.reduce((sum, x) => sum + Math.abs(x), 0) / (values.length || 1);

/**
 * The largest |a − b| / (scale + |b|). The scale is the mean of |b|, but at least `floor`, so that noise in
 * small numbers does not count.
 */
function errorOf(actual: ArrayLike<number>, expected: Numbers, floor = 0): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = Math.max(meanSize(expected), floor) || 1e-3;
  return expected.reduce((worst, b, i) => {
    const error = Math.abs(actual[i] - b) / (scale + Math.abs(b));
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

const folder = new URL("cases/", import.meta.url);
const cases = readdirSync(folder).map((file): Case =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")),
);

describe.each([
  ["ts", "f64"],
  ["ts", "f32"],
  ["wasm", "f64"],
  ["wasm", "f32"],
] as const)("trainers emitted for %s in %s", (target, dtype) => {
  const tolerance = tolerances[dtype];
  it.each(cases)("$name: $about", async ({ spec, parameters, batches, expect: expected }) => {
    const { code } = await compile(spec, { target, dtype });
    const trainer = (await loadTrainer(code)).createTrainer({ seed: 1 });
    expect(Object.keys(trainer.parameters).sort()).toEqual(Object.keys(parameters).sort());
    for (const [name, values] of Object.entries(parameters)) trainer.parameters[name].set(values);
    const batchAt = (i: number): Batch => {
      const { rows: _, ...batch } = batches[i];
      return batch;
    };
    const inputs = Object.fromEntries(Object.keys(spec.inputs).map((name) => [name, batches[0][name]]));

    expect(errorOf(trainer.predict(inputs), expected.predictions)).toBeLessThan(tolerance.value);
    if (expected.evaluatedLoss !== undefined)
      expect(errorOf([trainer.evaluate(batchAt(0)).loss], [expected.evaluatedLoss])).toBeLessThan(
        tolerance.value,
      );
    expect(errorOf([trainer.gradient(batchAt(0))], expected.losses.slice(0, 1))).toBeLessThan(
      tolerance.value,
    );
    const floor = 3e-3 * Math.max(0, ...Object.values(expected.gradients).map(meanSize));
    expect(Object.keys(trainer.gradients).sort()).toEqual(Object.keys(expected.gradients).sort());
    for (const [name, gradient] of Object.entries(expected.gradients))
      expect(errorOf(trainer.gradients[name], gradient, floor), `gradient of ${name}`).toBeLessThan(
        tolerance.value,
      );

    const losses = batches.map((_, i) => trainer.step(batchAt(i)));
    expect(errorOf(losses, expected.losses)).toBeLessThan(tolerance.end);
    for (const [name, values] of Object.entries(expected.finalParameters))
      expect(errorOf(trainer.parameters[name], values), `${name} at the end`).toBeLessThan(tolerance.end);
  });
});
