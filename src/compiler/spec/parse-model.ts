// Converts any value to a model. The schema validates each value, the checks validate combinations, and only
// a spec without errors is made canonical. It needs no file system, so it runs wherever the compiler runs.
import { DiagnosticError, collector } from "../diagnostics/errors.ts";
import type { Diagnostic, SpecPath } from "../diagnostics/diagnostic.ts";
import type { OnnxModel } from "../library/onnx/model.ts";
import { showValue } from "../util/message-text.ts";
import { canonicalModel } from "./canonical.ts";
import { checkCells } from "./check/check-cells.ts";
import { checkData } from "./check/check-data.ts";
import { checkFormulas, readByMeasures } from "./check/check-formulas.ts";
import { checkMasks, lengthInputs } from "./check/check-masks.ts";
import { checkModelFiles } from "./check/check-model-files.ts";
import { checkNames, checkWidth } from "./check/check-names.ts";
import { checkLosses } from "./check/check-losses.ts";
import { checkRate, checkTraining } from "./check/check-training.ts";
import { checkSeries, specOfRows } from "./check/check-series.ts";
import { checkWeights } from "./check/check-weights.ts";
import { checkReferences, warnOfUnread } from "./check/check-references.ts";
import { keysOf, member, plainSpec } from "./raw-spec.ts";
import { checkSearch } from "./check/check-search.ts";
import { explain, isMisspelt } from "./explain.ts";
import { fileOfLayer } from "./model-files.ts";
import type { ModelFiles } from "./model-files.ts";
import { checkLayerCount, flattenNetwork, writtenNetwork } from "./written-network.ts";
import type { References } from "./written-network.ts";
import { specSchema } from "./json-schema.ts";
import { modelSchema } from "./schema.ts";
import { withSplitFiles } from "./split-files.ts";
import type { Search } from "./search-schema.ts";
import type { Model } from "./types.ts";

/** A model with the warnings about its spec. */
export interface ParsedSpec {
  readonly model: Model;
  readonly warnings: readonly Diagnostic[];
  /** The settings of `training.search`. They are not part of the model. */
  readonly search?: Search | undefined;
}

/**
 * Validates a spec that is already a value. `files` are the model files that it names.
 * @throws DiagnosticError with all errors of the spec.
 */
export const parseModel = (value: unknown, files?: ModelFiles): Model => parseSpec(value, files).model;

/** Like {@link parseModel}, but also returns the warnings and the search. */
export function parseSpec(spec: unknown, files: ModelFiles = new Map()): ParsedSpec {
  const { value: written, error, tooDeep } = plainSpec(spec);
  const value = withSplitFiles(written);
  const problems = collector();
  // This check comes first, because all other checks recurse into blocks of any depth.
  const network = writtenNetwork(value, problems);
  if (network !== undefined && error !== undefined) problems.error(error.path, error.code, error.message);
  if (network === undefined || error !== undefined) throw new DiagnosticError(problems.found);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notAnObject(value);
  const result = modelSchema.safeParse(value);
  let meant: readonly SpecPath[] = [];
  if (!result.success) {
    const explained = explain(
      result.error.issues,
      specSchema(),
      value,
      (other) => modelSchema.safeParse(other).error?.issues ?? [],
    );
    problems.add(explained.diagnostics, explained.omitted);
    meant = explained.meant;
  }
  checkLayerCount(network, problems);
  checkWidth(value, network, problems);
  checkFormulas(value, problems);
  checkNames(value, network, problems);
  const graphs = checkModelFiles(network, files, problems);
  const references = checkReferences(value, network, graphs, problems);
  // Blocks are expanded only if there are no errors. Otherwise an error could make other layers appear
  // unread.
  const flat =
    result.success && problems.found.length === 0
      ? flattenNetwork(result.data.network, network, references)
      : undefined;
  const forOthers = [...readByMeasures(value), ...lengthInputs(value)];
  const inputs = keysOf(member(value, "inputs")).filter((name) => !forOthers.includes(name));
  if (flat) warnOfUnread(inputs, network, flat, problems);
  checkLosses(value, problems);
  checkTraining(value, problems);
  checkSearch(value, problems);
  checkWeights(value, problems);
  checkRate(value, problems);
  checkMasks(value, problems);
  checkSeries(value, problems);
  const ofRows = specOfRows(value);
  checkData(ofRows, problems);
  checkCells(ofRows, member(value, "data"), problems);
  problems.retract(isMisspelt(meant));
  // A value that is nested this deeply is nearly always in the wrong location. An error about the location is
  // more helpful, so nesting is reported only if there is no other error.
  if (tooDeep !== undefined && !problems.found.some(({ severity }) => severity === "error"))
    problems.error(tooDeep.path, tooDeep.code, tooDeep.message);
  const warnings = problems.throwErrors();
  if (!result.success || !flat) throw new DiagnosticError(problems.found);
  return {
    model: canonicalModel(result.data, flat, modelsIn(graphs)),
    warnings,
    search: result.data.training.search,
  };
}

/** The models of all ONNX layers, by file. */
const modelsIn = (graphs: References["graphs"]): ReadonlyMap<string, OnnxModel> =>
  new Map([...graphs].map(([layer, { model }]) => [fileOfLayer(layer) ?? "", model]));

function notAnObject(value: unknown): DiagnosticError {
  const message = `the spec must be an object, got ${showValue(value)}`;
  return new DiagnosticError([{ code: "T1201", severity: "error", path: [], message }]);
}
