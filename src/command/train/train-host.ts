/**
 * The host of `tapeless train`: checkpoints and logs on disk, progress on standard error, reports of
 * divergence.
 */
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { hasDiverged } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { resultOf } from "../../compiler/trainer/dataset-context.ts";
import { trainingFacts, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { CheckpointMetadata } from "../../runtime/checkpoints/checkpoint.ts";
import { readCheckpoint } from "../../runtime/checkpoints/checkpoint.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import { writerOf } from "../../runtime/program/text-writer.ts";
import { streamOf } from "../../runtime/trainer/streamed-rows.ts";
import type { EpochReport, Trainer } from "../../runtime/trainer/trainer.ts";
import { foldsIn } from "../../runtime/training/cross-validate.ts";
import { inUnitsOfTargets } from "../../runtime/training/units-of-targets.ts";
import { epochText } from "../../runtime/training/train-on.ts";
import type { Begun, Host, Trainable, TrainingResult } from "../../runtime/training/train-on.ts";
import type { Run as ScheduleRun } from "../../studio/explain/subject.ts";
import { readSource } from "../files/read-source.ts";
import type { DataRequest } from "../files/read-source.ts";
import { savingSpec } from "../formats/parameters/spec-changes.ts";
import { progressLine } from "../terminal/progress-line.ts";
import { printDiagnostics, printNotice } from "../terminal/report-error.ts";
import { stopCodes } from "../terminal/stop-signals.ts";
import { rowsIn } from "../../compiler/reference/program-memory.ts";
import { highLossWarnings } from "./high-losses.ts";
import { checkpointFiles } from "./checkpoint-files.ts";
import { handlePauses } from "./handle-pauses.ts";
import { Interrupted, interruptionText, resumeCommand, stoppedFile } from "./interruption.ts";
import type { TrainingMonitor } from "./live/training-monitor.ts";
import { reportPredictions } from "./report-predictions.ts";
import type { TrainFlags } from "./train-flags.ts";
import { watchEpochs } from "./watch-epochs.ts";

// Reports a divergence: the step, and the node of the graph where it began.

/** The current training. */
interface Latest {
  /** The name of the current stage, if there are several. */
  readonly name: string;
  /** The total number of its epochs. */
  readonly epochs: number;
  readonly trainer: Trainer;
  readonly dataset: Dataset;
  /** The checkpoint after the last successful epoch, or from the beginning of the run. */
  readonly before: Uint8Array;
  /** The report of that epoch. */
  readonly report: EpochReport | undefined;
}

const latestOf = ({ name = "", epochs, trainer, dataset }: Begun, report?: EpochReport): Latest => ({
  name,
  epochs,
  trainer,
  dataset,
  before: trainer.save(),
  report,
});

/** Prints where the training was stopped and how to continue it. Returns the exit code. */
async function reportInterruption(
  error: Interrupted,
  latest: Latest,
  command: string,
  monitor: TrainingMonitor | undefined,
): Promise<number> {
  const text = interruptionText(error, latest, command);
  process.stderr.write(text);
  await monitor?.close(text);
  return stopCodes[error.signal];
}

/** Imports the page and the event files only if they are requested. */
async function openMonitor(model: string, epoch: number, flags: TrainFlags): Promise<TrainingMonitor> {
  const { openMonitor: open } = await import("./live/training-monitor.ts");
  return open(model, epoch, flags);
}

/**
 * The error of the trainer contains step, epoch and rate. Repeating the epoch with the interpreter finds the
 * node where the divergence began.
 */
async function reportDivergence(
  error: Error,
  { name, trainer, dataset, before }: Latest,
  compilation: Compilation,
  facts: ModelFacts,
): Promise<number> {
  const { explainDivergence } = await import("../verify/explain-divergence.ts");
  trainer.load(before);
  const isInMemory = streamOf(dataset.train) === undefined;
  const cause = isInMemory ? explainDivergence(compilation, facts, trainer, dataset.train) : undefined;
  printDiagnostics([
    {
      code: "T4001",
      severity: "error",
      message: name + error.message,
      hint: "a smaller learning rate, gradient clipping (`optimizer.clip`) or scaled inputs may help",
      notes: cause === undefined ? [] : [cause],
    },
  ]);
  return 1;
}

// The host of a run: checkpoints, logs, progress, the page of `--serve`, and at the end the cause of a
// divergence or the report of predictions.

/** A run before its first stage. */
interface RunSetup {
  readonly spec: string;
  readonly source: SpecSource;
  readonly compilation: TargetCompilation;
  readonly emitted: EmittedModule;
  /** The trainer of the first stage. */
  readonly trainer: Trainer;
  /** The metadata of the resumed checkpoint. */
  readonly resumed: CheckpointMetadata | undefined;
  /** The total number of epochs. */
  readonly epochs: number;
  readonly isProbed: boolean;
}

interface TrainHost extends Host {
  /** The request with which the data is read. */
  readonly request: DataRequest;
  /** Prints the result. */
  end(result: TrainingResult): Promise<void>;
  /**
   * Reports a divergence with its cause, or a stop by a signal, and returns the exit code. Throws any other
   * error again.
   */
  fail(error: unknown): Promise<number>;
  /** Stops handling signals. */
  release(): void;
}

/** @throws DiagnosticError for files that cannot be written */
export async function trainHost(setup: RunSetup, flags: TrainFlags): Promise<TrainHost> {
  const { spec, source, compilation, emitted, trainer, resumed } = setup;
  const { model } = compilation;
  const { folds, accumulate = 1 } = trainingFacts(model);
  let writeCheckpoint = await checkpointFiles(flags.out, compilation.plan, flags.keep);
  // With folds, only the training of the final model is watched.
  const isWatched = (metadata: CheckpointMetadata = {}) =>
    folds === undefined || foldsIn(metadata).length === folds;
  const watch = await watchEpochs(model.name, isWatched(resumed) ? trainer.epoch : 0, flags);
  const progress = await progressLine(process.stderr);
  let monitor: TrainingMonitor | undefined;
  let latest: Latest | undefined;
  const pauses = handlePauses({
    redraw: (text) => progress.redraw(text),
    savesEpochs: flags.out !== undefined,
    async openCheckpoint() {
      const file = flags.out ?? stoppedFile(model.name, flags.resume);
      if (flags.out === undefined) writeCheckpoint = await checkpointFiles(file, compilation.plan);
      return file;
    },
  });
  const request = { spec, source, model, facts: emitted.model, given: flags.data, notify: printNotice };
  return {
    request,
    read: () => readSource(request),
    async begin(begun) {
      const { name = "", dataset, epochs, metadata } = begun;
      // Opened only after the data is read, so that the page has something to show when its URL is printed.
      if (setup.isProbed && monitor === undefined)
        monitor = await openMonitor(model.name, trainer.epoch, flags);
      const rows = rowsIn(emitted.model, dataset.train);
      await announce(setup, begun, rows, flags);
      const wrapped = savingSpec(wrapTrainer(begun, emitted, model, flags), model);
      if (isWatched(metadata)) await monitor?.begin({ ...begun, facts: emitted.model, accumulate });
      else monitor?.announce(name);
      if (folds === undefined) reportComplete(begun, flags);
      latest = latestOf(begun);
      const passed = rowsPassed(latest.before, rows, flags.resume);
      pauses.begin(begun.trainer, { name, epochs, rows, passed });
      return isWatched(metadata) && monitor ? monitor.stoppable(wrapped) : wrapped;
    },
    write: (checkpoint) => writeCheckpoint(checkpoint()),
    async see(report, begun, save) {
      const { name = "", epochs, metadata } = begun;
      if (report.soFar !== undefined) return pauses.pause(report, save);
      latest = latestOf(begun, report);
      if (isWatched(metadata)) {
        await watch.record(report);
        await monitor?.record(report);
      }
      await save();
      progress.show(name + epochText(report, epochs));
      await pauses.pause(report, save);
    },
    warn: (message) => printDiagnostics([{ code: "T2006", severity: "warning", message }]),
    async end(result) {
      pauses.release();
      progress.end();
      await watch.end();
      if (flags.report !== undefined && latest !== undefined)
        await reportPredictions(compilation, emitted.model, latest.trainer, latest.dataset, flags.report);
      const text = resultOf(model, result);
      process.stdout.write(`${flags.json ? JSON.stringify(result) : text}\n`);
      await monitor?.end(result.epochs < setup.epochs ? "stopped early" : "done", text);
    },
    async fail(error) {
      progress.end();
      if (latest === undefined) throw error;
      if (error instanceof Interrupted) {
        await watch.end();
        return reportInterruption(error, latest, resumeCommand(spec, flags, error.checkpoint), monitor);
      }
      if (!hasDiverged(error)) throw error;
      pauses.release();
      await watch.end();
      const code = await reportDivergence(error, latest, compilation, emitted.model);
      await monitor?.end("diverged", error.message);
      return code;
    },
    release: () => pauses.release(),
  };
}

/**
 * Before the first training, shows the learning-rate schedule if requested, and warns about losses that start
 * too high.
 */
async function announce(setup: RunSetup, begun: Begun, rows: number, flags: TrainFlags): Promise<void> {
  const { trainer, dataset, epochs } = begun;
  if (trainer !== setup.trainer) return;
  if (flags.showSchedule) await showSchedule(setup.compilation, { rows, epochs });
  await warnOfHighLosses(setup, dataset);
}

async function warnOfHighLosses(
  { compilation: { model }, emitted, trainer, source }: RunSetup,
  dataset: Dataset,
): Promise<void> {
  const warnings = highLossWarnings(model, emitted.model, trainer, dataset);
  printDiagnostics(await source.locate(warnings));
}

/**
 * The number of rows that training has already processed, if it continues inside an epoch.
 * @throws DiagnosticError (T3001) if the epoch has fewer rows
 */
function rowsPassed(before: Uint8Array, rows: number, resume: string | undefined): number {
  const { rows: passed = 0 } = readCheckpoint(before).header.progress;
  if (passed <= rows) return passed;
  const message =
    `the checkpoint was saved within an epoch, after ${passed} rows, but the data has only ` +
    `${rows} training rows`;
  const hint = "resume with the data that the checkpoint was trained on";
  const location = resume === undefined ? undefined : { file: resume };
  throw new DiagnosticError([{ code: "T3001", severity: "error", message, hint, location }]);
}

/** Prints on standard error, because standard output contains the result. */
async function showSchedule(compilation: TargetCompilation, run: ScheduleRun): Promise<void> {
  const { views } = await import("../../studio/views/index.ts");
  const { text } = views.schedule({ compilation, reports: [], of: undefined, run });
  process.stderr.write(`${text()}\n`);
}

/** Wraps the trainer: a language model samples texts, other models report mae and rmse in original units. */
function wrapTrainer(
  { trainer, dataset }: Begun,
  emitted: EmittedModule,
  model: Model,
  flags: TrainFlags,
): Trainable {
  const { sample: count, temperature, seed } = flags;
  if (model.data !== undefined && writesTexts(model))
    return writerOf(trainer, emitted.model, model.data, dataset, { count, temperature, seed });
  return inUnitsOfTargets(trainer, { training: trainingFacts(model) }, dataset);
}

/** Prints a notice if a resumed run has no epochs left. */
function reportComplete(
  { trainer: { epoch }, epochs, hasStopped }: Begun,
  { resume, sample }: TrainFlags,
): void {
  if (resume === undefined || sample !== undefined || (epoch < epochs && !hasStopped)) return;
  const why = hasStopped ? "early stopping" : "use --epochs N to train longer";
  process.stderr.write(`${resume}: the training is complete after epoch ${epoch} (${why})\n`);
}
