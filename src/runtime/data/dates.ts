// Dates and times in cells: reads them independently of the time zone of the host, and splits them into
// parts.
import { InputError } from "../step/errors.ts";

/**
 * Parts of a date. A cyclic part is encoded as two numbers, a sine and a cosine; `elapsed` and `year` are
 * encoded as one number each.
 */
export type DatePart = "elapsed" | "year" | "month" | "day" | "weekday" | "day-of-year" | "hour" | "minute";

/** A date with the clock time as written, and the moment that it denotes. */
export interface DateTime {
  year: number;
  /** Counted from 1. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  /** Days from 1970-01-01 to the date, without the time. */
  days: number;
  /** Days from 1970-01-01 00:00 UTC to the moment. A clock time without an offset counts as UTC. */
  moment: number;
  hasOffset: boolean;
}

/** Reads a date. Returns undefined for a text that is not a date. */
export type DateReader = (text: string) => DateTime | undefined;

/**
 * The tokens of a format, with the patterns of the text that they match. The name of a group is the unit that
 * it matches. A format contains each unit at most once.
 */
const tokens: Readonly<Record<string, string>> = {
  YYYY: String.raw`(?<year>\d{4})`,
  YY: String.raw`(?<short>\d\d)`,
  MMM: "(?<name>[a-z]{3})",
  MM: String.raw`(?<month>\d\d)`,
  M: String.raw`(?<month>\d\d?)`,
  DD: String.raw`(?<day>\d\d)`,
  D: String.raw`(?<day>\d\d?)`,
  HH: String.raw`(?<hour>\d\d)`,
  H: String.raw`(?<hour>\d\d?)`,
  hh: String.raw`(?<half>\d\d)`,
  h: String.raw`(?<half>\d\d?)`,
  mm: String.raw`(?<minute>\d\d)`,
  ss: String.raw`(?<second>\d\d(?:[.,]\d+)?)`,
  A: "(?<noon>[ap])m",
  Z: String.raw`(?<offset>z|[+-]\d\d(?::?\d\d)?)`,
};

/**
 * The pattern of ISO 8601: a date, a month, or a date with a time of day. "T" or a space separates date and
 * time.
 */
const iso = RegExp(
  `^${tokens["YYYY"]}-${tokens["MM"]}(?:-${tokens["DD"]}(?:[t ]${tokens["HH"]}:?${tokens["mm"]}` +
    `(?::?${tokens["ss"]})? ?${tokens["Z"]}?)?)?$`,
  "i",
);

/**
 * Creates a reader for dates in a format such as "DD.MM.YYYY HH:mm". The default is ISO 8601. The formats
 * "unix" and "unix-ms" are seconds and milliseconds since 1970. Throws for a format that does not determine
 * a date.
 */
export function dateReader(format?: string): DateReader {
  if (format === "unix" || format === "unix-ms") {
    const perDay = format === "unix" ? 86_400 : 86_400_000;
    return (text) => (/^-?\d+(\.\d+)?$/.test(text.trim()) ? momentOf(Number(text) / perDay) : undefined);
  }
  const pattern = format === undefined ? iso : patternOf(format);
  return (text) => {
    // The basic form 19990307 of ISO 8601 is read as 1999-03-07.
    const written =
      format === undefined ? text.trim().replace(/^(\d{4})(\d\d)(\d\d)(?!\d)/, "$1-$2-$3") : text.trim();
    const { groups } = pattern.exec(written) ?? {};
    return groups && dateOf(groups);
  };
}

function patternOf(format: string): RegExp {
  const source = format.replace(/([A-Za-z])\1*|[^A-Za-z]/g, (part) => {
    if (/^[^A-SU-Za-z]$/.test(part)) return part.replace(/[\\^$.*+?()[\]{}|/-]/, String.raw`\$&`);
    if (Object.hasOwn(tokens, part)) return tokens[part]!;
    throw new InputError(`"${part}" is not a part of a date: use ${Object.keys(tokens).join(", ")}`);
  });
  const units = [...source.matchAll(/\?<(\w+)>/g)].map(([, unit]) => unit);
  const twice = units.find((unit, i) => units.indexOf(unit) < i);
  if (twice !== undefined) throw new InputError(`the format contains the ${twice} twice`);
  const has = (...names: string[]) => names.filter((name) => units.includes(name)).length === 1;
  if (!has("year", "short")) throw new InputError("the format needs the year once, as YYYY or YY");
  if (!has("month", "name")) throw new InputError("the format needs the month once, as MM, M or MMM");
  if (has("half") !== has("noon")) throw new InputError("hh needs A, and A needs hh");
  return RegExp(`^${source}$`, "i");
}

type DateParts = Readonly<Record<string, string | undefined>>;

/**
 * Returns the date of the matched units. Returns undefined if the date does not exist, such as February 30.
 */
