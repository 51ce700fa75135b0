// A whole training run on a data set, and its result. The `tapeless` command and emitted programs share this
// code.
import type { Summary } from "../step/machine.ts";
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import {
  datasetOf,
  type Dataset,
  type LocateErrors,
  type DatasetContext,
  type Source,
} from "../data/dataset.ts";
import { checkFields } from "../data/fields.ts";
import type { Batch } from "../step/batch.ts";
import type { EpochReport, FitOptions, Trainer } from "../trainer/trainer.ts";
import { TrainingDiverged } from "../step/steps.ts";

/**
 * The result of a training run. A split is absent if the spec does not set it aside. As in training, the
 * loss is computed on scaled targets.
 */
export interface TrainingResult {
  model: string;
  /** The number of completed epochs, including those of a loaded checkpoint. */
  epochs: number;
  bestEpoch: number;
  train: Summary;
  validation?: Summary;
  test?: Summary;
  /** New texts, if requested. */
  samples?: readonly string[] | undefined;
}

/** The members of a trainer that a run needs. */
export interface Trainable extends Pick<Trainer, "epoch" | "epochs" | "evaluateAll" | "save"> {
  /** Samples new texts, if requested. */
  samples?(): readonly string[] | undefined;
  /** Whether the user, not early stopping, ended the training. */
  isInterrupted?(): boolean;
}

/** One stage of a run, which trains one model. */
export interface Stage extends Pick<FitOptions, "earlyStopping"> {
  epochs: number;
  /** A prefix for progress lines. */
  name?: string;
  /** Additional metadata for the checkpoints of this stage, which a resumed run reads. */
  metadata?: CheckpointMetadata;
}

/** A stage about to run, with its trainer and data. */
export interface Begun extends Stage {
  trainer: Trainer;
  dataset: Dataset;
  /** Whether the stage had stopped early before the run was resumed. If so, it does not train. */
  hasStopped: boolean;
}

/** The initial state of a run. */
export interface Start extends DatasetContext {
  /** The number of epochs after which training ends. */
  epochs: number;
  /**
   * The trainer of the first stage. It is new, or restored from the checkpoint file `resume`, whose metadata
   * is `resumed`.
   */
  trainer: Trainer;
  resume?: string | undefined;
  resumed?: CheckpointMetadata | undefined;
  createTrainer(options: { seed?: number | undefined }): Trainer;
  locateErrors: LocateErrors;
  /** Present if the run has several stages, such as cross-validation. */
  regime?: Regime | undefined;
}

/** The services that an emitted program, or the `tapeless` command, provides to a run. */
export interface Host {
  read(): Promise<Source>;
  /** Wraps the trainer of a stage, for instance to report errors in original units or to sample texts. */
  begin(begun: Begun): Trainable | Promise<Trainable>;
  /** Writes a checkpoint, if the user wants one. */
  write(checkpoint: () => Uint8Array): Promise<void>;
  /** Reports an epoch; `save` writes its checkpoint. */
  see(report: EpochReport, begun: Begun, save: () => Promise<void>): Promise<void>;
  /** Prints a warning of a run with several stages. */
  warn?(text: string): void;
}

/** A run with several stages, such as cross-validation. */
export interface Run extends Start {
  source: Source;
  /** Prints a warning. */
  warn(text: string): void;
  /** Runs one stage, with checkpoints and progress. */
  train(trainer: Trainer, dataset: Dataset, stage: Stage): Promise<TrainingResult>;
}

/** Defines the stages of a run, and the text of its result. */
export interface Regime {
  train(run: Run): Promise<TrainingResult>;
  /**
   * Returns a warning if a checkpoint with this metadata does not contain the final model. The warning is
   * printed before the checkpoint is used for predictions.
   */
  doubt(training: TrainingFacts, metadata: CheckpointMetadata): string | undefined;
  text(result: TrainingResult): string;
}

/** Performs the whole run: reads the rows, then trains once or, with a regime, in several stages. */
export async function trainRun(start: Start, host: Host): Promise<TrainingResult> {
  if (start.regime) {
    const train: Run["train"] = (trainer, dataset, stage) => trainStage(start, host, trainer, dataset, stage);
    const warn = (text: string) => host.warn?.(text);
    return start.regime.train({ ...start, warn, source: await host.read(), train });
  }
  const { trainer, epochs, locateErrors } = start;
  // No variable refers to the table. Otherwise it would stay in memory during training, and it is as large as
  // the data set.
  const dataset = datasetOf(start, await host.read(), trainer.seed, locateErrors);
  return trainStage(start, host, trainer, dataset, { epochs });
}

