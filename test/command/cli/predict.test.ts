// The command `tapeless predict`, and the option `--predict` of emitted programs. If a test fails,
// predictions have the wrong rows, classes or units, or an error in a file is not reported.
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { specs } from "../../support/specs.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";

const place = workspace();
afterAll(() => place.remove());

const houses: ModelSpec = {
  name: "houses",
  inputs: { area: { shape: [] } },
  targets: { price: { shape: [] } },
  network: [
    { type: "reshape", shape: [1] },
    { type: "dense", units: 1 },
    { type: "reshape", shape: [] },
  ],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.3 },
  training: { epochs: 60, batchSize: 20, seed: 1 },
  data: {
    file: "houses.csv",
    inputs: { area: { columns: ["area"], scale: "standard" } },
    targets: { price: { columns: ["price"], scale: "standard" } },
  },
};
const housesCsv = `area,price\n${Array.from({ length: 20 }, (_, i) => `${50 + i},${1000 + 7 * i}`).join("\n")}\n`;

/** Class names, one of which needs quotes in CSV. */
const namesOf: Readonly<Record<string, string>> = { 0: "alba", 1: "rubra, the red", 2: "viola" };
const named = flowersCsv.replace(/,(\d)$/gm, (_, kind: string) => `,"${namesOf[kind]}"`);

/** Inputs of three flowers, one of each species, with another order of columns and an unused column. */
const newCsv = () => {
  const [, ...rows] = flowersCsv.trim().split("\n");
  const chosen = [0, 10, 20].map((i) => rows[i].split(","));
  return `width,note,length\n${chosen.map(([length, width]) => `${width},x,${length}`).join("\n")}\n`;
};
const kinds = () => {
  const [, ...rows] = flowersCsv.trim().split("\n");
  return [0, 10, 20].map((i) => namesOf[rows[i].split(",")[2]]);
};

beforeAll(async () => {
  const longer = Object.assign({}, specs.classifier, flowers, {
    training: { ...flowers.training, epochs: 40 },
  });
  place.write("flowers.json", longer);
  place.write("flowers.csv", named);
  place.write("new.csv", newCsv());
  place.write("houses.json", houses);
  place.write("houses.csv", housesCsv);
  place.write("trainer.ts", (await compile(longer)).code);
  await place.run("train", "flowers.json", "--out", "flowers.ckpt");
  await place.run("train", "houses.json", "--out", "houses.ckpt");
}, 120_000);

const predict = (...args: readonly string[]) => place.run("predict", "flowers.json", "flowers.ckpt", ...args);

