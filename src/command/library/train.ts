/** `train` of the library: a whole training run, with events, a signal that stops it, and its checkpoint. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { hasDiverged } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { trainingFacts, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import { datasetContextOf, regimeOf } from "../../compiler/trainer/dataset-context.ts";
import { defaultTarget } from "../../compiler/targets.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
import type { CheckpointMetadata } from "../../runtime/checkpoints/checkpoint.ts";
import type { LocateErrors } from "../../runtime/data/dataset.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { TrainingDiverged } from "../../runtime/step/steps.ts";
import type { EpochReport, Trainer } from "../../runtime/trainer/trainer.ts";
import type { CrossValidation } from "../../runtime/training/cross-validate.ts";
import type { SeriesResult } from "../../runtime/training/ruled-training.ts";
import { inUnitsOfTargets } from "../../runtime/training/units-of-targets.ts";
import { resultText, trainRun } from "../../runtime/training/train-on.ts";
import type { Begun, Host, Start, TrainingResult } from "../../runtime/training/train-on.ts";
import { onData, onFile } from "../compile/compile-spec.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { loadToTrain, openCheckpointFile, trainedOn } from "../files/parameter-files.ts";
import { savingSpec } from "../formats/parameters/spec-changes.ts";
import { canPause } from "../train/handle-pauses.ts";
import { highLossWarnings } from "../train/high-losses.ts";
import { createPacer } from "../train/pacer.ts";
import { rowsIn } from "../../compiler/reference/program-memory.ts";
import { Aborted, throwIfAborted } from "./aborted.ts";
import { DisplayedValue, textHtml } from "./displayed.ts";
import type { Displayed } from "./displayed.ts";
import { checkOptions, compileOpen, loadCompiled, openSpec, optionError, warningsOf } from "./open-spec.ts";
import type { SpecInput } from "./open-spec.ts";
import { sourceOf } from "./rows.ts";
import type { SourceOptions } from "./rows.ts";

export interface TrainOptions extends SourceOptions {
  /** The language of the kernels; `ts` by default. */
  readonly target?: RunnableTarget | undefined;
  /** The element type of parameters and values; `f32` by default. */
  readonly dtype?: "f32" | "f64" | undefined;
  /** The number of epochs in total, including those of a checkpoint; by default the number in the spec. */
  readonly epochs?: number | undefined;
  /** The random seed; by default the seed of the spec. */
  readonly seed?: number | undefined;
  /** A checkpoint to continue from, as bytes or as the path of a file. */
  readonly resume?: Uint8Array | string | undefined;
  /** Stops training after the current step: `train` rejects with `Aborted`, which contains the checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events of training. If it returns a promise, training waits for it. */
  readonly onEvent?: ((event: TrainEvent) => void | Promise<void>) | undefined;
}

const optionNames = [
  "data",
  "validation",
  "test",
  "folder",
  "files",
  "target",
  "dtype",
  "epochs",
  "seed",
  "resume",
  "signal",
  "onEvent",
];

/**
 * An event of training. With folds, the networks are trained one after the other, and `training` names the
 * current one.
 */
export type TrainEvent =
  | {
      readonly kind: "begin";
      readonly training: string;
      /** The number of training rows, and of epochs in total. */
      readonly rows: number;
      readonly epochs: number;
    }
  /** Occurs about twenty times a second; `report.soFar` is the position inside the epoch. */
  | { readonly kind: "progress"; readonly training: string; readonly report: EpochReport }
  /** Occurs after each epoch, whose checkpoint `checkpoint()` returns. */
  | {
      readonly kind: "epoch";
      readonly training: string;
      readonly report: EpochReport;
      checkpoint(): Promise<Uint8Array>;
    }
  | { readonly kind: "warning"; readonly diagnostic: Diagnostic };

/**
 * Loss and metrics of each split, as `tapeless train --json` prints them. With folds, the result also
 * contains the metrics of each fold and their standard deviations. For windows, it also contains the metrics
 * of the naive forecast.
 */
export type RunResult = TrainingResult &
  Partial<Pick<CrossValidation, "folds" | "deviation">> &
  Partial<Pick<SeriesResult, "naive">>;

