// The command `tapeless train --from`. If a test fails, fine-tuning starts from wrong parameters, or does not
// report which parameters match.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parametersIn } from "../../../src/command/formats/parameters/parameters.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "../cli/workspace.ts";

const place = workspace();
afterAll(() => place.remove());

/** A model of two classes instead of three, with a frozen first layer. */
const fine = {
  ...flowers,
  name: "fine",
  targets: { kind: { classes: 2 } },
  network: [
    { type: "dense", units: 4, activation: "tanh", trainable: false },
    { type: "dense", units: 2 },
  ],
};
const fineCsv = flowersCsv
  .split("\n")
  .filter((line) => !line.endsWith(",2"))
  .join("\n");

const parameters = (checkpoint: string) =>
  Object.fromEntries(
    parametersIn(Uint8Array.from(place.bytes(checkpoint))).tensors.map(({ name, numbers }) => [
      name,
      [...numbers],
    ]),
  );

beforeAll(async () => {
  place.write("flowers.json", flowers);
  place.write("flowers.csv", flowersCsv);
  place.write("fine/fine.json", fine);
  place.write("fine/flowers.csv", fineCsv);
  await place.run("train", "flowers.json", "--out", "base.ckpt");
  await place.run("export", "base.ckpt", "-o", "base.safetensors");
}, 120_000);

const from = (file: string, ...args: readonly string[]) =>
  place.run("train", "fine/fine.json", "--from", file, ...args);

describe("tapeless train --from", () => {
  it("loads and reports parameters with the same name and shape, and keeps a frozen layer", async () => {
    const { code, stdout, stderr } = await from("base.ckpt", "--out", "fine.ckpt");
    expect(stderr).toContain(
      'from base.ckpt, a checkpoint of "flowers" after epoch 4: 2 of 4 parameters\n' +
        "  loaded: dense1.weight, dense1.bias\n" +
        "  initialised: dense2.weight [4, 2] ([4, 3] in the file), dense2.bias [2] ([3] in the file)\n",
    );
    expect(stdout).toMatch(/^fine: 4 epochs/);
    expect(code).toBe(0);
    const [base, tuned] = [parameters("base.ckpt"), parameters("fine.ckpt")];
    expect(tuned["dense1.weight"]).toEqual(base["dense1.weight"]);
    expect(tuned["dense1.bias"]).toEqual(base["dense1.bias"]);
  });

  it("initialises the other parameters from the seed, as without --from", async () => {
    await from("base.ckpt", "--epochs", "0", "--out", "start.ckpt");
    await place.run("train", "fine/fine.json", "--epochs", "0", "--out", "plain.ckpt");
    const [start, plain] = [parameters("start.ckpt"), parameters("plain.ckpt")];
    expect(start["dense2.weight"]).toEqual(plain["dense2.weight"]);
    expect(start["dense1.weight"]).not.toEqual(plain["dense1.weight"]);
  });

  it("loads an f32 checkpoint in f64, and files of tensors", async () => {
    const { stderr } = await from(
      "base.safetensors",
      "--dtype",
      "f64",
      "--epochs",
      "0",
      "--out",
      "wide.ckpt",
    );
    expect(stderr).toContain("from base.safetensors, a file of tensors: 2 of 4 parameters");
    expect(parameters("wide.ckpt")["dense1.weight"]).toEqual(parameters("base.ckpt")["dense1.weight"]);
    await from("wide.ckpt", "--epochs", "0", "--out", "narrow.ckpt");
    expect(parameters("narrow.ckpt")).toEqual(parameters("wide.ckpt"));
  });

  it("names unused parameters", async () => {
    const [first] = fine.network;
    place.write("fine/short.json", {
      ...fine,
      network: [
        { ...first, name: "dense1", units: 2, trainable: true },
        { type: "dense", name: "dense2", units: 2 },
      ],
    });
    place.write("fine/one.json", {
      ...flowers,
      network: [
        { type: "dense", units: 4 },
        { type: "dense", units: 3, name: "head" },
      ],
    });
    const { stderr } = await place.run(
      "train",
      "fine/one.json",
      "--data",
      "flowers.csv",
      "--from",
      "base.ckpt",
      "--epochs",
      "1",
    );
    expect(stderr).toContain("  unused: dense2.weight [4, 3], dense2.bias [3]\n");
    expectRefusal(
      await place.run("train", "fine/short.json", "--from", "base.ckpt"),
      'base.ckpt error T3002: no parameter of the file, a checkpoint of "flowers" after epoch 4, matches a parameter of "fine" by name and shape',
      "note: the file has dense1.weight [2, 4], dense1.bias [4]",
    );
  });

  it("rejects invalid and missing files, and --resume", async () => {
    expectRefusal(await from("flowers.csv"), "flowers.csv error T3001: not a checkpoint");
    expectRefusal(await from("none.ckpt"), "none.ckpt error T3001: cannot read the checkpoint");
    expectRefusal(await from("none.npz"), "none.npz error T3002: cannot read the file");
    expectRefusal(
      await from("base.ckpt", "--resume", "base.ckpt"),
      "T1010: --resume cannot be combined with --from",
    );
  });
});
