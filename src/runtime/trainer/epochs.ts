// The training loop: epochs over shuffled rows, validation after each, early stopping, and the best epoch's parameters.
import { checkKeys } from "../core/check-keys.ts";
import { InputError } from "../core/input-error.ts";
import type { Summary } from "../core/machine.ts";
import { randomKey, randomStream, salts, shuffle } from "../numbers/random.ts";
import {
  checkBatchSize,
  checkedRows,
  checkWhole,
  evaluateRows,
  freshProgress,
  packParameters,
} from "../core/session.ts";
import type { Session } from "../core/session.ts";
import type { Batch } from "../core/slots.ts";
import type { EpochReport, FitOptions, History } from "./trainer.ts";
import { cutRows, drawnRows } from "../data/split.ts";
import { checkLoss } from "./training-diverged.ts";

/** Which rows of which data. */
interface Part {
  data: Batch;
  rows: Int32Array;
}

/** A checked request to train. */
export interface FitPlan {
  train: Part;
  validation: Part | undefined;
  epochs: number;
  batchSize: number;
  shuffle: boolean;
  /** What decides the best epoch, and by how much it has to improve. */
  metric: string;
  minDelta: number;
  /** Epochs without improvement after which training stops. */
  patience: number;
  /** Whether the best epoch's parameters are what training ends with. */
  keepsBest: boolean;
}

/** Checks options and data; the spec stands in for what the options leave out. */
export function planFit(session: Session, data: Batch, options: FitOptions): FitPlan {
  const { model, training } = session;
  checkKeys("training options", options, ["epochs", "batchSize", "validation", "earlyStopping", "shuffle"]);
  const {
    epochs = training.epochs,
    batchSize = model.batchSize,
    validation = training.validation ?? 0,
    shuffle = training.shuffle,
    earlyStopping = training.earlyStopping,
  } = options;
  checkWhole("epochs", epochs);
  checkBatchSize(session, checkWhole("batchSize", batchSize, 1));
  if (earlyStopping) {
    checkKeys("earlyStopping", earlyStopping, ["patience", "metric", "minDelta"]);
    checkWhole("patience", earlyStopping.patience);
  }
  const { metric = "loss", minDelta = 0, patience = Infinity } = earlyStopping || {};
  const known = ["loss", ...training.metrics];
  if (!known.includes(metric))
    throw new InputError(`early stopping watches ${known.join(" or ")}, not "${metric}"`);
  return {
    ...partsOf(session, data, validation),
    epochs,
    batchSize,
    shuffle,
    metric,
    minDelta,
    // A patience of 0, too, stops at the first epoch that is no better than the best.
    patience: Math.max(1, patience),
    keepsBest: !!earlyStopping,
  };
}

/** A share for validation is drawn; what is left keeps its order. */
function partsOf(
  session: Session,
  data: Batch,
  validation: Batch | number,
): { train: Part; validation: Part | undefined } {
  const all = { data, rows: checkedRows(session, data) };
  if (typeof validation !== "number")
    return { train: all, validation: { data: validation, rows: checkedRows(session, validation) } };
  if (!(validation >= 0 && validation < 1)) {
    throw new InputError(`validation must be at least 0 and below 1, got ${validation}`);
  }
  if (validation === 0) return { train: all, validation: undefined };
  const split = cutRows(drawnRows(all.rows.length, session.machine.seed[0]), { validation });
  return { train: { data, rows: split.train }, validation: { data, rows: split.validation } };
}

/** Runs the plan, an epoch at a time. A caller that stops early finds the trainer as the last epoch left it. */
export function* runEpochs(session: Session, plan: FitPlan): Generator<EpochReport, History> {
  const { machine, progress } = session;
  const { patience, keepsBest } = plan;
  machine.prepare?.(plan.train.data, plan.train.rows);
  resume(session, plan);
  const epochs: EpochReport[] = [];
  while (epochs.length < plan.epochs && progress.waited < patience) {
    const report = runEpoch(session, plan);
    epochs.push(report);
    yield report;
  }
  if (keepsBest && progress.bestEpoch > 0 && progress.bestEpoch < progress.epoch) {
    progress.last = packParameters(machine);
    machine.state.set(progress.best);
  }
  return { epochs, bestEpoch: progress.bestEpoch, stoppedEarly: progress.waited >= patience };
}

/** Takes up training where it stood, unless this plan looks for another best epoch or the parameters were set since. */
function resume({ machine, progress }: Session, plan: FitPlan): void {
  const monitor = `${plan.validation ? "validation" : "training"} ${plan.metric}${plan.keepsBest ? ", kept" : ""}`;
  // Stopping early ends the search for a best epoch: whoever trains on wants another one, from here.
  const isOver = progress.last.length > 0 && progress.waited >= plan.patience && plan.epochs > 0;
  if (isOver || progress.monitor !== monitor)
    Object.assign(progress, freshProgress(), { epoch: progress.epoch, monitor });
  const now = packParameters(machine);
  if (progress.last.length > 0 && now.every((byte, i) => byte === progress.best[i]))
    machine.state.set(progress.last);
  progress.last = new Uint8Array(0);
}

/** One pass over the training rows, in an order that follows from seed and epoch alone. */
function runEpoch(session: Session, plan: FitPlan): EpochReport {
  const { machine, progress, training } = session;
  const { train, validation, batchSize } = plan;
  const rowsOfStep = batchSize * (training.accumulate ?? 1);
  const epoch = progress.epoch + 1;
  const order = train.rows.slice();
  if (plan.shuffle) shuffle(order, randomStream(randomKey(machine.seed[0], epoch, salts.shuffle)));
  const steps = Math.ceil(order.length / rowsOfStep);
  const trained = session.takeSteps(session, train.data, order, batchSize, steps);
  progress.epoch = epoch;
  const report: EpochReport = {
    epoch,
    loss: trained,
    metrics: {},
    learningRate: machine.learningRate(),
    best: false,
  };
  const evaluated = ({ data, rows }: Part, name: string): Summary => {
    const summary = evaluateRows(session, data, rows);
    checkLoss(machine, epoch, summary.loss, 0, name);
    return summary;
  };
  if (training.metrics.length > 0) {
    const { loss: _, ...metrics } = evaluated(train, "training ");
    report.metrics = metrics;
  }
  if (validation) report.validation = evaluated(validation, "validation ");
  report.best = judge(session, plan, report);
  return report;
}

/** Whether this epoch is the best so far, by the validation part if there is one. */
function judge(
  { machine, progress, training }: Session,
  { metric, minDelta, keepsBest }: FitPlan,
  report: EpochReport,
): boolean {
  const figures: Record<string, number> = report.validation ?? { loss: report.loss, ...report.metrics };
  const value = figures[metric];
  const gain = training.rising?.includes(metric) ? value - progress.bestValue : progress.bestValue - value;
  progress.waited++;
  if (!Number.isFinite(value) || (progress.bestEpoch > 0 && !(gain > minDelta))) return false;
  Object.assign(progress, { bestEpoch: report.epoch, bestValue: value, waited: 0 });
  if (keepsBest) progress.best = packParameters(machine);
  return true;
}
