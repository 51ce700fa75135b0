/**
 * The profile of a column: statistics that are collected while its cells are read. The memory of a profile is
 * bounded, however long the column is.
 */
import { isMissing } from "../../runtime/data/column-encoder.ts";
import { dateReader } from "../../runtime/data/dates.ts";
import type { DateReader } from "../../runtime/data/dates.ts";
import { numberReader } from "../../runtime/data/number-format.ts";
import type { NumberFormat } from "../../runtime/data/number-format.ts";
import type { Cell, ColumnBuilder } from "../formats/tables/column-builder.ts";
import { distinctCounter } from "./distinct-counter.ts";
import { quantityCounter } from "./quantities.ts";
import type { QuantityProfile } from "./quantities.ts";

/** The dates of a column that are all valid in one format. */
export interface DateProfile {
  /** Undefined for ISO 8601. */
  readonly format: string | undefined;
  /** The first and last moment, in days since 1970. */
  first: number;
  last: number;
  /** Whether some date has a time of day other than midnight. */
  hasTimes: boolean;
  /** Whether each date is after that of the row before. */
  isIncreasing: boolean;
  withOffset: number;
  withoutOffset: number;
}

/** The words and characters of a column of text. */
export interface TextProfile {
  /** The numbers of cells with 0, 1, 2, … words. The last entry counts all longer cells. */
  readonly lengths: readonly number[];
  readonly words: number;
  readonly longestWord: number;
  /** The number of words that occur at least twice, as far as they were counted. */
  readonly vocabulary: number;
}

export interface ColumnProfile {
  readonly name: string;
  readonly rows: number;
  readonly missing: number;
  /** The number of missing values in dropped rows, which `rows` does not include. */
  readonly dropped: number;
  /** The count of numbers in each cell, if all cells are lists of numbers. */
  readonly size: number;
  readonly numbers: {
    readonly count: number;
    readonly low: number;
    readonly high: number;
    readonly areIntegers: boolean;
    /** Whether each number is one more than the number before it. */
    readonly isCounting: boolean;
  };
  /** The first cell that is neither a number nor missing. */
  readonly odd: { readonly text: string; readonly line: number | string | undefined } | undefined;
  /** The most frequent sign or unit of cells that would be numbers without it. */
  readonly quantity: QuantityProfile | undefined;
  /** The formats in which all cells are dates. */
  readonly dates: readonly DateProfile[];
  /** The number of occurrences of each value; undefined if there are too many different values. */
  readonly values: ReadonlyMap<string, number> | undefined;
  /** The number of different values: exact with `values`, otherwise an estimate. */
  readonly distinct: number;
  readonly text: TextProfile;
}

/** Texts with more words than this are counted together. */
const mostWords = 512;

/** Limits on the values and words that a profile stores. */
export interface ProfileLimits {
  readonly values: number;
  readonly words: number;
}

export interface ProfileBuilder extends ColumnBuilder {
  profile(): ColumnProfile;
}

/** The formats of dates that are tried, apart from ISO 8601. */
const days = ["DD.MM.YYYY", "D.M.YYYY", "DD/MM/YYYY", "D/M/YYYY", "MM/DD/YYYY", "M/D/YYYY"];
const others = [
  "DD-MM-YYYY",
  "MM-DD-YYYY",
  "YYYY/MM/DD",
  "DD.MM.YY",
  "MM/DD/YY",
  "DD MMM YYYY",
  "D MMM YYYY",
];
const times = ["", " HH:mm", " HH:mm:ss", " H:mm", " hh:mm A", " h:mm A", " hh:mm:ss A"];
const dateFormats = [undefined, ...[...days, ...others].flatMap((day) => times.map((time) => day + time))];

