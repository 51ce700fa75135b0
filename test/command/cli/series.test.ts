// Windows, and splits by rules, on the command line and in the emitted program. If a test fails, the two
// train on different rows, a run cannot be resumed, or a mistake is not reported.
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../../src/runtime/checkpoints/checkpoint.ts";
import { expectRefusal, workspace, type Workspace } from "./workspace.ts";

type Json = Record<string, unknown>;

const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
const tsx = fileURLToPath(new URL("../../../node_modules/tsx/dist/cli.mjs", import.meta.url));

/** Two series that alternate, with a period of 8 rows. The split of a row changes every 20 rows. */
const rowsOf = (count: number): string[][] =>
  Array.from({ length: count }, (_, row) => {
    const [hour, site] = [Math.floor(row / 2), row % 2 === 0 ? "a" : "b"];
    const time = new Date(Date.UTC(1999, 0, 1, hour)).toISOString().slice(0, 16);
    const value = (site === "a" ? 10 : 20) + [0, 2, 5, 7, 8, 6, 3, 1][hour % 8] + ((row * 7) % 5) / 10;
    const split = ["train", "train", "train", "validation", "test"][Math.floor(hour / 20) % 5];
    return [time, site, value.toFixed(1), `${hour % 8}`, split];
  });

const csvOf = (rows: readonly (readonly string[])[]): string =>
  ["time,site,value,hour,split", ...rows.map((row) => row.join()), ""].join("\n");

