// The training loop. If a test fails, rows have a wrong order, validation rows leak into training, or the
// best epoch is lost. No message would show it.
import { expect, test } from "vitest";
import { InputError } from "../../../src/runtime/step/errors.ts";
import type { FitOptions } from "../../../src/runtime/trainer/trainer.ts";
import { trainerOf } from "../../../src/runtime/trainer/trainer-of.ts";
import { TrainingDiverged } from "../../../src/runtime/step/steps.ts";
import { lineData, linearMachine, linearTrainer, model, training } from "../linear-machine.ts";

/** A trainer that records the targets of each step's rows. */
function watchedTrainer(seed: number) {
  const machine = linearMachine(0.01);
  const steps: number[][] = [];
  const gradient = (n: number) => {
    steps.push([...machine.inputs["y"].slice(0, n)]);
    return machine.gradient(n);
  };
  return { trainer: trainerOf({ model, machine: { ...machine, gradient }, training }, { seed }), steps };
}
const numbered = {
  x: Array.from({ length: 20 }, (_, i) => i / 20),
  y: Array.from({ length: 10 }, (_, i) => i),
};
const ascending = (rows: number[]) => [...rows].sort((a, b) => a - b);

test("each epoch takes every row once, in a new order; the last batch is short", () => {
  const { trainer, steps } = watchedTrainer(7);
  trainer.fit(numbered, { epochs: 2 });
  expect(steps.map((rows) => rows.length)).toEqual([4, 4, 2, 4, 4, 2]);
  const [first, second] = [steps.slice(0, 3).flat(), steps.slice(3).flat()];
  expect(ascending(first)).toEqual(numbered.y);
  expect(ascending(second)).toEqual(numbered.y);
  expect(first).not.toEqual(second);
});

test("the order follows from the seed; with shuffle: false it is that of the data", () => {
  const order = (seed: number, options: FitOptions) => {
    const { trainer, steps } = watchedTrainer(seed);
    trainer.fit(numbered, { epochs: 1, ...options });
    return steps.flat();
  };
  expect(order(7, {})).toEqual(order(7, {}));
  expect(order(8, {})).not.toEqual(order(7, {}));
  expect(order(7, { shuffle: false })).toEqual(numbered.y);
});

test("a validation fraction is rounded, never trained on, and the same in every epoch", () => {
  const { trainer, steps } = watchedTrainer(7);
  const history = trainer.fit(numbered, { epochs: 3, validation: 0.25, batchSize: 3 });
  expect(new Set(steps.flat()).size).toBe(7);
  expect(steps.slice(0, 3).map((rows) => rows.length)).toEqual([3, 3, 1]);
  expect(history.epochs.every(({ validation }) => validation !== undefined)).toBe(true);
});

test("a report has epochs from 1, the loss weighted by rows, metrics in evaluation mode, and the learning rate", () => {
  const trainer = linearTrainer({ drop: 0 });
  const data = lineData(6);
  const untouched = linearTrainer({ drop: 0, rate: 0 });
  const { epochs } = untouched.fit(data, { epochs: 1, shuffle: false });
  // With rate 0 both batches (4 and 2 rows) see the same parameters, so the loss is that of the whole data.
  expect(epochs[0].loss).toBeCloseTo(untouched.evaluateAll(data).loss, 12);
  const [first] = trainer.fit(data, { epochs: 1 }).epochs;
  expect(first).toMatchObject({ epoch: 1, learningRate: 0.05, best: true });
  expect(first.metrics).toEqual({ rmse: trainer.evaluateAll(data)["rmse"] });
  expect("validation" in first).toBe(false);
  expect(trainer.epoch).toBe(1);
});

test("without metrics in the spec, the training split is not evaluated", () => {
  const { epochs } = linearTrainer({ training: { metrics: [] } }).fit(lineData(4));
  expect(epochs).toHaveLength(3);
  expect(epochs[0].metrics).toEqual({});
});

test("epochs() yields one epoch at a time and may be left early; fit() continues from there", () => {
  const trainer = linearTrainer();
  const data = lineData(8);
  for (const { epoch } of trainer.epochs(data)) if (epoch === 2) break;
  expect(trainer.epoch).toBe(2);
  expect(trainer.fit(data).epochs.map(({ epoch }) => epoch)).toEqual([3, 4, 5]);
});

test("early stopping waits `patience` epochs and restores the best epoch's parameters", () => {
  const trainer = linearTrainer({ rate: 0.2 });
  const data = lineData(16);
  const validation = lineData(8, 2);
  const seen: number[][] = [];
  const run = trainer.epochs(data, {
    epochs: 100,
    validation,
    earlyStopping: { patience: 3, minDelta: 1e-4 },
  });
  let next = run.next();
  for (; !next.done; next = run.next()) seen.push([...trainer.parameters["dense1.weight"]]);
  const { epochs, bestEpoch, stoppedEarly } = next.value;
  expect(stoppedEarly).toBe(true);
  expect(epochs.length).toBe(bestEpoch + 3);
  expect(epochs.filter(({ best }) => best).at(-1)?.epoch).toBe(bestEpoch);
  expect([...trainer.parameters["dense1.weight"]]).toEqual(seen[bestEpoch - 1]);
  expect(trainer.evaluateAll(validation).loss).toBe(epochs[bestEpoch - 1].validation?.loss);
});

