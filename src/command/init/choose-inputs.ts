/** Groups the columns of a table into inputs of a model, each with its encoding and the layers that read it. */
import { counted } from "../../compiler/util/number-text.ts";
import { isUsableName } from "../../compiler/spec/check/check-names.ts";
import { isoText } from "../../runtime/data/dates.ts";
import type { ColumnProfile, DateProfile } from "./column-profile.ts";
import { quoted } from "./column-kinds.ts";
import type { KnownColumn } from "./choose-target.ts";

/** A value, and the comment about it in the spec. */
export interface Remark<T> {
  readonly value: T;
  readonly comment: string;
}

export interface ChosenInput {
  readonly name: string;
  /** The declaration in `inputs`. */
  readonly declared: Remark<object>;
  readonly columns: readonly Remark<string>[];
  /** The other keys in `data.inputs`. */
  readonly encoding: readonly Remark<object>[];
  /** The layers that turn the input into one vector per row; none if the input already is one. */
  readonly layers: readonly Remark<object>[];
  /** The name of the vector. */
  readonly vector: string;
  /** The columns in which a missing value causes a row to be dropped. */
  readonly needed: readonly ColumnProfile[];
  /** A description for the printed summary. */
  readonly summary: string;
}

/** A column that the model does not read, with the reason. */
export interface OmittedColumn {
  readonly name: string;
  readonly why: string;
}

export interface ChosenInputs {
  readonly inputs: readonly ChosenInput[];
  readonly omitted: readonly OmittedColumn[];
  /** Guesses that the user should check. */
  readonly doubts: readonly string[];
}

type Categories = { profile: ColumnProfile; counts: ReadonlyMap<string, number> };

/** A column with more categories has its own embedding. */
const mostOneHot = 30;
/** A category with fewer rows is rare if the table has at least `rareRows` rows. */
const [rareCount, rareRows] = [5, 100];

export function chooseInputs(
  columns: readonly KnownColumn[],
  rows: number,
  taken: readonly string[],
): ChosenInputs {
  const name = uniqueNames(taken);
  const numbers: ColumnProfile[] = [];
  const kinds: Categories[] = [];
  const coded: Categories[] = [];
  const dates = new Map<string, { profile: ColumnProfile; dates: DateProfile }[]>();
  const texts: ColumnProfile[] = [];
  const omitted: OmittedColumn[] = [];
  const doubts: string[] = [];
  for (const { profile, kind } of columns)
    switch (kind.kind) {
      case "numbers":
        numbers.push(profile);
        break;
      case "categories": {
        const kept = keptCategories({ profile, counts: kind.counts }, rows);
        if (kept < 1)
          omitted.push({ name: profile.name, why: `no value occurs in at least ${rareCount} rows` });
        else (kept > mostOneHot ? coded : kinds).push({ profile, counts: kind.counts });
        break;
      }
      case "dates": {
        const format = kind.dates.format ?? "";
        dates.set(format, [...(dates.get(format) ?? []), { profile, dates: kind.dates }]);
        for (const other of kind.others)
          doubts.push(
            `all dates of ${quoted(profile.name)} are valid as ${format} and as ${other}: check the format`,
          );
        break;
      }
      case "text":
        texts.push(profile);
        break;
      case "none":
        omitted.push({ name: profile.name, why: kind.why });
    }
  const inputs = [
    ...(numbers.length > 0 ? [numbersInput(name("numbers"), numbers)] : []),
    ...(kinds.length > 0 ? [kindsInput(name("categories"), kinds, rows)] : []),
    ...coded.map((each) => codedInput(name(each.profile.name), each, rows)),
    ...[...dates.values()].flatMap((group) => datesInput(name("dates"), group) ?? []),
    ...texts.map((profile) => textInput(name(profile.name), profile, rows)),
  ];
  return { inputs, omitted, doubts };
}

/** Creates a function that returns valid names that are not used yet. */
export function uniqueNames(taken: readonly string[]): (wanted: string) => string {
  const used = new Set(taken);
  return (wanted) => {
    const base = wanted
      .normalize("NFKD")
      .replace(/[^A-Za-z0-9_-]+/g, "_")
      .replace(/^[^A-Za-z]+|_+$/g, "")
      .slice(0, 40);
    const start = isUsableName(base) ? base : "column";
    let found = start;
    for (let i = 2; used.has(found); i++) found = `${start}${i}`;
    used.add(found);
    return found;
  };
}

const missingText = ({ missing }: ColumnProfile): string => (missing === 0 ? "" : `, ${missing} missing`);
const hasMissing = (columns: readonly ColumnProfile[]): boolean =>
  columns.some((column) => absentIn(column) > 0);

