// A whole training run on a prepared data set, and its outcome: what `train` on the command line and the program share.
import type { Summary } from "../step/machine.ts";
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import type { Notes } from "../checkpoints/checkpoint.ts";
import { datasetOf, type Dataset, type Placing, type Preparing, type Source } from "../data/dataset.ts";
import { checkFields } from "../data/fields.ts";
import type { Batch } from "../step/batch.ts";
import type { EpochReport, FitOptions, Trainer } from "../trainer/trainer.ts";
import { TrainingDiverged } from "../step/steps.ts";

/**
 * What a training run came to. Parts that the spec does not set aside are absent. The loss is that of scaled
 * targets, as trained on.
 */
export interface TrainingResult {
  model: string;
  /** Epochs trained, those before a checkpoint included. */
  epochs: number;
  bestEpoch: number;
  train: Summary;
  validation?: Summary;
  test?: Summary;
  /** New texts, where they were asked for. */
  samples?: readonly string[] | undefined;
}

/** What of a trainer a training needs. */
export interface Trainable extends Pick<Trainer, "epoch" | "epochs" | "evaluateAll" | "save"> {
  /** Writes new texts, if it can and is to. */
  samples?(): readonly string[] | undefined;
  /** Whether its epochs ended where somebody wanted them to, and not early by themselves. */
  isInterrupted?(): boolean;
}

/** One of the trainings of a run. */
export interface Stage extends Pick<FitOptions, "earlyStopping"> {
  epochs: number;
  /** What stands before its epochs, for people. */
  name?: string;
  /** What else its checkpoints say, for whoever resumes the run. */
  notes?: Notes;
}

/** A stage that begins. */
export interface Begun extends Stage {
  trainer: Trainer;
  dataset: Dataset;
  /** Whether it has stopped early already, in the run that is resumed; it stays so, however often that is. */
  hasStopped: boolean;
}

/** From what a run begins. */
export interface Start extends Preparing {
  /** How many epochs a training has at most. */
  epochs: number;
  /** What the first training begins with: fresh, or as the checkpoint `resume` left it, whose notes are `resumed`. */
  trainer: Trainer;
  resume?: string | undefined;
  resumed?: Notes | undefined;
  createTrainer(options: { seed?: number }): Trainer;
  placed: Placing;
}

/** How the program of an emitted file, or the command line, carries out a run. */
export interface Host {
  read(): Promise<Source>;
  /** The trainer as it is to be seen: with errors in the target's own units, or as a writer of texts. */
  begin(begun: Begun): Trainable | Promise<Trainable>;
  /** Writes a checkpoint, if any is asked for. */
  write(checkpoint: () => Uint8Array): Promise<void>;
  /** After an epoch; `save` writes its checkpoint. */
  see(report: EpochReport, begun: Begun, save: () => Promise<void>): Promise<void>;
  /** Tells what is doubtful. */
  warn(text: string): void;
}

/** A run of several trainings. */
export interface Run extends Start, Pick<Host, "warn"> {
  source: Source;
  /** Trains until the stage's epochs are done; saves and tells in the host's way. */
  train(trainer: Trainer, dataset: Dataset, stage: Stage): Promise<TrainingResult>;
}

/** Which trainings a run consists of where it is not one, and how its result reads. */
export interface Regime {
  train(run: Run): Promise<TrainingResult>;
  /** What is to be known of the model of a checkpoint with these notes before it is asked about rows. */
  doubt(training: TrainingFacts, notes: Notes): string | undefined;
  text(result: TrainingResult): string;
}

/** The whole run: reads the rows, then trains once, or as the regime says. */
export async function trainRun(start: Start, host: Host, regime?: Regime): Promise<TrainingResult> {
  const train: Run["train"] = (trainer, dataset, stage) => trainStage(start, host, trainer, dataset, stage);
  if (regime) return regime.train({ ...start, warn: host.warn, source: await host.read(), train });
  const { trainer, epochs, placed } = start;
  // Nothing holds on to the rows as they were read: they take as much memory as the data set.
  return train(trainer, datasetOf(start, await host.read(), trainer.seed, placed), { epochs });
}

/** One training, with a checkpoint after every epoch. */
async function trainStage(
  { model, training, resume, resumed, placed, ...start }: Start,
  host: Host,
  trainer: Trainer,
  dataset: Dataset,
  stage: Stage,
): Promise<TrainingResult> {
  const { fields } = dataset;
  const before = trainer === start.trainer ? resumed : undefined;
  placed(`${resume}`, () => checkFields(fields, before?.fields));
  const hasStopped = before?.stopped === trainer.epoch;
  const begun: Begun = { ...stage, trainer, dataset, hasStopped };
  const seen = await host.begin(begun);
  const save = (more: Notes = {}) => host.write(() => seen.save({ fields, ...stage.notes, ...more }));
  const options = hasStopped ? { ...stage, epochs: 0 } : stage;
  const result = await trainOn(model, training, seen, dataset, options, (report) =>
    host.see(report, begun, save),
  );
  const isEarly = trainer.epoch < stage.epochs && !seen.isInterrupted?.();
  await save(isEarly ? { stopped: trainer.epoch } : {});
  return result;
}

/**
 * Trains until the trainer has `epochs` epochs behind it (the spec's number if left out), then evaluates
 * every part with the final parameters: with early stopping, the best epoch's.
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

/** Some figures of a part: "loss 0.1234  accuracy 0.9667". */
function figures(summary: Record<string, number>): string {
  return Object.entries(summary)
    .map(([name, value]) => `${name} ${figureText(value)}`)
    .join("  ");
}

/** Four digits after the point, or four in all for what that would hide. */
export function figureText(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.001 && size < 1e6) ? value.toFixed(4) : value.toPrecision(4);
}

/** One line of progress. */
export function epochText({ epoch, loss, metrics, validation, best }: EpochReport, total: number): string {
  const held = validation ? `  validation ${figures(validation)}` : "";
  return `epoch ${epoch}/${total}  ${figures({ loss, ...metrics })}${held}${best ? "  best" : ""}`;
}

/** The outcome for people: a line for each part, and for each new text. */
export function resultText({ model, epochs, bestEpoch, samples = [], ...parts }: TrainingResult): string {
  const lines = Object.entries(parts).map(([part, summary]) => part.padEnd(12) + figures(summary));
  const best = bestEpoch === 0 ? "" : `, best ${bestEpoch}`;
  return [`${model}: ${epochs} epochs${best}`, ...lines, ...samples].join("\n");
}
