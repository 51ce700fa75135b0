// Reading dates. If a test fails, a date is read as another date, a result depends on the time zone of the
// host, or an invalid date is accepted.
import { afterEach, describe, expect, test } from "vitest";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import { dateEncoder, meanDateEncoder } from "../../../src/runtime/data/date-encoder.ts";
import { dateReader, isoText, numbersOf, onCircle } from "../../../src/runtime/data/dates.ts";
import type { DatePart } from "../../../src/runtime/data/dates.ts";
import type { ColumnFacts, FittedRule } from "../../../src/runtime/data/fields.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { model, training } from "../linear-machine.ts";

const read = (text: string, format?: string) => {
  const date = dateReader(format)(text);
  return date && isoText(date);
};

describe("texts of dates", () => {
  test.each([
    ["2024-03-07", undefined, "2024-03-07T00:00"],
    [" 2024-03-07 ", undefined, "2024-03-07T00:00"],
    ["2024-03", undefined, "2024-03-01T00:00"],
    ["20240307", undefined, "2024-03-07T00:00"],
    ["20240307T140506", undefined, "2024-03-07T14:05:06"],
    ["2024-03-07 14:05", undefined, "2024-03-07T14:05"],
    ["2024-03-07T14:05:06.250Z", undefined, "2024-03-07T14:05:06.250Z"],
    ["2024-03-07T23:05+02:00", undefined, "2024-03-07T21:05Z"],
    ["2024-03-07T23:05-0530", undefined, "2024-03-08T04:35Z"],
    ["2024-03-07 23:05:00+02", undefined, "2024-03-07T21:05Z"],
    ["2000-02-29", undefined, "2000-02-29T00:00"],
    ["0099-01-01", undefined, "0099-01-01T00:00"],
    ["07.03.2024", "DD.MM.YYYY", "2024-03-07T00:00"],
    ["7.3.2024 9:05", "D.M.YYYY H:mm", "2024-03-07T09:05"],
    ["03/07/24 12:05 am", "MM/DD/YY hh:mm A", "2024-03-07T00:05"],
    ["03/07/69 12:05 PM", "MM/DD/YY hh:mm A", "1969-03-07T12:05"],
    ["7-mar-2024", "D-MMM-YYYY", "2024-03-07T00:00"],
    ["03/2024", "MM/YYYY", "2024-03-01T00:00"],
    ["2024-03-07T14:05:06Z", "YYYY-MM-DDTHH:mm:ssZ", "2024-03-07T14:05:06Z"],
    ["1700000000", "unix", "2023-11-14T22:13:20Z"],
    ["-86400000", "unix-ms", "1969-12-31T00:00Z"],
  ])("%s with the format %s is %s", (text, format, expected) => expect(read(text, format)).toBe(expected));

  test.each([
    ["2024-02-30", undefined],
    ["2023-02-29", undefined],
    ["1900-02-29", undefined],
    ["2024-13-01", undefined],
    ["2024-00-10", undefined],
    ["2024-01-00", undefined],
    ["2024-03-07 24:00", undefined],
    ["2024-03-07 12:60", undefined],
    ["2024-03-07T12:00+24:00", undefined],
    ["2024-W10-4", undefined],
    ["202403", undefined],
    ["07.03.2024", undefined],
    ["3/7/2024", undefined],
    ["2024", undefined],
    ["2024-03-07x", undefined],
    ["7.3.2024", "DD.MM.YYYY"],
    ["31.04.2024", "DD.MM.YYYY"],
    ["03/07/2024 13:05 pm", "MM/DD/YYYY hh:mm A"],
    ["7 xyz 2024", "D MMM YYYY"],
    ["7 anf 2024", "D MMM YYYY"],
    ["12 Uhr", "unix"],
  ])("%s with the format %s is not a date", (text, format) => expect(read(text, format)).toBeUndefined());

  test.each([
    ["DD.MM.JJJJ", '"JJJJ" is not a part of a date: use YYYY, YY,'],
    ["DD.MM", "the format needs the year once, as YYYY or YY"],
    ["YYYY YY-MM-DD", "the format needs the year once"],
    ["YYYY-DD", "the format needs the month once, as MM, M or MMM"],
    ["YYYY-MM-DD DD", "the format contains the day twice"],
    ["YYYY-MM-DD hh:mm", "hh needs A, and A needs hh"],
  ])("the format %s is rejected", (format, message) => expect(() => dateReader(format)).toThrow(message));
});