function dateOf({
  year,
  short,
  name = "",
  month,
  day = "1",
  offset,
  ...time
}: DateParts): DateTime | undefined {
  // Years of two digits are read as in POSIX: 69 to 99 are 1969 to 1999, and 00 to 68 are 2000 to 2068.
  const fullYear = year === undefined ? ((Number(short) + 31) % 100) + 1969 : Number(year);
  const index = "janfebmaraprmayjunjulaugsepoctnovdec".indexOf(name.toLowerCase()) / 3;
  const number = name === "" ? Number(month) : index + 1;
  const hour = hourOf(time);
  const minute = Number(time["minute"] ?? 0);
  const second = Number(time["second"]?.replace(",", ".") ?? 0);
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset ?? "") ?? [];
  const shift = hours === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  const days = daysTo(fullYear, number, Number(day));
  const isDate = Number.isInteger(number) && number >= 1 && number <= 12 && Number(day) >= 1;
  const isTime = hour < 24 && minute < 60 && second < 60 && Math.abs(shift) < 1440;
  if (!isDate || !isTime || Number(day) > daysTo(fullYear, number + 1, 1) - daysTo(fullYear, number, 1))
    return undefined;
  return {
    year: fullYear,
    month: number,
    day: Number(day),
    hour,
    minute,
    days,
    moment: days + (hour * 3600 + (minute - shift) * 60 + second) / 86_400,
    hasOffset: offset !== undefined,
  };
}

/**
 * Returns the hour of the day: 12 am is 0, and 12 pm is 12. Returns NaN for an invalid hour with "am" or
 * "pm", such as 13 pm.
 */
function hourOf({ hour = "0", half, noon = "" }: DateParts): number {
  if (half === undefined) return Number(hour);
  const isHour = Number(half) >= 1 && Number(half) <= 12;
  return isHour ? (Number(half) % 12) + (noon.toLowerCase() === "p" ? 12 : 0) : NaN;
}

/** Converts a moment to a date in UTC. */
function momentOf(moment: number): DateTime | undefined {
  const date = new Date(Math.round(moment * 86_400_000));
  if (Number.isNaN(date.getTime())) return undefined;
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    days: Math.floor(moment),
    moment,
    hasOffset: true,
  };
}

/**
 * Returns the number of days from 1970-01-01 to a date of the Gregorian calendar. Month 13 is January of the
 * next year.
 */
function daysTo(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / 86_400_000;
}

/** Converts a moment to ISO 8601 text. */
export function isoText({ moment, hasOffset }: Pick<DateTime, "moment" | "hasOffset">): string {
  const text = new Date(Math.round(moment * 86_400_000)).toISOString().replace(/(:00)?\.000Z$/, "Z");
  return hasOffset ? text : text.slice(0, -1);
}

/**
 * Returns the numbers of a part: for a cyclic part, the sine and cosine of its position in its period; for
 * other parts, one number.
 */
export function numbersOf(part: DatePart, date: DateTime, origin: number): number[] {
  const { year, month, day, days } = date;
  switch (part) {
    case "elapsed":
      return [date.moment - origin];
    case "year":
      return [year];
    case "month":
      return onCircle((month - 1) / 12);
    case "day":
      return onCircle((day - 1) / (daysTo(year, month + 1, 1) - daysTo(year, month, 1)));
    case "weekday":
      // 1970-01-01 was a Thursday; the week begins on Monday.
      return onCircle(((((days + 3) % 7) + 7) % 7) / 7);
    case "day-of-year":
      return onCircle((days - daysTo(year, 1, 1)) / 365.2425);
    case "hour":
      return onCircle(date.hour / 24);
    case "minute":
      return onCircle(date.minute / 60);
  }
}

/**
 * sin 2πt and cos 2πt for t from 0 to 1, bit-identical in every engine and for every element type. Let q =
 * round(4t) and x = 2π(t − q/4), so |x| ≤ π/4. The sine and cosine of x are computed with Taylor series up to
 * x¹⁷, and then rotated by q quarter turns:
 *
 *   sin x = x (1 − x²/(2·3) (1 − x²/(4·5) (…)))      cos x = 1 − x²/(1·2) (1 − x²/(3·4) (…))
 */
export function onCircle(t: number): [sine: number, cosine: number] {
  const quarter = Math.floor(4 * t + 0.5);
  const x = 2 * Math.PI * (t - quarter / 4);
  let [sine, cosine] = [1, 1];
  for (let k = 16; k > 0; k -= 2) {
    sine = 1 - ((x * x) / (k * (k + 1))) * sine;
    cosine = 1 - ((x * x) / (k * (k - 1))) * cosine;
  }
  sine *= x;
  const turned: [number, number][] = [
    [sine, cosine],
    [cosine, -sine],
    [-sine, -cosine],
    [-cosine, sine],
  ];
  return turned[quarter % 4]!;
}
