// The commands as functions of the library. If a test fails, a program that embeds tapeless gets results that
// differ from those of the command line, cannot stop the work, or has the state of its process changed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as library from "../../../src/index.ts";
import type { ModelSpec, TrainEvent } from "../../../src/index.ts";
import { runTapeless } from "../../support/run-tapeless.ts";
import { flowers, flowersCsv } from "../cli/workspace.ts";

const { Aborted, DiagnosticError, TrainingDiverged } = library;
const { exportParameters, importParameters, inspect, predict, search, train, verify } = library;
const { differentiate, exportPredictor } = library;

const spec = flowers as unknown as ModelSpec;
const rows = flowersCsv
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","))
  .map(([length, width, kind]) => ({ length: Number(length), width: Number(width), kind: Number(kind) }));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tapeless-library-"));
  writeFileSync(join(folder, "flowers.json"), JSON.stringify(flowers));
  writeFileSync(join(folder, "flowers.csv"), flowersCsv);
});
afterAll(() => rmSync(folder, { recursive: true }));

const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);

describe("leaves the process alone", () => {
  let before: unknown;
  beforeEach(() => {
    before = listeners();
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write");
    vi.spyOn(process, "exit");
  });
  afterEach(() => {
    expect(listeners()).toEqual(before);
    expect(process.exitCode).toBeUndefined();
    for (const stream of [process.stdout, process.stderr]) expect(stream.write).not.toHaveBeenCalled();
    expect(process.exit).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("trains as the command line does, from a file, an object with a folder, or rows", async () => {
    const file = join(folder, "flowers.json");
    const trained = await Promise.all([train(file), train(spec, { folder }), train(spec, { data: rows })]);
    vi.restoreAllMocks();
    const { stdout } = await runTapeless(folder, ["train", "flowers.json", "--json", "--out", "own.ckpt"]);
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write");
    vi.spyOn(process, "exit");
    for (const { result, checkpoint, epochs } of trained) {
      expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(stdout));
      expect(Buffer.compare(checkpoint, readFileSync(join(folder, "own.ckpt")))).toBe(0);
      expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    }
  });

  it("reports events in order, and their checkpoints continue with the same bits", async () => {
    const events: TrainEvent[] = [];
    let second: Uint8Array | undefined;
    const { checkpoint } = await train(spec, {
      data: rows,
      async onEvent(event) {
        events.push(event);
        if (event.kind === "epoch" && event.report.epoch === 2) second = await event.checkpoint();
      },
    });
    expect(events[0]).toEqual({ kind: "begin", training: "", rows: 18, epochs: 4 });
    const ends = events.filter(({ kind }) => kind === "epoch");
    expect(ends).toHaveLength(4);
    expect(events.some((event) => event.kind === "progress" && event.report.soFar !== undefined)).toBe(true);
    const resumed = await train(spec, { data: rows, resume: second });
    expect(Buffer.compare(resumed.checkpoint, checkpoint)).toBe(0);
  });

  it("stops after a step, and continues from there with the same bits", async () => {
    const whole = await train(spec, { data: rows });
    const controller = new AbortController();
    const stopped = train(spec, {
      data: rows,
      signal: controller.signal,
      onEvent(event) {
        if (event.kind === "progress" && event.report.epoch === 2) controller.abort("enough");
      },
    });
    const error = await stopped.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Aborted);
    expect(error).toMatchObject({ name: "AbortError", cause: "enough" });
    const { checkpoint } = error instanceof Aborted ? error : {};
    const { checkpoint: end } = await train(spec, { data: rows, resume: checkpoint });
    expect(Buffer.compare(end, whole.checkpoint)).toBe(0);
  });

  it("predicts what the command line predicts", async () => {
    const { checkpoint } = await train(spec, { data: rows });
    const { predictions } = await predict(spec, { checkpoint, data: rows });
    writeFileSync(join(folder, "own.ckpt"), checkpoint);
    vi.restoreAllMocks();
    const { stdout } = await runTapeless(folder, [
      "predict",
      "flowers.json",
      "own.ckpt",
      "flowers.csv",
      "--json",
    ]);
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write");
    vi.spyOn(process, "exit");
    expect(predictions).toEqual(JSON.parse(stdout).predictions);
  });

  it("exports and imports parameters, and the import predicts at once", async () => {
    const { checkpoint } = await train(spec, { data: rows });
    const predicted = await predict(spec, { checkpoint, data: rows });
    for (const format of ["safetensors", "npz"] as const) {
      const file = await exportParameters(checkpoint, { format });
      const imported = await importParameters(spec, file, { format, data: rows });
      expect(imported.warnings).toEqual([]);
      expect(await predict(spec, { checkpoint: imported.checkpoint, data: rows })).toEqual(predicted);
    }
  });

  it("exports the predictor as the bytes of the command line", async () => {
    const { checkpoint } = await train(spec, { data: rows });
    const { bytes, warnings } = await exportPredictor(spec, { checkpoint });
    expect(warnings).toEqual([]);
    writeFileSync(join(folder, "predictor.ckpt"), checkpoint);
    const flags = ["--spec", "flowers.json", "-o", "predictor.onnx"];
    const { code } = await runTapeless(folder, ["export", "predictor.ckpt", ...flags]);
    expect(code).toBe(0);
    expect(new Uint8Array(readFileSync(join(folder, "predictor.onnx")))).toEqual(bytes);
  });

  it("differentiates an ONNX model to the bytes of the command line", async () => {
    const file = fileURLToPath(new URL("../../../graphs/fine-tune/body.onnx", import.meta.url));
    const options = { loss: "cross-entropy", of: ["conv1.*"], dtype: "f64" } as const;
    const { bytes, inputs, outputs } = await differentiate(new Uint8Array(readFileSync(file)), options);
    expect(inputs.map(({ name }) => name)).toEqual(["image", "conv1.weight", "conv1.bias", "target"]);
    expect(outputs).toEqual([
      { name: "loss", shape: [] },
      { name: "gradient:conv1.weight", shape: [8, 1, 3, 3] },
      { name: "gradient:conv1.bias", shape: [8] },
    ]);
    const flags = ["--loss", "cross-entropy", "--of", "conv1.*", "--dtype", "f64", "-o", "gradient.onnx"];
    const { code } = await runTapeless(folder, ["differentiate", file, ...flags]);
    expect(code).toBe(0);
    expect(new Uint8Array(readFileSync(join(folder, "gradient.onnx")))).toEqual(bytes);
    expect(await differentiate(file, options)).toEqual({ bytes, inputs, outputs });
  });

  it("verifies and inspects", async () => {
    const { holds, errors, worst, parameters } = await verify(spec);
    expect({ holds, errors }).toEqual({ holds: true, errors: [] });
    expect(worst).toBeLessThan(1e-6);
    expect(parameters.map(({ name }) => name)).toContain("dense1.weight");
    const { text, json } = await inspect(spec);
    expect(text).toContain("dense1");
    expect(json).toBeTypeOf("object");
  });

  it("shows the numbers of a row next to the formulas", async () => {
    const show = "gradients" as const;
    const second = await inspect(spec, { show, row: 2, data: rows });
    const start =
      /^The numbers are those of row 2 of the 18 training rows, with the initial parameters; its loss/m;
    expect(second.text).toMatch(start);
    const fromFile = await inspect(join(folder, "flowers.json"), { show, row: 2 });
    expect(second).toMatchObject({ text: fromFile.text, json: fromFile.json });
    const { checkpoint } = await train(spec, { data: rows });
    const worst = await inspect(spec, { show, row: "worst", checkpoint, data: rows });
    const loss =
      /the largest loss of the 18 training rows, with the parameters of the checkpoint; its loss is/;
    expect(worst.text).toMatch(loss);
    const { data: _, ...withoutData } = spec;
    const drawn = await inspect(withoutData, { show, row: 2 });
    expect(drawn.text).toContain("random row 2, because the spec has no data");
  });

  it("searches in threads", async () => {
    const searched: ModelSpec = {
      ...spec,
      training: { ...spec.training, search: { over: { "network[0].units": [2, 3] } } },
    };
    const seen: number[] = [];
    const { candidates, best, metric } = await search(searched, {
      data: rows,
      threads: 1,
      onEvent: (event) => event.kind === "candidate" && seen.push(event.candidate),
    });
    expect(metric).toBe("loss");
    expect(seen.sort()).toEqual([0, 1]);
    expect(candidates).toHaveLength(2);
    const { result } = await train(best.spec, { data: rows });
    expect(best.test).toEqual(result.test);
  });
});