describe("tapeless predict", () => {
  it("prints the class name and all probabilities of each row of a file without targets", async () => {
    const { code, stdout, stderr } = await predict("new.csv");
    expect(stderr).toBe("");
    const [heads, ...rows]: string[][] = parse(stdout);
    const names = [...new Set(kinds())].sort();
    expect(heads).toEqual(["kind", ...names.map((name) => `kind_${name}`)]);
    expect(rows.map(([kind]) => kind)).toEqual(kinds());
    for (const [kind, ...shares] of rows) {
      const numbers = shares.map(Number);
      expect(numbers.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
      expect(names[numbers.indexOf(Math.max(...numbers))]).toBe(kind);
    }
    expect(code).toBe(0);
  });

  it("prints the same bytes as --predict of the emitted program", async () => {
    const { stdout } = await predict("new.csv");
    expect(await place.program("trainer.ts", "--resume", "flowers.ckpt", "--predict", "new.csv")).toEqual({
      code: 0,
      stdout,
      stderr: "",
    });
  });

  it("ends an emitted program without an error if the reader of its output closes early", async () => {
    const outcome = await place.programUnread(
      "trainer.ts",
      "--resume",
      "flowers.ckpt",
      "--predict",
      "new.csv",
    );
    expect(outcome).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("prints numbers in the original units of the target", async () => {
    place.write("areas.csv", "area\n50\n69\n100\n");
    const { stdout } = await place.run("predict", "houses.json", "houses.ckpt", "areas.csv");
    const [head, ...prices] = stdout.trimEnd().split("\n");
    expect(head).toBe("price");
    [1000, 1133, 1350].forEach((price, i) => expect(Number(prices[i])).toBeCloseTo(price, 0));
  });

  it("writes to a file with -o, and one JSON object with --json", async () => {
    const { stdout } = await predict("new.csv");
    const { stdout: json } = await predict("new.csv", "--json");
    const { model, predictions } = JSON.parse(json);
    expect(model).toBe("flowers");
    expect(predictions.map(({ kind }: { kind: string }) => kind)).toEqual(kinds());
    expect((await predict("new.csv", "-o", "said.csv")).stdout).toBe("");
    expect(place.read("said.csv")).toBe(stdout);
  });
});

describe("a checkpoint and a spec that has changed since the training", () => {
  const { network, training, data, ...others } = flowers;
  const trained = { ...others, network, training: { ...training, epochs: 40 }, data };
  const changed = async (spec: object, ...args: readonly string[]) => {
    place.write("changed.json", spec);
    return place.run(...(args.length > 0 ? args : ["predict", "changed.json", "flowers.ckpt", "new.csv"]));
  };
  const narrow = [{ ...network[0], activation: "relu" }, network[1]];

  it.each([
    ["the optimizer", { optimizer: { type: "sgd", momentum: 0.9, learningRate: 0.1 } }],
    ["training options", { training: { epochs: 5, batchSize: 4, seed: 9, keep: "last" } }],
    ["the metrics", { metrics: [] }],
    ["the regularization", { regularization: { l2: 0.1 } }],
    ["a key of the loss", { loss: { type: "cross-entropy", smoothing: 0.1 } }],
    ["the data file", { data: { ...data, file: "newer.csv" } }],
    ["an initialiser", { network: [{ ...network[0], init: "orthogonal" }, network[1]] }],
  ])("predict as before if only %s differs", async (_, change) => {
    const { stdout } = await predict("new.csv");
    expect(await changed({ ...trained, ...change })).toEqual({ code: 0, stdout, stderr: "" });
  });

  it("predict as before in a predictor", async () => {
    const spec = { ...trained, optimizer: "sgd" };
    const args = ["compile", "changed.json", "--predictor", "flowers.ckpt", "-o"];
    expect((await changed(spec, ...args, "changed.ts")).stderr).toBe("");
    await place.run("compile", "flowers.json", "--predictor", "flowers.ckpt", "-o", "same.ts");
    const textOf = (file: string) => place.read(file).replaceAll(/[0-9a-f]{64}/g, "HASH");
    expect(textOf("changed.ts")).toBe(textOf("same.ts"));
  });

  it("are refused with the values that differ if predictions would differ", async () => {
    const refusal = await changed({ ...trained, network: narrow, optimizer: "sgd" });
    expectRefusal(
      refusal,
      "flowers.ckpt error T3001: the checkpoint was trained with another spec\n",
      "use the spec of the checkpoint, or train this spec: tapeless train SPEC --from flowers.ckpt",
      'network[0].activation.type: "tanh" in the checkpoint, "relu" in the spec',
    );
    expect(refusal.stderr).not.toContain("optimizer");
    expectRefusal(
      await changed({ ...trained, network: [{ ...network[0], units: 5 }, network[1]] }),
      "network[0].units: 4 in the checkpoint, 5 in the spec",
    );
    expectRefusal(
      await changed({ ...trained, network: [network[0], network[0], network[1]] }),
      "network: a list of 2 in the checkpoint, a list of 3 in the spec",
    );
  });

  it("are refused by --resume, with all values that differ", async () => {
    const spec = { ...trained, network: narrow, training: { ...trained.training, batchSize: 4 } };
    expectRefusal(
      await changed(spec, "train", "changed.json", "--resume", "flowers.ckpt"),
      "flowers.ckpt error T3001: the checkpoint was trained with another spec\n",
      "--epochs N trains longer without a change of the spec",
      "--from flowers.ckpt",
      "training.batchSize: 8 in the checkpoint, 4 in the spec",
      'network[0].activation.type: "tanh" in the checkpoint, "relu" in the spec',
    );
  });

  it("are refused if the checkpoint does not contain its spec", async () => {
    await place.program("trainer.ts", "--data", "flowers.csv", "--epochs", "1", "--out", "program.ckpt");
    const args = ["predict", "changed.json", "program.ckpt", "new.csv"];
    const message = "the checkpoint was trained with another spec, and does not contain it";
    expectRefusal(await changed({ ...trained, optimizer: "sgd" }, ...args), message);
    expect((await place.run("predict", "flowers.json", "program.ckpt", "new.csv")).code).toBe(0);
  });
});

describe("errors are reported", () => {
  it("for a missing column, a cell that is not a number, a file without rows, a missing file", async () => {
    place.write("narrow.csv", "length\n1\n");
    expectRefusal(await predict("narrow.csv"), 'narrow.csv:1 error T2004: size needs the column "width"');
    place.write("text.csv", "length,width\n1,2\n1,wide\n");
    expectRefusal(
      await predict("text.csv"),
      'text.csv:3 error T2004: column "width": "wide" is not a number',
    );
    place.write("empty.csv", "");
    expectRefusal(await predict("empty.csv"), "empty.csv:1 error T2003: the file is empty");
    expectRefusal(await predict("none.csv"), "none.csv error T2001: cannot read the data");
  });

  it("for a file that is not a checkpoint, and a checkpoint of another model", async () => {
    const of = (checkpoint: string) => place.run("predict", "flowers.json", checkpoint, "new.csv");
    expectRefusal(await of("none.ckpt"), "none.ckpt error T3001: cannot read the checkpoint");
    expectRefusal(await of("new.csv"), "new.csv error T3001: not a checkpoint, but a CSV file");
    expectRefusal(await of("houses.ckpt"), 'houses.ckpt error T3001: the checkpoint is for "houses"');
  });

  it.each([
    ["the rows and the checkpoint", ["flowers.json", "new.csv", "flowers.ckpt"], "new.csv", "a CSV file"],
    [
      "the spec and the checkpoint",
      ["flowers.ckpt", "flowers.json", "new.csv"],
      "flowers.json",
      "a JSON file",
    ],
    ["the spec and the rows", ["flowers.json", "words.yaml", "new.csv"], "words.yaml", "a YAML file"],
  ])("for swapped arguments: %s", async (_, args, file, what) => {
    place.write("words.yaml", "# A spec.\nname: words\n");
    expectRefusal(
      await place.run("predict", ...args),
      `${file} error T3001: not a checkpoint, but ${what}`,
      "the order of the arguments is: tapeless predict SPEC CHECKPOINT ROWS",
    );
  });

  it.each([
    ["an empty file", "", "an empty file"],
    ["JSON Lines", '{"a": 1}\n{"a": 2}\n', "a JSON Lines file"],
    ["a TypeScript spec", "import x from 'y';", "a TypeScript file"],
    ["a NumPy array", Buffer.from("\x93NUMPY\x01\0", "latin1"), "a NumPy array"],
    ["an archive", Buffer.from("PK\x03\x04\0", "latin1"), "a zip archive"],
    ["a table with semicolons", "a;b\n1,5;2\n", "a CSV file"],
  ])("for a file that looks like %s", async (_, content, what) => {
    place.write("other.ckpt", content);
    const refusal = await place.run("predict", "flowers.json", "other.ckpt", "new.csv");
    expectRefusal(refusal, `other.ckpt error T3001: not a checkpoint, but ${what}`);
  });

  it("for a text of no known kind", async () => {
    place.write("other.ckpt", "a plain text");
    const { stderr } = await place.run("predict", "flowers.json", "other.ckpt", "new.csv");
    expect(stderr).toContain("other.ckpt error T3001: not a checkpoint\n");
  });

  it("for a checkpoint without preprocessing, as the user's own program may save it", async () => {
    const { createTrainer } = await loadTrainer(place.read("trainer.ts"));
    place.write("bare.ckpt", createTrainer().save());
    expectRefusal(
      await place.run("predict", "flowers.json", "bare.ckpt", "new.csv"),
      "bare.ckpt error T3001: the checkpoint does not contain the preprocessing",
    );
    expectRefusal(
      await place.program("trainer.ts", "--resume", "bare.ckpt", "--predict", "new.csv"),
      "error: --predict needs --resume CHECKPOINT, a file from --out",
    );
  });

  it("by the emitted program, too", async () => {
    expectRefusal(
      await place.program("trainer.ts", "--predict", "new.csv"),
      "error: --predict needs --resume",
    );
    const predicted = (file: string) =>
      place.program("trainer.ts", "--resume", "flowers.ckpt", "--predict", file);
    expectRefusal(await predicted("narrow.csv"), 'error: narrow.csv:1: size needs the column "width"');
    expectRefusal(await predicted("text.csv"), 'error: text.csv:3: column "width": "wide" is not a number');
    expectRefusal(await predicted("empty.csv"), "error: empty.csv:1: the file is empty");
    expectRefusal(await predicted("none.csv"), "error: cannot read none.csv");
  });
});
