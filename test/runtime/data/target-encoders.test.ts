// Targets: the decimals of predictions, and classes whose names are numbers. If a test fails, a report prints
// meaningless digits, or rounds away digits that the model has learned.
import { expect, test } from "vitest";
import { classNameEncoder, decimalEncoder } from "../../../src/runtime/data/target-encoders.ts";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import { inTargetUnits } from "../../../src/runtime/prediction/interpretations.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { model, training } from "../linear-machine.ts";

const inputs = { x: { columns: ["x"] } };

const scalesOf = (cells: readonly (number | string)[], scale?: "standard") =>
  prepareTable(
    { ...model, inputs: { x: { shape: [1], dtype: "f32" } } },
    { inputs, targets: { y: { columns: ["y"], hasDecimals: true, ...(scale && { scale }) } } },
    training,
    7,
    ["x,y", ...cells.map((cell) => `1,${cell}`), ""].join("\n"),
    { encoders: { hasDecimals: decimalEncoder, columns: columnEncoder } },
  ).fields[1].scales ?? [];

test.each<[string, (number | string)[], number | undefined]>([
  ["whole numbers of a wide range have none", [50000, 115838, 410000], 0],
  ["as many as the data has", ["1.5", "700.25", "300"], 2],
  ["trailing zeros do not count", ["1.50", "700.00", "300.10"], 1],
  ["enough for 100 steps over the range: grades from 1 to 5", [1, 2, 3, 4, 5], 2],
  ["enough for 100 steps over the range: 0 and 1", [0, 1], 2],
  ["a constant target is written as it is", [7, 7], 0],
  ["small numbers", ["0.000123", "0.000124", "0.000723"], 6],
  ["numbers of 32 bits count as they would be written", [Math.fround(0.1), Math.fround(20.7)], 1],
  ["numbers with all digits of a double get no decimals", [Math.PI, 100 * Math.E], undefined],
])("decimals: %s", (_, cells, decimals) => expect(scalesOf(cells)[0].decimals).toBe(decimals));

test("the decimals do not change the scale", () => {
  expect(scalesOf([1, 3])).toEqual([{ shift: 0, span: 1, decimals: 2 }]);
  expect(scalesOf([1, 3], "standard")).toEqual([{ shift: 2, span: 1, decimals: 2 }]);
});

test.each([
  [115837.9939, 0, 115838],
  [115837.9939, 2, 115838],
  [3.41667, 2, 3.42],
  [-0.3, 0, 0],
  [12345678.9, 0, 12345680],
  [0.123456789, 12, 0.1234568],
  [0.123456789, undefined, 0.1234568],
  [1.23e-9, undefined, 1.23e-9],
])("the prediction %d with %s decimals is written as %d", (value, decimals, written) => {
  const scale = { shift: 0, span: 1, ...(decimals !== undefined && { decimals }) };
  expect(inTargetUnits([value], [], scale)).toEqual([written]);
});

const classesOf = (areNames: boolean) =>
  prepareTable(
    {
      ...model,
      inputs: { x: { shape: [1], dtype: "f32" } },
      targets: { y: { shape: [], classes: 3 } },
    },
    { inputs, targets: { y: { columns: ["y"], ...(areNames && { areNames }) } } },
    training,
    7,
    "x,y\n1,5\n1,1\n1,2\n1,5\n",
    { encoders: { areNames: classNameEncoder, columns: columnEncoder } },
  );

test("class names may be numbers, if the spec says so", () => {
  const { train, fields } = classesOf(true);
  expect(fields[1].classNames).toEqual(["1", "2", "5"]);
  expect(train["y"]).toEqual(Int32Array.of(2, 0, 1, 2));
  expect(() => classesOf(false)).toThrow('column "y": 5 is not a class');
});