export function profileBuilder(name: string, format: NumberFormat, limits: ProfileLimits): ProfileBuilder {
  const readNumber = numberReader(format);
  const numbers = numberProfile();
  const texts = textProfile(limits.words);
  const dates = dateProfiles();
  const quantities = quantityCounter();
  const values = distinctCounter(limits.values);
  let [rows, missing, size] = [0, 0, 1];
  let odd: ColumnProfile["odd"];
  return {
    add(cell, line) {
      rows++;
      if (isAbsent(cell)) {
        missing++;
        return;
      }
      if (typeof cell === "object") {
        size = cell.length;
        cell.forEach((number) => numbers.add(number));
        return;
      }
      const text = String(cell);
      values.add(text);
      const number = typeof cell === "string" ? readNumber(cell) : Number(cell);
      if (Number.isNaN(number)) {
        odd ??= { text, line };
        quantities.add(text, line);
        texts.add(text);
        dates.add(text);
      } else {
        numbers.add(number);
        // Only the basic form of ISO 8601 is both a date and a number.
        dates.add(text);
      }
    },
    end: () => ({ size: 1, number: () => NaN, text: () => "" }),
    profile: () => ({
      name,
      rows,
      missing,
      dropped: 0,
      size,
      numbers: numbers.profile(),
      odd,
      quantity: quantities.profile(),
      dates: rows === missing ? [] : dates.profiles(),
      values: values.values(),
      distinct: values.distinct(),
      text: texts.profile(),
    }),
  };
}

function isAbsent(cell: Cell): boolean {
  if (typeof cell === "string") return isMissing(cell);
  return typeof cell === "number" && Number.isNaN(cell);
}

function numberProfile() {
  let [count, low, high, before] = [0, Infinity, -Infinity, NaN];
  let [areIntegers, isCounting] = [true, true];
  return {
    add(value: number) {
      if (count > 0 && value !== before + 1) isCounting = false;
      if (!Number.isInteger(value)) areIntegers = false;
      low = Math.min(low, value);
      high = Math.max(high, value);
      before = value;
      count++;
    },
    profile: () => ({ count, low, high, areIntegers, isCounting: isCounting && areIntegers && count > 1 }),
  };
}

/** Counts words as the encoder of words does, in lower case. */
function textProfile(most: number) {
  const lengths = new Array<number>(mostWords + 1).fill(0);
  const counts = new Map<string, number>();
  let [words, longestWord] = [0, 0];
  return {
    add(text: string) {
      const found =
        text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu) ??
        [];
      lengths[Math.min(found.length, mostWords)]++;
      words += found.length;
      for (const word of found) {
        longestWord = Math.max(longestWord, word.length);
        const count = counts.get(word);
        if (count !== undefined || counts.size < most) counts.set(word, (count ?? 0) + 1);
      }
    },
    profile: (): TextProfile => ({
      lengths,
      words,
      longestWord,
      vocabulary: [...counts.values()].filter((count) => count > 1).length,
    }),
  };
}

/** Tracks the formats in which all cells so far are dates. */
function dateProfiles() {
  let open: { read: DateReader; profile: DateProfile }[] | undefined;
  return {
    add(text: string) {
      open ??= dateFormats.map((format) => ({
        read: dateReader(format),
        profile: {
          format,
          first: Infinity,
          last: -Infinity,
          hasTimes: false,
          isIncreasing: true,
          withOffset: 0,
          withoutOffset: 0,
        },
      }));
      if (open.length === 0) return;
      open = open.filter(({ read, profile }) => {
        const date = read(text);
        if (date === undefined) return false;
        profile.isIncreasing &&= date.moment > profile.last;
        profile.first = Math.min(profile.first, date.moment);
        profile.last = Math.max(profile.last, date.moment);
        profile.hasTimes ||= date.hour > 0 || date.minute > 0;
        if (date.hasOffset) profile.withOffset++;
        else profile.withoutOffset++;
        return true;
      });
    },
    profiles: (): DateProfile[] => (open ?? []).map(({ profile }) => profile),
  };
}