function numbersInput(name: string, columns: readonly ColumnProfile[]): ChosenInput {
  const width = columns.reduce((sum, { size }) => sum + size, 0);
  const ofMeans = {
    value: { missing: "mean" },
    comment: "use the mean of the training split; drop removes the row instead",
  };
  return {
    name,
    declared: { value: { shape: [width] }, comment: counted(width, "number") },
    columns: columns.map((profile) => ({ value: profile.name, comment: rangeText(profile) })),
    encoding: [
      {
        value: { scale: "standard" },
        comment: "scales to mean 0 and standard deviation 1; another choice is min-max",
      },
      ...(hasMissing(columns) ? [ofMeans] : []),
    ],
    layers: [],
    vector: name,
    needed: [],
    summary: `${counted(width, "number")}: ${namesText(columns)}`,
  };
}

const namesText = (columns: readonly ColumnProfile[]): string => {
  const names = columns.map(({ name }) => quoted(name).slice(1, -1));
  return names.length > 6 ? `${names.slice(0, 5).join(", ")} … ${names[names.length - 1]}` : names.join(", ");
};

function rangeText(profile: ColumnProfile): string {
  const { numbers, size } = profile;
  const each = size > 1 ? `${size} numbers, ` : "";
  return `${each}${numbers.low} to ${numbers.high}${missingText(profile)}`;
}

// Categories. As in the encoder, their number includes the categories for missing and for unseen values.

const isRare = (counts: ReadonlyMap<string, number>, rows: number): boolean =>
  rows >= rareRows && [...counts.values()].some((count) => count < rareCount);

/** The number of categories that are not rare. */
const keptCategories = ({ counts }: Categories, rows: number): number =>
  rows < rareRows ? counts.size : [...counts.values()].filter((count) => count >= rareCount).length;

function categoryKeys(columns: readonly Categories[], rows: number): Remark<object>[] {
  const rare = columns.some(({ counts }) => isRare(counts, rows));
  return [
    ...(hasMissing(columns.map(({ profile }) => profile))
      ? [{ value: { missing: "category" }, comment: "missing values form a separate category" }]
      : []),
    ...(rare
      ? [
          { value: { unseen: "category" }, comment: "unseen values form a separate category" },
          {
            value: { minCount: rareCount },
            comment: `values in fewer than ${rareCount} rows count as unseen`,
          },
        ]
      : []),
  ];
}

function categoriesText({ profile, counts }: Categories): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 4).map(([value, count]) => `${quoted(value)} ${count}`);
  return `${counts.size} values: ${shown.join(", ")}${sorted.length > 4 ? " …" : ""}${missingText(profile)}`;
}

function kindsInput(name: string, columns: readonly Categories[], rows: number): ChosenInput {
  const isMissing = hasMissing(columns.map(({ profile }) => profile));
  const rare = columns.some(({ counts }) => isRare(counts, rows));
  const width = columns.reduce(
    (sum, each) => sum + (rare ? keptCategories(each, rows) + 1 : each.counts.size) + (isMissing ? 1 : 0),
    0,
  );
  return {
    name,
    declared: { value: { shape: [width] }, comment: "one number for each category" },
    columns: columns.map((each) => ({ value: each.profile.name, comment: categoriesText(each) })),
    encoding: [
      { value: { categories: "one-hot" }, comment: "0 or 1 for each category" },
      ...categoryKeys(columns, rows),
    ],
    layers: [],
    vector: name,
    needed: [],
    summary: `${counted(columns.length, "column")} of categories: ${namesText(columns.map(({ profile }) => profile))}`,
  };
}

/** A column of many categories: each category has a trained vector. */
function codedInput(name: string, column: Categories, rows: number): ChosenInput {
  const rare = isRare(column.counts, rows);
  const kept = rare ? keptCategories(column, rows) : column.counts.size;
  const vocabulary = kept + (absentIn(column.profile) > 0 ? 1 : 0) + 1;
  const units = Math.min(32, Math.round(1.6 * vocabulary ** 0.56));
  const vector = `${name}_vector`;
  return {
    name,
    declared: { value: { shape: [1], dtype: "i32" }, comment: "the index of the category" },
    columns: [{ value: column.profile.name, comment: categoriesText(column) }],
    encoding: [
      { value: { categories: "index" }, comment: "numbered from 1; 0 is an unseen category" },
      ...categoryKeys([column], rows),
    ],
    layers: [
      {
        value: { type: "embedding", name: `${name}_embedding`, from: name, vocabulary, units },
        comment: `a vector for each of ${vocabulary - 1} categories, and for 0`,
      },
      { value: { type: "flatten", name: vector }, comment: "" },
    ],
    vector,
    needed: [],
    summary: `${vocabulary - 1} categories with an embedding: ${namesText([column.profile])}`,
  };
}

