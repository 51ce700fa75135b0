// A trainer whose target is scaled, as people want to see it: errors in the target's own units. Only trainers
// of such a spec have this.
import type { Dataset } from "../data/dataset.ts";
import type { EarlyStopping, TrainingFacts } from "../model/facts.ts";
import type { Trainable } from "./train-on.ts";
import type { EpochReport } from "../trainer/trainer.ts";

/**
 * The same trainer, but `mae` and `rmse` in all that it reports are in the target's own units: a trainer's
 * own are those of the scaled target, and an error of 1 is there the span of the scale. `minDelta` of early
 * stopping is read in the units of what it watches. The loss stays as it is trained on, that of the scaled
 * target; r2 and accuracy have no unit. That all columns of the target have the same span is for the spec's
 * checks.
 */
export function inOwnUnits(
  trainer: Trainable,
  { training }: { training: TrainingFacts },
  { fields }: Dataset,
): Trainable {
  const [{ span } = { span: 1 }] = fields[fields.length - 1].scales ?? [];
  const unitOf = (figure?: string) => (figure === "mae" || figure === "rmse" ? span : 1);
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
    save: (notes) => trainer.save(notes),
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
