/** A training that diverged, as `tapeless train` tells it: when, and in which node of the graph it began. */
import type { Compilation } from "../../compiler/pipeline.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { say } from "../terminal/report-error.ts";

/** The training that is under way. */
export interface Latest {
  /** Which one of several. */
  readonly name: string;
  readonly trainer: Trainer;
  readonly dataset: Dataset;
  /** The checkpoint after the last epoch that went well. */
  readonly before: Uint8Array;
}

/**
 * The trainer says step, epoch and rate; running the epoch again beside the interpreter says in which node it
 * began.
 */
export async function tellDivergence(
  error: Error,
  { name, trainer, dataset, before }: Latest,
  compilation: Compilation,
  facts: ModelFacts,
): Promise<number> {
  const { explainDivergence } = await import("../verify/explain-divergence.ts");
  trainer.load(before);
  const cause = explainDivergence(compilation, facts, trainer, dataset.train);
  say([
    {
      code: "T4001",
      severity: "error",
      message: name + error.message,
      hint: "a smaller learning rate, gradient clipping (`optimizer.clip`) or scaled inputs may help",
      notes: cause === undefined ? [] : [cause],
    },
  ]);
  return 1;
}
