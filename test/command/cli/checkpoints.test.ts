// The checkpoint files that a training run writes. If a test fails, a file does not contain the model that
// the run evaluated, or an epoch is lost.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointFiles } from "../../../src/command/train/checkpoint-files.ts";
import { parametersIn } from "../../../src/command/formats/parameters/parameters.ts";
import { readCheckpoint } from "../../../src/runtime/checkpoints/checkpoint.ts";
import { lineData, linearTrainer } from "../../runtime/linear-machine.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("flowers.json", flowers);
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => place.remove());

const train = (...flags: string[]) => place.run("train", "flowers.json", ...flags);

const epochIn = (file: string) => readCheckpoint(place.bytes(file)).header.progress.epoch;

describe("--keep", () => {
  it("keeps the last k: the newest under the given name, older ones with their epochs", async () => {
    const { stdout } = await train("--out", "out/model.ckpt", "--keep", "3", "--json");
    const files = ["out/model.ckpt", "out/model.epoch-0002.ckpt", "out/model.epoch-0003.ckpt"];
    expect(place.made()).toEqual(files);
    expect(files.map(epochIn)).toEqual([4, 2, 3]);
    expect((await train("--json", "--resume", "out/model.epoch-0002.ckpt")).stdout).toBe(stdout);
  });

  /** The memory of the trainer, which only files in safetensors need. */
  const noMemory = {
    storage: new Map<never, never>(),
    temporaries: new Map<never, never>(),
    bytes: 0,
    temporaryBytes: 0,
    lowerBound: 0,
  };

  /** Trains a new trainer and saves it after each of these epochs, as a run does. */
  async function save(keep: number, ...epochs: number[]): Promise<void> {
    const write = await checkpointFiles(join(place.folder, "model"), noMemory, keep);
    for (const epoch of epochs) {
      const trainer = linearTrainer();
      trainer.fit(lineData(4), { epochs: epoch });
      await write(trainer.save());
    }
  }

  it("continues after a run, and removes checkpoints that a killed run has left", async () => {
    await save(2, 1, 2);
    place.write("model.epoch-0000", place.bytes("model"));
    place.write("model.epoch-0001b", "of someone else");
    await save(2, 3, 4);
    expect(place.made()).toEqual(["model", "model.epoch-0003"]);
    expect(place.read("model.epoch-0001b")).toBe("of someone else");
    expect(() => place.read("model.epoch-0000")).toThrow();
  });

  it("does not keep a checkpoint of another run as its own epoch", async () => {
    place.write("model", "no checkpoint");
    await save(9, 1);
    await save(9, 1, 1, 2);
    expect(place.made()).toEqual(["model.epoch-0001"]);
    expect(["model", "model.epoch-0001"].map(epochIn)).toEqual([2, 1]);
  });

  it.each([
    [["--keep", "2"], "--keep needs --out", "add --out CHECKPOINT"],
    [["--keep", "0", "--out", "x"], "'0' is invalid", "at least 1"],
    [["--keep", "some", "--out", "x"], "'some' is invalid", "an integer"],
  ])("%j is rejected", async (flags, ...said) => {
    expectRefusal(await train(...flags), "T1010", ...said);
    expect(place.made()).toEqual([]);
  });
});

it("a resumed training that is complete reports so, and how to continue", async () => {
  const { stdout } = await train("--out", "model.ckpt");
  const again = await train("--resume", "model.ckpt");
  expect(again.stdout).toBe(stdout);
  expect(again.stderr).toBe(
    "model.ckpt: the training is complete after epoch 4 (use --epochs N to train longer)\n",
  );
  expect((await train("--resume", "model.ckpt", "--epochs", "5")).stderr).not.toContain("is complete");
});

it("a file that cannot be written is reported before training", async () => {
  const { stderr, ...outcome } = await train("--out", "flowers.csv/model.ckpt");
  expectRefusal(
    { stderr, ...outcome },
    "error T1011: cannot write flowers.csv/model.ckpt: part of its path is a file",
  );
  expect(stderr).not.toContain("epoch");
});

