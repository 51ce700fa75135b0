// The training loop: epochs over shuffled rows, validation after each epoch, early stopping, class weights.
import { cutRows, drawnRows } from "../data/split.ts";
import { randomKey, randomStream, shuffle, shuffleSalt } from "../numbers/random.ts";
import { rowsOf } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import { InputError, checkKeys } from "../step/errors.ts";
import type { Numbers, Summary } from "../step/machine.ts";
import { allRows, checkBatchSize, checkWhole, freshProgress, noBytes } from "../step/session.ts";
import type { Session, TakeSteps } from "../step/session.ts";
import { checkLoss, singleSteps } from "../step/steps.ts";
import { evaluateBatches, forBatches } from "./evaluate.ts";
import type { EpochReport, FitOptions, History } from "./trainer.ts";

/** A part of a data set: the indices of its rows, and the data of all rows. */
interface Part {
  data: Batch;
  rows: Int32Array;
}

/** The state of a trainer. Some trainers, such as those that pause, have functions of their own. */
export interface EpochSession extends Session {
  /**
   * Lists the blocks of a data set. Returns undefined if the data set has no blocks; its rows are then listed
   * instead.
   */
  listBlocks?: (data: Batch) => Int32Array | undefined;
  takeSteps?: (...all: Parameters<TakeSteps>) => Generator<EpochReport, number>;
  evaluateRows?: (session: Session, data: Batch, rows: Int32Array) => Generator<EpochReport, Summary>;
}

/** The validated options of a run. Defaults are filled in. */
export interface FitPlan {
  train: Part;
  validation?: Part;
  epochs: number;
  batchSize: number;
  shuffle: boolean;
  /**
   * The metric that selects the best epoch. Only a change by more than `minDelta` counts as an improvement.
   */
  metric: string;
  minDelta: number;
  /** Training stops after this many epochs without improvement. */
  patience: number;
  /** Whether training ends with the parameters of the best epoch. */
  keepsBest: boolean;
}

/** Checks the options and the data. The spec defines the defaults of the options. */
export function planFit(session: EpochSession, data: Batch, options: FitOptions): FitPlan {
  const { model, training } = session;
  checkKeys("training options", options, [
    "epochs",
    "batchSize",
    "validation",
    "earlyStopping",
    "shuffle",
    "keep",
  ]);
  const {
    epochs = training.epochs,
    batchSize = model.batchSize,
    validation = training.validation ?? 0,
    shuffle = training.shuffle,
    earlyStopping = training.earlyStopping,
    keep = training.keep ?? "best",
  } = options;
  checkWhole("epochs", epochs);
  checkBatchSize(session, checkWhole("batchSize", batchSize, 1));
  if (earlyStopping) {
    checkKeys("earlyStopping", earlyStopping, ["patience", "metric", "minDelta"]);
    checkWhole("patience", earlyStopping.patience);
  }
  const { metric = "loss", minDelta = 0, patience = Infinity } = earlyStopping || {};
  checkChoice("earlyStopping.metric", metric, ["loss", ...training.metrics]);
  checkChoice("keep", keep, ["best", "last"]);
  return {
    ...partsOf(session, data, validation),
    epochs,
    batchSize,
    shuffle,
    metric,
    minDelta,
    // A patience of 0 has the same effect as 1: training stops at the first epoch without improvement.
    patience: Math.max(1, patience),
    keepsBest: keep !== "last" && !!(validation || earlyStopping),
  };
}

/** Throws unless `choice` is one of the names. */
function checkChoice(what: string, choice: string, names: readonly string[]): void {
  if (!names.includes(choice)) throw new InputError(`${what} must be ${names.join(" or ")}, got "${choice}"`);
}

/**
 * Determines the training and validation rows. If `validation` is a fraction, random rows are set aside for
 * validation.
 */
function partsOf(
  session: EpochSession,
  data: Batch,
  validation: Batch | number,
): Pick<FitPlan, "train" | "validation"> {
  const all = { data, rows: checkedRows(session, data) };
  if (typeof validation !== "number")
    return { train: all, validation: { data: validation, rows: checkedRows(session, validation) } };
  if (!(validation >= 0 && validation < 1)) {
    throw new InputError(`validation must be in [0, 1), got ${validation}`);
  }
  if (validation === 0) return { train: all };
  const split = cutRows(drawnRows(all.rows.length, session.machine.seed[0]!), { validation });
  return { train: { data, rows: split.train }, validation: { data, rows: split.validation } };
}

/** The indices of all rows of the data set, or of its blocks. */
export const listRows = (session: EpochSession, data: Batch): Int32Array =>
  session.listBlocks?.(data) ?? allRows(rowsOf(session.slots, data));

/**
 * Returns the indices of all rows. First checks every value, so that invalid values are reported before
 * training, not in the middle of an epoch.
 */
function checkedRows(session: EpochSession, data: Batch): Int32Array {
  const rows = listRows(session, data);
  forBatches(session, data, rows, () => {});
  return rows;
}

/**
 * Trains according to the plan. Yields after each epoch, and wherever the trainer pauses. If the caller
 * stops iterating, the trainer keeps its state, from which the next run continues.
 */
