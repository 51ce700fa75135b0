// Models with `losses`, on the command line and as emitted programs: folds, searches, windows and
// predictions. If a test fails, a metric or a prediction belongs to another target, or the two print
// different results.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, flowersCsv, workspace, type Workspace } from "./workspace.ts";

type Json = Record<string, unknown>;

const homes = {
  name: "homes",
  inputs: { size: { shape: [2] } },
  targets: { kind: { classes: 3 }, price: { shape: [] } },
  network: [
    { type: "dense", name: "shared", units: 4, activation: "tanh" },
    { type: "dense", name: "kinds", from: "shared", units: 3 },
    { type: "dense", name: "prices", from: "shared", units: 1 },
  ],
  losses: {
    kind: { loss: "cross-entropy", from: "kinds", metrics: ["accuracy"] },
    price: { loss: "mse", from: "prices", weight: 0.5, metrics: ["mae"] },
  },
  optimizer: { type: "adam", learningRate: 0.05 },
  training: {
    epochs: 4,
    batchSize: 8,
    seed: 3,
    test: { fraction: 0.2 },
    validation: { fraction: 0.2 },
  } as Json,
  data: {
    file: "homes.csv",
    inputs: { size: { columns: ["length", "width"], scale: "standard" } },
    targets: { kind: { columns: ["kind"] }, price: { columns: ["price"], scale: "standard" } } as Json,
  } as Json,
};

/** The rows of the flowers, with a price that depends on both columns, and names of the kinds. */
const homesCsv = flowersCsv
  .trim()
  .split("\n")
  .map((line, i) => {
    if (i === 0) return `${line},price`;
    const [length, width, kind] = line.split(",");
    const price = Math.round(1000 * (Number(length) + 3 * Number(width)));
    return [length, width, ["flat", "house", "hut"][Number(kind)], price].join();
  })
  .concat("")
  .join("\n");

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("homes.csv", homesCsv);
});
afterEach(() => place.remove());

const write = (training: Json = {}, changes: Json = {}) =>
  place.write("homes.json", { ...homes, ...changes, training: { ...homes.training, ...training } });

describe("folds", () => {
  it("are stratified by the first target, and the program prints the same", async () => {
    write({ validation: { folds: 4 } });
    await place.run("compile", "homes.json");
    const { stdout, stderr } = await place.run("train", "homes.json");
    expect(stderr).not.toContain("warning");
    expect(stdout).toMatch(
      /^fold +best epoch +loss +kind\.loss +kind\.accuracy +price\.loss +price\.mae\n1 /,
    );
    expect((await place.program("generated/homes.ts", "--data", "homes.csv")).stdout).toBe(stdout);
    // 8 of each kind remain outside of the test split: 9 folds cannot have one of each.
    write({ validation: { folds: 9 } });
    const many = await place.run("train", "homes.json", "--epochs", "1");
    expect(many.stderr).toContain(
      "some of the 9 folds have no row of a rare class: outside the test split, " +
        '"flat" has 8, "house" has 8, "hut" has 8',
    );
  });
});