test("the best epoch is also known, but not restored, without early stopping", () => {
  const trainer = linearTrainer({ rate: 0.6 });
  const data = lineData(16);
  const { epochs, bestEpoch, stoppedEarly } = trainer.fit(data, { epochs: 12 });
  const losses = epochs.map(({ loss }) => loss);
  expect(losses[bestEpoch - 1]).toBe(Math.min(...losses));
  expect(bestEpoch).toBeLessThan(12);
  expect(stoppedEarly).toBe(false);
  expect(trainer.evaluateAll(data)["rmse"]).toBe(epochs[11].metrics["rmse"]);
});

test.each([
  ["accuracy", [0.5, 0.7, 0.6, 0.6], 2],
  ["r2", [0.1, 0.2, 0.3, 0.3], 3],
  ["mae", [3, 2, 2.5, 2.2], 2],
  ["mae", [3, NaN, 2.5, 2.6], 3],
])("early stopping on %s maximises or minimises it as appropriate", (metric, values, best) => {
  const machine = linearMachine(0.05);
  let epoch = 0;
  const summarise = () => ({ loss: 1, [metric]: values[epoch++] });
  const higherIsBetter = ["accuracy", "r2"].filter((name) => name === metric);
  const trainer = trainerOf(
    {
      model,
      machine: { ...machine, summarise },
      training: { ...training, metrics: [metric], higherIsBetter },
    },
    {},
  );
  const history = trainer.fit(lineData(4), {
    epochs: 4,
    validation: 0,
    earlyStopping: { patience: 9, metric },
  });
  expect(history.bestEpoch).toBe(best);
});

test("other data start a new search for the best epoch", () => {
  const trainer = linearTrainer();
  const easy = { x: [0, 0], y: [0] };
  const stop = { earlyStopping: { patience: 2 } };
  trainer.fit(easy, { epochs: 3, ...stop });
  const { bestEpoch } = trainer.fit(lineData(8), { epochs: 3, ...stop });
  expect(bestEpoch).toBeGreaterThan(3);
});

test("training further after an early stop starts a new search", () => {
  const trainer = linearTrainer({ rate: 0.3 });
  const data = lineData(8);
  const options = { epochs: 40, earlyStopping: { patience: 2 } };
  const first = trainer.fit(data, options);
  expect(first.stoppedEarly).toBe(true);
  expect(trainer.fit(data, options).epochs.length).toBeGreaterThan(0);
});

test("a loss that is not finite stops training with an error that names step, epoch, rate and node", () => {
  const trainer = linearTrainer({ rate: 1e200, drop: 0 });
  const fit = () => trainer.fit(lineData(8), { epochs: 5 });
  expect(fit).toThrow(TrainingDiverged);
  const again = () => linearTrainer({ rate: 1e200, drop: 0 }).fit(lineData(8), { epochs: 5 });
  expect(again).toThrow(
    /^training diverged: the loss is Infinity at step 1, in epoch 1, after an update with learning rate 1e\+200$/,
  );
  const broken = linearTrainer();
  broken.parameters["dense1.weight"][0] = NaN;
  expect(() => broken.fit(lineData(8))).toThrow(
    "training diverged: the loss is NaN at step 0, in epoch 1; the first such value is in dense1.weight",
  );
});

test("a last step after which the validation loss is infinite is an error too", () => {
  const fit = () =>
    linearTrainer({ rate: 1e200, drop: 0 }).fit(lineData(4), { epochs: 1, validation: lineData(4) });
  expect(fit).toThrow("training diverged: the training loss is Infinity at step 1, in epoch 1");
  const options = { rate: 1e200, drop: 0, training: { metrics: [] } };
  const unmeasured = () => linearTrainer(options).fit(lineData(4), { epochs: 1, validation: lineData(4) });
  expect(unmeasured).toThrow("training diverged: the validation loss is Infinity at step 1, in epoch 1");
});

test("values are checked before the first step, in every row and split", () => {
  const { trainer, steps } = watchedTrainer(7);
  const y = [...numbered.y.slice(0, 9), NaN];
  expect(() => trainer.fit({ ...numbered, y })).toThrow("y, row 9: NaN is not a finite number");
  expect(() => trainer.fit(numbered, { validation: { ...numbered, y } })).toThrow("y, row 9");
  expect(steps).toEqual([]);
});

test.each<[FitOptions, string]>([
  [{ epochs: -1 }, "epochs must be an integer from 0 to 4294967295, got -1"],
  [{ epochs: 1.5 }, "epochs must be an integer from 0 to 4294967295, got 1.5"],
  [{ batchSize: 0 }, "batchSize must be an integer from 1 to 4294967295, got 0"],
  [{ batchSize: 5 }, "the batch has 5 rows, more than batchSize 4"],
  [{ validation: 1 }, "validation must be in [0, 1), got 1"],
  [{ validation: NaN }, "validation must be in [0, 1)"],
  [{ validation: 0.99 }, "the other splits need all 10 rows; none is left for training"],
  [
    { earlyStopping: { patience: 1, metric: "accuracy" } },
    'earlyStopping.metric must be loss or rmse, got "accuracy"',
  ],
  // Without this check, no epoch would run, and no error would be reported.
  [{ earlyStopping: { patience: NaN } }, "patience must be an integer from 0 to 4294967295, got NaN"],
  [{ earlyStopping: { patience: -1 } }, "patience must be an integer"],
  [{ earlyStopping: { patience: 1.5 } }, "patience must be an integer"],
  [{ validation: { x: [1, 2] } }, "y must be an array of numbers, got undefined"],
])("options %j are rejected before training", (options, message) => {
  expect(() => linearTrainer().epochs(numbered, options)).toThrow(InputError);
  expect(() => linearTrainer().epochs(numbered, options)).toThrow(message);
});
