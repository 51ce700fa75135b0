/**
 * `train --find-learning-rate`: runs a learning-rate range test on the training split, plots it, and suggests
 * a rate. The trained parameters are discarded.
 */
import { hasDiverged, loadTrainer } from "../../compiler/load-trainer.ts";
import { chartSvg, panelText } from "../../studio/charts/index.ts";
import {
  lossesDiverged,
  rangeTestChart,
  rateFactor,
  rateRange,
  rateSteps,
  analyseRangeTest,
  type RangeTest,
} from "../../studio/charts/range-test.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { datasetContextOf, prepareDataset } from "../../compiler/trainer/dataset-context.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { epochBatches } from "../verify/batches.ts";
import { checkEmitted, compileSpec, onData } from "../compile/compile-spec.ts";
import type { CompiledSpec } from "../compile/compile-spec.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { readSource } from "../files/read-source.ts";
import { printDiagnostics, printNotice, usageError } from "../terminal/report-error.ts";
import { terminalSize } from "../terminal/progress-line.ts";
import type { TrainFlags } from "./train-flags.ts";
import { checkPicture } from "./watch-epochs.ts";

/** Returns the exit code: 1 if the loss does not fall at any rate. */
export async function findLearningRate(spec: string, flags: TrainFlags): Promise<number> {
  checkFlags(flags);
  if (flags.plot !== undefined) await checkPicture(flags.plot);
  const compiled = await compileSpec(spec, { dtype: flags.dtype });
  const { model } = compiled.compilation;
  const { name, optimizer } = model;
  await checkOutputs({ "--plot": flags.plot }, ofSpec(spec, model, flags.data));
  const { scale = 1, scaleFrom } = optimizer.learningRate;
  const test = analyseRangeTest(await lossesAtRisingRates(spec, compiled, flags));
  const chart = rangeTestChart(`${name}: learning-rate range test`, test);
  if (flags.plot !== undefined) await writeFile(flags.plot, chartSvg(chart));
  const { steepest, lowest, ...course } = test;
  if (steepest === undefined || lowest === undefined) return reportNoFall(course);
  const result = { model: name, rate: rounded(steepest / scale), steepest, lowest, ...course };
  const plot = panelText(chart.panels[0], terminalSize(process.stdout));
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${plot}\n${verdict(result, scaleFrom)}`);
  return 0;
}

/** Rejects flags that have no effect in a range test. @throws DiagnosticError (T1010) */
function checkFlags(flags: TrainFlags): void {
  const unsupported = [
    "epochs",
    "from",
    "out",
    "keep",
    "resume",
    "sample",
    "temperature",
    "log",
    "chart",
    "showSchedule",
    "report",
    "serve",
    "tensorboard",
  ] as const;
  const given = unsupported.find((flag) => flags[flag] !== undefined);
  if (given === undefined) return;
  const flag =
    flags[given] === false ? `no-${given}` : given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usageError(
    `--${flag} cannot be combined with --find-learning-rate, which discards the trained model`,
    "omit one of the two options",
  );
}

/**
 * Returns the loss before each step of a new trainer, until training diverges. The rising rate is an ordinary
 * schedule in the spec, so the trainer needs no special code. Rows of the validation and test splits are not
 * used.
 */
async function lossesAtRisingRates(
  spec: string,
  { compilation: { model }, source }: CompiledSpec,
  flags: TrainFlags,
): Promise<number[]> {
  const { target, dtype, data: given, seed = model.training.seed } = flags;
  const { compileFor } = await import("../../compiler/compile-target.ts");
  const { emitText } = await import("../../compiler/compile-target.ts");
  const learningRate = { type: "exponential", initial: rateRange.low, rate: rateFactor } as const;
  const risingModel: Model = { ...model, optimizer: { ...model.optimizer, learningRate } };
  const compilation = compileFor(risingModel, { target, dtype });
  const emitted = await loadTrainer(await emitText(compilation, dtype));
  await checkEmitted(spec, compilation, emitted, flags);
  const { model: facts } = emitted;
  const { train } = prepareDataset(
    datasetContextOf(model, facts),
    await readSource({ spec, source, model, facts, given, notify: printNotice }),
    seed,
    onData,
  );
  const trainer = emitted.createTrainer({ seed });
  const { shuffle, accumulate } = model.training;
  const losses: number[] = [];
  for (let epoch = 1; losses.length < rateSteps; epoch++)
    for (const batch of epochBatches(facts, train, { seed, epoch, shuffle, accumulate })) {
      losses.push(lossOfStep(trainer, batch));
      if (losses.length === rateSteps || lossesDiverged(losses)) return losses;
    }
  return losses;
}

/**
 * Runs one step, of one or more batches, as an epoch over the rows of the step. Returns the loss before the
 * step, or NaN if it is not finite.
 */
function lossOfStep(trainer: Trainer, rows: Batch): number {
  try {
    const run = trainer.epochs(rows, { epochs: 1, shuffle: false, validation: 0, earlyStopping: false });
    const { value } = run.next();
    return "loss" in value ? value.loss : NaN;
  } catch (error) {
    if (hasDiverged(error)) return NaN;
    throw error;
  }
}

/** Rounds to two digits, because a range test is not more precise than that. */
const rounded = (rate: number): number => Number(rate.toPrecision(2));

type Named = RangeTest & { readonly rate: number; readonly steepest: number; readonly lowest: number };

/**
 * `scaleFrom`: the rate of the spec refers to steps of this many rows, so the suggested rate does as well.
 */
function verdict({ rate, steepest, lowest, rates }: Named, scaleFrom: number | undefined): string {
  const meant =
    scaleFrom === undefined
      ? ""
      : ` for steps of ${scaleFrom} rows, ${rounded(steepest)} for steps of this spec`;
  const last = rates[rates.length - 1];
  const end =
    rates.length < rateSteps ? `diverged above ${rounded(last)}` : `did not diverge up to ${rounded(last)}`;
  return [
    `learning rate ${rate}${meant}: the loss falls fastest at this rate`,
    `for comparison: the loss was lowest at ${rounded(lowest)}, a tenth of which is ${rounded(lowest / 10)}; it ${end}`,
    "",
  ].join("\n");
}

function reportNoFall({ losses }: RangeTest): number {
  const { low, high } = rateRange;
  const course = `the first loss was ${losses[0]}, the lowest ${Math.min(...losses)}`;
  printDiagnostics([
    {
      code: "T4003",
      severity: "error",
      message: `the loss does not fall at any learning rate from ${low} to ${high}`,
      hint: "check that the inputs are scaled and that they predict the targets",
      notes: losses.length === 0 ? [] : [course],
    },
  ]);
  return 1;
}
