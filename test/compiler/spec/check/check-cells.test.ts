// The keys of the data section that describe cells. If a test fails, a key is silently ignored, or a wrong
// shape is reported only when the data is read.
import { expect, test } from "vitest";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { dataFacts } from "../../../../src/compiler/trainer/trainer-facts.ts";
import { faultsOf, specWith } from "../base-spec.ts";

const withX = (x: object, input: object = { shape: [4] }, others: object = {}) =>
  specWith({
    inputs: { x: input },
    data: { file: "a.csv", inputs: { x }, targets: { y: { columns: ["kind"] } }, ...others },
  });
const withY = (y: object, target: object = { classes: 3 }) => ({
  ...specWith({
    targets: { y: target },
    data: { file: "a.csv", inputs: { x: { columns: ["a..d"] } }, targets: { y } },
  }),
  ...("shape" in target ? { loss: "mse" } : {}),
});
const when = (dates: object) => ({ columns: ["at"], dates });

test("a valid spec becomes the facts of the runtime", () => {
  const dates = { parts: ["month", "hour"], format: "DD.MM.YYYY HH:mm" };
  const facts = (spec: unknown) => dataFacts(parseModel(spec));
  const { inputs, numberFormat } =
    facts(withX({ ...when(dates), missing: "mean" }, undefined, { numbers: { decimal: "," } })) ??
    expect.unreachable();
  expect(inputs["x"]).toEqual({ columns: ["at"], dates, meanDates: true });
  expect(numberFormat).toEqual({ decimal: "," });
  expect(
    facts(withX({ columns: ["k"], categories: "one-hot", missing: "category", unseen: "category" }))?.inputs[
      "x"
    ],
  ).toEqual({
    columns: ["k"],
    categories: "one-hot",
    missingCategory: true,
    unseenCategory: true,
    minCount: 2,
  });
  expect(facts(withY({ columns: ["kind"], names: true }))?.targets["y"]).toEqual({
    columns: ["kind"],
    areNames: true,
  });
});

test("keys that have their default values do not change the hash of the spec", () => {
  const plain = parseModel(withX({ columns: ["k"], categories: "one-hot" }));
  const written = withX({
    columns: ["k"],
    categories: "one-hot",
    unseen: "zeros",
    minCount: 1,
    missing: "error",
  });
  expect(parseModel(written).specHash).toBe(plain.specHash);
  const numbers = withX({ columns: ["k"], categories: "one-hot" }, undefined, { numbers: { decimal: "." } });
  expect(parseModel(numbers).specHash).toBe(plain.specHash);
});

test.each<[string, unknown, string]>([
  [
    "a shape that does not fit the parts",
    withX({ columns: ["at", "until"], dates: { parts: ["year", "month"] } }),
    "error T1208: inputs.x must have the shape [6], because data.inputs.x.dates encodes each date of the 2 columns as 3 numbers\n" +
      "  hint: elapsed and year are one number each; every other part is two numbers, a sine and a cosine",
  ],
  [
    "indices for dates",
    withX(when({ parts: ["year", "elapsed"] }), { shape: [2], dtype: "i32" }),
    "error T1208: inputs.x must have dtype f32, because the parts of dates are real numbers",
  ],
  [
    "an unknown part",
    withX(when({ parts: ["month", "week-day"] })),
    'error T1103: data.inputs.x.dates.parts[1]: unknown parts "week-day"\n  hint: did you mean "weekday"?',
  ],
  [
    "a part twice",
    withX(when({ parts: ["month", "month"] })),
    'error T1208: data.inputs.x.dates.parts: "month" appears twice',
  ],
  [
    "an unknown token",
    withX(when({ parts: ["month", "hour"], format: "TT.MM.JJJJ" })),
    'error T1208: data.inputs.x.dates.format: "TT" is not a part of a date',
  ],
  [
    "a format without a year",
    withX(when({ parts: ["month", "hour"], format: "DD.MM" })),
    "error T1208: data.inputs.x.dates.format: the format needs the year once, as YYYY or YY\n" +
      '  hint: write a format such as "DD.MM.YYYY" or "MM/DD/YYYY HH:mm:ss"',
  ],
  [
    "an origin that is not a date",
    withX(when({ parts: ["elapsed", "year", "month"], origin: "01.01.2024" })),
    'error T1208: data.inputs.x.dates.origin: "01.01.2024" is not an ISO 8601 date',
  ],
  [
    "an origin from which nothing is counted",
    withX(when({ parts: ["month", "hour"], origin: "2024-01-01" })),
    'error T1208: data.inputs.x.dates.origin: only the part "elapsed" uses the origin, and the list of parts does not contain it',
  ],
  [
    "dates and categories",
    withX({ ...when({ parts: ["month", "hour"] }), categories: "one-hot" }),
    'error T1208: data.inputs.x: "dates" cannot be combined with "categories"',
  ],
  [
    "a category for missing numbers",
    withX({ columns: ["a..d"], missing: "category" }),
    'error T1208: data.inputs.x.missing: "category" applies only to columns of categories\n' +
      '  hint: use "mean" for numbers and dates, or "drop" to remove the row',
  ],
  [
    "a category for missing targets",
    withY({ columns: ["kind"], missing: "category" }),
    'error T1208: data.targets.y.missing: "category" applies only to columns of categories\n' +
      '  hint: use "drop" to remove the row',
  ],
  [
    "unseen numbers",
    withX({ columns: ["a..d"], unseen: "category" }),
    "error T1208: data.inputs.x.unseen applies only to columns of categories",
  ],
  [
    "rare numbers",
    withX({ columns: ["a..d"], minCount: 3 }),
    "error T1208: data.inputs.x.minCount applies only to columns of categories",
  ],
  [
    "names of numbers",
    withY({ columns: ["kind"], names: true }, { shape: [3] }),
    "error T1208: data.targets.y.names applies only to targets with classes",
  ],
  [
    "one mark for two purposes",
    withX({ columns: ["a..d"] }, undefined, { numbers: { decimal: ",", thousands: "," } }),
    'error T1208: data.numbers: "," cannot be both the decimal separator and the thousands separator',
  ],
  [
    "thousands marked by the default decimal mark",
    withX({ columns: ["a..d"] }, undefined, { numbers: { thousands: "." } }),
    '"." cannot be both the decimal separator and the thousands separator\n  hint: add "decimal": ","',
  ],
  [
    "numbers of IDX files",
    specWith({ data: { idx: { x: "x.idx", y: "y.idx" }, numbers: { decimal: "," } } }),
    "error T1208: data.numbers cannot be combined with IDX files, which contain no text",
  ],
])("rejects %s", (_, spec, message) => expect(faultsOf(spec)).toContain(message));