/** Performs one stage, and writes a checkpoint after every epoch. */
async function trainStage(
  start: Start,
  host: Host,
  trainer: Trainer,
  dataset: Dataset,
  stage: Stage,
): Promise<TrainingResult> {
  const { model, training, resume, resumed, locateErrors } = start;
  const { fields } = dataset;
  const before = trainer === start.trainer ? resumed : undefined;
  locateErrors(`${resume}`, () => checkFields(fields, before?.fields));
  const hasStopped = before?.stopped === trainer.epoch;
  const begun: Begun = { ...stage, trainer, dataset, hasStopped };
  const trained = await host.begin(begun);
  const save = (more: CheckpointMetadata = {}) =>
    host.write(() => trained.save({ fields, ...stage.metadata, ...more }));
  const options = hasStopped ? { ...stage, epochs: 0 } : stage;
  const result = await trainOn(model, training, trained, dataset, options, (report) =>
    host.see(report, begun, save),
  );
  const isEarly = trainer.epoch < stage.epochs && !trained.isInterrupted?.();
  await save(isEarly ? { stopped: trainer.epoch } : {});
  return result;
}

/**
 * Trains until the trainer has completed `epochs` epochs (by default the number in the spec), then evaluates
 * all splits with the final parameters. With a validation split, these are the parameters of the best epoch,
 * unless the spec has `keep: "last"`.
 */
export async function trainOn(
  model: ModelFacts,
  training: TrainingFacts,
  trainer: Trainable,
  { train, validation, test }: Dataset,
  { epochs = training.epochs, earlyStopping }: Pick<FitOptions, "epochs" | "earlyStopping"> = {},
  onEpoch: (report: EpochReport) => void | Promise<void> = () => {},
): Promise<TrainingResult> {
  const run = trainer.epochs(train, {
    earlyStopping,
    epochs: Math.max(0, epochs - trainer.epoch),
    validation: validation ?? 0,
  });
  let next = run.next();
  for (; !next.done; next = run.next()) await onEpoch(next.value);
  const outcome = (part: string, data: Batch): Summary => {
    const summary = trainer.evaluateAll(data);
    if (Number.isFinite(summary.loss)) return summary;
    throw new TrainingDiverged(
      trainer.epoch,
      `the ${part} loss is ${summary.loss} after epoch ${trainer.epoch}`,
    );
  };
  return {
    model: model.name,
    epochs: trainer.epoch,
    bestEpoch: next.value.bestEpoch,
    train: outcome("training", train),
    ...(validation && { validation: outcome("validation", validation) }),
    ...(test && { test: outcome("test", test) }),
    samples: trainer.samples?.(),
  };
}

/** Formats metrics in one line: "loss 0.1234  accuracy 0.9667". */
function figures(summary: Record<string, number>): string {
  return Object.entries(summary)
    .map(([name, value]) => `${name} ${figureText(value)}`)
    .join("  ");
}

/**
 * Formats a value with four decimals. Very small and very large values have four significant digits instead.
 */
export function figureText(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.001 && size < 1e6) ? value.toFixed(4) : value.toPrecision(4);
}

/** Formats a report as one line of progress. */
export function epochText({ epoch, loss, metrics, validation, best }: EpochReport, total: number): string {
  const held = validation ? `  validation ${figures(validation)}` : "";
  return `epoch ${epoch}/${total}  ${figures({ loss, ...metrics })}${held}${best ? "  best" : ""}`;
}

/** Formats the result as text, with a line for each split and for each new text. */
export function resultText({ model, epochs, bestEpoch, samples = [], ...parts }: TrainingResult): string {
  const lines = Object.entries(parts).map(([part, summary]) => part.padEnd(12) + figures(summary));
  const best = bestEpoch === 0 ? "" : `, best epoch ${bestEpoch}`;
  return [`${model}: ${epochs} epochs${best}`, ...lines, ...samples].join("\n");
}
