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