describe("trains and predicts as the command line does", () => {
  // Each row: changes of the spec, and the rows that are passed for separate files.
  const hours = Array.from({ length: 80 }, (_, i) => ({
    time: `2024-01-0${1 + Math.floor(i / 24)}T${String(i % 24).padStart(2, "0")}:00`,
    load: Math.round(10 * Math.sin(i) + i / 4),
    kind: i % 3 === 0 ? "night" : "day",
  }));
  const base: ModelSpec = {
    name: "hours",
    inputs: { past: { shape: [4, 1] } },
    targets: { load: { shape: [2] } },
    network: [{ type: "flatten" }, { type: "dense", units: 2 }],
    loss: "mse",
    metrics: ["mae"],
    optimizer: { type: "adam", learningRate: 0.02 },
    training: { epochs: 3, batchSize: 8, seed: 1, test: { last: 0.25 }, validation: { last: 0.25 } },
    data: {
      file: "hours.csv",
      time: "time",
      windows: { length: 4, horizon: 2 },
      inputs: { past: { columns: ["load"], scale: "standard" } },
      targets: { load: { columns: ["load"], scale: "standard" } },
    },
  };
  const single: ModelSpec = {
    ...base,
    inputs: { past: { shape: [1] } },
    targets: { load: { shape: [] } },
    network: [{ type: "dense", units: 1 }],
    data: {
      file: "hours.csv",
      time: "time",
      inputs: { past: { columns: ["time"], dates: { parts: ["elapsed"] }, scale: "standard" } },
      targets: { load: { columns: ["load"], scale: "standard" } },
    },
  };
  const split = (from: number, to: number) => hours.slice(from, to);
  type Given = Parameters<typeof train>[1];
  const models: Record<string, readonly [ModelSpec, Given]> = {
    windows: [base, { data: hours }],
    "walk-forward folds": [
      { ...base, training: { ...base.training, validation: { folds: 3, forward: true } } },
      { data: hours },
    ],
    "splits by time": [single, { data: hours }],
    "files for each split": [
      {
        ...single,
        training: { epochs: 3, batchSize: 8, seed: 1 },
        data: { ...single.data, file: undefined, train: "a.csv", validation: "b.csv", test: "c.csv" },
      },
      { data: split(0, 50), validation: split(50, 65), test: split(65, 80) },
    ],
    "several targets": [
      {
        ...single,
        targets: { load: { shape: [] }, kind: { classes: 2 } },
        network: [
          { type: "dense", name: "amount", from: "past", units: 1 },
          { type: "dense", name: "kinds", from: "past", units: 2 },
        ],
        loss: undefined,
        metrics: undefined,
        losses: {
          load: { loss: "mse", from: "amount", metrics: ["mae"] },
          kind: { loss: "cross-entropy", from: "kinds", metrics: ["accuracy"] },
        },
        data: {
          ...single.data,
          targets: { load: { columns: ["load"], scale: "standard" }, kind: { columns: ["kind"] } },
        },
      },
      { data: hours },
    ],
  };
  const csvOf = (part: typeof hours) =>
    ["time,load,kind", ...part.map(({ time, load, kind }) => `${time},${load},${kind}`), ""].join("\n");

  it.each(Object.entries(models))("%s", async (_, [model, given]) => {
    writeFileSync(join(folder, "hours.json"), JSON.stringify(model));
    for (const [file, from, to] of [
      ["hours", 0, 80],
      ["a", 0, 50],
      ["b", 50, 65],
      ["c", 65, 80],
    ] as const)
      writeFileSync(join(folder, `${file}.csv`), csvOf(split(from, to)));
    const args = ["train", "hours.json", "--json", "--out", "hours.ckpt"];
    const { stdout, stderr } = await runTapeless(folder, args);
    expect(stderr).not.toContain("error");
    for (const options of [{ folder }, given]) {
      const { result, checkpoint } = await train(model, options);
      expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(stdout));
      expect(Buffer.compare(checkpoint, readFileSync(join(folder, "hours.ckpt")))).toBe(0);
    }
    const asked = await runTapeless(folder, ["predict", "hours.json", "hours.ckpt", "hours.csv", "--json"]);
    const checkpoint = readFileSync(join(folder, "hours.ckpt"));
    const { predictions } = await predict(model, { checkpoint, data: hours });
    expect(predictions).toEqual(JSON.parse(asked.stdout).predictions);
    expect(predictions.length).toBeGreaterThan(10);
  });

  it("rows of separate splits are required, and only where the spec has them", async () => {
    const [model, given] = models["files for each split"];
    for (const name of ["validation", "test"])
      await expect(train(model, { ...given, [name]: undefined })).rejects.toThrow(
        `the spec has separate ${name} data: pass its rows as \`${name}\``,
      );
    await expect(train(base, { data: hours, validation: hours })).rejects.toThrow(
      "`validation` needs a spec with separate validation data",
    );
    await expect(train(base, { folder, validation: hours })).rejects.toThrow(
      "`validation` needs `data` as rows",
    );
  });

  it("a search of windows reports the naive forecast with the best candidate", async () => {
    const validation = { folds: 2, forward: true } as const;
    const over = { over: { "optimizer.learningRate": [0.01, 0.02] }, metric: "mae" };
    const model: ModelSpec = { ...base, training: { ...base.training, validation, search: over } };
    const { best, candidates } = await search(model, { data: hours, threads: 1 });
    const { result } = await train(best.spec, { data: hours });
    expect(best.naive).toEqual(result.naive);
    expect(best.folds).toEqual(result.folds);
    expect(best.test).toEqual(result.test);
    expect(candidates).toHaveLength(2);
  });
});

