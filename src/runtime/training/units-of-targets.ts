// Errors in original units, for trainers with any number of targets.
import type { Dataset } from "../data/dataset.ts";
import type { TrainingFacts } from "../model/facts.ts";
import { withUnits } from "./original-units.ts";
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
  return withUnits(trainer, training, unitOf);
}
