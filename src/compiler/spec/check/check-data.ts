/** The `data` section: columns, splits, and the files that the data is read from. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { didYouMean, showNames, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf, typeOf } from "../raw-spec.ts";
import { isUsableName } from "./check-names.ts";
import { checkTexts } from "./check-texts.ts";

// Files: given in one way only, of a known kind, and for IDX one for each input and target.

/** Whether the rows come from IDX files. */
export const isOfIdx = (data: unknown): boolean =>
  [data, member(data, "train"), member(data, "test")].some((part) => member(part, "idx") !== undefined);

/**
 * Reports files that are missing (T1102), given in two ways or beside a share of test rows (T1208), and of
 * inputs and targets that are not there (T1307).
 */
function checkFiles(spec: unknown, data: unknown, problems: Collector): void {
  checkPresence(data, problems);
  if (isOfIdx(data) && member(data, "separator") !== undefined)
    problems.error(
      ["data", "separator"],
      "T1208",
      "data.separator is for CSV files, and IDX files are none",
      {
        at: "key",
        hint: "leave it out",
      },
    );
  checkIdx(spec, member(data, "idx"), ["data", "idx"], problems);
  for (const part of ["train", "test"])
    checkIdx(spec, member(member(data, part), "idx"), ["data", part, "idx"], problems);
  const fraction = member(member(member(spec, "training"), "test"), "fraction");
  if (member(data, "test") === undefined || fraction === undefined) return;
  const message = "training.test sets test rows aside, but data.test is a file of them";
  problems.error(["training", "test"], "T1208", message, { at: "key", hint: "leave one of the two" });
}