describe("the time zone of the host", () => {
  const before = process.env.TZ;
  afterEach(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  test("has no effect, not even on a clock time that it skips", () => {
    const parts: DatePart[] = ["elapsed", "year", "month", "day", "weekday", "day-of-year", "hour", "minute"];
    const all = (zone: string) => {
      process.env.TZ = zone;
      return ["2024-03-10 02:30", "2024-12-31T23:59-11:00", "1970-01-01"].map((text) => {
        const date = dateReader()(text);
        return date && parts.flatMap((part) => numbersOf(part, date, 0));
      });
    };
    const [here, there, utc] = ["America/New_York", "Pacific/Apia", "UTC"].map(all);
    expect(here).toEqual(utc);
    expect(there).toEqual(utc);
    expect(here[0]).toHaveLength(14);
  });
});

test("sine and cosine agree with those of the engine", () => {
  for (let i = 0; i < 997; i++) {
    const angle = 2 * Math.PI * (i / 997);
    const [sine, cosine] = onCircle(i / 997);
    expect(Math.abs(sine - Math.sin(angle))).toBeLessThan(1e-15);
    expect(Math.abs(cosine - Math.cos(angle))).toBeLessThan(1e-15);
  }
  expect([0, 0.25, 0.5, 0.75].map((t) => onCircle(t).map((x) => x + 0))).toEqual([
    [0, 1],
    [1, 0],
    [0, -1],
    [-1, 0],
  ]);
});

test.each<[DatePart, string, number[]]>([
  ["elapsed", "2024-03-08 12:00", [1.5]],
  ["year", "2024-03-08", [2024]],
  ["month", "2024-04-08", [1, 0]],
  ["day", "2024-02-29", onCircle(28 / 29)],
  ["day", "2023-02-28", onCircle(27 / 28)],
  ["weekday", "2024-03-04", [0, 1]],
  ["weekday", "2024-03-10", onCircle(6 / 7)],
  ["weekday", "1969-12-31", onCircle(2 / 7)],
  ["day-of-year", "2024-12-31", onCircle(365 / 365.2425)],
  ["hour", "2024-03-08 18:59", [-1, 0]],
  // The clock time as written, not that of UTC.
  ["hour", "2024-03-08T06:59+05:00", [1, 0]],
  ["minute", "2024-03-08 06:30", [0, -1]],
])("the part %s of %s", (part, text, expected) => {
  const [date, origin] = [text, "2024-03-07"].map((each) => dateReader()(each));
  const numbers = date && origin && numbersOf(part, date, origin.moment);
  expect(numbers).toHaveLength(expected.length);
  numbers?.forEach((number, i) => expect(number).toBeCloseTo(expected[i], 12));
});

describe("columns of dates", () => {
  const prepared = (
    cells: readonly string[],
    dates: NonNullable<ColumnFacts["dates"]>,
    width: number,
    others: { scale?: FittedRule; meanDates?: boolean; test?: string } = {},
  ) => {
    const { test, ...facts } = others;
    return prepareTable(
      { ...model, inputs: { when: { shape: [width], dtype: "f32" } } },
      { inputs: { when: { columns: ["at"], dates, ...facts } }, targets: { y: { columns: ["y"] } } },
      training,
      7,
      ["at,y", ...cells.map((cell, i) => `${cell},${i}`), ""].join("\n"),
      { encoders: { meanDates: meanDateEncoder, dates: dateEncoder, columns: columnEncoder }, test },
    );
  };

  test("days are counted from the earliest date of the training split, which is fitted", () => {
    const { train, test, fields } = prepared(["2024-03-09", "2024-03-07 12:00"], { parts: ["elapsed"] }, 1, {
      test: "at,y\n2024-03-06,1\n",
    });
    expect(train["when"]).toEqual(Float64Array.of(1.5, 0));
    expect(test?.["when"]).toEqual(Float64Array.of(-1.5));
    expect(fields[0].origins).toEqual(["2024-03-07T12:00"]);
  });
  test("a stated origin is used, and the offset of a cell counts", () => {
    const rule = { parts: ["elapsed", "hour"] as DatePart[], origin: "2024-01-01T00:00Z" };
    const { train } = prepared(["2024-01-02T06:00+06:00", "2024-01-01T00:00Z"], rule, 3);
    expect(Array.from(train["when"], (x) => Math.round(x * 1e9) / 1e9 + 0)).toEqual([1, 1, 0, 0, 0, 1]);
  });
  test("the scale applies to elapsed days and years, and not to sines and cosines", () => {
    const rule = { parts: ["month", "year", "elapsed"] as DatePart[] };
    const { train, fields } = prepared(["2023-01-01", "2025-01-01", "2024-01-01"], rule, 4, {
      scale: "min-max",
    });
    expect(fields[0].scales).toEqual([
      { shift: 0, span: 1 },
      { shift: 0, span: 1 },
      { shift: 2023, span: 2 },
      { shift: 0, span: 731 },
    ]);
    expect(Array.from(train["when"])).toEqual([0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0.5, 365 / 731]);
  });
  test("means replace the numbers of a missing date", () => {
    const rule = { parts: ["elapsed", "month"] as DatePart[] };
    const { train, fields } = prepared(["2024-01-01", "NA", "2024-07-01"], rule, 3, { meanDates: true });
    expect(fields[0].means?.map((mean) => mean + 0)).toEqual([91, 0, 0]);
    expect(Array.from(train["when"], (x) => x + 0).slice(3, 6)).toEqual([91, 0, 0]);
  });

  const month = { parts: ["month"] as DatePart[] };
  test.each<[string, () => unknown, string, number | undefined]>([
    [
      "an invalid date",
      () => prepared(["2024-01-01", "2024-02-30"], month, 2),
      'column "at": "2024-02-30" is not an ISO 8601 date, such as 1999-03-07 14:05; declare another "format"',
      3,
    ],
    [
      "a date of another format",
      () => prepared(["2024-01-01"], { ...month, format: "DD.MM.YYYY" }, 2),
      'column "at": "2024-01-01" is not a date in the format DD.MM.YYYY',
      2,
    ],
    ["an empty cell", () => prepared(["2024-01-01", ""], month, 2), 'column "at": the cell is empty', 3],
    [
      "an invalid date where missing ones are allowed",
      () => prepared(["2024-01-01", "soon"], month, 2, { meanDates: true }),
      '"soon" is not an ISO 8601 date',
      3,
    ],
    [
      "offsets in some cells only",
      () => prepared(["2024-01-01 10:00", "2024-01-02T10:00Z"], { parts: ["elapsed"] }, 1),
      '"2024-01-02T10:00Z" has an offset from UTC, but the origin 2024-01-01T10:00 has none',
      3,
    ],
    [
      "no offset where the origin has one",
      () => prepared(["2024-01-01 10:00"], { parts: ["elapsed"], origin: "2024-01-01T00:00Z" }, 1),
      '"2024-01-01 10:00" has no offset from UTC, but the origin 2024-01-01T00:00Z has one',
      2,
    ],
    [
      "a column without any date",
      () => prepared(["NA", "NA"], { parts: ["elapsed"] }, 1, { meanDates: true }),
      'all dates of column "at" in the training split are missing',
      undefined,
    ],
    [
      "a date of another format, from which the earliest date would be fitted",
      () => prepared(["NA", "03/04/2024"], { parts: ["elapsed"] }, 1, { meanDates: true }),
      '"03/04/2024" is not an ISO 8601 date',
      3,
    ],
    [
      "a wrong shape",
      () => prepared(["2024-01-01"], month, 3),
      "when has 3 numbers per row, but its columns have 2: at",
      1,
    ],
  ])("%s is an error with its line", (_, work, message, line) => {
    expect(work).toThrow(message);
    try {
      work();
    } catch (error) {
      expect(error).toHaveProperty("line", line);
    }
  });
});
