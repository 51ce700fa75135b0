// What `data` says against the rest of the spec: a scale that nothing could undo would make figures without a meaning.
import { expect, test } from "vitest";
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
  "%s gives several columns different units, so their pooled error has none",
  (scale) => {
    const faults = faultsOf(regression([2], scale, ["r2", { type: "rmse" }]));
    expect(faults).toContain("T1208");
    expect(faults).toContain(
      `data.targets.y.scale: ${scale} scales each of 2 columns by another number, so rmse over them has no unit`,
    );
    expect(faults).toContain("scale the columns of the target alike, with");
  },
);

test("one column, one divisor for all, or no error among the metrics is fine", () => {
  expect(faultsOf(regression([1], "standard", ["mae"]))).toBe("no fault");
  expect(faultsOf(regression([2], { divide: 4 }, ["mae", "rmse"]))).toBe("no fault");
  expect(faultsOf(regression([2], "standard", ["r2"]))).toBe("no fault");
});

test("a test file beside a test share is refused: one of them would be ignored", () => {
  const spec = regression([1], "standard", ["mae"], { train: "a.csv", test: "b.csv" });
  expect(faultsOf(spec)).toBe("no fault");
  const both = { ...spec, training: { epochs: 2, batchSize: 6, test: { fraction: 0.2 } } };
  expect(faultsOf(both)).toContain("training.test sets test rows aside, but data.test is a file of them");
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

test("a mean stands for a missing value only where there is one", () => {
  for (const missing of ["error", "drop", "mean"])
    expect(faultsOf(withMissing({ missing }))).toBe("no fault");
  expect(faultsOf(withMissing({}, { missing: "drop" }))).toBe("no fault");
  expect(faultsOf(withMissing({}, { missing: "mean" }))).toContain(
    "error T1208: data.targets.y.missing: a mean in place of a target would be learned as if it were true",
  );
  expect(faultsOf(withMissing({ missing: "mean" }, {}, "i32"))).toContain(
    "error T1208: data.inputs.x.missing: a mean of indices is no index",
  );
  expect(faultsOf(withMissing({ missing: "mean", characters: { length: 4 } }))).toContain(
    "error T1208: data.inputs.x.missing: texts and categories have no mean",
  );
});

test("a row without a weight is left out or an error", () => {
  const spec = withMissing({ missing: "mean" });
  const weighed = { ...spec, training: { epochs: 1, batchSize: 1, sampleWeights: "x" } };
  expect(faultsOf(weighed)).toContain("data.inputs.x.missing: a mean is not what a row weighs");
});

test("a separator is one of four, and IDX files have none", () => {
  const spec = (data: object) => specWith({ data: { inputs: {}, targets: {}, ...data } });
  expect(faultsOf(spec({ file: "a.csv", separator: ":" }))).toContain("data.separator must be");
  expect(faultsOf(spec({ idx: { x: "x" }, separator: ";" }))).toContain(
    "error T1208: data.separator is for CSV files, and IDX files are none",
  );
});
