/**
 * `train --find-learning-rate`: the range test on the training part, a plot of it and the rate it names.
 * Nothing is kept of the training.
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
import { datasetOf } from "../../runtime/data/dataset.ts";
import type { Batch } from "../../runtime/core/slots.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { preparingOf } from "../../compiler/trainer/preparing.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { epochBatches } from "../verify/batches.ts";
import { checkEmitted, compileSpec, onData } from "../compile/compile-spec.ts";
import type { CompiledSpec } from "../compile/compile-spec.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { readSource } from "../files/read-source.ts";
import { say, usageError } from "../terminal/report-error.ts";
import { terminalSize } from "../terminal/progress-line.ts";
import type { TrainFlags } from "./train-flags.ts";
import { checkPicture } from "./watch-epochs.ts";

/** Returns the exit code: 1 if the loss falls at no rate. */
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
  if (steepest === undefined || lowest === undefined) return tellNoFall(course);
  const result = { model: name, rate: rounded(steepest / scale), steepest, lowest, ...course };
  const plot = panelText(chart.panels[0], terminalSize(process.stdout));
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${plot}\n${verdict(result, scaleFrom)}`);
  return 0;
}

/** What is for training has no place here: nothing of it would be done. @throws DiagnosticError (T1010) */
function checkFlags(flags: TrainFlags): void {
  const idle = [
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
  const given = idle.find((flag) => flags[flag] !== undefined);
  if (given === undefined) return;
  const flag =
    flags[given] === false ? `no-${given}` : given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usageError(
    `--${flag} has no meaning with --find-learning-rate, which trains nothing that is kept`,
    "leave one of them out",
  );
}

/**
 * The losses of a fresh trainer before each step, until they come apart. The rising rate is the very schedule
 * that a spec could have, so the trainer is one like any other; rows of the validation and test parts are
 * never looked at.
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
  const rising: Model = { ...model, optimizer: { ...model.optimizer, learningRate } };
  const compilation = compileFor(rising, { target, dtype });
  const emitted = await loadTrainer(await emitText(compilation, dtype));
  await checkEmitted(spec, compilation, emitted, flags);
  const { model: facts } = emitted;
  const { train } = datasetOf(
    preparingOf(model, facts),
    await readSource({ spec, source, model, facts, given }),
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

/** A step is an epoch over its rows alone, which may be several batches. The loss before it; NaN if it is no number. */
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

/** Two digits are more than a range test can tell. */
const rounded = (rate: number): number => Number(rate.toPrecision(2));

type Named = RangeTest & { readonly rate: number; readonly steepest: number; readonly lowest: number };

/** `scaleFrom`: the spec means its rate for steps of so many rows, and that is how the rate is named. */
function verdict({ rate, steepest, lowest, rates }: Named, scaleFrom: number | undefined): string {
  const meant =
    scaleFrom === undefined ? "" : ` for ${scaleFrom} rows, ${rounded(steepest)} for those of a step`;
  const last = rates[rates.length - 1];
  const end = rates.length < rateSteps ? `came apart above ${rounded(last)}` : `held up to ${rounded(last)}`;
  return [
    `learning rate ${rate}${meant}: there the loss falls steepest`,
    `to compare: it was lowest at ${rounded(lowest)}, a tenth of which is ${rounded(lowest / 10)}; it ${end}`,
    "",
  ].join("\n");
}

function tellNoFall({ losses }: RangeTest): number {
  const { low, high } = rateRange;
  const course = `it was ${losses[0]} at first, and at its lowest ${Math.min(...losses)}`;
  say([
    {
      code: "T4003",
      severity: "error",
      message: `the loss falls at no learning rate from ${low} to ${high}`,
      hint: "is there anything to learn from these inputs, and are they scaled?",
      notes: losses.length === 0 ? [] : [course],
    },
  ]);
  return 1;
}
