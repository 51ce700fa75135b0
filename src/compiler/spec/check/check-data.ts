/** Checks the `data` section: columns, splits, and the files that contain the data. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { didYouMean, showNames, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf, typeOf } from "../raw-spec.ts";
import { writtenLosses } from "../written-losses.ts";
import { isUsableName } from "./check-names.ts";
import { checkTexts } from "./check-texts.ts";

// The files: all data is in one kind of file, and no split has two files. With IDX, each input and target has
// a separate file.

/** Whether the rows are read from IDX files. */
export const isOfIdx = (data: unknown): boolean =>
  [data, member(data, "train"), member(data, "test")].some((split) => member(split, "idx") !== undefined);

/**
 * Reports files that are missing (T1102), keys for files that cannot be combined (T1208), and IDX files of
 * unknown inputs and targets (T1307).
 */
function checkFiles(spec: unknown, data: unknown, problems: Collector): void {
  checkPresence(data, problems);
  if (isOfIdx(data) && member(data, "separator") !== undefined)
    problems.error(
      ["data", "separator"],
      "T1208",
      "data.separator cannot be combined with IDX files, which contain no text",
      {
        at: "key",
        hint: "remove it",
      },
    );
  checkIdx(spec, member(data, "idx"), ["data", "idx"], problems);
  for (const split of ["train", "test"])
    checkIdx(spec, member(member(data, split), "idx"), ["data", split, "idx"], problems);
  if (isOfIdx(data) && member(data, "validation") !== undefined)
    problems.error(["data", "validation"], "T1208", "data.validation cannot be combined with IDX files", {
      at: "key",
      hint: "use training.validation",
    });
}

function checkPresence(data: unknown, problems: Collector): void {
  const has = (key: string) => member(data, key) !== undefined;
  const path: SpecPath = ["data"];
  const hint = 'use "file", or "idx", or both "train" and "test"';
  const whole = ["file", "idx"].filter(has);
  const other = whole.length > 1 ? '"idx"' : '"train", "test" or "validation"';
  const splits = ["train", "test", "validation"].some(has);
  if (whole.length > 1 || (whole.length > 0 && splits))
    problems.error(path, "T1208", `data: "${whole[0]}" cannot be combined with ${other}`, {
      at: "key",
      hint,
    });
  else if (whole.length === 0 && !has("train"))
    problems.error(path, "T1102", `data.${splits ? "train" : "file"} is missing: it must be a string`, {
      at: "key",
      hint,
    });
  else if (has("train") && !has("test") && !has("validation"))
    problems.error(path, "T1102", "data.test is missing: it must be a string", { at: "key", hint });
  const [train, test] = ["train", "test"].map((split) => member(data, split));
  if (train === undefined || test === undefined || isText(train) === isText(test)) return;
  problems.error(["data", "test"], "T1208", "data.train and data.test must have the same file format", {
    hint: 'write a file name for both, or { "idx": … } for both',
  });
}

const isText = (value: unknown): boolean => typeof value === "string";

function checkIdx(spec: unknown, files: unknown, path: SpecPath, problems: Collector): void {
  if (typeof files !== "object" || files === null) return;
  const declared = [...keysOf(member(spec, "inputs")), ...keysOf(member(spec, "targets"))];
  const known = keysOf(files);
  const where = formatPath(path);
  for (const name of known.filter((name) => !declared.includes(name))) {
    const similar = didYouMean(name, declared);
    const hint = similar
      ? `did you mean ${showValue(similar)}?`
      : `declared inputs and targets: ${declared.join(", ")}`;
    problems.error([...path, name], "T1307", `${where}: unknown input or target ${showValue(name)}`, {
      at: "key",
      hint,
    });
  }
  for (const name of declared.filter((name) => !known.includes(name) && isUsableName(name)))
    problems.error(path, "T1307", `${where} has no file for ${name}`, {
      at: "key",
      hint: `add ${showValue(name)}: FILE`,
    });
}

// Columns: every input and target has an entry, and every entry has a source.

/**
 * Reports inputs and targets that occur only in `data` or only outside it (T1307), entries without columns
 * (T1102), and keys that cannot be combined (T1208). Also checks files and text columns.
 */
export function checkData(spec: unknown, problems: Collector): void {
  const data = member(spec, "data");
  if (typeof data !== "object" || data === null) return;
  for (const side of ["inputs", "targets"] as const) checkSide(spec, data, side, problems);
  checkFiles(spec, data, problems);
  checkTexts(spec, data, problems);
  warnOfLeaks(data, problems);
}

