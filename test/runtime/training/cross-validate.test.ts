// A cross-validation run: its report, the start of each training, and the single use of the test split. If a
// test fails, a fold starts from another fold's parameters, or results of the test split are biased.
import { expect, test } from "vitest";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import { crossValidate, foldedRegime, trainOnFolds } from "../../../src/runtime/training/cross-validate.ts";
import type { Dataset } from "../../../src/runtime/data/dataset.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { splitRows } from "../../../src/runtime/data/split.ts";
import { trainOn, type Run, type Stage } from "../../../src/runtime/training/train-on.ts";
import type { EpochReport } from "../../../src/runtime/trainer/trainer.ts";
import { lineData, linearTrainer, model, training } from "../linear-machine.ts";

const facts = { ...training, epochs: 12, test: 0.2, folds: 4 };
const { x, y } = lineData(50);
const tested = new Set(splitRows(50, facts, 7).test);

interface Trained {
  dataset: Dataset;
  stage: Stage;
  reports: EpochReport[];
}

/**
 * A run on rows of a line, which records its requests to the host. In a `poisoned` run, the test rows have
 * extreme values.
 */
function runOn(
  options: Partial<Run> & { poisoned?: boolean; earlyStopping?: { patience: number } } = {},
): Run & { trained: Trained[] } {
  const { poisoned = false, earlyStopping, ...others } = options;
  const own = { ...facts, ...(earlyStopping && { earlyStopping }) };
  const row = (value: number, i: number) =>
    poisoned && tested.has(i) ? "9e99,-9e99,9e99" : `${x[2 * i]},${x[2 * i + 1]},${value}`;
  const createTrainer = ({ seed }: { seed?: number }) => linearTrainer({ rate: 0.3, seed, training: own });
  const trained: Trained[] = [];
  return {
    model,
    training: own,
    data: { inputs: { x: { columns: ["u", "v"], scale: "standard" } }, targets: { y: { columns: ["y"] } } },
    encoders: { columns: columnEncoder },
    source: { file: "line.csv", table: parseCsv(`u,v,y\n${y.map(row).join("\n")}\n`) },
    locateErrors: (_, work) => work(),
    epochs: own.epochs,
    trainer: createTrainer({ seed: 7 }),
    createTrainer,
    train(trainer, dataset, stage) {
      const reports: EpochReport[] = [];
      trained.push({ dataset, stage, reports });
      return trainOn(model, own, trainer, dataset, stage, (report) => void reports.push(report));
    },
    warn: (text) => expect.fail(text),
    trained,
    ...others,
  };
}

test("each fold is reported after its best epoch; then the model trains for their mean on all rows except the test split", async () => {
  const run = runOn();
  const result = await trainOnFolds(run);
  expect(Object.keys(result)).toEqual([
    "model",
    "epochs",
    "bestEpoch",
    "folds",
    "train",
    "validation",
    "deviation",
    "test",
    "samples",
  ]);
  const { folds } = result;
  expect(run.trained.map(({ stage }) => stage.name)).toEqual([
    "fold 1/4: ",
    "fold 2/4: ",
    "fold 3/4: ",
    "fold 4/4: ",
    "all folds: ",
  ]);
  folds.forEach(({ bestEpoch, ...figures }, i) => {
    const { reports } = run.trained[i];
    expect(reports).toHaveLength(12);
    const losses = reports.map(({ validation }) => validation?.loss ?? NaN);
    expect(losses[bestEpoch - 1]).toBe(Math.min(...losses));
    expect(reports[bestEpoch - 1].validation).toEqual(figures);
  });
  const mean = folds.reduce((sum, { bestEpoch }) => sum + bestEpoch, 0) / 4;
  expect([result.epochs, result.bestEpoch]).toEqual([Math.round(mean), Math.round(mean)]);
  expect(run.trained[4].reports).toHaveLength(result.epochs);
  const { dataset } = run.trained[4];
  expect([dataset.train.y.length, dataset.validation, dataset.test?.y.length]).toEqual([40, undefined, 10]);
});

