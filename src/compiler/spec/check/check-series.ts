/** Checks windows, times, and the rules by which rows are split. */
import { dateReader } from "../../../runtime/data/dates.ts";
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { Collector } from "../../diagnostics/errors.ts";
import { errorText, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import { isOfIdx } from "./check-data.ts";

/**
 * Reports windows that do not fit the shapes and the data (T1226), split rules that contradict each other or
 * do not fit the data or the windows (T1227), and keys that exclude each other (T1208).
 */
export function checkSeries(spec: unknown, problems: Collector): void {
  const report: Report = (path, code, message, hint) =>
    problems.error(path, code, `${formatPath(path)} ${message}`, { at: "key", hint });
  const data = member(spec, "data");
  checkTime(data, report);
  checkWindows(spec, data, report);
  for (const split of ["test", "validation"] as const) checkRule(spec, split, report);
  checkRules(spec, report);
}

type Report = (path: SpecPath, code: DiagnosticCode, message: string, hint?: string) => void;

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;

function checkTime(data: unknown, report: Report): void {
  const time = member(data, "time");
  if (time === undefined) return;
  if (isOfIdx(data))
    report(["data", "time"], "T1208", "names a column, but IDX files have none", "remove it");
  const format = textOf(member(time, "format"));
  if (format === undefined || format === "number") return;
  try {
    dateReader(format);
  } catch (error) {
    const reason = error instanceof Error ? error.message : errorText(error);
    report(
      ["data", "time", "format"],
      "T1208",
      `is invalid: ${reason}`,
      'write a format such as "DD.MM.YYYY HH:mm" or "number"',
    );
  }
}

// Windows.

/**
 * The time axis of an input with this key `window`: its number of rows, and a description for messages. A
 * single row has no time axis.
 */
function axisOf(windows: unknown, part: unknown): { readonly steps?: unknown; readonly text: string } {
  const [length, horizon] = [member(windows, "length"), member(windows, "horizon")];
  if (part === "last") return { text: "the last row" };
  if (part === "future") return { steps: horizon, text: "the horizon" };
  return part === "whole"
    ? { steps: Number(length) + Number(horizon), text: "length + horizon" }
    : { steps: length, text: "the length" };
}

function checkWindows(spec: unknown, data: unknown, report: Report): void {
  const windows = member(data, "windows");
  const path = ["data", "windows"];
  const fields = (["inputs", "targets"] as const).flatMap((side) =>
    keysOf(member(data, side)).map((name) => ({ side, name, entry: member(member(data, side), name) })),
  );
  for (const { side, name, entry } of fields) {
    const own = ["data", side, name];
    if (windows === undefined && member(entry, "window") !== undefined)
      report(
        [...own, "window"],
        "T1208",
        "selects rows of a window, but the spec has no data.windows",
        "remove it",
      );
    if (windows === undefined) continue;
    if (member(entry, "missing") === "drop")
      report(
        [...own, "missing"],
        "T1226",
        "cannot drop rows, because windows consist of consecutive rows",
        'use "mean" for inputs, or fill the gaps in the file',
      );
    if (member(entry, "nextOf") !== undefined)
      report(
        [...own, "nextOf"],
        "T1208",
        "cannot be combined with data.windows",
        "name the columns to forecast",
      );
  }
  if (windows === undefined) return;
  if (isOfIdx(data)) report(path, "T1208", "needs a table, but the data is in IDX files", "remove it");
  const [length, season] = [member(windows, "length"), member(windows, "season")];
  if (isCount(length) && isCount(season) && season > length)
    report(
      [...path, "season"],
      "T1226",
      `is ${season}, but the naive forecast reads the past of a window, which has only ${length} rows`,
      `use a length of at least ${season}, or remove the season`,
    );
  if (member(windows, "gaps") !== undefined && member(data, "time") === undefined)
    report(
      [...path, "gaps"],
      "T1208",
      "requires times, but data.time names no column",
      'add "time": COLUMN to data',
    );
  for (const { side, name, entry } of fields) checkShape(spec, windows, side, name, entry, report);
  if (member(member(spec, "training"), "stratify") === true)
    report(
      ["training", "stratify"],
      "T1206",
      "keeps class proportions, but windows are split by rules",
      "remove it",
    );
}

/** Checks that the shape of a field begins with the time axis. */
function checkShape(
  spec: unknown,
  windows: unknown,
  side: "inputs" | "targets",
  name: string,
  entry: unknown,
  report: Report,
): void {
  const field = member(member(spec, side), name);
  const { steps, text } = axisOf(windows, side === "targets" ? "future" : member(entry, "window"));
  const shape = member(field, "shape");
  if (!isCount(steps) || field === undefined || rowShape(shape, steps) !== undefined) return;
  const isWeight = member(member(spec, "training"), "sampleWeights") === name;
  const rest = listOf(shape).slice(1);
  const needed = `[${[
    steps,
    ...(rest.length > 0
      ? rest
      : listOf(member(entry, "columns"))
          .slice(1)
          .map(() => "…")),
  ].join(", ")}]`;
  report(
    [side, name],
    "T1226",
    `must have a shape that begins with ${steps}, ${text} of data.windows, got [${listOf(shape).join(", ")}]`,
    isWeight
      ? `to weigh windows, add "window": "last" to data.inputs.${name}`
      : side === "inputs"
        ? `write a shape such as ${needed}; an input of one row has "window": "last" in data.inputs.${name}`
        : `write a shape such as ${needed}`,
  );
}

/** The shape of one row; undefined if the shape does not begin with the time axis. */
function rowShape(shape: unknown, steps: unknown): readonly unknown[] | undefined {
  const extents = listOf(shape);
  if (extents[0] === steps) return extents.slice(1);
  return steps === 1 ? extents : undefined;
}

/**
 * The spec with the shapes of single rows, for the checks of columns. `timeAxis` contains the removed axis of
 * each shape. A field with an invalid shape is undefined, because the error is already reported.
 */
export function specOfRows(spec: unknown): unknown {
  const data = member(spec, "data");
  const windows = member(data, "windows");
  if (typeof spec !== "object" || spec === null || windows === undefined) return spec;
  const fieldsOf = (side: "inputs" | "targets") => {
    const fields = member(spec, side);
    return keysOf(fields).map((name): [string, unknown] => {
      const field = member(fields, name);
      const entry = member(member(data, side), name);
      const { steps } = axisOf(windows, side === "targets" ? "future" : member(entry, "window"));
      if (steps === undefined || typeof field !== "object") return [name, field];
      const shape = rowShape(member(field, "shape"), steps);
      return [name, shape && { ...field, shape, timeAxis: [steps] }];
    });
  };
  return {
    ...spec,
    inputs: Object.fromEntries(fieldsOf("inputs")),
    targets: Object.fromEntries(fieldsOf("targets")),
  };
}

// Rules of splits.

type Split = "test" | "validation";

const ruleOf = (spec: unknown, split: Split): unknown => member(member(spec, "training"), split);

/** Whether the rule draws rows at random. */
const isRandom = (rule: unknown): boolean =>
  ["fraction", "folds"].some((key) => member(rule, key) !== undefined) &&
  ["group", "forward"].every((key) => member(rule, key) === undefined);

function checkRule(spec: unknown, split: Split, report: Report): void {
  const rule = ruleOf(spec, split);
  const data = member(spec, "data");
  const path = ["training", split];
  const has = (key: string) => member(rule, key) !== undefined;
  if (has("value") && !has("column"))
    report([...path, "value"], "T1208", 'is a value of "column", which is missing', 'add "column": …');
  if (has("forward") && !has("folds"))
    report([...path, "forward"], "T1208", "applies only to folds, but there are none", 'add "folds": 5');
  for (const other of ["last", "after", "column", "forward"].filter((key) => has(key) && has("group")))
    report(
      [...path, "group"],
      "T1208",
      `cannot be combined with "${other}"`,
      `groups are drawn at random: use ${split === "test" ? '"fraction"' : '"fraction" or "folds"'}`,
    );
  const hasFile = member(data, split) !== undefined;
  checkSplitFile(rule, split, data, report);
  if (has("group") && !hasFile && !["fraction", "folds", "last", "after", "column"].some(has))
    report(
      [...path, "group"],
      "T1227",
      "needs the fraction of the groups, or a separate file",
      'add "fraction": 0.2',
    );
  checkAfter(data, path, member(rule, "after"), report);
  for (const key of ["column", "group"].filter((key) => has(key) && isOfIdx(data)))
    report([...path, key], "T1208", "names a column, but IDX files have none", 'use "fraction" or "last"');
  if (member(data, "windows") === undefined || !isRandom(rule)) return;
  const key = has("folds") ? "folds" : "fraction";
  report(
    [...path, key],
    "T1227",
    "draws rows at random, which would put windows with the same rows into different splits",
    has("folds")
      ? 'add "forward": true for folds in the order of time, or "group": … for folds of whole series'
      : 'use "last": 0.2 for the end of each series, "after": …, "column": …, or add "group": … for whole series',
  );
}

/** Reports a rule with a `file` that `withSplitFiles` could not move to `data`. */
function checkSplitFile(rule: unknown, split: Split, data: unknown, report: Report): void {
  const path = ["training", split, "file"];
  if (member(rule, "file") === undefined || keysOf(rule).some((key) => key !== "file" && key !== "group"))
    return;
  if (member(data, split) !== undefined)
    report(path, "T1208", `names the ${split} rows, but data.${split} already does`, "remove one of the two");
  else if (isOfIdx(data))
    report(path, "T1208", "names a table, but the data is in IDX files", `use data.${split}`);
  else if (data === undefined)
    report(
      path,
      "T1227",
      "names rows of a table, but the spec has no data",
      'add "data" with the other rows',
    );
}

/** The time at which a split begins; undefined if `after` is not a valid time. */
function startOf(data: unknown, after: unknown): number | undefined {
  const isNumber = member(member(data, "time"), "format") === "number";
  if (typeof after === "number" || isNumber)
    return Number.isFinite(Number(after)) ? Number(after) : undefined;
  return dateReader()(textOf(after) ?? "")?.moment;
}

function checkAfter(data: unknown, path: SpecPath, after: unknown, report: Report): void {
  if (after === undefined) return;
  if (member(data, "time") === undefined)
    report([...path, "after"], "T1227", "needs the times of the rows", 'add "time": COLUMN to data');
  else if (startOf(data, after) === undefined) {
    const isNumber = member(member(data, "time"), "format") === "number";
    const what = isNumber ? "a number" : "an ISO 8601 date";
    const hint = isNumber
      ? "the times of the data are numbers"
      : "write a time such as 1999-03-07 or 1999-03-07T14:05";
    report([...path, "after"], "T1227", `must be ${what}, got ${showValue(after)}`, hint);
  }
}

/** Checks that rules do not contradict each other or the files. */
function checkRules(spec: unknown, report: Report): void {
  const data = member(spec, "data");
  const [test, validation] = [ruleOf(spec, "test"), ruleOf(spec, "validation")];
  const keys = (rule: unknown) => keysOf(rule).filter((key) => key !== "value");
  const starts = [test, validation].map((rule) => startOf(data, member(rule, "after") ?? NaN));
  const [testStart, start] = starts;
  if (testStart !== undefined && start !== undefined && start >= testStart)
    report(
      ["training", "validation", "after"],
      "T1227",
      `is not before training.test.after, so the test split takes all of its rows`,
      "let the validation split begin before the test split",
    );
  const isByRows = keys(test).some((key) => ["fraction", "last", "after"].includes(key));
  if (member(validation, "group") !== undefined && isByRows && member(test, "group") === undefined)
    report(
      ["training", "validation", "group"],
      "T1227",
      "keeps groups together, but training.test takes rows of all groups",
      'add "group" to training.test, or put the test rows into a separate file',
    );
  for (const split of ["test", "validation"] as const) {
    const rule = ruleOf(spec, split);
    const isGroup = keys(rule).length === 1 && member(rule, "group") !== undefined;
    if (member(data, split) === undefined || rule === undefined || isGroup) continue;
    const rows = keys(rule).includes("folds") ? "makes folds" : `splits off ${split} rows`;
    report(
      ["training", split],
      "T1208",
      `${rows}, but data.${split} already provides the ${split} rows`,
      "remove one of the two",
    );
  }
  const isRuled = [test, validation].some((rule) => rule !== undefined && !isRandom(rule));
  if (
    isRuled &&
    member(data, "windows") === undefined &&
    member(member(spec, "training"), "stratify") === true
  )
    report(
      ["training", "stratify"],
      "T1206",
      "keeps class proportions, which is possible only if all splits are drawn at random",
      "remove it",
    );
}
