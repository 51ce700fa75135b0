/** Checks the keys that define how cells are read: dates, categories, class names and number formats. */
import { dateReader } from "../../../runtime/data/dates.ts";
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { errorText, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import { isOfIdx } from "./check-data.ts";

/** Reports keys that contradict each other, and inputs whose shape does not fit their dates (T1208). */
export function checkCells(spec: unknown, data: unknown, problems: Collector): void {
  for (const input of keysOf(member(data, "inputs"))) {
    const entry = member(member(data, "inputs"), input);
    checkCategoryKeys(["data", "inputs", input], entry, problems);
    if (member(entry, "dates") !== undefined) checkDates(spec, input, entry, problems);
  }
  for (const target of keysOf(member(data, "targets"))) checkNamesKey(spec, data, target, problems);
  checkNumbers(data, problems);
}

/** Checks `unseen` and `minCount`, which apply only to categories. */
function checkCategoryKeys(path: SpecPath, entry: unknown, problems: Collector): void {
  if (member(entry, "categories") !== undefined) return;
  for (const key of ["unseen", "minCount"].filter((key) => member(entry, key) !== undefined)) {
    const message = `${formatPath([...path, key])} applies only to columns of categories`;
    problems.error([...path, key], "T1208", message, {
      at: "key",
      hint: 'remove it, or add "categories": "one-hot"',
    });
  }
}

function checkDates(spec: unknown, input: string, entry: unknown, problems: Collector): void {
  const rule = member(entry, "dates");
  const path = ["data", "inputs", input, "dates"];
  const parts = listOf(member(rule, "parts"));
  const report = (key: string, message: string, hint?: string) =>
    problems.error([...path, key], "T1208", `${formatPath([...path, key])}: ${message}`, { hint });
  const twice = parts.find((part, i) => parts.indexOf(part) < i);
  if (twice !== undefined) report("parts", `${showValue(twice)} appears twice`, "remove one of the two");
  const [format, origin] = ["format", "origin"].map((key) => textOf(member(rule, key)));
  if (format !== undefined) {
    const wrong = wrongFormat(format);
    if (wrong !== undefined)
      report("format", wrong, 'write a format such as "DD.MM.YYYY" or "MM/DD/YYYY HH:mm:ss"');
  }
  if (origin !== undefined && dateReader()(origin) === undefined)
    report(
      "origin",
      `${showValue(origin)} is not an ISO 8601 date`,
      "write a date such as 1999-01-01 or 1999-01-01T00:00Z",
    );
  if (origin !== undefined && !parts.includes("elapsed"))
    report(
      "origin",
      'only the part "elapsed" uses the origin, and the list of parts does not contain it',
      'remove it, or add "elapsed" to the parts',
    );
  checkDateShape(spec, input, listOf(member(entry, "columns")), parts, problems);
}

/** Returns the error in a date format, if there is one. */
function wrongFormat(format: string): string | undefined {
  try {
    dateReader(format);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : errorText(error);
  }
}

/**
 * Checks the shape of an input that consists of dates. Elapsed days and the year are one real number each;
 * every other part is two numbers.
 */
function checkDateShape(
  spec: unknown,
  input: string,
  columns: readonly unknown[],
  parts: readonly unknown[],
  problems: Collector,
): void {
  const declared = member(member(spec, "inputs"), input);
  // The number of columns in a range is known only once the file is read.
  const isRanged = columns.some((column) => String(column).includes(".."));
  if (declared === undefined || parts.length === 0 || columns.length === 0) return;
  const isInteger = member(declared, "dtype") === "i32";
  const size = parts.reduce<number>((sum, part) => sum + (part === "elapsed" || part === "year" ? 1 : 2), 0);
  const needed = size * columns.length;
  const shape = listOf(member(declared, "shape"));
  const found = shape.reduce<number>((product, extent) => product * Number(extent), 1);
  if (!isInteger && (isRanged || found === needed)) return;
  const shown = [...listOf(member(declared, "timeAxis")), needed].join(", ");
  const dates = columns.length > 1 ? `date of the ${columns.length} columns` : "date";
  const message = isInteger
    ? `inputs.${input} must have dtype f32, because the parts of dates are real numbers`
    : `inputs.${input} must have the shape [${shown}], because data.inputs.${input}.dates encodes each ` +
      `${dates} as ${size} ${size === 1 ? "number" : "numbers"}`;
  problems.error(["inputs", input], "T1208", message, {
    at: "key",
    hint: "elapsed and year are one number each; every other part is two numbers, a sine and a cosine",
  });
}

/** Checks `names`, which applies only to classes. */
function checkNamesKey(spec: unknown, data: unknown, target: string, problems: Collector): void {
  const entry = member(member(data, "targets"), target);
  if (member(entry, "names") === undefined) return;
  const classes = member(member(member(spec, "targets"), target), "classes");
  if (classes !== undefined && member(entry, "nextOf") === undefined) return;
  const path = ["data", "targets", target, "names"];
  problems.error(path, "T1208", `${formatPath(path)} applies only to targets with classes`, {
    at: "key",
    hint: 'remove it, or add "classes" to the target',
  });
}

function checkNumbers(data: unknown, problems: Collector): void {
  const numbers = member(data, "numbers");
  if (numbers === undefined) return;
  const path = ["data", "numbers"];
  if (isOfIdx(data))
    problems.error(path, "T1208", "data.numbers cannot be combined with IDX files, which contain no text", {
      at: "key",
      hint: "remove it",
    });
  const decimal = member(numbers, "decimal") ?? ".";
  if (decimal !== member(numbers, "thousands")) return;
  const message =
    `data.numbers: ${showValue(decimal)} cannot be both the decimal separator ` +
    "and the thousands separator";
  const hint = decimal === "." ? 'add "decimal": ","' : 'use another thousands separator, such as "." or " "';
  problems.error(path, "T1208", message, { at: "key", hint });
}
