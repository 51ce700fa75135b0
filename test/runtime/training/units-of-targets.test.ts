// Errors of several targets in original units. If a test fails, a wrong factor, or that of another target,
// gives a wrong number in every report, with no other sign of the error.
import { expect, test } from "vitest";
import type { Dataset } from "../../../src/runtime/data/dataset.ts";
import { inUnitsOfTargets } from "../../../src/runtime/training/units-of-targets.ts";
import type { Trainable } from "../../../src/runtime/training/train-on.ts";
import type { EpochReport, FitOptions } from "../../../src/runtime/trainer/trainer.ts";
import { training } from "../linear-machine.ts";

/** The input is scaled by 1000, the price by 50, the size by 2; the kind has classes. */
const dataset: Dataset = {
  train: {},
  fields: [
    { name: "rooms", columns: ["rooms"], scales: [{ shift: 0, span: 1000 }] },
    { name: "price", columns: ["price"], scales: [{ shift: 9, span: 50 }] },
    { name: "kind", columns: ["kind"], classNames: ["flat", "house"] },
    { name: "size", columns: ["size"], scales: [{ shift: 1, span: 2 }] },
    { name: "plain", columns: ["plain"] },
  ],
};

const scaled = {
  "price.loss": 0.5,
  "price.mae": 0.1,
  "price.rmse": 0.2,
  "price.r2": 0.9,
  "kind.loss": 0.7,
  "kind.accuracy": 0.8,
  "size.mae": 0.25,
  "plain.mae": 0.125,
};
const original = { ...scaled, "price.mae": 5, "price.rmse": 10, "size.mae": 0.5 };

/** A trainer of one epoch with these metrics, which records the options that it receives. */
function fixedTrainer(asked: FitOptions[] = [], metrics: Record<string, number> = scaled): Trainable {
  const report: EpochReport = { epoch: 1, loss: 4, metrics, learningRate: 0.1, best: true };
  return {
    epoch: 3,
    save: (metadata) => Uint8Array.of(Object.keys(metadata ?? {}).length),
    evaluateAll: () => ({ loss: 4, ...metrics }),
    *epochs(_, options = {}) {
      asked.push(options);
      yield { ...report, validation: { loss: 4, ...metrics } };
      return { epochs: [report], bestEpoch: 1, stoppedEarly: false };
    },
  };
}

test("mae and rmse of each target have its units; losses, r2, accuracy and unscaled targets are not converted", () => {
  const shown = inUnitsOfTargets(fixedTrainer(), { training }, dataset);
  expect(shown.evaluateAll({})).toEqual({ loss: 4, ...original });
  const run = shown.epochs({});
  const report = { epoch: 1, loss: 4, metrics: original, learningRate: 0.1, best: true };
  expect(run.next().value).toEqual({ ...report, validation: { loss: 4, ...original } });
  expect(run.next().value).toEqual({ epochs: [report], bestEpoch: 1, stoppedEarly: false });
});

test("the metrics keep their order, and a report without a validation split gets none for it", () => {
  const trainer = fixedTrainer();
  const plain: Trainable = {
    ...trainer,
    *epochs() {
      yield { epoch: 1, loss: 4, metrics: scaled, learningRate: 0.1, best: true };
      return { epochs: [], bestEpoch: 0, stoppedEarly: false };
    },
  };
  const shown = inUnitsOfTargets(plain, { training }, dataset);
  expect(Object.keys(shown.evaluateAll({}))).toEqual(["loss", ...Object.keys(scaled)]);
  expect(shown.epochs({}).next().value).not.toHaveProperty("validation");
});

test("epoch and checkpoints are those of the trainer", () => {
  const shown = inUnitsOfTargets(fixedTrainer(), { training }, dataset);
  expect(shown.epoch).toBe(3);
  expect(shown.save({ stopped: 3 })).toEqual(Uint8Array.of(1));
});

test("metrics without the name of a target belong to the last field, which is then the only target", () => {
  const { fields } = dataset;
  const single = { train: {}, fields: fields.slice(0, 2) };
  const shown = inUnitsOfTargets(fixedTrainer([], { mae: 0.1, r2: 0.5 }), { training }, single);
  expect(shown.evaluateAll({})).toEqual({ loss: 4, mae: 5, r2: 0.5 });
});

test.each<[string | undefined, number]>([
  ["price.mae", 0.1],
  ["price.rmse", 0.1],
  ["size.mae", 2.5],
  ["plain.mae", 5],
  ["price.loss", 5],
  ["price.r2", 5],
  ["kind.accuracy", 5],
  ["loss", 5],
  [undefined, 5],
])("minDelta of early stopping has the units of its metric: %s", (metric, minDelta) => {
  const asked: FitOptions[] = [];
  const earlyStopping = { patience: 3, minDelta: 5, ...(metric !== undefined && { metric }) };
  const shown = inUnitsOfTargets(fixedTrainer(asked), { training: { ...training, earlyStopping } }, dataset);
  shown.epochs({}, { epochs: 2 }).next();
  expect(asked).toEqual([{ epochs: 2, earlyStopping: { ...earlyStopping, minDelta } }]);
});

test("early stopping of fit() is converted, too, and stays off if it is off", () => {
  const asked: FitOptions[] = [];
  const shown = inUnitsOfTargets(fixedTrainer(asked), { training }, dataset);
  shown.epochs({}).next();
  shown.epochs({}, { earlyStopping: false }).next();
  shown.epochs({}, { earlyStopping: { patience: 2, metric: "size.mae", minDelta: 1 } }).next();
  expect(asked.map(({ earlyStopping }) => earlyStopping)).toEqual([
    false,
    false,
    { patience: 2, metric: "size.mae", minDelta: 0.5 },
  ]);
});
