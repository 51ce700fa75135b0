// Checks `training.search` against the rest of the spec: its paths must exist, and must not change anything
// that candidates must have in common. search/check-candidates.ts checks whether each candidate is a valid
// spec.
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath, parsePath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { showValue } from "../../util/message-text.ts";
import { hasValidation } from "./check-training.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import { checkFigure } from "./check-losses.ts";

const own: SpecPath = ["training", "search"];

/** The paths whose values must be the same for all candidates, with the reasons. */
const sameRows = "it changes how the rows are split, and all candidates must be compared on the same rows";
const sameTask = "all candidates must learn the same targets from the same data";
const fixed: Readonly<Record<string, string>> = {
  name: sameTask,
  targets: sameTask,
  "data.targets": sameTask,
  "data.file": sameTask,
  "data.idx": sameTask,
  "data.train": sameTask,
  "data.test": sameTask,
  "data.validation": sameTask,
  "data.time": sameTask,
  "data.windows": sameTask,
  metrics: "all candidates must report the same metrics",
  "training.seed": sameRows,
  "training.test": sameRows,
  "training.validation": sameRows,
  "training.stratify": sameRows,
  "training.search": "a search cannot vary its own settings",
};

/** The largest number of combinations that a search may list. */
const mostCombinations = 100_000;

/**
 * Reports a search with invalid paths (T1701, T1702) or ranges (T1703), or without a criterion for the best
 * candidate (T1704).
 */
export function checkSearch(spec: unknown, problems: Collector): void {
  const training = member(spec, "training");
  const search = member(training, "search");
  if (typeof search !== "object" || search === null) return;
  const over = member(search, "over");
  for (const key of keysOf(over)) checkPath(spec, key, problems);
  for (const key of keysOf(over)) checkRange(search, key, member(over, key), problems);
  if (keysOf(over).length === 0 && typeof over === "object")
    problems.error(
      [...own, "over"],
      "T1701",
      "training.search.over must contain at least one path of the spec",
    );
  checkSize(search, over, problems);
  checkChoice(spec, training, search, problems);
}

function checkPath(spec: unknown, key: string, problems: Collector): void {
  const wrong = (code: DiagnosticCode, message: string, hint?: string) =>
    problems.error([...own, "over", key], code, `training.search.over: ${message}`, { at: "key", hint });
  const path = parsePath(key);
  if (path === undefined) {
    wrong("T1701", `${showValue(key)} is not a valid path`, 'write a path like "network[0].units"');
    return;
  }
  const reason = reasonIfFixed(path);
  if (reason !== undefined) {
    wrong("T1702", `${key} cannot be searched: ${reason}`);
    return;
  }
  let value = spec;
  for (const [depth, step] of path.entries()) {
    const owner = formatPath(path.slice(0, depth));
    if (value === undefined) break;
    if (typeof step === "number") {
      if (!Array.isArray(value)) return wrong("T1701", `${key}: ${owner} is not a list`);
      if (step >= value.length)
        return wrong(
          "T1701",
          `${key}: ${owner} has only ${value.length} ${value.length === 1 ? "member" : "members"}`,
          "indices start at 0",
        );
    } else if (Array.isArray(value)) {
      return wrong(
        "T1701",
        `${key}: ${owner} is a list, so an index must follow it`,
        `write ${owner}[0] for its first member`,
      );
    } else if (typeof value !== "object" && typeof value !== "string") {
      return wrong(
        "T1701",
        `${key}: ${owner} is ${showValue(value)}, which cannot have the key ${showValue(step)}`,
      );
    }
    value = member(value, step);
  }
}

/**
 * Returns the reason why the value at the path must be the same for all candidates; undefined if it may vary.
 */
function reasonIfFixed(path: SpecPath): string | undefined {
  const [root, , key] = path;
  // A path to a whole entry of `losses` would also change its metrics.
  if (root === "losses" && (key === undefined || key === "metrics")) return fixed.metrics;
  const shared = Object.keys(fixed).find((prefix) => isWithin(path, parsePath(prefix) ?? []));
  return shared === undefined ? undefined : fixed[shared];
}

/** Whether the path equals `other` or leads to a value inside it. */
const isWithin = (path: SpecPath, other: SpecPath): boolean => other.every((step, i) => path[i] === step);

function checkRange(search: unknown, key: string, axis: unknown, problems: Collector): void {
  const from = member(axis, "from");
  const to = member(axis, "to");
  if (typeof from !== "number" || typeof to !== "number") return;
  const path = [...own, "over", key];
  const where = formatPath(path);
  if (from >= to)
    problems.error(path, "T1703", `${where}.from must be less than ${where}.to, got ${from} and ${to}`);
  if (member(axis, "scale") === "log" && from <= 0)
    problems.error(
      [...path, "from"],
      "T1703",
      `${where}.from must be greater than 0 on a log scale, got ${from}`,
    );
  if (member(axis, "steps") !== undefined || member(search, "samples") !== undefined) return;
  const hint = 'limit the number of values with "steps", or draw candidates at random with "samples"';
  problems.error(path, "T1703", `${where} is a continuous range, so a search cannot try every combination`, {
    hint,
  });
}

function checkSize(search: unknown, over: unknown, problems: Collector): void {
  if (member(search, "samples") !== undefined) return;
  const sizes = keysOf(over).map((key) => {
    const steps = member(member(over, key), "steps");
    return typeof steps === "number" ? steps : listOf(member(over, key)).length;
  });
  const count = sizes.reduce((product, size) => product * Math.max(1, size), 1);
  if (count <= mostCombinations) return;
  const message = `training.search.over has ${count} combinations; the limit is ${mostCombinations}`;
  problems.error([...own, "over"], "T1703", message, {
    at: "key",
    hint: 'use "samples": 200 to draw some of them at random',
  });
}

/**
 * Whether the value at the path changes how the loss or metric `figure` is computed. The weight of a loss
 * changes only the weighted sum of the losses.
 */
function changes([root, target, key]: SpecPath, figure: string): boolean {
  if (root === "loss") return figure === "loss";
  if (root !== "losses") return false;
  return key === "loss"
    ? figure === "loss" || figure === `${target}.loss`
    : key === "weight" && figure === "loss";
}

/** Reports a search without a criterion that can rank the candidates. */
function checkChoice(spec: unknown, training: unknown, search: unknown, problems: Collector): void {
  if (!hasValidation(spec)) {
    const message =
      "training.search needs a validation split to select the best candidate, but the spec has none";
    const hint = 'add "validation": { "fraction": 0.2 } to training';
    problems.error(own, "T1704", message, { at: "key", hint });
  }
  const name = textOf(member(search, "metric"));
  if (name !== undefined) checkFigure(spec, [...own, "metric"], name, problems);
  const watched = name ?? textOf(member(member(training, "earlyStopping"), "metric")) ?? "loss";
  const varied = keysOf(member(search, "over")).find((key) => changes(parsePath(key) ?? [], watched));
  if (varied === undefined) return;
  const what = watched === "loss" ? "the loss" : watched;
  const message = `training.search.over: ${varied} changes ${what} itself, so ${what} cannot rank candidates`;
  const hint = `rank candidates by a metric instead: "metric": NAME`;
  problems.error([...own, "over", varied], "T1704", message, { at: "key", hint });
}
