// From a spec that was read to all candidates of its search, each checked as a whole spec.
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { isRising, metricName } from "../../compiler/library/metrics/index.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-of-tree.ts";
import { candidatesOf } from "./candidates.ts";
import { checkCandidates, type CheckedCandidate } from "./check-candidates.ts";
import type { Criterion } from "./ranking.ts";

export interface ReadCandidates {
  readonly candidates: readonly CheckedCandidate[];
  readonly criterion: Criterion;
}

/** @throws DiagnosticError for a spec without a search (T1705), and with all that is wrong with any candidate */
export async function readCandidates(
  { model, source, value, search }: ReadSpec,
  dtype: "f32" | "f64",
): Promise<ReadCandidates> {
  if (search === undefined) {
    const message = "the spec has no `training.search`, so nothing says what to try";
    const hint = 'add "search": { "over": { "network[0].units": [8, 16, 32] } } to training';
    throw new DiagnosticError([
      { code: "T1705", severity: "error", message, hint, place: { file: source.file } },
    ]);
  }
  const candidates = await located(source, () => checkCandidates(candidatesOf(value, search), dtype));
  const metric = search.metric ?? model.training.earlyStopping?.metric ?? "loss";
  const rising = model.metrics.filter(isRising).map(metricName);
  return { candidates, criterion: { metric, isRising: rising.includes(metric) } };
}
