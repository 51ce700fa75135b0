// Errors of a scaled target in original units. If a test fails, a wrong factor gives a wrong number in every
// report, with no other sign of the error.
import { expect, test } from "vitest";
import type { Dataset } from "../../../src/runtime/data/dataset.ts";
import { inOriginalUnits } from "../../../src/runtime/training/original-units.ts";
import type { ScaleRule } from "../../../src/runtime/data/fields.ts";
import { trainOn, type Trainable } from "../../../src/runtime/training/train-on.ts";
import type { EpochReport, FitOptions } from "../../../src/runtime/trainer/trainer.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { lineData, linearTrainer, model, training } from "../linear-machine.ts";

const facts = { ...training, epochs: 4, test: 0.2, validation: 0.2 };
const { x, y } = lineData(60);
const text = `u,v,y\n${y.map((value, i) => `${x[2 * i]},${x[2 * i + 1]},${1000 * value}`).join("\n")}\n`;
const prepared = (scale: ScaleRule): Dataset =>
  prepareTable(
    model,
    { inputs: { x: { columns: ["u", "v"] } }, targets: { y: { columns: ["y"], scale } } },
    facts,
    7,
    text,
  );
const spanOf = ({ fields }: Dataset) => fields[fields.length - 1].scales?.[0].span ?? NaN;

test.each<ScaleRule>(["standard", "min-max", { divide: 50 }])(
  "with the scale %j every rmse is in the file's units, and every loss in scaled units",
  async (scale) => {
    const dataset = prepared(scale);
    const trainer = linearTrainer({ training: facts });
    const reports: EpochReport[] = [];
    const shown = inOriginalUnits(trainer, { training: facts }, dataset);
    const result = await trainOn(model, facts, shown, dataset, {}, (report) => void reports.push(report));
    const span = spanOf(dataset);
    for (const [part, summary] of [
      [dataset.train, result.train],
      [dataset.validation, result.validation],
      [dataset.test, result.test],
    ] as const) {
      if (part === undefined || summary === undefined) expect.fail("a part is missing");
      // Computed by hand from the predictions.
      const predictions = predictAll(part["x"], trainer);
      const errors = predictions.map((p, i) => p * span - part["y"][i] * span);
      const rmse = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
      expect(summary["rmse"] / rmse).toBeCloseTo(1, 9);
      expect(summary.loss).toBeCloseTo((rmse / span) ** 2, 9);
    }
    const last = reports[reports.length - 1];
    expect(last.metrics["rmse"]).toBe(result.train["rmse"]);
    expect(last.validation).toEqual(result.validation);
    expect(shown.epoch).toBe(4);
  },
);

function predictAll(inputs: ArrayLike<number>, trainer: ReturnType<typeof linearTrainer>): number[] {
  const [w0, w1, bias] = [...trainer.parameters["dense1.weight"], ...trainer.parameters["dense1.bias"]];
  return Array.from(
    { length: inputs.length / 2 },
    (_, i) => w0 * inputs[2 * i] + w1 * inputs[2 * i + 1] + bias,
  );
}

/** A trainer of one epoch that reports fixed metrics, and records the options that it receives. */
function fixedTrainer(asked: FitOptions[]): Trainable {
  const figures = { mae: 2, rmse: 3, r2: 0.5, accuracy: 0.25 };
  const report = { epoch: 1, loss: 4, metrics: figures, learningRate: 0.1, best: true };
  return {
    epoch: 1,
    save: () => Uint8Array.of(7),
    evaluateAll: () => ({ loss: 4, ...figures }),
    *epochs(_, options = {}) {
      asked.push(options);
      yield { ...report, validation: { loss: 4, ...figures } };
      return { epochs: [report], bestEpoch: 1, stoppedEarly: false };
    },
  };
}

test("mae and rmse are in original units; loss, r2, accuracy and the learning rate are not converted", () => {
  const dataset = prepared({ divide: 10 });
  const shown = inOriginalUnits(fixedTrainer([]), { training }, dataset);
  expect(shown.save()).toEqual(Uint8Array.of(7));
  const own = { mae: 20, rmse: 30, r2: 0.5, accuracy: 0.25 };
  expect(shown.evaluateAll({})).toEqual({ loss: 4, ...own });
  const run = shown.epochs({});
  const report = { epoch: 1, loss: 4, metrics: own, learningRate: 0.1, best: true };
  expect(run.next().value).toEqual({ ...report, validation: { loss: 4, ...own } });
  expect(run.next().value).toEqual({ epochs: [report], bestEpoch: 1, stoppedEarly: false });
});

test.each([
  ["rmse", 0.5],
  ["mae", 0.5],
  ["loss", 5],
  ["r2", 5],
])("minDelta has the units of the metric that early stopping watches: %s", (metric, minDelta) => {
  const asked: FitOptions[] = [];
  const stopping = { ...training, earlyStopping: { patience: 3, metric, minDelta: 5 } };
  const shown = inOriginalUnits(fixedTrainer(asked), { training: stopping }, prepared({ divide: 10 }));
  shown.epochs({}, { epochs: 2 }).next();
  expect(asked).toEqual([{ epochs: 2, earlyStopping: { patience: 3, metric, minDelta } }]);
});
