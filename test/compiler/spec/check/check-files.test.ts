// Which files a spec may name: a fault that slips through here would surface as a stack trace, or train on
// the wrong rows.
import { expect, test } from "vitest";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { faultsOf, specWith } from "../base-spec.ts";

const idx = { x: "d/x.idx", y: "d/y.idx" };
const csv = { inputs: { x: { columns: ["a..d"] } }, targets: { y: { columns: ["k"] } } };

test("IDX files need no columns; a scale may stand beside them, and the test rows may be files of their own", () => {
  for (const data of [
    { idx },
    { idx, inputs: { x: { scale: { divide: 255 } } } },
    { train: { idx }, test: { idx: { x: "t/x.idx", y: "t/y.idx" } } },
  ])
    expect(faultsOf(specWith({ data }))).toBe("no fault");
  const { data } = parseModel(specWith({ data: { train: { idx }, test: { idx: { y: "t/y", x: "t/x" } } } }));
  expect(data).toEqual({ file: idx, test: { y: "t/y", x: "t/x" }, inputs: {}, targets: {} });
});

test("packed files are read as what they hold", () => {
  expect(faultsOf(specWith({ data: { file: "a.csv.gz", ...csv } }))).toBe("no fault");
});

test.each([
  [
    "a file too few",
    { idx: { x: "x.idx" } },
    'error T1307: data.idx names no file for y\n  hint: add "y": FILE',
  ],
  [
    "a file of nothing",
    { idx: { ...idx, pixels: "p.idx" } },
    "error T1307: data.idx.pixels is no input and no target\n  hint: inputs and targets: x, y",
  ],
  [
    "a misspelt name",
    { train: { idx }, test: { idx: { xx: "x.idx", y: "y.idx" } } },
    'error T1307: data.test.idx.xx is no input and no target\n  hint: did you mean "x"?',
  ],
  [
    "columns of a format that has none",
    { idx, inputs: { x: { columns: ["a"] } }, targets: { y: { nextOf: "x" } } },
    "error T1208: data.inputs.x.columns does not go together with IDX files\n  hint: an IDX file holds one " +
      "input or target; only `scale` may stand here",
  ],
  ["two formats", { idx, file: "a.csv", ...csv }, 'error T1208: data has "file" beside "idx"'],
  [
    "one way and a half",
    { idx, test: { idx } },
    'error T1208: data has "idx" beside "train" or "test"\n  hint: either "file", or "idx", or "train" and "test"',
  ],
  [
    "another format for the test",
    { train: { idx }, test: "a.csv" },
    'error T1208: data.test is of another kind than data.train\n  hint: two CSV files, or { "idx": … } twice',
  ],
  ["no test", { train: { idx } }, "error T1102: data.test is missing: it must be a text"],
  [
    "a file that is no text",
    { idx: { x: 3, y: "y.idx" } },
    "error T1203: data.idx.x must be a text that is not empty, got 3",
  ],
  [
    "a scale of classes",
    { idx, targets: { y: { scale: "standard" } } },
    "error T1208: data.targets.y.scale would scale indices",
  ],
  [
    "no columns",
    { file: "a.csv", ...csv, inputs: { x: {} } },
    "error T1102: data.inputs.x.columns is missing: it must be a list that is not empty",
  ],
  [
    "no inputs",
    { file: "a.csv", targets: csv.targets },
    "error T1102: data.inputs is missing: it must be an object",
  ],
])("%s", (_, data, message) => {
  expect(faultsOf(specWith({ data }))).toContain(message);
});
