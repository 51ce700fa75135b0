/**
 * The host of `tapeless train`: checkpoints and logs on disk, progress on standard error, reports of
 * divergence.
 */
import { readFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { hasDiverged } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { trainingFacts, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import type { CheckpointMetadata } from "../../runtime/checkpoints/checkpoint.ts";
import { readCheckpoint } from "../../runtime/checkpoints/checkpoint.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import { foldedRegime } from "../../runtime/training/cross-validate.ts";
import { writerOf } from "../../runtime/program/text-writer.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { foldsIn } from "../../runtime/training/cross-validate.ts";
import { inOriginalUnits } from "../../runtime/training/original-units.ts";
import { epochText } from "../../runtime/training/train-on.ts";
import type { Begun, Host, Trainable, TrainingResult } from "../../runtime/training/train-on.ts";
import type { Run as ScheduleRun } from "../../studio/explain/subject.ts";
import { readSource } from "../files/read-source.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";
import { progressLine } from "../terminal/progress-line.ts";
import { printDiagnostics, usageError } from "../terminal/report-error.ts";
import { rowsIn } from "../verify/batches.ts";
import type { TrainingMonitor } from "./live/training-monitor.ts";
import { reportPredictions } from "./report-predictions.ts";
import type { TrainFlags } from "./train-flags.ts";
import { watchEpochs } from "./watch-epochs.ts";

// Checkpoints on disk. `model.ckpt` is always the newest; `--keep 3` also keeps the two before it as
// `model.epoch-0011.ckpt` and `model.epoch-0010.ckpt`.

/** Writes the next checkpoint. */
type SaveCheckpoint = (bytes: Uint8Array) => Promise<void>;

/**
 * Creates the function that saves checkpoints. Without a file, the function does nothing.
 * @throws DiagnosticError (T1010, T1011)
 */
export async function checkpointFiles(file: string | undefined, keep = 1): Promise<SaveCheckpoint> {
  if (file === undefined) {
    if (keep > 1) throw usageError("--keep needs --out", "add --out CHECKPOINT");
    return async () => {};
  }
  await checkWritable(file);
  if (keep === 1) return (bytes) => writeFile(file, bytes);
  return async (bytes) => {
    const epoch = epochOf(bytes);
    const before = await readFile(file).catch(() => undefined);
    // The copy comes first, so that a run that is killed in between loses no checkpoint.
    if (before !== undefined && epochOf(before) === epoch - 1)
      await writeFile(nameAt(file, epoch - 1), before);
    await writeFile(file, bytes);
    await removeUpTo(file, epoch - keep);
  };
}

/** The epoch of a checkpoint; NaN if the bytes are not a checkpoint. */
function epochOf(bytes: Uint8Array): number {
  try {
    return readCheckpoint(bytes).header.progress.epoch;
  } catch {
    return NaN;
  }
}

/** Zero-padded, so that names sort by epoch. */
function nameAt(file: string, epoch: number | string): string {
  const end = extname(file);
  return join(dirname(file), `${basename(file, end)}.epoch-${String(epoch).padStart(4, "0")}${end}`);
}

/** Removes checkpoints up to this epoch, including any that killed runs have not removed. */
async function removeUpTo(file: string, last: number): Promise<void> {
  const [start, end] = basename(nameAt(file, "????")).split("????");
  for (const name of await readdir(dirname(file))) {
    const digits =
      name.startsWith(start) && name.endsWith(end) ? name.slice(start.length, -end.length || undefined) : "";
    if (/^\d{4,}$/.test(digits) && Number(digits) <= last)
      await rm(join(dirname(file), name), { force: true });
  }
}

// The report of a divergence: when it happened, and at which node of the graph it began.

/** The current training. */
interface Latest {
  /** Its name, if there are several. */
  readonly name: string;
  readonly trainer: Trainer;
  readonly dataset: Dataset;
  /** The checkpoint after the last successful epoch. */
  readonly before: Uint8Array;
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
  const cause = explainDivergence(compilation, facts, trainer, dataset.train);
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

/** A run before its first training. */
interface RunSetup {
  readonly spec: string;
  readonly source: SpecSource;
  readonly compilation: TargetCompilation;
  readonly emitted: EmittedModule;
  /** The trainer of the first training. */
  readonly trainer: Trainer;
  /** The metadata of the resumed checkpoint. */
  readonly resumed: CheckpointMetadata | undefined;
  /** The total number of epochs. */
  readonly epochs: number;
  readonly isProbed: boolean;
}

interface TrainHost extends Host {
  /** Prints the result. */
  end(result: TrainingResult): Promise<void>;
  /** Reports a divergence with its cause, and returns the exit code; throws any other error. */
  fail(error: unknown): Promise<number>;
}

/** @throws DiagnosticError for files that cannot be written */
export async function trainHost(setup: RunSetup, flags: TrainFlags): Promise<TrainHost> {
  const { spec, source, compilation, emitted, trainer, resumed } = setup;
  const { model } = compilation;
  const { folds, accumulate = 1 } = trainingFacts(model.training, model.metrics);
  const writeCheckpoint = await checkpointFiles(flags.out, flags.keep);
  // With folds, only the training of the final model is watched.
  const isWatched = (metadata: CheckpointMetadata = {}) =>
    folds === undefined || foldsIn(metadata).length === folds;
  const watch = await watchEpochs(model.name, isWatched(resumed) ? trainer.epoch : 0, flags);
  const progress = await progressLine(process.stderr);
  let monitor: TrainingMonitor | undefined;
  let latest: Latest | undefined;
  const saveLatest = ({ name = "", trainer: own, dataset }: Begun): void => {
    latest = { name, trainer: own, dataset, before: own.save() };
  };

  return {
    read: () => readSource({ spec, source, model, facts: emitted.model, given: flags.data }),
    async begin(begun) {
      const { name = "", dataset, epochs, metadata } = begun;
      // Opened only after the data is read, so that the page has something to show when its URL is printed.
      if (setup.isProbed && monitor === undefined)
        monitor = await (
          await import("./live/training-monitor.ts")
        ).openMonitor(model.name, trainer.epoch, flags);
      if (flags.showSchedule && begun.trainer === trainer)
        await showSchedule(compilation, { rows: rowsIn(emitted.model, dataset.train), epochs });
      const wrapped = wrapTrainer(begun, emitted, model, flags);
      const monitored = isWatched(metadata) && monitor ? monitor.stoppable(wrapped) : wrapped;
      if (isWatched(metadata)) await monitor?.begin({ ...begun, facts: emitted.model, accumulate });
      else monitor?.announce(name);
      if (folds === undefined) reportComplete(begun, flags);
      saveLatest(begun);
      return monitored;
    },
    write: (checkpoint) => writeCheckpoint(checkpoint()),
    async see(report, begun, save) {
      const { name = "", epochs, metadata } = begun;
      saveLatest(begun);
      if (isWatched(metadata)) {
        await watch.record(report);
        await monitor?.record(report);
      }
      await save();
      progress.show(name + epochText(report, epochs));
    },
    warn: (message) => printDiagnostics([{ code: "T2006", severity: "warning", message }]),
    async end(result) {
      progress.end();
      await watch.end();
      if (flags.report !== undefined && latest !== undefined)
        await reportPredictions(compilation, emitted.model, latest.trainer, latest.dataset, flags.report);
      const text = foldedRegime.text(result);
      process.stdout.write(`${flags.json ? JSON.stringify(result) : text}\n`);
      await monitor?.end(result.epochs < setup.epochs ? "stopped early" : "done", text);
    },
    async fail(error) {
      progress.end();
      if (!hasDiverged(error) || latest === undefined) throw error;
      await watch.end();
      const code = await reportDivergence(error, latest, compilation, emitted.model);
      await monitor?.end("diverged", error.message);
      return code;
    },
  };
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
  return inOriginalUnits(trainer, { training: trainingFacts(model.training, model.metrics) }, dataset);
}

/** Reports if a resumed run has no epochs left. */
function reportComplete(
  { trainer: { epoch }, epochs, hasStopped }: Begun,
  { resume, sample }: TrainFlags,
): void {
  if (resume === undefined || sample !== undefined || (epoch < epochs && !hasStopped)) return;
  const why = hasStopped ? "early stopping" : "use --epochs N to train longer";
  process.stderr.write(`${resume}: the training is complete after epoch ${epoch} (${why})\n`);
}