/** As text, it is what `tapeless train` prints; in a notebook, it also shows the curves. */
export interface Trained extends Displayed {
  readonly result: RunResult;
  /** The reports of all epochs; with folds, those of the final model. */
  readonly epochs: readonly EpochReport[];
  /** The trained model. */
  readonly trainer: Trainer;
  readonly model: ModelFacts;
  /** The checkpoint at the end, which `predict` and `train` accept. */
  readonly checkpoint: Uint8Array;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Trains a model on its data and evaluates it on every split.
 *
 * @throws {DiagnosticError} for an invalid spec, option, data file or checkpoint
 * @throws {TrainingDiverged} if the loss becomes infinite or NaN
 * @throws {Aborted} if `signal` stops the training
 */
export async function train(spec: SpecInput, options: TrainOptions = {}): Promise<Trained> {
  checkOptions(options, optionNames);
  const { target = defaultTarget, dtype = "f32", seed, signal, resume } = options;
  throwIfAborted(signal);
  const open = await openSpec(spec, options);
  const compilation = await compileOpen(open, { target, dtype });
  const { model } = compilation;
  const emitted = await loadCompiled(compilation, { target, dtype }, { isProgram: false, isPausing: true });
  const trainer = emitted.createTrainer(seed === undefined ? {} : { seed });
  const resumed = resume === undefined ? undefined : await resumeFrom(trainer, compilation, resume, seed);
  const context = datasetContextOf(model, emitted.model);
  const { epochs = context.training.epochs } = options;
  const warnings: Diagnostic[] = [];
  const events = async (event: TrainEvent) => {
    if (event.kind === "warning") warnings.push(event.diagnostic);
    await options.onEvent?.(event);
  };
  for (const diagnostic of await warningsOf(open, compilation)) await events({ kind: "warning", diagnostic });
  const host = libraryHost({ ...options, onEvent: events }, emitted, {
    read: (notify) => sourceOf(open, emitted.model, options, notify),
    prepare({ trainer: own, dataset }) {
      const seen = writesTexts(model)
        ? own
        : inUnitsOfTargets(own, { training: trainingFacts(model) }, dataset);
      return savingSpec(seen, model);
    },
    warningsBefore: ({ trainer: own, dataset }) =>
      own === trainer ? highLossWarnings(model, emitted.model, own, dataset) : [],
  });
  const checkpointName = typeof resume === "string" ? resume : "the checkpoint";
  const locateErrors: LocateErrors = (file, work) =>
    file === checkpointName ? onFile(file, "T3001", work) : onData(file, work);
  const start: Start = {
    ...context,
    epochs,
    trainer,
    resume: resume === undefined ? undefined : checkpointName,
    resumed,
    createTrainer: emitted.createTrainer,
    locateErrors,
    regime: regimeOf(model),
  };
  try {
    const result = await trainRun(start, host);
    const outcome = host.outcome();
    const text = (start.regime?.text ?? resultText)(result);
    const displayed = displayedRun(model.name, text, outcome.epochs);
    return Object.assign(displayed, { result, model: emitted.model, warnings, ...outcome });
  } catch (error) {
    throw hasDiverged(error) ? divergence(error) : error;
  }
}

/** A run that completed no epoch, because it was resumed at its end, has no curves. */
function displayedRun(title: string, text: string, epochs: readonly EpochReport[]): Displayed {
  const svg = async () => {
    const { chartSvg, curvesChart } = await import("../../studio/charts/index.ts");
    return chartSvg(curvesChart(title, epochs));
  };
  return new DisplayedValue({
    title: `${title}: curves`,
    text: () => text,
    html: () => textHtml(text),
    svg: epochs.length === 0 ? undefined : svg,
  });
}

/** Loads a checkpoint into the trainer and returns its metadata. */
async function resumeFrom(
  trainer: Trainer,
  compilation: Compilation,
  checkpoint: Uint8Array | string,
  seed: number | undefined,
): Promise<CheckpointMetadata> {
  const opened = await openCheckpointFile(checkpoint);
  const { name, header } = opened;
  const metadata = loadToTrain(trainer, compilation, opened, name);
  if (seed !== undefined && seed !== trainer.seed)
    throw optionError(`seed ${seed}: ${name} was trained with seed ${trainer.seed}`, "omit `seed`");
  return trainedOn(header, metadata);
}

/**
 * Converts the error of the emitted trainer, which has its own copy of the class, to the error of the
 * library.
 */
function divergence(error: Error): TrainingDiverged {
  const epoch = "epoch" in error && typeof error.epoch === "number" ? error.epoch : 0;
  const copy = new TrainingDiverged(epoch, error.message.replace(/^training diverged: /, ""));
  copy.cause = error;
  return copy;
}

/** The steps of a run that depend on the model. */
interface Work {
  read(notify: (diagnostic: Diagnostic) => void): ReturnType<Host["read"]>;
  prepare(begun: Begun): Awaited<ReturnType<Host["begin"]>>;
  /** Warnings before the training begins. */
  warningsBefore(begun: Begun): readonly Diagnostic[];
}

interface LibraryHost extends Host {
  /** The model, the checkpoint and the reports at the end. */
  outcome(): Pick<Trained, "trainer" | "checkpoint" | "epochs">;
}

/** The host of a run: it reports events, and stops at a pause if the signal is aborted. */
function libraryHost(
  { signal, onEvent = () => {} }: Pick<TrainOptions, "signal" | "onEvent">,
  emitted: EmittedModule,
  { read, prepare, warningsBefore }: Work,
): LibraryHost {
  const pacer = createPacer(() => performance.now());
  const waiting: Diagnostic[] = [];
  let current: Begun | undefined;
  let checkpoint: Uint8Array = new Uint8Array(0);
  let epochs: EpochReport[] = [];
  const flush = async () => {
    for (const diagnostic of waiting.splice(0)) await onEvent({ kind: "warning", diagnostic });
  };
  return {
    read: async () => {
      const source = await read((diagnostic) => waiting.push(diagnostic));
      await flush();
      return source;
    },
    async begin(begun) {
      [current, epochs] = [begun, []];
      const { name: training = "", dataset } = begun;
      waiting.push(...warningsBefore(begun));
      await flush();
      await onEvent({
        kind: "begin",
        training,
        rows: rowsIn(emitted.model, dataset.train),
        epochs: begun.epochs,
      });
      if (canPause(begun.trainer)) begun.trainer.pauseAfter(pacer.next);
      return prepare(begun);
    },
    write: async (make) => {
      checkpoint = make();
    },
    async see(report, { name: training = "" }, save) {
      const saved = async () => {
        await save();
        return checkpoint;
      };
      if (report.soFar === undefined) {
        epochs.push(report);
        await onEvent({ kind: "epoch", training, report, checkpoint: saved });
      } else {
        pacer.pause();
        await onEvent({ kind: "progress", training, report });
      }
      // Other work of the process runs only while training waits.
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) throw new Aborted(signal, await saved());
    },
    warn: (message) => waiting.push({ code: "T2006", severity: "warning", message }),
    outcome() {
      if (current === undefined) throw new Error("internal: the run had no training");
      return { trainer: current.trainer, checkpoint, epochs };
    },
  };
}