describe("a search", () => {
  type Figures = Record<string, number>;
  const searched = async (search: Json, training: Json = {}) => {
    write({ ...training, search });
    const { code, stdout, stderr } = await place.run(
      "search",
      "homes.json",
      "--json",
      "--write-best",
      "best.json",
    );
    expect({ code, stderr: stderr.includes("error") }).toEqual({ code: 0, stderr: false });
    const { best, candidates, metric } = JSON.parse(stdout);
    return { best, metric, figures: candidates.map(({ validation }: { validation: Figures }) => validation) };
  };

  it.each<[string, Json, string, boolean]>([
    ["an error", { over: { "losses.price.weight": [0.1, 1, 4] }, metric: "price.mae" }, "price.mae", false],
    [
      "an accuracy",
      { over: { "optimizer.learningRate": [0.001, 0.1] }, metric: "kind.accuracy" },
      "kind.accuracy",
      true,
    ],
    ["the sum, by default", { over: { "network[0].units": [1, 6] } }, "loss", false],
  ])("ranks by %s", async (_, search, name, higherIsBetter) => {
    const { best, metric, figures } = await searched(search);
    expect(metric).toBe(name);
    const values = figures.map((figure: Figures) => figure[name]);
    const order = values.toSorted((a: number, b: number) => (higherIsBetter ? b - a : a - b));
    expect(values).toEqual(order);
    const { candidate, values: chosen, ...judged } = best;
    expect([candidate, Object.keys(chosen).length]).toEqual([expect.any(Number), 1]);
    expect(judged.validation).toEqual(figures[0]);
    expect(JSON.parse((await place.run("train", "best.json", "--json")).stdout)).toEqual({
      model: "homes",
      ...judged,
    });
  });

  it("ranks by the mean over folds", async () => {
    const search = { over: { "network[0].units": [1, 6] }, metric: "price.mae" };
    const { best, figures } = await searched(search, { validation: { folds: 3 } });
    expect(best.folds).toHaveLength(3);
    const mean =
      best.folds.reduce((sum: number, fold: Figures) => sum + fold["price.mae"], 0) / best.folds.length;
    expect(figures[0]["price.mae"]).toBeCloseTo(mean, 9);
    expect(figures[0]["price.mae"]).toBeLessThanOrEqual(figures[1]["price.mae"]);
  });

  it.each([
    ["mae", 'did you mean "price.mae"?'],
    ["price.mea", 'did you mean "price.mae"?'],
    ["kind", "use one of loss, kind.loss, kind.accuracy, price.loss, price.mae"],
  ])("rejects the metric %s", async (metric, hint) => {
    write({ search: { over: { "network[0].units": [1, 6] }, metric } });
    expectRefusal(await place.run("search", "homes.json"), `"${metric}" is not a metric of this spec`, hint);
  });
});

it("predictions of targets with the same column have the names of the targets", async () => {
  const { data } = homes;
  write(
    {},
    {
      targets: { price: { shape: [] }, dear: { shape: [] } },
      losses: {
        price: { loss: "mse", from: "prices" },
        dear: { loss: "mae", from: "prices" },
      },
      network: homes.network.filter(({ name }) => name !== "kinds"),
      data: { ...data, targets: { price: { columns: ["price"] }, dear: { columns: ["price"] } } },
    },
  );
  await place.run("train", "homes.json", "--out", "homes.ckpt");
  await place.run("compile", "homes.json");
  const { stdout } = await place.run("predict", "homes.json", "homes.ckpt", "homes.csv");
  expect(stdout).toMatch(/^price\.price,dear\.price\n/);
  const args = ["--resume", "homes.ckpt", "--predict", "homes.csv"];
  expect((await place.program("generated/homes.ts", ...args)).stdout).toBe(stdout);
});

