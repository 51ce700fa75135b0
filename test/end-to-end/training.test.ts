// Trainers compiled from specs, compared with the interpreter of graphs step by step. If a test fails,
// emitted code trains a different model from the one that the spec describes, even if all earlier stages are
// correct.
import { describe, expect, it } from "vitest";
import { loopStages } from "../support/run-loops.ts";
import { graphPasses } from "../../src/compiler/pipeline.ts";
import { referenceTrainer } from "../compiler/reference/reference-trainer.ts";
import { emittedModule } from "../support/emitted.ts";
import { batchFor, specs } from "../support/specs.ts";

const steps = 20;
const everything = [...new Set([...graphPasses.map(({ name }) => name), ...loopStages])];
const rowCounts = (batchSize: number) => [batchSize, batchSize, Math.max(1, batchSize - 1), 1, batchSize];

const close = (actual: number, expected: number, tolerance: number): boolean =>
  Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));

const ways = [
  // In f32, rounding errors accumulate over the steps; in f64, only the order of sums can differ.
  { dtype: "f64", skip: [], exact: false, tolerance: 1e-9 },
  { dtype: "f64", skip: everything, exact: true, tolerance: 1e-9 },
  { dtype: "f64", skip: [], exact: true, tolerance: 1e-9 },
  { dtype: "f32", skip: [], exact: false, tolerance: 2e-4 },
  { dtype: "f32", skip: everything, exact: true, tolerance: 2e-4 },
] as const;

describe.each(Object.entries(specs))("%s", (_, spec) => {
  it.each(ways)("$dtype, exact $exact, without $skip: has the loss curve of the interpreter", async (way) => {
    const { dtype, skip, exact, tolerance } = way;
    const module = await emittedModule(spec, { dtype, skip, exact });
    const trainer = module.createTrainer({ seed: 9 });
    const reference = referenceTrainer(spec, 9);
    for (const { name } of module.model.parameters) reference.set(name, [...trainer.parameters[name]]);

    const { batchSize = 32 } = spec.training;
    for (let step = 0; step < steps; step++) {
      const rows = rowCounts(batchSize)[step % 5];
      const batch = batchFor(spec, rows, 100 + (step % 3) + 10 * rows);
      const loss = reference.step(batch);
      expect(close(trainer.step(batch), loss, tolerance), `loss of step ${step}`).toBe(true);
    }
    for (const { name } of module.model.parameters)
      reference.get(name).forEach((value, i) => {
        const found = trainer.parameters[name][i];
        expect(close(found, value, 10 * tolerance), `${name}[${i}]: ${found} for ${value}`).toBe(true);
      });

    const batch = batchFor(spec, batchSize, 55);
    reference
      .predict(batch)
      .forEach((value, i) => expect(close(trainer.predict(batch)[i], value, 10 * tolerance)).toBe(true));
    const judged = reference.evaluate(batch);
    const found = trainer.evaluate(batch);
    expect(Object.keys(found)).toEqual(Object.keys(judged));
    for (const [name, value] of Object.entries(judged))
      expect(close(found[name], value, 10 * tolerance), `${name}: ${found[name]} for ${value}`).toBe(true);
  });

  it("learns: the loss on one batch falls", async () => {
    const module = await emittedModule(spec);
    const trainer = module.createTrainer();
    const { batchSize = 32 } = spec.training;
    const batch = batchFor(spec, batchSize, 1);
    const before = trainer.evaluate(batch).loss;
    for (let step = 0; step < 100; step++) trainer.step(batch);
    const after = trainer.evaluate(batch).loss;
    expect(after).toBeLessThan(before);
  });

  it("has the same initial parameters for the same seed only", async () => {
    const module = await emittedModule(spec);
    const first = Object.values(module.createTrainer({ seed: 4 }).parameters).map((view) => [...view]);
    const again = Object.values(module.createTrainer({ seed: 4 }).parameters).map((view) => [...view]);
    const other = Object.values(module.createTrainer({ seed: 5 }).parameters).map((view) => [...view]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});