export function* runEpochs(session: EpochSession, plan: FitPlan): Generator<EpochReport, History> {
  const { machine, progress } = session;
  const { patience, keepsBest } = plan;
  machine.prepare?.(plan.train.data, plan.train.rows);
  resume(session, plan);
  const epochs: EpochReport[] = [];
  while (epochs.length < plan.epochs && progress.waited < patience) {
    const report = yield* runEpoch(session, plan);
    epochs.push(report);
    yield report;
  }
  if (keepsBest && progress.bestEpoch > 0 && progress.bestEpoch < progress.epoch) {
    progress.last = machine.parameterBytes.slice();
    machine.parameterBytes.set(progress.best);
  }
  return { epochs, bestEpoch: progress.bestEpoch, stoppedEarly: progress.waited >= patience };
}

/**
 * Prepares a run that continues earlier training. Continues the search for the best epoch, unless the monitor
 * has changed. Restores the parameters of the last epoch, unless the caller has changed the current
 * parameters.
 */
function resume({ machine, progress }: Session, plan: FitPlan): void {
  const monitor = `${plan.validation ? "validation" : "training"} ${plan.metric}${plan.keepsBest ? ", kept" : ""}`;
  // If the monitor has changed, the data may have changed too, so an incomplete epoch starts again. If the
  // previous run stopped early, its search is complete, and further training starts a new search.
  const isOver = progress.last.length > 0 && progress.waited >= plan.patience && plan.epochs > 0;
  if (isOver || progress.monitor !== monitor)
    Object.assign(progress, freshProgress(), { epoch: progress.epoch, monitor });
  if (progress.last.length > 0 && machine.parameterBytes.every((byte, i) => byte === progress.best[i]))
    machine.parameterBytes.set(progress.last);
  progress.last = noBytes;
}

/**
 * Makes one pass over the training rows, or completes an interrupted pass. The order of the rows depends only
 * on the seed and the epoch.
 */
function* runEpoch(session: EpochSession, plan: FitPlan): Generator<EpochReport, EpochReport> {
  const { machine, progress, training } = session;
  const { train, validation, batchSize } = plan;
  const rowsOfStep = training.accumulate ? batchSize * training.accumulate : batchSize;
  const epoch = progress.epoch + 1;
  const order = train.rows.slice();
  if (plan.shuffle) shuffle(order, randomStream(randomKey(machine.seed[0]!, epoch, shuffleSalt)));
  const steps = Math.ceil((order.length - progress.rows) / rowsOfStep);
  const loss = yield* (session.takeSteps ?? singleSteps)(
    session,
    train.data,
    order,
    batchSize,
    steps,
    progress,
  );
  const evaluated = function* ({ data, rows }: Part, name: string): Generator<EpochReport, Summary> {
    const summary = yield* (session.evaluateRows ?? evaluateBatches)(session, data, rows);
    checkLoss(machine, epoch, summary.loss, 0, name);
    return summary;
  };
  const { loss: _, ...metrics } =
    training.metrics.length > 0 ? yield* evaluated(train, "training ") : { loss };
  const report: EpochReport = {
    epoch,
    loss,
    metrics,
    learningRate: machine.learningRate(),
    best: false,
    ...(validation && { validation: yield* evaluated(validation, "validation ") }),
  };
  Object.assign(progress, { epoch, rows: 0, sum: 0 });
  report.best = recordIfBest(session, plan, report);
  return report;
}

/**
 * Determines, records and returns whether this epoch is the best so far. Compares results on the validation
 * rows, or on the training rows if there are no validation rows.
 */
function recordIfBest(
  session: Session,
  { metric, minDelta, keepsBest }: FitPlan,
  report: EpochReport,
): boolean {
  const { machine, progress } = session;
  const figures: Record<string, number> = report.validation ?? { loss: report.loss, ...report.metrics };
  const value = figures[metric]!;
  const gain = session.training.higherIsBetter?.includes(metric)
    ? value - progress.bestValue
    : progress.bestValue - value;
  progress.waited++;
  if (!Number.isFinite(value) || (progress.bestEpoch > 0 && !(gain > minDelta))) return false;
  Object.assign(progress, { bestEpoch: report.epoch, bestValue: value, waited: 0 });
  if (keepsBest) progress.best = machine.parameterBytes.slice();
  return true;
}

/**
 * Computes class weights for K classes. Class c has m_c of the m rows and gets the weight w_c = m / (K ·
 * m_c), so all classes have the same total weight (G. King and L. Zeng, "Logistic Regression in Rare Events
 * Data", 2001). Labels of −1 are ignored. A class without rows has weight 0.
 */
export function balance(weights: Numbers, classes: ArrayLike<number>, rows: Int32Array, size: number): void {
  const counts = Array.from(weights, () => 0);
  for (const row of rows)
    for (let i = row * size; i < (row + 1) * size; i++) if (classes[i]! >= 0) counts[classes[i]!]!++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  counts.forEach((count, i) => (weights[i] = count === 0 ? 0 : all / (counts.length * count)));
}