describe("windows", () => {
  // The load of hour h is 10 + h mod 4, so a season of 4 hours repeats exactly. Its square is a target of `squares`.
  const hours = Array.from({ length: 60 }, (_, h) => {
    const load = 10 + (h % 4);
    const time = new Date(Date.UTC(2024, 0, 1, h)).toISOString().slice(0, 16);
    return [time, load, load * load + (h === 50 ? 8 : 0), h % 4 < 2 ? "low" : "high"].join();
  });
  const series: Json = {
    inputs: { past: { shape: [4, 1] } },
    targets: { load: { shape: [2] }, level: { classes: 2, shape: [2] }, squares: { shape: [2, 2] } },
    network: [
      { type: "flatten", name: "flat" },
      { type: "dense", name: "loads", from: "flat", units: 2 },
      { type: "dense", name: "levels", from: "flat", units: 4 },
      { type: "reshape", name: "classes", shape: [2, 2] },
      { type: "dense", name: "all", from: "flat", units: 4 },
      { type: "reshape", name: "pairs", shape: [2, 2] },
    ],
    losses: {
      load: { loss: "mse", from: "loads", metrics: ["mae"] },
      level: { loss: "cross-entropy", from: "classes", metrics: ["accuracy"] },
      squares: { loss: "mae", from: "pairs", weight: 0.1, metrics: ["mae"] },
    },
    data: {
      file: "hours.csv",
      time: "time",
      windows: { length: 4, horizon: 2, season: 4 },
      inputs: { past: { columns: ["load"], scale: "standard" } },
      targets: {
        load: { columns: ["load"], scale: "standard" },
        level: { columns: ["level"] },
        squares: { columns: ["square", "load"], scale: { divide: 10 } },
      },
    },
  };
  const rules = { test: { last: 0.4 }, validation: { last: 0.2 } };

  it("have a naive forecast of each target, and forecasts with a column for each step", async () => {
    place.write("hours.csv", ["time,load,square,level", ...hours, ""].join("\n"));
    write(rules, series);
    await place.run("compile", "homes.json");
    const { stdout } = await place.run("train", "homes.json", "--json", "--out", "homes.ckpt");
    const { naive, test } = JSON.parse(stdout);
    // The square of hour 50 is 8 too high. The test split has the hours from 36 on: 19 windows of 2 · 2 values. Two
    // windows must forecast hour 50, and two others use it to forecast hour 54: an error of 8 in 4 of 76 values.
    const wrong = (4 * 8) / 76;
    expect(naive).toEqual({
      season: 4,
      validation: {
        "load.loss": 0,
        "load.mae": 0,
        "level.accuracy": 1,
        "squares.loss": 0,
        "squares.mae": 0,
      },
      test: {
        "load.loss": 0,
        "load.mae": 0,
        "level.accuracy": 1,
        "squares.loss": expect.closeTo(wrong / 10, 6),
        "squares.mae": expect.closeTo(wrong, 5),
      },
    });
    expect(Object.keys(test)).toEqual([
      "loss",
      "load.loss",
      "load.mae",
      "level.loss",
      "level.accuracy",
      "squares.loss",
      "squares.mae",
    ]);
    const program = await place.program("generated/homes.ts", "--data", "hours.csv", "--json");
    expect(program.stdout).toBe(stdout);
    const asked = await place.run("predict", "homes.json", "homes.ckpt", "hours.csv");
    const [heads, first] = asked.stdout.split("\n").map((line) => line.split(","));
    const levels = [1, 2].flatMap((step) => ["", "_high", "_low"].map((of) => `level+${step}${of}`));
    const loads = ["load.load+1", "load.load+2"];
    const pairs = ["square+1", "squares.load+1", "square+2", "squares.load+2"];
    expect(heads).toEqual(["time", ...loads, ...levels, ...pairs]);
    expect(first).toHaveLength(heads.length);
    const args = ["--resume", "homes.ckpt", "--predict", "hours.csv"];
    expect((await place.program("generated/homes.ts", ...args)).stdout).toBe(asked.stdout);
  });

  it("can be searched by a metric of one target, with walk-forward folds", async () => {
    place.write("hours.csv", ["time,load,square,level", ...hours, ""].join("\n"));
    const search = { over: { "losses.squares.weight": [0.1, 1] }, metric: "load.mae" };
    write({ test: { last: 0.25 }, validation: { folds: 2, forward: true }, search }, series);
    const { stdout } = await place.run("search", "homes.json", "--json", "--write-best", "best.json");
    const { best, candidates } = JSON.parse(stdout);
    expect(candidates.map(({ folds }: { folds: unknown[] }) => folds.length)).toEqual([2, 2]);
    const { candidate: _, values: __, ...judged } = best;
    const trained = JSON.parse((await place.run("train", "best.json", "--json")).stdout);
    expect({ model: "homes", ...judged }).toEqual(trained);
    expect(Object.keys(trained.naive)).toEqual(["season", "validation", "test"]);
  });

  it("are rejected if their test rows are drawn at random", async () => {
    write({}, series);
    expectRefusal(
      await place.run("train", "homes.json"),
      "T1227: training.test.fraction draws rows at random",
    );
  });
});
