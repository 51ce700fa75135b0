// Errors in original units, for trainers with a scaled target.
import type { Dataset } from "../data/dataset.ts";
import type { EarlyStopping, TrainingFacts } from "../model/facts.ts";
import type { Trainable } from "./train-on.ts";
import type { EpochReport } from "../trainer/trainer.ts";

/**
 * Wraps a trainer so that it reports `mae` and `rmse` in the original units of the target. The trainer
 * itself computes them for the scaled target, in multiples of the scale's span. The loss still refers to the
 * scaled target; r2 and accuracy have no unit. The compiler checks that all columns of the target have the
 * same span.
 */
export function inOriginalUnits(
  trainer: Trainable,
  { training }: { training: TrainingFacts },
  { fields }: Dataset,
): Trainable {
  const [{ span } = { span: 1 }] = fields[fields.length - 1]!.scales ?? [];
  return withUnits(trainer, training, (figure) => (figure === "mae" || figure === "rmse" ? span : 1));
}

/** Wraps a trainer so that its losses and metrics, and `minDelta` of early stopping, have these units. */
export function withUnits(
  trainer: Trainable,
  training: TrainingFacts,
  unitOf: (figure: string | undefined) => number,
): Trainable {
  const own = <Figures extends Record<string, number>>(figures: Figures): Figures => {
    const scaled = Object.entries(figures).map(([name, value]) => [name, value * unitOf(name)]);
    return { ...figures, ...Object.fromEntries(scaled) };
  };
  const ownReport = (report: EpochReport): EpochReport => ({
    ...report,
    metrics: own(report.metrics),
    ...(report.validation && { validation: own(report.validation) }),
  });
  const scaledStopping = ({ metric, minDelta = 0, ...rest }: EarlyStopping): EarlyStopping => ({
    ...rest,
    metric,
    minDelta: minDelta / unitOf(metric),
  });
  return {
    get epoch() {
      return trainer.epoch;
    },
    save: (metadata) => trainer.save(metadata),
    evaluateAll: (data) => own(trainer.evaluateAll(data)),
    *epochs(data, options = {}) {
      const stopping = options.earlyStopping ?? training.earlyStopping;
      const run = trainer.epochs(data, {
        ...options,
        earlyStopping: stopping ? scaledStopping(stopping) : false,
      });
      let next = run.next();
      for (; !next.done; next = run.next()) yield ownReport(next.value);
      return { ...next.value, epochs: next.value.epochs.map(ownReport) };
    },
  };
}