/**
 * Warns if an input contains a column of a target, so that the network could copy it (T1228). An autoencoder,
 * whose input and target have the same columns, is not a leak, and neither are past values of a series.
 */
function warnOfLeaks(data: unknown, problems: Collector): void {
  const [inputs, targets] = [member(data, "inputs"), member(data, "targets")];
  const hasWindows = member(data, "windows") !== undefined;
  const columnsOf = (entry: unknown) => listOf(member(entry, "columns")).filter(isText);
  for (const input of keysOf(inputs)) {
    const entry = member(inputs, input);
    if (hasWindows && (member(entry, "window") ?? "past") === "past") continue;
    const columns = columnsOf(entry);
    for (const target of keysOf(targets)) {
      const own = columnsOf(member(targets, target));
      const shared = columns.find((column) => own.includes(column));
      const areEqual = own.length === columns.length && own.every((column) => columns.includes(column));
      if (shared === undefined || areEqual) continue;
      const path = ["data", "inputs", input, "columns"];
      const message = `${formatPath(path)} contains the column ${showValue(shared)} of the target ${target}`;
      const hint = hasWindows
        ? 'its values are unknown at the time of the forecast: remove the column, or use "window": "past"'
        : "its values are unknown when the model is used: remove the column";
      problems.warning(path, "T1228", message, { hint });
    }
  }
}

function checkSide(spec: unknown, data: unknown, side: "inputs" | "targets", problems: Collector): void {
  const declared = keysOf(member(spec, side));
  const given = member(data, side);
  const known = keysOf(given);
  const isIdx = isOfIdx(data);
  // A misspelt name is one error, so the name that was probably meant is not reported as missing.
  const meant = new Set<string | undefined>();
  for (const name of known) {
    const path = ["data", side, name];
    if (!declared.includes(name)) {
      meant.add(reportUnknown(path, name, side, declared, problems));
      continue;
    }
    const entry = member(given, name);
    checkColumns(path, entry, isIdx, problems);
    checkScale(spec, entry, side, name, problems);
    checkMissing(spec, entry, side, name, problems);
    if (side === "targets") {
      checkUnit(spec, entry, name, problems);
      warnOfFormula(spec, entry, name, problems);
    }
  }
  if (isIdx) return;
  if (given === undefined)
    problems.error(["data"], "T1102", `data.${side} is missing: it must be an object`, { at: "key" });
  if (typeof given !== "object" || given === null) return;
  const missing = declared.filter((name) => !known.includes(name) && !meant.has(name));
  for (const name of missing.filter(isUsableName)) {
    const message = `data.${side} has no entry for ${formatPath([side, name])}`;
    problems.error(["data", side], "T1307", message, {
      at: "key",
      hint: `add ${showValue(name)}: { "columns": [ … ] }`,
    });
  }
}

/** Returns the name that was probably meant. */
function reportUnknown(
  path: SpecPath,
  name: string,
  side: "inputs" | "targets",
  declared: readonly string[],
  problems: Collector,
): string | undefined {
  const similar = didYouMean(name, declared);
  const hint = similar
    ? `did you mean ${showValue(similar)}?`
    : declared.length > 0
      ? `declared ${side}: ${showNames(declared)}`
      : undefined;
  const kind = side === "inputs" ? "input" : "target";
  problems.error(path, "T1307", `data.${side}: unknown ${kind} ${showValue(name)}`, { at: "key", hint });
  return similar;
}

const keysOfTables = [
  "columns",
  "characters",
  "words",
  "categories",
  "unseen",
  "minCount",
  "dates",
  "nextOf",
  "names",
  "missing",
];

/**
 * Checks the key `columns`, which is required for tables and not allowed for IDX files and targets with
 * `nextOf`.
 */
function checkColumns(path: SpecPath, entry: unknown, isIdx: boolean, problems: Collector): void {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return;
  const where = formatPath(path);
  if (isIdx) {
    for (const key of keysOfTables.filter((key) => member(entry, key) !== undefined))
      problems.error([...path, key], "T1208", `${where}.${key} cannot be combined with IDX files`, {
        at: "key",
        hint: 'an IDX file contains one whole input or target; only "scale" is allowed here',
      });
  } else if (member(entry, "columns") === undefined && member(entry, "nextOf") === undefined) {
    problems.error(path, "T1102", `${where}.columns is missing: it must be a non-empty list`, {
      at: "key",
    });
  }
}

