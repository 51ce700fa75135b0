// The checks of the section `data` against the rest of the spec. If a test fails, the compiler accepts a
// scale that makes metrics meaningless, or a file is read incorrectly.
import { expect, test } from "vitest";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { faultsOf, specWith } from "../base-spec.ts";

const regression = (shape: number[], scale: unknown, metrics: unknown[], files: object = { file: "a.csv" }) =>
  specWith({
    targets: { y: { shape } },
    network: [{ type: "dense", units: shape.reduce((product, extent) => product * extent, 1) }],
    loss: "mse",
    metrics,
    data: {
      ...files,
      inputs: { x: { columns: ["a..d"] } },
      targets: { y: { columns: ["e..f"], scale } },
    },
  });

test.each(["standard", "min-max"])(
  "%s scaling of several columns gives them different units, so their pooled error is rejected",
  (scale) => {
    const faults = faultsOf(regression([2], scale, ["r2", { type: "rmse" }]));
    expect(faults).toContain("T1208");
    expect(faults).toContain(
      `data.targets.y.scale: "${scale}" scales each of the 2 columns by a different number, so rmse over all columns has no unit`,
    );
    expect(faults).toContain("scale all columns of the target by one number, with");
  },
);

test("one column, one common divisor, or no error among the metrics is accepted", () => {
  expect(faultsOf(regression([1], "standard", ["mae"]))).toBe("no fault");
  expect(faultsOf(regression([2], { divide: 4 }, ["mae", "rmse"]))).toBe("no fault");
  expect(faultsOf(regression([2], "standard", ["r2"]))).toBe("no fault");
});

test("a test file together with a test fraction is rejected, because one of them would be ignored", () => {
  const spec = regression([1], "standard", ["mae"], { train: "a.csv", test: "b.csv" });
  expect(faultsOf(spec)).toBe("no fault");
  const both = { ...spec, training: { epochs: 2, batchSize: 6, test: { fraction: 0.2 } } };
  expect(faultsOf(both)).toContain(
    "training.test splits off test rows, but data.test already provides the test rows",
  );
});

const withMissing = (entry: object, target: object = {}, dtype = "f32") =>
  specWith({
    inputs: { x: { shape: [4], dtype } },
    targets: { y: { shape: [1] } },
    network: [{ type: "dense", units: 1 }],
    loss: "mse",
    metrics: [],
    data: {
      file: "a.csv",
      inputs: { x: { columns: ["a..d"], ...entry } },
      targets: { y: { columns: ["e"], ...target } },
    },
  });

test("a mean is accepted as the replacement of a missing value only where a mean exists", () => {
  for (const missing of ["error", "drop", "mean"])
    expect(faultsOf(withMissing({ missing }))).toBe("no fault");
  expect(faultsOf(withMissing({}, { missing: "drop" }))).toBe("no fault");
  expect(faultsOf(withMissing({}, { missing: "mean" }))).toContain(
    "error T1208: data.targets.y.missing: a target cannot be replaced by the mean, because the model would learn the mean as a true value",
  );
  expect(faultsOf(withMissing({ missing: "mean" }, {}, "i32"))).toContain(
    "error T1208: data.inputs.x.missing: an index cannot be replaced by a mean, which is not an index",
  );
  expect(faultsOf(withMissing({ missing: "mean", characters: { length: 4 } }))).toContain(
    "error T1208: data.inputs.x.missing: text and categories cannot be replaced by a mean",
  );
});

test("a row without a weight can only be dropped or be an error", () => {
  const spec = withMissing({ missing: "mean" });
  const weighed = { ...spec, training: { epochs: 1, batchSize: 1, sampleWeights: "x" } };
  expect(faultsOf(weighed)).toContain(
    "data.inputs.x.missing: a sample weight cannot be replaced by the mean",
  );
});

test("a separator is one of four characters, and IDX files have none", () => {
  const spec = (data: object) => specWith({ data: { inputs: {}, targets: {}, ...data } });
  expect(faultsOf(spec({ file: "a.csv", separator: ":" }))).toContain("data.separator must be");
  expect(faultsOf(spec({ idx: { x: "x" }, separator: ";" }))).toContain(
    "error T1208: data.separator cannot be combined with IDX files, which contain no text",
  );
});

// The files that a spec may name. An error that is not found here would become a stack trace, or training on
// the wrong rows.

const idx = { x: "d/x.idx", y: "d/y.idx" };
const csv = { inputs: { x: { columns: ["a..d"] } }, targets: { y: { columns: ["k"] } } };

test("IDX files need no columns; they may have a scale, and separate files for the test rows", () => {
  for (const data of [
    { idx },
    { idx, inputs: { x: { scale: { divide: 255 } } } },
    { train: { idx }, test: { idx: { x: "t/x.idx", y: "t/y.idx" } } },
  ])
    expect(faultsOf(specWith({ data }))).toBe("no fault");
  const { data } = parseModel(specWith({ data: { train: { idx }, test: { idx: { y: "t/y", x: "t/x" } } } }));
  expect(data).toEqual({ file: idx, test: { y: "t/y", x: "t/x" }, inputs: {}, targets: {} });
});

test("gzipped files are read like their contents", () => {
  expect(faultsOf(specWith({ data: { file: "a.csv.gz", ...csv } }))).toBe("no fault");
});

test.each([
  [
    "a missing file",
    { idx: { x: "x.idx" } },
    'error T1307: data.idx has no file for y\n  hint: add "y": FILE',
  ],
  [
    "a file of an unknown input",
    { idx: { ...idx, pixels: "p.idx" } },
    'error T1307: data.idx: unknown input or target "pixels"\n  hint: declared inputs and targets: x, y',
  ],
  [
    "a misspelt name",
    { train: { idx }, test: { idx: { xx: "x.idx", y: "y.idx" } } },
    'error T1307: data.test.idx: unknown input or target "xx"\n  hint: did you mean "x"?',
  ],
  [
    "columns for a format without columns",
    { idx, inputs: { x: { columns: ["a"] } }, targets: { y: { nextOf: "x" } } },
    "error T1208: data.inputs.x.columns cannot be combined with IDX files\n  hint: an IDX file contains one " +
      'whole input or target; only "scale" is allowed here',
  ],
  ["two formats", { idx, file: "a.csv", ...csv }, 'error T1208: data: "file" cannot be combined with "idx"'],
  [
    "IDX files together with test",
    { idx, test: { idx } },
    'error T1208: data: "idx" cannot be combined with "train", "test" or "validation"\n  hint: use "file", or "idx", or both "train" and "test"',
  ],
  [
    "another format for the test",
    { train: { idx }, test: "a.csv" },
    'error T1208: data.train and data.test must have the same file format\n  hint: write a file name for both, or { "idx": … } for both',
  ],
  ["no test", { train: { idx } }, "error T1102: data.test is missing: it must be a string"],
  [
    "a file name that is not a string",
    { idx: { x: 3, y: "y.idx" } },
    "error T1203: data.idx.x must be a non-empty string, got 3",
  ],
  [
    "a scale of classes",
    { idx, targets: { y: { scale: "standard" } } },
    "error T1208: data.targets.y.scale: indices cannot be scaled",
  ],
  [
    "no columns",
    { file: "a.csv", ...csv, inputs: { x: {} } },
    "error T1102: data.inputs.x.columns is missing: it must be a non-empty list",
  ],
  [
    "no inputs",
    { file: "a.csv", targets: csv.targets },
    "error T1102: data.inputs is missing: it must be an object",
  ],
])("%s", (_, data, message) => {
  expect(faultsOf(specWith({ data }))).toContain(message);
});