// Dates.

/**
 * Returns undefined if the dates have no usable part. This is the case if they span less than 14 days, have
 * no time of day, and only some of them have an offset from UTC, so that elapsed days are undefined.
 */
function datesInput(
  name: string,
  columns: readonly { profile: ColumnProfile; dates: DateProfile }[],
): ChosenInput | undefined {
  const [{ dates: first }] = columns;
  const span = Math.max(...columns.map(({ dates }) => dates.last - dates.first));
  const isMixed = columns.some(({ dates }) => dates.withOffset > 0 && dates.withoutOffset > 0);
  const parts = [
    ...(isMixed ? [] : ["elapsed"]),
    ...(span > 180 ? ["day-of-year"] : []),
    ...(span >= 14 ? ["weekday"] : []),
    ...(columns.some(({ dates }) => dates.hasTimes) ? ["hour"] : []),
  ];
  const size = parts.reduce((sum, part) => sum + (part === "elapsed" ? 1 : 2), 0);
  if (size === 0) return undefined;
  const profiles = columns.map(({ profile }) => profile);
  const format = first.format === undefined ? {} : { format: first.format };
  const formatText = first.format === undefined ? "ISO 8601 dates" : `dates in the format ${first.format}`;
  return {
    name,
    declared: {
      value: { shape: [size * columns.length] },
      comment: "1 number for elapsed days, 2 for each cyclic part",
    },
    columns: columns.map(({ profile, dates }) => ({
      value: profile.name,
      comment: spanText(profile, dates),
    })),
    encoding: [
      {
        value: { dates: { parts, ...format } },
        comment: `${formatText}; a cyclic part becomes sine and cosine`,
      },
      ...(isMixed ? [] : [{ value: { scale: "standard" }, comment: "applies to the elapsed days" }]),
      ...(hasMissing(profiles)
        ? [{ value: { missing: "mean" }, comment: "use the mean of the training split" }]
        : []),
    ],
    layers: [],
    vector: name,
    needed: [],
    summary: `${counted(columns.length, "column")} of dates as ${parts.join(", ")}: ${namesText(profiles)}`,
  };
}

function spanText(profile: ColumnProfile, { first, last, withOffset, hasTimes }: DateProfile): string {
  const [from, to] = [first, last].map((moment) => {
    const text = isoText({ moment, hasOffset: withOffset > 0 });
    return hasTimes ? text.replace("T", " ") : text.slice(0, 10);
  });
  return `${from} to ${to}${missingText(profile)}`;
}

// Text. A convolution over words, followed by a maximum over all positions (Kim 2014), suits texts of any
// length.

function textInput(name: string, profile: ColumnProfile, rows: number): ChosenInput {
  const { text } = profile;
  const length = Math.max(4, quantile(text.lengths, 0.95) + 1);
  const vocabulary = Math.min(20_000, Math.max(2, text.vocabulary)) + 2;
  const [units, filters] = rows < 2000 ? [16, 32] : [32, 64];
  const vector = `${name}_summary`;
  return {
    name,
    declared: { value: { shape: [length], dtype: "i32" }, comment: "the indices of the words" },
    columns: [{ value: profile.name, comment: "text" }],
    encoding: [
      {
        value: { words: { length, lowerCase: true, cut: true } },
        comment: `95 % of the texts have at most ${length - 1} words; longer texts are truncated`,
      },
      ...(absentIn(profile) > 0
        ? [{ value: { missing: "drop" }, comment: `${absentIn(profile)} rows without a text are removed` }]
        : []),
    ],
    layers: [
      {
        value: { type: "embedding", name: `${name}_words`, from: name, vocabulary, units },
        comment: "a vector for each word that occurs at least twice, for padding and for unknown words",
      },
      {
        value: {
          type: "conv1d",
          name: `${name}_phrases`,
          filters,
          kernel: 3,
          padding: "same",
          activation: "relu",
        },
        comment: "phrases of 3 words",
      },
      {
        value: { type: "global-max-pool1d", name: vector },
        comment: "the strongest match of each phrase; padding is skipped",
      },
    ],
    vector,
    needed: [profile],
    summary: `texts of up to ${length - 1} words (vocabulary of ${vocabulary - 2}): ${namesText([profile])}`,
  };
}

/** The missing values of a column in all rows of the file. */
export const absentIn = ({ missing, dropped }: ColumnProfile): number => missing + dropped;

/** The smallest length that suffices for this fraction of all texts. */
function quantile(lengths: readonly number[], fraction: number): number {
  const all = lengths.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  return lengths.findIndex((count) => (passed += count) >= fraction * all);
}