function checkPresence(data: unknown, problems: Collector): void {
  const has = (key: string) => member(data, key) !== undefined;
  const path: SpecPath = ["data"];
  const hint = 'either "file", or "idx", or "train" and "test"';
  const whole = ["file", "idx"].filter(has);
  const other = whole.length > 1 ? '"idx"' : '"train" or "test"';
  if (whole.length > 1 || (whole.length > 0 && (has("train") || has("test"))))
    problems.error(path, "T1208", `data has "${whole[0]}" beside ${other}`, { at: "key", hint });
  else if (whole.length === 0 && !has("train"))
    problems.error(path, "T1102", `data.${has("test") ? "train" : "file"} is missing: it must be a text`, {
      at: "key",
      hint,
    });
  else if (has("train") && !has("test"))
    problems.error(path, "T1102", "data.test is missing: it must be a text", { at: "key", hint });
  const [train, test] = ["train", "test"].map((part) => member(data, part));
  if (train === undefined || test === undefined || isText(train) === isText(test)) return;
  problems.error(["data", "test"], "T1208", "data.test is of another kind than data.train", {
    hint: 'two CSV files, or { "idx": … } twice',
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
      : `inputs and targets: ${declared.join(", ")}`;
    problems.error([...path, name], "T1307", `${formatPath([...path, name])} is no input and no target`, {
      at: "key",
      hint,
    });
  }
  for (const name of declared.filter((name) => !known.includes(name) && isUsableName(name)))
    problems.error(path, "T1307", `${where} names no file for ${name}`, {
      at: "key",
      hint: `add ${showValue(name)}: FILE`,
    });
}

// Columns: each input and target has one, and each says what it is read from.

/**
 * Reports names without their other half (T1307), what says nowhere which columns it is read from (T1102),
 * and scales and keys that do not fit (T1208); files and texts have checks of their own.
 */
export function checkData(spec: unknown, problems: Collector): void {
  const data = member(spec, "data");
  if (typeof data !== "object" || data === null) return;
  for (const side of ["inputs", "targets"] as const) checkSide(spec, data, side, problems);
  checkFiles(spec, data, problems);
  checkTexts(spec, data, problems);
}

function checkSide(spec: unknown, data: unknown, side: "inputs" | "targets", problems: Collector): void {
  const declared = keysOf(member(spec, side));
  const given = member(data, side);
  const known = keysOf(given);
  const isIdx = isOfIdx(data);
  for (const name of known) {
    const path = ["data", side, name];
    if (!declared.includes(name)) {
      reportUnknown(path, name, side, declared, problems);
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
  for (const name of declared.filter((name) => !known.includes(name) && isUsableName(name))) {
    const message = `data.${side} does not say where ${formatPath([side, name])} comes from`;
    problems.error(["data", side], "T1307", message, {
      at: "key",
      hint: `add ${showValue(name)}: { "columns": [ … ] }`,
    });
  }
}

function reportUnknown(
  path: SpecPath,
  name: string,
  side: "inputs" | "targets",
  declared: readonly string[],
  problems: Collector,
): void {
  const similar = didYouMean(name, declared);
  const hint = similar
    ? `did you mean ${showValue(similar)}?`
    : declared.length > 0
      ? `${side} of this spec: ${showNames(declared)}`
      : undefined;
  problems.error(path, "T1307", `${formatPath(path)} is none of the ${side}`, { at: "key", hint });
}

/** A CSV file has columns, IDX files have none; nor has a target that is told from an input. */
function checkColumns(path: SpecPath, entry: unknown, isIdx: boolean, problems: Collector): void {
  if (typeof entry !== "object" || entry === null) return;
  const where = formatPath(path);
  if (isIdx) {
    for (const key of ["columns", "characters", "words", "categories", "nextOf", "missing"].filter(
      (key) => member(entry, key) !== undefined,
    ))
      problems.error([...path, key], "T1208", `${where}.${key} does not go together with IDX files`, {
        at: "key",
        hint: "an IDX file holds one input or target; only `scale` may stand here",
      });
  } else if (member(entry, "columns") === undefined && member(entry, "nextOf") === undefined) {
    problems.error(path, "T1102", `${where}.columns is missing: it must be a list that is not empty`, {
      at: "key",
    });
  }
}

/** Class indices and indices into a vocabulary are no quantities. */
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
  problems.error(path, "T1208", `${formatPath(path)} would scale indices`, { hint: "leave it out" });
}

/**
 * An error over all columns of a target is in the target's own units only if these are scaled by one and the
 * same number.
 */
function checkUnit(spec: unknown, entry: unknown, name: string, problems: Collector): void {
  const scale = textOf(member(entry, "scale"));
  const size = listOf(member(member(member(spec, "targets"), name), "shape")).reduce<number>(
    (product, extent) => product * Number(extent),
    1,
  );
  const metric = listOf(member(spec, "metrics"))
    .map(typeOf)
    .find((type) => type === "mae" || type === "rmse");
  if (scale === undefined || metric === undefined || !(size > 1)) return;
  const path = ["data", "targets", name, "scale"];
  const message =
    `${formatPath(path)}: ${scale} scales each of ${size} columns by another number, so ${metric} over them ` +
    "has no unit";
  problems.error(path, "T1208", message, {
    hint: 'scale the columns of the target alike, with { "divide": … }, or leave out mae and rmse',
  });
}

/** A formula is worked out where the target is scaled already; only mae and rmse are brought back to its own units. */
function warnOfFormula(spec: unknown, entry: unknown, name: string, problems: Collector): void {
  if (member(entry, "scale") === undefined) return;
  listOf(member(spec, "metrics")).forEach((metric, index) => {
    if (member(metric, "formula") === undefined) return;
    const message =
      `metrics[${index}]: its formula reads the target as data.targets.${name}.scale leaves it, not in its ` +
      "own units";
    problems.warning(["metrics", index], "T1209", message, {
      hint: "leave the scale out, or write the formula for scaled values; mae and rmse are in the target's own units",
    });
  });
}

// Missing values: a mean exists where one is needed, and a row can be dropped.

/** Reports a `missing` that does not fit its input or target (T1208). */
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
    return report("a target that is told from an input has no values of its own", "write it at the input");
  if (missing !== "mean") return;
  const others = 'or leave such rows out, with "drop"';
  if (side === "targets")
    report("a mean in place of a target would be learned as if it were true", `leave it out, ${others}`);
  else if (["characters", "words", "categories"].some((key) => member(entry, key) !== undefined))
    report("texts and categories have no mean", `leave it out, ${others}`);
  else if (member(member(spec, "training"), "sampleWeights") === name)
    report("a mean is not what a row weighs", `leave it out, ${others}`);
  else if (member(member(member(spec, side), name), "dtype") === "i32")
    report("a mean of indices is no index", `leave it out, ${others}`);
}