/** Checks that no scale applies to class indices or vocabulary indices, which are not quantities. */
function checkScale(
  spec: unknown,
  entry: unknown,
  side: "inputs" | "targets",
  name: string,
  problems: Collector,
): void {
  if (member(entry, "scale") === undefined) return;
  const declared = member(member(spec, side), name);
  const indices =
    side === "targets" ? member(declared, "classes") !== undefined : member(declared, "dtype") === "i32";
  if (!indices) return;
  const path = ["data", side, name, "scale"];
  problems.error(path, "T1208", `${formatPath(path)}: indices cannot be scaled`, { hint: "remove it" });
}

/**
 * Reports scales for which mae or rmse has no unit. An error over several columns has a unit only if one
 * number scales all of them.
 */
function checkUnit(spec: unknown, entry: unknown, name: string, problems: Collector): void {
  const scale = textOf(member(entry, "scale"));
  const size = listOf(member(member(member(spec, "targets"), name), "shape")).reduce<number>(
    (product, extent) => product * Number(extent),
    1,
  );
  const metric = metricsOf(spec, name)
    .metrics.map(typeOf)
    .find((type) => type === "mae" || type === "rmse");
  if (scale === undefined || metric === undefined || !(size > 1)) return;
  const path = ["data", "targets", name, "scale"];
  const message =
    `${formatPath(path)}: "${scale}" scales each of the ${size} columns by a different number, so ${metric} ` +
    "over all columns has no unit";
  problems.error(path, "T1208", message, {
    hint: 'scale all columns of the target by one number, with { "divide": … }, or remove mae and rmse',
  });
}

/** The metrics of a target, and their location. */
function metricsOf(spec: unknown, target: string): { metrics: readonly unknown[]; path: SpecPath } {
  const { metrics, path } = writtenLosses(spec).find((each) => each.target === target) ?? {
    metrics: [],
    path: [],
  };
  return { metrics, path: [...path, "metrics"] };
}

/** Warns that a metric's formula reads the scaled target. Only mae and rmse are in original units. */
function warnOfFormula(spec: unknown, entry: unknown, name: string, problems: Collector): void {
  if (member(entry, "scale") === undefined) return;
  const { metrics, path } = metricsOf(spec, name);
  metrics.forEach((metric, index) => {
    if (member(metric, "formula") === undefined) return;
    const own = [...path, index];
    const message =
      `${formatPath(own)}: the formula reads the values of ${name} as scaled by data.targets.${name}.scale, not in ` +
      "their original units";
    problems.warning(own, "T1209", message, {
      hint: "remove the scale, or write the formula for scaled values; mae and rmse use original units",
    });
  });
}

// Missing values. A mean can replace them only where a mean makes sense.

const missingHint = (side: "inputs" | "targets"): string =>
  side === "inputs"
    ? 'use "mean" for numbers and dates, or "drop" to remove the row'
    : 'use "drop" to remove the row';

/** Reports a key `missing` that does not fit its input or target (T1208). */
function checkMissing(
  spec: unknown,
  entry: unknown,
  side: "inputs" | "targets",
  name: string,
  problems: Collector,
): void {
  const missing = member(entry, "missing");
  const report = (why: string, hint: string) => {
    const path = ["data", side, name, "missing"];
    problems.error(path, "T1208", `${formatPath(path)}: ${why}`, { hint });
  };
  if (missing !== undefined && missing !== "error" && member(entry, "nextOf") !== undefined)
    return report('it cannot be combined with "nextOf"', "write it for the input instead");
  if (missing === "category" && member(entry, "categories") === undefined)
    return report('"category" applies only to columns of categories', missingHint(side));
  if (missing !== "mean") return;
  const others = 'or use "drop" to remove the row';
  if (side === "targets")
    report(
      "a target cannot be replaced by the mean, because the model would learn the mean as a true value",
      `remove it, ${others}`,
    );
  else if (["characters", "words", "categories"].some((key) => member(entry, key) !== undefined))
    report("text and categories cannot be replaced by a mean", `remove it, ${others}`);
  else if (writtenLosses(spec).some(({ weights }) => member(weights.of, "sampleWeights") === name))
    report("a sample weight cannot be replaced by the mean", `remove it, ${others}`);
  else if (member(member(member(spec, side), name), "dtype") === "i32")
    report("an index cannot be replaced by a mean, which is not an index", `remove it, ${others}`);
}
