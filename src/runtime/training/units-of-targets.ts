// Errors in original units, for trainers with any number of targets.
import type { Dataset } from "../data/dataset.ts";
import type { EarlyStopping, TrainingFacts } from "../model/facts.ts";
import type { EpochReport } from "../trainer/trainer.ts";
import type { Trainable } from "./train-on.ts";

/**
 * Like `inOriginalUnits`, but for a model with `losses`: `price.mae` is in the units of the target `price`.
 * Names without a target belong to the only target.
 */
export function inUnitsOfTargets(
  trainer: Trainable,
  { training }: { training: TrainingFacts },
  { fields }: Dataset,
): Trainable {
  const unitOf = (figure = "loss"): number => {
    const [metric, target] = figure.split(".").reverse();
    if (metric !== "mae" && metric !== "rmse") return 1;
    const field =
      target === undefined ? fields[fields.length - 1] : fields.find(({ name }) => name === target);
    return field?.scales?.[0]?.span ?? 1;
  };
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
    ...(metric !== undefined && { metric }),
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