test("mean and standard deviation are those of the folds' metrics, with n − 1 in the deviation", async () => {
  const { folds, validation, deviation } = await crossValidate(runOn());
  for (const figure of ["loss", "rmse"]) {
    const values = folds.map((fold) => fold[figure]);
    const mean = values.reduce((a, b) => a + b) / 4;
    expect(validation[figure]).toBeCloseTo(mean, 12);
    expect(deviation[figure] ** 2).toBeCloseTo(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 3, 12);
  }
  expect(Object.keys(validation)).toEqual(["loss", "rmse"]);
  expect(Object.keys(deviation)).toEqual(["loss", "rmse"]);
});

test("the test rows influence only the final test result", async () => {
  const clean = runOn();
  const poisoned = runOn({ poisoned: true });
  const [{ test: judged, ...rest }, { test: misled, ...same }] = [
    await trainOnFolds(clean),
    await trainOnFolds(poisoned),
  ];
  expect(same).toEqual(rest);
  expect(poisoned.trained.map(({ reports }) => reports)).toEqual(clean.trained.map(({ reports }) => reports));
  expect(misled).not.toEqual(judged);
  // No data set except the last one has a test split.
  expect(clean.trained.map(({ dataset }) => "test" in dataset)).toEqual([false, false, false, false, true]);
});

test("early stopping stops each fold by its own rows, but not the final training", async () => {
  const run = runOn({ earlyStopping: { patience: 1 } });
  const { folds, epochs } = await trainOnFolds(run);
  folds.forEach(({ bestEpoch }, i) =>
    expect(run.trained[i].reports.length).toBe(Math.min(12, bestEpoch + 1)),
  );
  expect(run.trained[4].reports).toHaveLength(epochs);
});

test("all trainings start from the same seed; a repeated run, or one resumed between trainings, has the same bits", async () => {
  const whole = runOn();
  const outcome = await trainOnFolds(whole);
  expect(await trainOnFolds(runOn())).toEqual(outcome);
  for (const [done, { stage }] of whole.trained.entries()) {
    const rest = runOn({ resumed: stage.metadata });
    expect(await trainOnFolds(rest)).toEqual(outcome);
    expect(rest.trained).toHaveLength(5 - done);
  }
});

test("zero epochs train nothing", async () => {
  const { epochs, bestEpoch, folds } = await trainOnFolds(runOn({ epochs: 0 }));
  expect([epochs, bestEpoch, ...folds.map((fold) => fold.bestEpoch)]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("the text is a table of the folds with mean and standard deviation, then the results of the final model", async () => {
  const text = foldedRegime.text(await trainOnFolds(runOn()));
  const figure = /\d+\.\d{4}/.source;
  const fold = (name: string) => `${name} +\\d+ +${figure} +${figure}\n`;
  const table = `fold +best epoch +loss +rmse\n${[1, 2, 3, 4, "mean"].map((name) => fold(`${name}`)).join("")}`;
  const rest = `deviation +${figure} +${figure}\nline: \\d+ epochs\ntrain +loss .*\ntest +loss .*`;
  expect(text).toMatch(new RegExp(`^${table}${rest}$`));
  expect(
    new Set(
      text
        .split("\n")
        .slice(0, 7)
        .map((line) => line.length),
    ).size,
  ).toBe(1);
});

test("a checkpoint without folds, or with folds of another number of epochs, is rejected", async () => {
  await expect(trainOnFolds(runOn({ resume: "a.ckpt", resumed: {} }))).rejects.toThrow(
    "the checkpoint has no valid fold results",
  );
  await expect(trainOnFolds(runOn({ resume: "a.ckpt", resumed: { epochs: 5, folds: [] } }))).rejects.toThrow(
    "the folds have 5 epochs, but this run has 12: use --epochs 5",
  );
});