const spec = {
  name: "waves",
  inputs: { past: { shape: [8, 1] }, hours: { shape: [4, 1] }, site: { shape: [2] } } as Json,
  targets: { value: { shape: [4] } } as Json,
  network: [
    { name: "flat", type: "flatten", from: "past" },
    { name: "next", type: "flatten", from: "hours" },
    { type: "concat", from: ["flat", "next", "site"] },
    { type: "dense", units: 4 },
  ] as unknown[],
  loss: "mse",
  metrics: ["mae", "rmse", "r2"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: { epochs: 4, batchSize: 16, seed: 3, test: { last: 0.2 }, validation: { last: 0.2 } } as Json,
  data: {
    file: "waves.csv",
    time: "time",
    windows: { length: 8, horizon: 4, group: "site", season: 8 } as Json,
    inputs: {
      past: { columns: ["value"], scale: "standard" },
      hours: { columns: ["hour"], scale: "min-max", window: "future" },
      site: { columns: ["site"], categories: "one-hot", window: "last" },
    } as Json,
    targets: { value: { columns: ["value"], scale: "standard" } } as Json,
  } as Json,
};

let place: Workspace;
beforeAll(() => {
  place = workspace();
  place.write("waves.csv", csvOf(rowsOf(400)));
});
afterAll(() => place.remove());

const write = (training: Json, data: Json = {}, others: Json = {}): void =>
  place.write("waves.json", {
    ...spec,
    ...others,
    training: { ...spec.training, ...training },
    data: { ...spec.data, ...data },
  });

/** Runs the emitted program, compiled for the same target. */
async function runProgram(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const all = [tsx, join(place.folder, "generated/waves.ts"), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { cwd: place.folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Starts a run and kills the process when it reports this epoch. */
const killedAt = (moment: string) =>
  new Promise<void>((resolve) => {
    const args = [launcher, "train", "waves.json", "--out", "part.ckpt"];
    const run = spawn(process.execPath, args, { cwd: place.folder, stdio: ["ignore", "ignore", "pipe"] });
    let reportedText = "";
    run.stderr.on("data", (text) => {
      reportedText += String(text);
      if (reportedText.includes(moment)) run.kill("SIGKILL");
    });
    run.on("close", () => resolve());
  });

/** The content of a checkpoint without the spec, which an emitted program does not know. */
function contentOf(file: string) {
  const { header, data } = readCheckpoint(place.bytes(file));
  const { spec: _, ...notes } = header.notes;
  return { header: { ...header, notes }, data };
}

/** Trains on the command line and with the emitted program. Expects the same result and the same checkpoint. */
async function trainBoth(args: string[] = [], program: string[] = ["--data", "waves.csv"]) {
  const compiled = await place.run("compile", "waves.json");
  expect(compiled.stderr).not.toContain("error");
  const json = await place.run("train", "waves.json", "--json", "--out", "here.ckpt", ...args);
  expect({
    code: json.code,
    stderr: json.stderr.replaceAll(/^epoch.*\n|^fold.*\n|^all folds.*\n/gm, ""),
  }).toEqual({
    code: 0,
    stderr: "",
  });
  const there = await runProgram(...program, "--json", "--out", "there.ckpt");
  expect(there.stdout).toBe(json.stdout);
  expect(contentOf("there.ckpt")).toEqual(contentOf("here.ckpt"));
  return JSON.parse(json.stdout);
}

describe("the command line and the emitted program have the same bits", () => {
  it.each<[string, Json, Json]>([
    ["by the last rows", {}, {}],
    ["after a time", { test: { after: "1999-01-08" }, validation: { after: "1999-01-06T12:00" } }, {}],
    ["by a column", { test: { column: "split" }, validation: { column: "split" } }, {}],
    ["by a value of a column", { test: { column: "split", value: "test" }, validation: { last: 0.2 } }, {}],
    ["by groups", { test: { group: "site", fraction: 0.5 }, validation: { last: 0.2 } }, {}],
    ["with walk-forward folds", { validation: { folds: 3, forward: true } }, {}],
    [
      "with folds of groups",
      { validation: { folds: 2, group: "site" }, test: { column: "split", value: "test" } },
      {},
    ],
    ["with windows in the order of the file", { test: { last: 0.2 } }, { time: undefined }],
  ])(
    "%s",
    async (_, training, data) => {
      write(training, data);
      const { naive, train, test } = await trainBoth();
      for (const figures of [train, test])
        expect(figures).toEqual({
          loss: expect.any(Number),
          mae: expect.any(Number),
          rmse: expect.any(Number),
          r2: expect.any(Number),
        });
      expect(naive.season).toBe(8);
      expect(Object.keys(naive.test)).toEqual(["loss", "mae", "rmse", "r2"]);
    },
    120_000,
  );

  it("with a separate file for each split", async () => {
    const rows = rowsOf(400);
    place.write("train.csv", csvOf(rows.slice(0, 240)));
    place.write("validation.csv", csvOf(rows.slice(240, 320)));
    place.write("test.csv", csvOf(rows.slice(320)));
    write(
      { test: undefined, validation: undefined },
      { file: undefined, train: "train.csv", validation: "validation.csv", test: "test.csv" },
    );
    const files = ["--data", "train.csv", "--validation", "validation.csv", "--test", "test.csv"];
    const result = await trainBoth([], files);
    expect(Object.keys(result.naive)).toEqual(["season", "validation", "test"]);
    // The same rows in one file are split at the same times.
    write({ test: { last: 0.2 }, validation: { last: 0.2 } });
    expect(JSON.parse((await place.run("train", "waves.json", "--json")).stdout)).toEqual(result);
    // The rule of a split may also be a file.
    write({ test: { file: "test.csv" }, validation: { file: "validation.csv" } }, { file: "train.csv" });
    expect(await trainBoth([], files)).toEqual(result);
    write({ test: { file: "test.csv" }, validation: { last: 0.2 } }, { file: undefined, train: "train.csv" });
    await trainBoth([], ["--data", "train.csv", "--test", "test.csv"]);
    write(
      { test: { last: 0.2 }, validation: undefined },
      { file: undefined, train: "train.csv", validation: "validation.csv" },
    );
    await trainBoth([], ["--data", "train.csv", "--validation", "validation.csv"]);
    expect((await runProgram("--data", "train.csv")).stderr).toContain("--validation FILE is required");
  }, 120_000);

  it("without windows, with validation rows by groups", async () => {
    write(
      { test: { group: "split", fraction: 0.3 }, validation: { group: "split", fraction: 0.3 } },
      {
        windows: undefined,
        inputs: {
          past: { columns: ["hour"], scale: "standard" },
          site: { columns: ["site"], categories: "one-hot" },
        },
      },
      {
        inputs: { past: { shape: [1] }, site: { shape: [2] } },
        targets: { value: { shape: [1] } },
        network: [
          { type: "concat", from: ["past", "site"] },
          { type: "dense", units: 1 },
        ],
      },
    );
    expect(await trainBoth()).not.toHaveProperty("naive");
  }, 120_000);
});

describe("a run", () => {
  it("prints the naive forecast below the result", async () => {
    write({});
    const { stdout } = await place.run("train", "waves.json");
    expect(stdout).toMatch(
      /^waves: 4 epochs, best epoch \d\ntrain .*\nvalidation .*\ntest .*\nnaive forecast, the value 8 rows before\nvalidation {2}loss .* mae .* rmse .* r2 .*\ntest {8}loss .*\n$/,
    );
    write({}, { windows: { ...(spec.data["windows"] as Json), season: undefined } });
    expect((await place.run("train", "waves.json")).stdout).toContain("\nnaive forecast, the last value\n");
  });

  it("reports the metrics of the naive forecast in the units of the target", async () => {
    write({});
    const { naive } = JSON.parse((await place.run("train", "waves.json", "--json")).stdout);
    const tested = rowsOf(400).slice(320);
    const errors = ["a", "b"].flatMap((site) => {
      const values = tested.filter((row) => row[1] === site).map((row) => Number(row[2]));
      return Array.from({ length: values.length - 11 }, (_, start) =>
        [8, 9, 10, 11].map((step) => values[start + step] - values[start + step - 8]),
      ).flat();
    });
    const mean = (of: (error: number) => number) =>
      errors.reduce((sum, error) => sum + of(error), 0) / errors.length;
    expect(naive.test.mae).toBeCloseTo(mean(Math.abs), 5);
    expect(naive.test.rmse).toBeCloseTo(Math.sqrt(mean((error) => error * error)), 5);
  });

  it.each<[string, Json, string[]]>([
    ["one training", {}, ["epoch 2/4", "epoch 3/4"]],
    [
      "walk-forward folds",
      { validation: { folds: 3, forward: true } },
      ["fold 2/3: epoch 3", "all folds: epoch 1"],
    ],
  ])(
    "that is killed and resumed ends with the bits of an uninterrupted one: %s",
    async (_, training, moments) => {
      write(training);
      const whole = await place.run("train", "waves.json", "--json", "--out", "whole.ckpt");
      for (const moment of moments) {
        await killedAt(moment);
        const args = ["--json", "--resume", "part.ckpt", "--out", "part.ckpt"];
        expect((await place.run("train", "waves.json", ...args)).stdout).toBe(whole.stdout);
        expect(place.bytes("part.ckpt")).toEqual(place.bytes("whole.ckpt"));
      }
      const again = await place.run("train", "waves.json", "--json", "--resume", "whole.ckpt");
      expect(again.stdout).toBe(whole.stdout);
    },
    60_000,
  );

  it("with WebAssembly kernels trains on the same windows", async () => {
    write({});
    const ts = JSON.parse((await place.run("train", "waves.json", "--json", "--dtype", "f64")).stdout);
    const wasm = await place.run("train", "waves.json", "--json", "--dtype", "f64", "--target", "wasm");
    expect(JSON.parse(wasm.stdout).test.mae).toBeCloseTo(ts.test.mae, 9);
    expect(JSON.parse(wasm.stdout).naive).toEqual(ts.naive);
  }, 60_000);

  it("reports predictions of windows in the units of the target", async () => {
    write({});
    await place.run("train", "waves.json", "--report", "report.json");
    const { splits } = JSON.parse(place.read("report.json"));
    expect(JSON.stringify(splits)).not.toContain("null");
  });
});

describe("predict", () => {
  it("forecasts from each window of the past, the last of which ends at the last row; programs print the same", async () => {
    const inputs = { ...(spec.data["inputs"] as Json) };
    delete inputs["hours"];
    const [flat, , , dense] = spec.network;
    write(
      {},
      { inputs },
      {
        inputs: { past: spec.inputs["past"], site: spec.inputs["site"] },
        network: [flat, { type: "concat", from: ["flat", "site"] }, dense],
      },
    );
    await place.run("compile", "waves.json");
    await place.run("train", "waves.json", "--out", "model.ckpt");
    // 9 rows of a, 9 of b: two windows each. The file has only the columns of inputs, in another order.
    const rows = rowsOf(18).map(([time, site, value]) => [value, site, time].join());
    place.write("new.csv", ["value,site,time", ...rows, ""].join("\n"));
    const { stdout } = await place.run("predict", "waves.json", "model.ckpt", "new.csv");
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toBe("site,time,value+1,value+2,value+3,value+4");
    expect(lines.map((line) => line.split(",").slice(0, 2).join())).toEqual([
      "a,1999-01-01T07:00",
      "a,1999-01-01T08:00",
      "b,1999-01-01T07:00",
      "b,1999-01-01T08:00",
    ]);
    const there = await runProgram("--resume", "model.ckpt", "--predict", "new.csv");
    expect(there.stdout).toBe(stdout);
    // The values are those of the target: site b is 10 above a.
    const [a, b] = [lines[0], lines[2]].map((line) => Number(line.split(",")[2]));
    expect(b - a).toBeGreaterThan(3);
    place.write("short.csv", ["value,site,time", ...rows.slice(0, 8), ""].join("\n"));
    expectRefusal(
      await place.run("predict", "waves.json", "model.ckpt", "short.csv"),
      "short.csv error T2004: a forecast reads 8 rows, but each group has fewer",
    );
    // A predictor takes rows as objects.
    await place.run("compile", "waves.json", "--predictor", "model.ckpt", "-o", "predictor.ts");
    const { createPredictor } = await import(join(place.folder, "predictor.ts"));
    const asked = rowsOf(18).map(([time, site, value]) => ({ time, site, value }));
    const [first] = createPredictor().predictRows(asked);
    expect(Object.values(first).join()).toBe(lines[0]);
  }, 60_000);

  it("with an input of the future, the window includes these rows, whose other columns may be empty", async () => {
    write({});
    await place.run("train", "waves.json", "--out", "model.ckpt");
    const rows = rowsOf(24).map(([time, site, value, hour], row) =>
      [time, site, row < 16 ? value : "", hour].join(),
    );
    place.write("new.csv", ["time,site,value,hour", ...rows, ""].join("\n"));
    const { code, stdout } = await place.run("predict", "waves.json", "model.ckpt", "new.csv", "--json");
    expect(code).toBe(0);
    const { predictions } = JSON.parse(stdout);
    expect(predictions.map(({ site, time }: Json) => `${site} ${time}`)).toEqual([
      "a 1999-01-01T07:00",
      "b 1999-01-01T07:00",
    ]);
  }, 60_000);
});

/** Each row has a name, changes of the spec or of the rows, and the beginning of the message. */
const mistakes: [string, Json, Json, Json, string][] = [
  [
    "both last and after",
    { test: { last: 0.2, after: "1999-01-05" } },
    {},
    {},
    'T1208: training.test needs exactly one of "fraction", "last", "after", "column" and "file"',
  ],
  [
    "rows at random",
    { test: { fraction: 0.2 } },
    {},
    {},
    "T1227: training.test.fraction draws rows at random, which would put windows with the same rows into different splits",
  ],
  [
    "folds at random",
    { validation: { folds: 3 } },
    {},
    {},
    "T1227: training.validation.folds draws rows at random",
  ],
  [
    "after without times",
    { test: { after: "1999-01-05" } },
    { time: undefined },
    {},
    "T1227: training.test.after needs the times of the rows",
  ],
  [
    "after with a value that is not a date",
    { test: { after: "5 January" } },
    {},
    {},
    'T1227: training.test.after must be an ISO 8601 date, got "5 January"',
  ],
  [
    "validation after the test",
    { test: { after: "1999-01-05" }, validation: { after: "1999-01-06" } },
    {},
    {},
    "T1227: training.validation.after is not before training.test.after",
  ],
  [
    "a group without a fraction",
    { test: { group: "site" } },
    {},
    {},
    "T1227: training.test.group needs the fraction of the groups, or a separate file",
  ],
  [
    "groups for validation, rows of all groups for the test",
    { test: { last: 0.2 }, validation: { group: "site", fraction: 0.5 } },
    {},
    {},
    "T1227: training.validation.group keeps groups together, but training.test takes rows of all groups",
  ],
  [
    "too large fractions for test and validation",
    { test: { last: 0.6 }, validation: { last: 0.5 } },
    {},
    {},
    "T1204: training.test.last and training.validation.last must sum to less than 1",
  ],
  [
    "a season longer than the past",
    {},
    { windows: { length: 8, horizon: 4, group: "site", season: 9 } },
    {},
    "T1226: data.windows.season is 9, but the naive forecast reads the past of a window, which has only 8 rows",
  ],
  [
    "gaps without times",
    {},
    { time: undefined, windows: { length: 8, horizon: 4, group: "site", gaps: "cut" } },
    {},
    "T1208: data.windows.gaps requires times, but data.time names no column",
  ],
  [
    "an unknown value of gaps",
    {},
    { windows: { length: 8, horizon: 4, group: "site", gaps: "fill" } },
    {},
    'T1202: data.windows.gaps must be "cut" or "keep", got "fill"',
  ],
  [
    "a shape without the length",
    {},
    {},
    { inputs: { ...spec.inputs, past: { shape: [1] } } },
    "T1226: inputs.past must have a shape that begins with 8, the length of data.windows, got [1]",
  ],
  [
    "a target with another horizon",
    {},
    {},
    { targets: { value: { shape: [5] } } },
    "T1226: targets.value must have a shape that begins with 4, the horizon of data.windows, got [5]",
  ],
  [
    "rows that are dropped",
    {},
    { targets: { value: { columns: ["value"], missing: "drop" } } },
    {},
    "T1226: data.targets.value.missing cannot drop rows, because windows consist of consecutive rows",
  ],
  [
    "a part of a window without windows",
    {},
    { windows: undefined },
    {},
    "T1208: data.inputs.hours.window selects rows of a window, but the spec has no data.windows",
  ],
  [
    "stratified windows",
    { stratify: true },
    {},
    {},
    "T1206: training.stratify keeps class proportions, but windows are split by rules",
  ],
  [
    "an unknown group",
    {},
    { windows: { length: 8, horizon: 4, group: "sites" } },
    {},
    'T2007: data.windows.group: waves.csv has no column "sites"',
  ],
  ["an unknown time", {}, { time: "times" }, {}, 'T2007: data.time: waves.csv has no column "times"'],
  [
    "an unknown column of splits",
    { test: { column: "splits" } },
    {},
    {},
    'T2007: training.test.column: waves.csv has no column "splits"',
  ],
  [
    "a window longer than each group",
    {},
    { windows: { length: 150, horizon: 4, group: "site" } },
    { inputs: { ...spec.inputs, past: { shape: [150, 1] } } },
    "T2004: the training split has no window: a window has 150 + 4 rows, but at most 120 consecutive rows of a group are in this split",
  ],
  [
    "a test split without a window",
    { test: { last: 0.02 } },
    {},
    {},
    "T2004: the test split has no window: a window has 8 + 4 rows, but at most 4 consecutive rows of a group",
  ],
  [
    "a test split without a row",
    { test: { after: "1999-02-01" } },
    {},
    {},
    "T2004: the test split has no row: it begins at 1999-02-01, but the latest of the other rows is from 1999-01-09T07:00",
  ],
  [
    "two values at the same time, without a group",
    {},
    { windows: { length: 8, horizon: 4 } },
    {},
    'waves.csv:3 error T2004: column "time": the time "1999-01-01T00:00" is that of the previous row; windows need increasing times: if the rows form several series, name their column as group',
  ],
  [
    "times of another format",
    {},
    { time: { column: "time", format: "DD.MM.YYYY" } },
    {},
    'waves.csv:2 error T2004: column "time": "1999-01-01T00:00" is not a date in the format DD.MM.YYYY',
  ],
  [
    "an invalid format of times",
    {},
    { time: { column: "time", format: "DD.MM" } },
    {},
    "T1208: data.time.format is invalid: the format needs the year once, as YYYY or YY",
  ],
  [
    "a value that does not occur in the column",
    { test: { column: "split", value: "held" } },
    {},
    {},
    'T2004: the test split has no row: no cell of the column "split" is "held"',
  ],
  [
    "a cell that names a split that the spec does not have",
    { test: { column: "split" } },
    {},
    {},
    'waves.csv:122 error T2004: column "split": "validation" is not a split of the spec: write train or test',
  ],
  [
    "more groups than there are",
    { test: { group: "site", fraction: 0.9 } },
    {},
    {},
    'T2004: the column "site" has 2 groups, 2 of them in no other split: the test split needs 2, and training at least one',
  ],
  [
    "more folds than groups",
    { validation: { folds: 5, group: "site" }, test: undefined },
    {},
    {},
    '5 folds need at least 5 groups outside the test split, but the column "site" has 2',
  ],
  [
    "forward without folds",
    { validation: { last: 0.2, forward: true } },
    {},
    {},
    "T1208: training.validation.forward applies only to folds, but there are none",
  ],
  [
    "two files for one split",
    { test: { file: "waves.csv" } },
    { file: undefined, train: "waves.csv", test: "waves.csv" },
    {},
    "T1208: training.test.file names the test rows, but data.test already does",
  ],
  [
    "a file and a fraction",
    { test: { file: "waves.csv", fraction: 0.2 } },
    {},
    {},
    'T1208: training.test needs exactly one of "fraction", "last", "after", "column" and "file"',
  ],
  [
    "a file name that is not a string",
    { test: { file: 3 } },
    {},
    {},
    "T1203: training.test.file must be a non-empty string, got 3",
  ],
  [
    "a test file that is missing",
    { test: { file: "none.csv" } },
    {},
    {},
    'T2001: training.test.file: cannot read "none.csv": no such file or folder',
  ],
  [
    "a training file that is missing",
    { test: { file: "waves.csv" } },
    { file: "none.csv" },
    {},
    'T2001: data.file: cannot read "none.csv": no such file or folder',
  ],
  [
    "a test file without another file",
    { test: { file: "waves.csv" } },
    { file: undefined },
    {},
    "T1102: data.train is missing: it must be a string",
  ],
  [
    "a rule and a file for one split",
    { test: { last: 0.2 } },
    { file: undefined, train: "waves.csv", test: "waves.csv" },
    {},
    "T1208: training.test splits off test rows, but data.test already provides the test rows",
  ],
];

describe("gaps in time", () => {
  // The hours 30 to 32 are missing for site a, and hour 50 for both sites.
  const gapped = rowsOf(200).filter(([time, site]) => {
    const hour = (Date.parse(`${time}Z`) - Date.UTC(1999, 0, 1)) / 3_600_000;
    return hour !== 50 && (site === "b" || hour < 30 || hour > 32);
  });
  const found =
    'gaps.csv: the column "time" has 3 gaps: "1999-01-02T05:00" is followed by "1999-01-02T09:00" in the group "a" ' +
    "(line 65), 4 times the usual distance; further gaps are before line 99, line 100. Windows reach across gaps as if " +
    'no row were missing. Add the missing rows, or set data.windows.gaps to "cut" for windows without gaps, or to ' +
    '"keep" if the gaps are intended\n';

  it("are a warning that names the rows, once, on the command line and in the program", async () => {
    place.write("gaps.csv", csvOf(gapped));
    for (const validation of [{ last: 0.3 }, { folds: 2, forward: true }]) {
      write({ test: { last: 0.3 }, validation }, { file: "gaps.csv" });
      const { code, stderr } = await place.run("train", "waves.json");
      expect(code).toBe(0);
      expect(stderr.split("warning T2006: ")).toEqual(["", expect.stringContaining(found)]);
      await place.run("compile", "waves.json");
      const program = await runProgram("--data", "gaps.csv");
      expect(program.stderr.split("warning: ")).toEqual(["", expect.stringContaining(found)]);
    }
    write(
      {
        test: { last: 0.3 },
        validation: { last: 0.3 },
        search: { over: { "optimizer.learningRate": [0.1, 0.2] } },
      },
      { file: "gaps.csv" },
    );
    const { stderr } = await place.run("search", "waves.json");
    expect(stderr.split("warning T2006: ")).toHaveLength(2);
  }, 60_000);

  it("are cut, or kept without a warning", async () => {
    place.write("gaps.csv", csvOf(gapped));
    const windows = { ...(spec.data["windows"] as Json) };
    // There is one forecast for each window.
    const rowsIn = async (gaps?: string) => {
      write(
        { test: { last: 0.3 }, validation: undefined },
        { file: "gaps.csv", windows: { ...windows, gaps } },
      );
      const { stderr } = await place.run("train", "waves.json", "--out", "gaps.ckpt");
      if (gaps !== undefined) expect(stderr).not.toContain("gap");
      const { stdout } = await place.run("predict", "waves.json", "gaps.ckpt", "gaps.csv");
      return stdout.trimEnd().split("\n").length - 1;
    };
    // A window has 12 rows. Site a has the hours 0 to 29, 33 to 49 and 51 to 99. Site b has 0 to 49 and 51 to 99.
    expect(await rowsIn("keep")).toBe(96 - 11 + 99 - 11);
    expect(await rowsIn("cut")).toBe(30 + 17 + 49 - 3 * 11 + 50 + 49 - 2 * 11);
    expect(await rowsIn()).toBe(await rowsIn("keep"));
  }, 60_000);

  it("are not reported for months of different lengths, and not for rows of one time in several groups", async () => {
    const months = Array.from({ length: 120 }, (_, i) => {
      const time = `${1990 + Math.floor(i / 24)}-${String(1 + (Math.floor(i / 2) % 12)).padStart(2, "0")}-01`;
      return [time, i % 2 === 0 ? "a" : "b", `${i}`, "1", "train"];
    });
    place.write("months.csv", csvOf(months));
    write({ test: { last: 0.3 }, validation: { last: 0.3 } }, { file: "months.csv" });
    expect((await place.run("train", "waves.json")).stderr).not.toContain("warning");
  });
});

describe("a mistake is an error that says what to do", () => {
  it.each(mistakes)("%s", async (_, training, data, others, message) => {
    write(training, data, others);
    expectRefusal(await place.run("train", "waves.json"), message);
  });

  it("unsorted times", async () => {
    const rows = rowsOf(100);
    [rows[10], rows[20]] = [rows[20], rows[10]];
    place.write("unsorted.csv", csvOf(rows));
    write({});
    expectRefusal(
      await place.run("train", "waves.json", "--data", "unsorted.csv"),
      'unsorted.csv:14 error T2004: column "time": the time "1999-01-01T06:00" is before the previous row of the group "a", "1999-01-01T10:00"; windows need increasing times: sort the file by time',
    );
  });

  it("a group in two files", async () => {
    const rows = rowsOf(100);
    place.write("one.csv", csvOf(rows.filter(([, site]) => site === "a")));
    place.write("other.csv", csvOf(rows));
    const files = { file: undefined, train: "one.csv", test: "other.csv" };
    write({ test: { group: "site" }, validation: { last: 0.3 } }, files);
    expectRefusal(
      await place.run("train", "waves.json"),
      'other.csv:2 error T2004: the group "a" of the test split also has rows in one.csv, but a group must be in one split',
    );
    write({ test: { group: "site", file: "other.csv" }, validation: { last: 0.3 } }, { file: "one.csv" });
    expectRefusal(
      await place.run("train", "waves.json"),
      'the group "a" of the test split also has rows in one.csv',
    );
    place.write("other.csv", csvOf(rows.filter(([, site]) => site === "b")));
    const inputs = { ...(spec.data["inputs"] as Json), site: { columns: ["hour"], window: "last" } };
    write(
      { test: { group: "site" }, validation: { last: 0.3 } },
      { ...files, inputs },
      { inputs: { ...spec.inputs, site: { shape: [1] } } },
    );
    expect((await place.run("train", "waves.json")).code).toBe(0);
  });
});
