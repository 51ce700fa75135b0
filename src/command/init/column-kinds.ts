/** Decides what a column contains: numbers, categories, dates, text, or values that a model cannot use. */
import { printable } from "../../compiler/util/message-text.ts";
import { shown } from "../../runtime/step/errors.ts";
import type { ColumnProfile, DateProfile } from "./column-profile.ts";
import type { QuantityProfile } from "./quantities.ts";

export type ColumnKind =
  | { readonly kind: "numbers" }
  | { readonly kind: "categories"; readonly counts: ReadonlyMap<string, number> }
  | { readonly kind: "dates"; readonly dates: DateProfile; readonly others: readonly string[] }
  | { readonly kind: "text" }
  | { readonly kind: "none"; readonly why: string };

/** The maximum number of different texts in a column of categories. */
const mostCategories = 1000;

/** A column of text is not used if fewer words occur at least twice. */
const fewestWords = 10;

export function kindOf(profile: ColumnProfile): ColumnKind {
  const { name, rows, missing, size, distinct, values, odd } = profile;
  const present = rows - missing;
  const none = (why: string): ColumnKind => ({ kind: "none", why });
  if (name === "") return none("the column has no name");
  if (present === 0) return none("all values are missing");
  // If a column has fewer values, all of them might be in the validation and test splits, and the training
  // split would have no mean.
  const fewest = Math.max(0.05 * rows, Math.min(8, 0.4 * rows + 1));
  if (missing > 0 && present < fewest) return none(`${missing} of ${rows} values are missing`);
  if (size > 1) return { kind: "numbers" };
  if (distinct === 1 && missing === 0) {
    const [only = ""] = values?.keys() ?? [];
    return none(`the same value in each row: ${quoted(only)}`);
  }
  const dates = datesOf(profile);
  if (dates !== undefined) return dates;
  if (odd === undefined)
    return isIdentifier(profile) ? none("a row number, which is different in each row") : { kind: "numbers" };
  return textKind(profile, present);
}

function textKind(profile: ColumnProfile, present: number): ColumnKind {
  const { numbers, odd, values, distinct, text } = profile;
  const isRepeated = distinct <= present / 2 || (distinct <= 10 && distinct < present);
  const words = text.words / Math.max(1, present - numbers.count);
  const isFew = values !== undefined && distinct <= mostCategories && isRepeated;
  if (numbers.count >= 0.8 * present && distinct > 20)
    return {
      kind: "none",
      why: `most values are numbers, but ${lineText(odd?.line)}${quoted(odd?.text ?? "")} is not: correct such cells`,
    };
  const quantity = quantityOf(profile);
  // With few different values, the cells may also be categories, such as "36 months" and "60 months".
  if (quantity !== undefined && !(isFew && distinct <= 20))
    return { kind: "none", why: likeNumbers(quantity) };
  if (isFew && (words < 4 || distinct <= 20)) return { kind: "categories", counts: values };
  if (words >= 2.5 && text.vocabulary >= fewestWords) return { kind: "text" };
  const count = values === undefined ? `about ${Math.round(distinct)}` : `${distinct}`;
  return {
    kind: "none",
    why:
      distinct >= 0.95 * present
        ? "a different text in each row"
        : `${count} different values in ${present} rows are too many for categories`,
  };
}

/** The sign or unit that makes the numbers of a column texts; undefined for other columns. */
function quantityOf({ rows, missing, numbers, quantity }: ColumnProfile): QuantityProfile | undefined {
  const present = rows - missing;
  const isMost =
    quantity !== undefined &&
    quantity.count >= 0.5 * present &&
    quantity.count + numbers.count >= 0.8 * present;
  return isMost ? quantity : undefined;
}

const likeNumbers = ({ sign }: QuantityProfile): string => `the cells look like numbers with ${quoted(sign)}`;

/** The end of a sentence that says how to use texts with a sign or a unit as numbers. */
export function quantityAdvice(profile: ColumnProfile): string | undefined {
  const quantity = quantityOf(profile);
  if (quantity === undefined) return undefined;
  const { sign, text, line } = quantity;
  const example = `${lineText(line)}${quoted(text)}`;
  return `${likeNumbers(quantity)} (${example}); remove ${quoted(sign)} to use them as numbers`;
}

const lineText = (line: number | string | undefined): string =>
  line === undefined ? "" : typeof line === "number" ? `line ${line}: ` : `${line}: `;

/** A cell for a comment or a message. */
export const quoted = (text: string): string => JSON.stringify(printable(shown(text, 30)));

const idName = /^$|^unnamed|(^|[_\s.-])(id|uuid|guid|key|nr|no|index|row|pk)$|I[dD]$/i;

/**
 * Whether the numbers only identify rows: they count the rows, or they are unique and the name of the column
 * says so.
 */
function isIdentifier({ name, rows, missing, numbers, distinct }: ColumnProfile): boolean {
  if (!numbers.areIntegers || missing > 0 || rows < 5) return false;
  if (numbers.isCounting && (numbers.low === 0 || numbers.low === 1)) return true;
  return idName.test(name) && distinct >= 0.9 * rows;
}

// Dates. A number is a date only if the name of its column says so.

const timeName = /date|datum|time|zeit|day|tag|jour|fecha|stamp|epoch/i;
/** The days from 1970 to 1900 and to 2100. */
const [earliest, latest] = [-25_567, 47_482];

function datesOf(profile: ColumnProfile): ColumnKind | undefined {
  const { name, odd, dates, numbers } = profile;
  const plausible = dates.filter(({ first, last }) => first >= earliest && last < latest);
  if (odd === undefined && !timeName.test(name)) return undefined;
  const unix = odd === undefined ? unixDates(numbers) : undefined;
  const [found = unix, ...others] = plausible;
  if (found === undefined) return undefined;
  const order = dayFirst(found.format);
  const otherOrders = others.flatMap(({ format }) =>
    format !== undefined && dayFirst(format) !== order ? [format] : [],
  );
  return { kind: "dates", dates: found, others: otherOrders.slice(0, 1) };
}

/** Whether the day comes before the month. Only formats that can be confused with each other matter. */
const dayFirst = (format = "YYYY-MM-DD"): boolean => format.indexOf("D") < format.indexOf("M");

function unixDates({ low, high, areIntegers }: ColumnProfile["numbers"]): DateProfile | undefined {
  if (!areIntegers) return undefined;
  const format = low > 3e8 && high < 4.1e9 ? "unix" : low > 3e11 && high < 4.1e12 ? "unix-ms" : undefined;
  if (format === undefined) return undefined;
  const perDay = format === "unix" ? 86_400 : 86_400_000;
  const [first, last] = [low / perDay, high / perDay];
  return { format, first, last, hasTimes: true, isIncreasing: false, withOffset: 1, withoutOffset: 0 };
}