describe("rejects with exported error classes", () => {
  const never = AbortSignal.abort();
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "no error",
      (error: unknown) => error,
    );

  it("an aborted signal", async () => {
    const checkpoint = new Uint8Array(0);
    for (const work of [
      train(spec, { data: rows, signal: never }),
      predict(spec, { checkpoint, data: rows, signal: never }),
      verify(spec, { signal: never }),
      search(spec, { data: rows, signal: never }),
      inspect(spec, { signal: never }),
      importParameters(spec, checkpoint, { signal: never }),
    ])
      expect(await refusal(work)).toBeInstanceOf(Aborted);
  });

  it("a divergence", async () => {
    const wild: ModelSpec = { ...spec, optimizer: { type: "sgd", learningRate: 1e38 } };
    const error = await refusal(train(wild, { data: rows }));
    expect(error).toBeInstanceOf(TrainingDiverged);
    expect(error).toMatchObject({ epoch: 3, name: "TrainingDiverged" });
    expect(String(error)).toMatch(
      /^TrainingDiverged: training diverged: the training loss is NaN at step \d/,
    );
  });

  it.each<readonly [what: string, work: () => Promise<unknown>, message: RegExp]>([
    ["an unknown option", () => train(spec, Object.assign({ epoch: 3 })), /T1010: unknown option "epoch"/],
    [
      "a target that cannot run",
      () => train(spec, Object.assign({ target: "onnx" })),
      /T1010: target must be "ts" or "wasm", got "onnx"/,
    ],
    [
      "a spec without a folder",
      () => train(spec),
      /T2001: cannot read "flowers.csv": the spec has no folder/,
    ],
    ["a file that is missing", () => train("none.json"), /T1001: the file does not exist/],
    [
      "rows without a column",
      () => train(spec, { data: [{ length: 1 }] }),
      /^DiagnosticError: rows error T2004: kind needs the column "kind"/,
    ],
    [
      "columns in place of rows",
      () => train(spec, Object.assign({ data: { length: [1, 2], kind: ["a", "b"] } })),
      /T1010: rows must be a list of objects/,
    ],
    [
      "bytes that are not a checkpoint",
      () => predict(spec, { checkpoint: new Uint8Array(9), data: rows }),
      /T3001/,
    ],
    ["an unknown view", () => inspect(spec, Object.assign({ show: "layer" })), /T1010: unknown view "layer"/],
    ["a row of another view", () => inspect(spec, { row: 1 }), /T1010: `row` needs show: "gradients"/],
    [
      "a row that is not a number",
      () => inspect(spec, Object.assign({ show: "gradients", row: "best" })),
      /T1010: row must be a positive integer or "worst", got "best"/,
    ],
    [
      "a row after the last one",
      () => inspect(spec, { show: "gradients", row: 999, data: rows }),
      /T1010: there is no row 999; there are \d+ training rows/,
    ],
    [
      "a checkpoint without a row",
      () => inspect(spec, { show: "gradients", checkpoint: new Uint8Array(0) }),
      /T1010: `checkpoint` needs `row`/,
    ],
    ["data without a row", () => inspect(spec, { data: rows }), /T1010: `data` needs `row`/],
    ["a spec without a search", () => search(spec, { data: rows }), /T1705/],
    [
      "a format",
      () => exportParameters(new Uint8Array(0), Object.assign({ format: "csv" })),
      /T1010: unknown format/,
    ],
    ["a predictor without a checkpoint", () => exportPredictor(spec, Object.assign({})), /T1010: .*missing/],
    ["a model that does not exist", () => differentiate("none.onnx"), /none\.onnx.* T1001: cannot read/],
    ["bytes that are not a model", () => differentiate(new Uint8Array([1, 2, 3])), /the model.* T3005/],
    [
      "an unknown loss of a model",
      () => differentiate(readFileSync("graphs/fine-tune/body.onnx"), { loss: "crossentropy" }),
      /T1010: "crossentropy" is neither an output of the model nor a loss/,
    ],
    [
      "patterns that are not a list",
      () => differentiate(new Uint8Array(0), Object.assign({ of: "conv1.*" })),
      /T1010: of must be a list of patterns, got "conv1/,
    ],
    [
      "an unknown element type",
      () => differentiate(new Uint8Array(0), Object.assign({ dtype: "f16" })),
      /T1010: dtype must be "f32" or "f64", got "f16"/,
    ],
  ])("%s", async (_, work, message) => {
    const error = await refusal(work());
    expect(error).toBeInstanceOf(DiagnosticError);
    expect(String(error)).toMatch(message);
  });
});
