// The command `train`: results, progress and checkpoints. If a test fails, a run cannot be repeated, resumed
// or trusted.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("specs/flowers.json", flowers);
  place.write("specs/flowers.csv", flowersCsv);
});
afterEach(() => place.remove());

describe("tapeless train", () => {
  it("prints the splits on standard output and a line for each epoch on standard error", async () => {
    const { code, stdout, stderr } = await place.run("train", "specs/flowers.json");
    expect(stdout).toMatch(
      /^flowers: 4 epochs, best epoch \d\ntrain +loss .* accuracy .*\nvalidation +loss .*\ntest +loss .*\n$/,
    );
    expect(stderr.match(/^epoch \d\/4 {2}loss /gm)).toHaveLength(4);
    expect(code).toBe(0);
    expect(place.made()).toEqual([]);
  });

  it("prints the same as the emitted file on the same data", async () => {
    await place.run("compile", "specs/flowers.json");
    const emitted = await place.program("generated/flowers.ts", "--data", "specs/flowers.csv", "--seed", "5");
    const { stdout } = await place.run("train", "specs/flowers.json", "--seed", "5");
    expect(stdout).toBe(emitted.stdout);
  });

  it("--json prints the documented object, reproducibly", async () => {
    const first = await place.run("train", "specs/flowers.json", "--json");
    const second = await place.run("train", "specs/flowers.json", "--json");
    expect(second.stdout).toBe(first.stdout);
    const part = { loss: expect.any(Number), accuracy: expect.any(Number) };
    expect(JSON.parse(first.stdout)).toEqual({
      model: "flowers",
      epochs: 4,
      bestEpoch: expect.any(Number),
      train: part,
      validation: part,
      test: part,
    });
    const other = await place.run("train", "specs/flowers.json", "--json", "--seed", "4");
    expect(other.stdout).not.toBe(first.stdout);
  });

  it("takes data and epochs from flags, with data relative to the current folder", async () => {
    place.write("more.csv", flowersCsv);
    const { stdout } = await place.run(
      "train",
      "specs/flowers.json",
      "--data",
      "more.csv",
      "--epochs",
      "2",
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 2 });
  });

  it("omits splits that the spec does not have", async () => {
    const { epochs, batchSize, seed } = flowers.training;
    place.write("specs/all.json", { ...flowers, training: { epochs, batchSize, seed } });
    const { stdout } = await place.run("train", "specs/all.json", "--json");
    expect(Object.keys(JSON.parse(stdout))).toEqual(["model", "epochs", "bestEpoch", "train"]);
  });

  it("resumes bit-identically to an uninterrupted run", async () => {
    await place.run("train", "specs/flowers.json", "--epochs", "2", "--out", "half.ckpt");
    const resumed = await place.run(
      "train",
      "specs/flowers.json",
      "--resume",
      "half.ckpt",
      "--out",
      "whole.ckpt",
      "--json",
    );
    const whole = await place.run("train", "specs/flowers.json", "--out", "straight.ckpt", "--json");
    expect(resumed.stdout).toBe(whole.stdout);
    expect(place.bytes("whole.ckpt")).toEqual(place.bytes("straight.ckpt"));
    expect(place.made()).toEqual(["half.ckpt", "straight.ckpt", "whole.ckpt"]);
  });

  it("stops at a divergence: exit code 1, with step, epoch, rate and the node where it began", async () => {
    place.write("specs/wild.json", {
      ...flowers,
      targets: { kind: { shape: [] } },
      network: [
        { type: "dense", units: 1 },
        { type: "reshape", shape: [] },
      ],
      loss: "mse",
      metrics: [],
      optimizer: { type: "sgd", learningRate: 1e15 },
    });
    const { code, stdout, stderr } = await place.run("train", "specs/wild.json", "--out", "wild.ckpt");
    expect(stderr).toMatch(
      /error T4001: training diverged: the loss is (Infinity|NaN) at step \d+, in epoch 1, after an update with learning rate 1000000000000000/,
    );
    expect(stderr).toMatch(
      /note: the first value that is not finite: at step \d+, squared_difference = difference² becomes (Infinity|NaN)/,
    );
    expect(stderr).not.toContain("internal");
    expect(stdout).toBe("");
    expect(place.made()).toEqual([]);
    expect(code).toBe(1);
  });
});

describe("a checkpoint is rejected with a reason if it", () => {
  const resume = () => place.run("train", "specs/flowers.json", "--resume", "some.ckpt");
  let checkpoint: Uint8Array;
  beforeAll(async () => {
    const first = workspace();
    first.write("flowers.json", flowers);
    first.write("flowers.csv", flowersCsv);
    await first.run("train", "flowers.json", "--epochs", "1", "--out", "some.ckpt");
    checkpoint = Uint8Array.from(first.bytes("some.ckpt"));
    first.remove();
  }, 60_000);
  beforeEach(() => place.write("some.ckpt", checkpoint));

  it("is missing", async () => {
    expectRefusal(
      await place.run("train", "specs/flowers.json", "--resume", "none.ckpt"),
      "none.ckpt error T3001: cannot read the checkpoint",
    );
  });

  it("is truncated", async () => {
    place.write("some.ckpt", checkpoint.slice(0, checkpoint.length / 2));
    expectRefusal(await resume(), "some.ckpt error T3001: the checkpoint is damaged or truncated");
  });

  it("is empty", async () => {
    place.write("some.ckpt", "");
    expectRefusal(await resume(), "T3001: not a checkpoint");
  });

  it("is not a checkpoint", async () => {
    place.write("some.ckpt", flowersCsv);
    expectRefusal(await resume(), "T3001: not a checkpoint");
  });

  it("is of another version", async () => {
    place.write("some.ckpt", checkpoint.with(12, 57));
    expectRefusal(await resume(), "T3001: not a checkpoint of this tapeless version");
  });

  it("is of another model", async () => {
    place.write("specs/flowers.json", { ...flowers, name: "weeds" });
    expectRefusal(await resume(), 'T3001: the checkpoint is for "flowers" in f32, not for "weeds" in f32');
  });

  it("is of another element type", async () => {
    const outcome = await place.run("train", "specs/flowers.json", "--resume", "some.ckpt", "--dtype", "f64");
    expectRefusal(outcome, 'T3001: the checkpoint is for "flowers" in f32, not for "flowers" in f64');
  });

  it("is of another seed", async () => {
    const outcome = await place.run("train", "specs/flowers.json", "--resume", "some.ckpt", "--seed", "9");
    expectRefusal(outcome, "--seed 9: some.ckpt was trained with seed 3");
  });
});
