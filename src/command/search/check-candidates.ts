/** Reads and checks the candidates of a search before any of them is trained. */
import { parsePath } from "../../compiler/diagnostics/diagnostic.ts";
import type { Diagnostic, SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../compiler/spec/build.ts";
import type { ModelFiles } from "../../compiler/spec/model-files.ts";
import { figuresOf } from "../../compiler/spec/objectives.ts";
import { parseModel } from "../../compiler/spec/parse-model.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { datasetContextOf } from "../../compiler/trainer/dataset-context.ts";
import { modelFacts } from "../../compiler/trainer/trainer-facts.ts";
import type { DatasetContext } from "../../runtime/data/dataset.ts";
import { candidatesOf } from "./candidates.ts";
import type { Candidate } from "./candidates.ts";
import { valuesText } from "./report.ts";
import type { Criterion } from "./report.ts";

// Checks all candidates and reports the errors of all of them. An error that several candidates share is
// reported once.

/** The maximum number of different errors that are reported. */
const maxErrors = 20;

/** A candidate with a valid spec, its model and its preprocessing. */
export interface CheckedCandidate extends Candidate {
  readonly model: Model;
  readonly context: DatasetContext;
}

/** @throws DiagnosticError. Errors in searched values are located in `training.search`. */
function checkCandidates(
  candidates: readonly Candidate[],
  files: ModelFiles,
  dtype: "f32" | "f64",
): CheckedCandidate[] {
  const checked: CheckedCandidate[] = [];
  const errors = new Map<string, { readonly first: Diagnostic; readonly in: Candidate[] }>();
  for (const candidate of candidates) {
    try {
      const model = parseModel(candidate.spec, files);
      const built = buildGraphs(model, dtype);
      checked.push({
        ...candidate,
        model,
        context: datasetContextOf(model, modelFacts(model, built, dtype)),
      });
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      for (const diagnostic of error.diagnostics.filter(({ severity }) => severity === "error")) {
        const key = `${diagnostic.code} ${diagnostic.message}`;
        const known = errors.get(key);
        if (known) known.in.push(candidate);
        else errors.set(key, { first: diagnostic, in: [candidate] });
      }
    }
  }
  if (errors.size === 0) return checked;
  const reported = [...errors.values()].slice(0, maxErrors);
  throw new DiagnosticError(
    reported.map(({ first, in: wrong }): Diagnostic => ({
      ...first,
      ...locationOf(first, wrong[0]),
      notes: [...(first.notes ?? []), whereText(wrong, candidates.length)],
    })),
  );
}

/**
 * The location of an error: in `training.search`, if the error is in a searched value or is a key that only
 * the search adds; otherwise unchanged.
 */
function locationOf({ code, path = [], at, within }: Diagnostic, { values }: Candidate): Partial<Diagnostic> {
  const isWithin = (inner: SpecPath, outer: SpecPath) => outer.every((step, i) => inner[i] === step);
  const key = Object.keys(values).find((key) => {
    const searched = parsePath(key) ?? [];
    return isWithin(path, searched) || (code === "T1101" && isWithin(searched, path));
  });
  return key === undefined
    ? { path, at, within }
    : { path: ["training", "search", "over", key], at: "key", within: undefined };
}

function whereText([first, ...others]: readonly Candidate[], total: number): string {
  const count = 1 + others.length;
  const all = count === total ? "in every candidate" : `in ${count} of ${total} candidates`;
  return `${all}${count === 1 ? "" : ", first"}: candidate ${first.number} has ${valuesText(first.values)}`;
}

// Reads and checks the candidates of the search in a spec.

interface ReadCandidates {
  readonly candidates: readonly CheckedCandidate[];
  readonly criterion: Criterion;
}

/** @throws DiagnosticError if the spec has no search (T1705), or with the errors of all candidates */
export async function readCandidates(
  { model, source, value, files, search }: ReadSpec,
  dtype: "f32" | "f64",
): Promise<ReadCandidates> {
  if (search === undefined) {
    const message = "the spec has no training.search, which lists the values to search";
    const hint = 'add to training: "search": { "over": { "network[0].units": [8, 16, 32] } }';
    throw new DiagnosticError([
      { code: "T1705", severity: "error", message, hint, location: { file: source.file } },
    ]);
  }
  const candidates = await located(source, () => checkCandidates(candidatesOf(value, search), files, dtype));
  const metric = search.metric ?? model.training.earlyStopping?.metric ?? "loss";
  const figure = figuresOf(model).find(({ name }) => name === metric);
  return { candidates, criterion: { metric, higherIsBetter: figure?.higherIsBetter ?? false } };
}
