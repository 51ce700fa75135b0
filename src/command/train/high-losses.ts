/** Warns about each target whose loss starts too high because the target or the inputs are not scaled. */
import { datasetContextOf } from "../../compiler/trainer/dataset-context.ts";
import { plainTargets } from "../../compiler/trainer/trainer-facts.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { firstLossText } from "../../runtime/program/first-loss.ts";
import { highFirstLosses } from "../../runtime/program/first-losses.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";

/** `trainer` must not have been trained. */
export function highLossWarnings(
  model: Model,
  facts: ModelFacts,
  trainer: Trainer,
  dataset: Dataset,
): readonly Diagnostic[] {
  const plain = plainTargets(model);
  if (plain.length === 0) return [];
  const found =
    model.losses === undefined
      ? plain.map((target) => ({ target, text: firstLossText(facts, trainer, dataset) }))
      : highFirstLosses(datasetContextOf(model, facts), trainer, dataset);
  return found.flatMap(({ target, text }): Diagnostic[] => {
    const path = ["data", "targets", target];
    return text === undefined ? [] : [{ code: "T2008", severity: "warning", message: text, path, at: "key" }];
  });
}
