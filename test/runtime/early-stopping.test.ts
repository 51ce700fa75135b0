// The choice of the best epoch. An improvement below `minDelta` must not count, whether a higher or a lower
// value of the metric is better. If a test fails, training stops at the wrong epoch.
import { describe, expect, test } from "vitest";
import { trainerOf } from "../../src/runtime/trainer/trainer-of.ts";
import type { FitOptions, Trainer } from "../../src/runtime/trainer/trainer.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { emittedModule } from "../support/emitted.ts";
import { batchFor, specs } from "../support/specs.ts";
import { lineData, linearMachine, model, training } from "./linear-machine.ts";

/** The history of early stopping for these values of the metric, one per epoch. */
function historyOf(metric: string, rises: boolean, values: number[], minDelta: number, patience: number) {
  let evaluations = 0;
  const summarise = () => ({ loss: 1, [metric]: values[evaluations++ % values.length] });
  const facts = { ...training, metrics: [metric], ...(rises && { higherIsBetter: [metric] }) };
  const trainer = trainerOf({ model, machine: { ...linearMachine(0.05), summarise }, training: facts }, {});
  return trainer.fit(lineData(4), { epochs: values.length, earlyStopping: { patience, metric, minDelta } });
}

test.each<[string, boolean, number[], number, number]>([
  ["accuracy", true, [0.5, 0.54, 0.58, 0.62], 0.05, 3],
  ["accuracy", true, [0.5, 0.54, 0.58, 0.62], 0, 4],
  ["mae", false, [5, 4.6, 4.2, 3.8], 0.5, 3],
  ["mae", false, [5, 4.6, 4.2, 3.8], 0, 4],
  // An improvement of exactly minDelta does not count; otherwise, with minDelta 0, a constant metric would
  // never stop training.
  ["r2", true, [0.25, 0.5, 0.75, 0.75], 0.25, 3],
  ["r2", true, [-3, -2, NaN, -1], 0.75, 4],
  ["mine", true, [-1, 7, 3, 7], 0, 2],
  ["mine", false, [-1, 7, -3, -3], 0, 3],
])("%s, higher is better: %s, of %j with minDelta %d: epoch %d", (metric, rises, values, minDelta, best) => {
  expect(historyOf(metric, rises, values, minDelta, 9).bestEpoch).toBe(best);
});

test("an epoch with too little improvement counts against the patience like one with none", () => {
  const { epochs, stoppedEarly } = historyOf("accuracy", true, [0.5, 0.51, 0.52, 0.53, 0.9], 0.1, 3);
  expect(epochs.map(({ best }) => best)).toEqual([true, false, false, false]);
  expect(stoppedEarly).toBe(true);
});

test.each(["lower", "higher"] as const)("a user-defined metric is %s at its best epoch", async (better) => {
  const spec: ModelSpec = {
    ...specs.regression,
    metrics: [{ name: "own", formula: "mean(prediction^2)", better }],
    optimizer: { type: "sgd", learningRate: 0.3 },
    training: { epochs: 12, batchSize: 6, earlyStopping: { patience: 12, metric: "own", minDelta: 0.01 } },
  };
  const trainer = (await emittedModule(spec)).createTrainer();
  const validation = batchFor(spec, 12, 8);
  const { epochs, bestEpoch } = trainer.fit(batchFor(spec, 24, 7), { validation });
  const values = epochs.map((report) => report.validation?.["own"] ?? NaN);
  let expected = 0;
  values.forEach((value, epoch) => {
    const gain = better === "higher" ? value - values[expected] : values[expected] - value;
    if (gain > 0.01) expected = epoch;
  });
  expect(bestEpoch).toBe(expected + 1);
  expect(trainer.evaluateAll(validation)["own"]).toBe(values[expected]);
});

/** A trainer whose validation loss has these values, one per epoch. */
function trainerWith(losses: readonly number[], keep?: "last") {
  let evaluations = 0;
  const summarise = () => ({ loss: losses[evaluations++] });
  const facts = { ...training, metrics: [], ...(keep && { keep }) };
  return trainerOf({ model, machine: { ...linearMachine(0.05), summarise }, training: facts }, {});
}

const parametersOf = ({ parameters }: Trainer): readonly number[] =>
  Object.values(parameters).flatMap((values) => [...values]);

describe("without early stopping, a training with a validation split", () => {
  const losses = [3, 1, 2, 4, 5, 6];
  const data = lineData(8);
  const run = (trainer: Trainer, options: FitOptions) => {
    const after: (readonly number[])[] = [];
    const epochs = trainer.epochs(data, { validation: lineData(4), ...options });
    let next = epochs.next();
    for (; !next.done; next = epochs.next()) after.push(parametersOf(trainer));
    return { after, history: next.value };
  };

  test.each<[string, FitOptions, "last" | undefined, number]>([
    ["by default", {}, undefined, 2],
    ["with keep: last in the spec", {}, "last", 4],
    ["with keep: last of fit()", { keep: "last" }, undefined, 4],
    ["with keep: best of fit(), over the spec", { keep: "best" }, "last", 2],
    ["by default without early stopping in fit()", { earlyStopping: false }, undefined, 2],
  ])("%s, ends with the parameters of one epoch", (_, options, keep, kept) => {
    const trainer = trainerWith(losses, keep);
    const { after, history } = run(trainer, { epochs: 4, ...options });
    expect(after).toHaveLength(4);
    expect(history.bestEpoch).toBe(2);
    expect(parametersOf(trainer)).toEqual(after[kept - 1]);
  });

  test("resumes from the last epoch, not from the best", () => {
    const trainer = trainerWith(losses);
    const first = run(trainer, { epochs: 4 }).after;
    const resumed = trainerWith(losses.slice(4));
    resumed.load(trainer.save());
    const { after } = run(resumed, { epochs: 2 });
    const whole = run(trainerWith(losses), { epochs: 6 }).after;
    expect([...first, ...after]).toEqual(whole);
    expect(parametersOf(resumed)).toEqual(whole[1]);
  });

  test("ends with the last epoch if it has no validation rows", () => {
    const trainer = trainerWith(losses);
    const { after } = run(trainer, { epochs: 4, validation: 0 });
    expect(parametersOf(trainer)).toEqual(after[3]);
  });
});
