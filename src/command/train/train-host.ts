/**
 * How `tapeless train` carries out a run: checkpoints and logs on disk, progress on standard error, the page of
 * `--serve`, and in the end the cause of a divergence or the report of the predictions.
 */
import { hasDiverged, type EmittedModule } from "../../compiler/load-trainer.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { Run as ScheduleRun } from "../../studio/explain/subject.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { trainingFacts, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import type { Notes } from "../../runtime/checkpoints/checkpoint.ts";
import { foldedRegime, foldsIn } from "../../runtime/training/cross-validate.ts";
import { writerOf } from "../../runtime/program/text-writer.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { inOwnUnits } from "../../runtime/training/own-units.ts";
import {
  epochText,
  type Begun,
  type Host,
  type Trainable,
  type TrainingResult,
} from "../../runtime/training/train-on.ts";
import { readSource } from "../files/read-source.ts";
import { progressLine } from "../terminal/progress-line.ts";
import { say } from "../terminal/report-error.ts";
import { rowsIn } from "../verify/batches.ts";
import { checkpointFiles } from "./checkpoint-files.ts";
import type { LookInside } from "./live/look-inside.ts";
import { reportAnswers } from "./report-answers.ts";
import { tellDivergence, type Latest } from "./tell-divergence.ts";
import type { TrainFlags } from "./train-flags.ts";
import { watchEpochs } from "./watch-epochs.ts";

/** A run that is about to begin. */
export interface Beginning {
  readonly spec: string;
  readonly source: SpecSource;
  readonly compilation: TargetCompilation;
  readonly emitted: EmittedModule;
  /** What the first training begins with. */
  readonly trainer: Trainer;
  /** The notes of the checkpoint that it resumes. */
  readonly resumed: Notes | undefined;
  /** In all. */
  readonly epochs: number;
  readonly isProbed: boolean;
}

export interface TrainHost extends Host {
  /** Prints the result. */
  end(result: TrainingResult): Promise<void>;
  /** Reports a divergence with its cause, and returns the exit code; throws any other error. */
  fail(error: unknown): Promise<number>;
}

/** @throws DiagnosticError for files that cannot be written. */
export async function trainHost(beginning: Beginning, flags: TrainFlags): Promise<TrainHost> {
  const { spec, source, compilation, emitted, trainer, resumed } = beginning;
  const { model } = compilation;
  const { folds, accumulate = 1 } = trainingFacts(model.training, model.metrics);
  const writeCheckpoint = await checkpointFiles(flags.out, flags.keep);
  // Of several trainings, the one of the model that is kept is watched.
  const isWatched = (notes: Notes = {}) => folds === undefined || foldsIn(notes).length === folds;
  const watch = await watchEpochs(model.name, isWatched(resumed) ? trainer.epoch : 0, flags);
  const progress = await progressLine(process.stderr);
  let inside: LookInside | undefined;
  let latest: Latest | undefined;
  const remember = ({ name = "", trainer: own, dataset }: Begun): void => {
    latest = { name, trainer: own, dataset, before: own.save() };
  };

  return {
    read: () => readSource({ spec, source, model, facts: emitted.model, given: flags.data }),
    async begin(begun) {
      const { name = "", dataset, epochs, notes } = begun;
      // Once there is something to train on: a page that is told of should have something to show.
      if (beginning.isProbed && inside === undefined)
        inside = await (await import("./live/look-inside.ts")).openInside(model.name, trainer.epoch, flags);
      if (flags.showSchedule && begun.trainer === trainer)
        await showSchedule(compilation, { rows: rowsIn(emitted.model, dataset.train), epochs });
      const plain = seenAs(begun, emitted, model, flags);
      const seen = isWatched(notes) && inside ? inside.stoppable(plain) : plain;
      if (isWatched(notes)) await inside?.begin({ ...begun, facts: emitted.model, accumulate });
      else inside?.pass(name);
      if (folds === undefined) tellEnded(begun, flags);
      remember(begun);
      return seen;
    },
    write: (checkpoint) => writeCheckpoint(checkpoint()),
    async see(report, begun, save) {
      const { name = "", epochs, notes } = begun;
      remember(begun);
      if (isWatched(notes)) {
        await watch.see(report);
        await inside?.see(report);
      }
      await save();
      progress.show(name + epochText(report, epochs));
    },
    warn: (message) => say([{ code: "T2006", severity: "warning", message }]),
    async end(result) {
      progress.end();
      await watch.end();
      if (flags.report !== undefined && latest !== undefined)
        await reportAnswers(compilation, emitted.model, latest.trainer, latest.dataset, flags.report);
      const text = foldedRegime.text(result);
      process.stdout.write(`${flags.json ? JSON.stringify(result) : text}\n`);
      await inside?.end(result.epochs < beginning.epochs ? "stopped early" : "done", text);
    },
    async fail(error) {
      progress.end();
      if (!hasDiverged(error) || latest === undefined) throw error;
      await watch.end();
      const code = await tellDivergence(error, latest, compilation, emitted.model);
      await inside?.end("diverged", error.message);
      return code;
    },
  };
}

/** On standard error: what is printed stays what the program prints. */
async function showSchedule(compilation: TargetCompilation, run: ScheduleRun): Promise<void> {
  const { views } = await import("../../studio/views/index.ts");
  const { text } = views.schedule({ compilation, reports: [], of: undefined, run });
  process.stderr.write(`${text()}\n`);
}

/** The trainer as its spec wants it to be seen. */
function seenAs(
  { trainer, dataset }: Begun,
  emitted: EmittedModule,
  model: Model,
  flags: TrainFlags,
): Trainable {
  const { sample: count, temperature, seed } = flags;
  if (model.data !== undefined && writesTexts(model))
    return writerOf(trainer, emitted.model, model.data, dataset, { count, temperature, seed });
  return inOwnUnits(trainer, { training: trainingFacts(model.training, model.metrics) }, dataset);
}

/** Says so if a run that is resumed has no epoch left. */
function tellEnded({ trainer: { epoch }, epochs, hasStopped }: Begun, { resume, sample }: TrainFlags): void {
  if (resume === undefined || sample !== undefined || (epoch < epochs && !hasStopped)) return;
  const why = hasStopped ? "it stopped early" : "--epochs N trains longer";
  process.stderr.write(`${resume}: nothing is left to train after epoch ${epoch} (${why})\n`);
}
