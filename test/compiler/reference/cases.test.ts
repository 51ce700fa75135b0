// The library compared with PyTorch. Each case is a training run that PyTorch computed in float64. If a test
// fails, an activation, loss, optimizer or schedule differs from its definition, or a derived gradient is
// wrong. Emitted code is not involved.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { referenceTrainer } from "./reference-trainer.ts";

const folder = new URL("../../reference/cases/", import.meta.url);
const numbers = z.array(z.number());
const byName = z.record(z.string(), numbers);
const referenceCase = z.object({
  name: z.string(),
  about: z.string(),
  spec: z.object({ inputs: z.record(z.string(), z.unknown()) }).loose(),
  parameters: byName,
  batches: z.array(z.record(z.string(), z.union([z.number(), numbers]))),
  expect: z.object({
    predictions: numbers,
    evaluatedLoss: z.number().optional(),
    gradients: byName,
    losses: numbers,
    finalParameters: byName,
  }),
});

const meanSize = (list: readonly number[]) =>
  list.reduce((sum, x) => sum + Math.abs(x), 0) / (list.length || 1);

/**
 * The largest |a − b| / (scale + |b|). The scale is the mean of |b|, so that the relative errors of small
 * entries do not dominate.
 */
function error(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = meanSize(expected) || 1e-3;
  return Math.max(0, ...expected.map((b, i) => Math.abs(actual[i] - b) / (scale + Math.abs(b))));
}

const atOnce = 1e-9;
const afterSteps = 1e-7;

describe("the library agrees with PyTorch in f64", () => {
  for (const file of readdirSync(folder).sort()) {
    const {
      name,
      about,
      spec,
      parameters,
      batches,
      expect: expected,
    } = referenceCase.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
    it(`${name}: ${about}`, () => {
      const trainer = referenceTrainer(spec);
      expect(trainer.graphs.parameters.map((parameter) => parameter.name)).toEqual(Object.keys(parameters));
      for (const [parameter, values] of Object.entries(parameters)) trainer.set(parameter, values);
      const batchAt = (index: number) => {
        const entries = Object.entries(batches[index]).filter(([key]) => key !== "rows");
        return Object.fromEntries(
          entries.map(([key, values]) => [key, typeof values === "number" ? [values] : values]),
        );
      };
      const first = batchAt(0);
      const inputs = Object.fromEntries(Object.keys(spec.inputs).map((key) => [key, first[key]]));
      expect(error(trainer.predict(inputs), expected.predictions)).toBeLessThan(atOnce);
      if (expected.evaluatedLoss !== undefined)
        expect(error([trainer.evaluate(first).loss], [expected.evaluatedLoss])).toBeLessThan(atOnce);
      expect(error([trainer.gradient(first)], [expected.losses[0]])).toBeLessThan(atOnce);
      expect(trainer.gradientNames().sort()).toEqual(Object.keys(expected.gradients).sort());
      for (const [parameter, values] of Object.entries(expected.gradients))
        expect(error(trainer.get(`gradient:${parameter}`), values), `gradient of ${parameter}`).toBeLessThan(
          atOnce,
        );
      const losses = batches.map((_, index) => trainer.step(batchAt(index)));
      expect(error(losses, expected.losses)).toBeLessThan(afterSteps);
      for (const [parameter, values] of Object.entries(expected.finalParameters))
        expect(error(trainer.get(parameter), values), `${parameter} at the end`).toBeLessThan(afterSteps);
    });
  }
});
