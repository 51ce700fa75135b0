// The view of the learning-rate schedule. If a test fails, the view shows rates that training does not use,
// or ends at the wrong step.
import { expect, it } from "vitest";
import { scheduleView } from "../../../src/studio/views/schedule-view.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { faultOfXml } from "../../support/well-formed.ts";

const compilationOf = (learningRate: unknown, more: object = {}) =>
  compileFor(
    parseModel({
      name: "line",
      inputs: { x: { shape: [1] } },
      targets: { y: { shape: [1] } },
      network: [{ type: "dense", units: 1 }],
      loss: "mse",
      optimizer: { type: "sgd", learningRate },
      training: { epochs: 4, batchSize: 3, seed: 1, ...more },
    }),
    { dtype: "f32" },
  );
const cosine = (steps: number) => ({ type: "cosine", initial: 0.1, steps, warmup: { steps: 2 } });
const viewOf = (learningRate: unknown, rows?: number, epochs = 4) => {
  const run = rows === undefined ? undefined : { rows, epochs };
  const view = scheduleView({ compilation: compilationOf(learningRate), reports: [], of: undefined, run });
  return {
    text: String(view.text()),
    svg: String(view.svg?.() ?? ""),
    facts: view.json() as { steps: number; notes: string[]; rates: [number, number][] },
  };
};

it("has the trainer's rate at every step: in f32 its cosine has f32's precision", async () => {
  const compilation = compilationOf(cosine(8));
  const { createTrainer } = await loadTrainer(await emitText(compilation, "f32", { isFormatted: false }));
  const trainer = createTrainer();
  const data = { x: [1, 2, 3, 4, 5, 6, 7], y: [1, 2, 3, 4, 5, 6, 7] };
  const { rates, steps } = viewOf(cosine(8), 7).facts;
  expect(steps).toBe(12);
  expect(rates.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  for (const { epoch, learningRate } of trainer.epochs(data))
    expect(rates[epoch * 3 - 1][1]).toBeCloseTo(learningRate, 9);
  expect(rates[0][1]).toBeCloseTo(0.05, 15);
  expect(rates[1][1]).toBeCloseTo(0.1, 15);
});

it("marks the end of the warm-up, in text and picture", () => {
  const { text, svg } = viewOf(cosine(10), 7);
  expect(text).toContain("▲ end of warm-up");
  expect(text).toContain("12 steps: 4 epochs of 3, for 7 rows in batches of 3\n");
  expect(svg).toContain(">end of warm-up<");
  expect(faultOfXml(svg)).toBeUndefined();
});

it.each([
  [
    8,
    'the schedule ends at step 10: the remaining 2 steps keep the last rate; with "steps": 10 it would end with the training',
  ],
  [10, undefined],
  [
    20,
    'training ends at step 12, before the schedule, which ends at step 22; with "steps": 10 it would end with the training',
  ],
])("says whether a schedule of %i steps ends with training", (steps, note) => {
  const { facts, text } = viewOf(cosine(steps), 7);
  expect(facts.notes).toEqual(note === undefined ? [] : [note]);
  if (note !== undefined) expect(text).toContain(note);
});

it("shows the schedule without the data", () => {
  expect(viewOf(cosine(8)).facts.steps).toBe(10);
  expect(viewOf(0.1).facts.steps).toBe(1000);
  expect(viewOf(0.1).text).toContain("the number of steps of a run depends on its data; 1,000 are shown");
  expect(viewOf(cosine(8)).facts.notes).toEqual([]);
});

it("samples a very long run, including its first and last step", () => {
  const { rates, steps } = viewOf({ type: "exponential", initial: 1, rate: 0.9999 }, 300_000, 10).facts;
  expect(steps).toBe(1_000_000);
  expect(rates).toHaveLength(10_000);
  expect(rates[0][0]).toBe(1);
  expect(rates.at(-1)?.[0]).toBe(1_000_000);
});

it("counts steps of several batches as the trainer does", () => {
  const compilation = compilationOf(cosine(8), { accumulate: 2 });
  const view = scheduleView({ compilation, reports: [], of: undefined, run: { rows: 7, epochs: 4 } });
  expect(view.text()).toContain("8 steps: 4 epochs of 2, for 7 rows in steps of 2 batches of 3");
});