it("after early stopping the file contains the best epoch, and resuming changes nothing", async () => {
  const stopping = { ...flowers.training, epochs: 60, earlyStopping: { patience: 2, metric: "accuracy" } };
  place.write("flowers.json", { ...flowers, training: stopping });
  const { stdout } = await train("--out", "model.ckpt", "--json");
  const { epochs, bestEpoch } = JSON.parse(stdout);
  expect(bestEpoch).toBeLessThan(epochs);
  expect(epochs).toBeLessThan(60);
  const left = place.bytes("model.ckpt");

  // The state is stored first, then the best epoch, then the last. The state begins with the parameters, which are
  // those of the best epoch.
  const { data } = readCheckpoint(left);
  const bytes = 4 * parametersIn(left).tensors.reduce((sum, { numbers }) => sum + numbers.length, 0);
  const [best, last] = [data.subarray(-2 * bytes, -bytes), data.subarray(-bytes)];
  expect(data.subarray(0, bytes)).toEqual(best);
  expect(best).not.toEqual(last);

  const again = await train("--resume", "model.ckpt", "--out", "model.ckpt", "--json", "--epochs", "99");
  expect(again.stdout).toBe(stdout);
  expect(again.stderr).toContain("the training is complete");
  expect(again.stderr).toContain("early stopping");
  expect(place.bytes("model.ckpt")).toEqual(left);
});

describe("a checkpoint in safetensors", () => {
  it("is written by its name, read by its content, and has the same training", async () => {
    const { stdout } = await train("--out", "whole.ckpt", "--json");
    await train("--out", "part.safetensors", "--epochs", "2");
    const { model, __metadata__: metadata } = headerIn("part.safetensors");
    expect(model).toBeUndefined();
    expect(metadata).toMatchObject({ format: "tapeless", tapeless: "2", epoch: "2", step: "6", seed: "3" });
    expect((await train("--resume", "part.safetensors", "--json", "--out", "own.ckpt")).stdout).toBe(stdout);
    expect(place.bytes("own.ckpt")).toEqual(place.bytes("whole.ckpt"));
    // The other way, and under another name.
    await train("--resume", "whole.ckpt", "--out", "whole.safetensors");
    place.write("renamed.ckpt", place.bytes("whole.safetensors"));
    await train("--resume", "renamed.ckpt", "--out", "again.ckpt");
    expect(place.bytes("again.ckpt")).toEqual(place.bytes("whole.ckpt"));
  });

  it("is kept, predicts, is exported and compiled, and starts other trainings", async () => {
    await train("--out", "own.safetensors", "--keep", "2");
    await train("--out", "own.ckpt");
    expect(place.made()).toEqual(["own.ckpt", "own.epoch-0003.safetensors", "own.safetensors"]);
    const of = async (file: string) => {
      const predicted = await place.run("predict", "flowers.json", file, "flowers.csv");
      await place.run("compile", "flowers.json", "--predictor", file, "-o", "predictor.ts");
      await place.run("export", file, "-o", "out.npz");
      const fromIt = await train("--from", file, "--json", "--epochs", "1");
      const code = place.read("predictor.ts").replace(/^.*SHA-256.*$/gm, "");
      return [predicted.stdout, code, place.read("out.npz"), fromIt.stdout];
    };
    const found = await of("own.safetensors");
    expect(found.every((text) => text.length > 20)).toBe(true);
    expect(found).toEqual(await of("own.ckpt"));
  });

  it("is refused for another spec, as parameters, or if it is damaged", async () => {
    await train("--out", "own.safetensors");
    expectRefusal(
      await place.run("import", "own.safetensors", "flowers.json", "-o", "x.ckpt"),
      "T3002: the file is a checkpoint with the state of its training",
      "train --from",
    );
    place.write("damaged.safetensors", place.bytes("own.safetensors").subarray(0, -8));
    expectRefusal(await train("--resume", "damaged.safetensors"), "T3001: the file is truncated");
    place.write("flowers.json", { ...flowers, optimizer: { type: "sgd", learningRate: 0.05 } });
    expectRefusal(
      await train("--resume", "own.safetensors"),
      "T3001: the checkpoint was trained with another spec",
      'optimizer.type: "adam" in the checkpoint, "sgd" in the spec',
    );
  });

  const headerIn = (file: string): Readonly<Record<string, unknown>> => {
    const bytes = place.bytes(file);
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  };
});
