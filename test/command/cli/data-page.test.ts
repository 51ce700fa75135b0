// The examples of docs/data.md. If a test fails, an example does not train, or the command line and the
// emitted program predict differently.
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { expectRefusal, workspace } from "./workspace.ts";

const page = readFileSync(new URL("../../../docs/data.md", import.meta.url), "utf8");
/** The examples of the page, in order. */
const [ofHomes, ofImages, ofCategories, ofNetwork, ofDates] = [...page.matchAll(/```json\n([^]*?)```/g)].map(
  ([, text]) => JSON.parse(`{${text}}`),
);

const place = workspace();
afterAll(() => place.remove());
const program = (...args: string[]) => place.program("homes.ts", ...args);

const { street, kind } = ofCategories.inputs;
const spec = {
  name: "homes",
  inputs: {
    home: { shape: [10] },
    kind: { shape: [7] },
    street: { shape: [1], dtype: "i32" },
    text: { shape: [6], dtype: "i32" },
  },
  targets: { price: { shape: [1] } },
  network: [
    { type: "embedding", name: "streets", from: "street", vocabulary: 6, units: 2 },
    { type: "flatten", name: "where" },
    { type: "embedding", name: "words", from: "text", vocabulary: 5, units: 3 },
    { type: "flatten", name: "said" },
    { ...ofNetwork.network[0], from: [...ofNetwork.network[0].from, "where", "said"] },
    ...ofNetwork.network.slice(1),
  ],
  loss: "mse",
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 3, batchSize: 8, seed: 3, test: { fraction: 0.2 } },
  data: {
    ...ofHomes.data,
    inputs: {
      ...ofHomes.data.inputs,
      kind,
      street,
      text: { columns: ["note"], words: { length: 6, lowerCase: true, cut: true } },
    },
  },
};

const row = (i: number) => {
  const colour = ["red", "green", "blue"][i % 3];
  const maker = ["A", "B", "C", "D"][(i * 5) % 4];
  const numbers = Array.from({ length: 8 }, (_, k) => (i * (k + 3)) % 11);
  return [
    i % 9 === 0 ? "NA" : 40 + ((i * 13) % 60),
    (i * 7) % 30,
    ...numbers,
    colour,
    maker,
    `S${i % 5}`,
    `"The ${colour} one; by ${maker}, ""new"" and more"`,
    i % 10 === 0 ? "?" : (i % 17) / 4,
  ];
};
const header = "area;age;r0;r1;r2;r3;r4;r5;r6;r7;colour;maker;street;note;price";
const rows = Array.from({ length: 60 }, (_, i) => row(i).join(";"));

test(
  "the page's example trains and predicts, the same from the command line and as a program",
  { timeout: 120_000 },
  async () => {
    place.write("homes.json", spec);
    place.write("homes.csv", `${header}\n${rows.join("\n")}\n`);
    const own = await place.run("train", "homes.json", "--json", "--out", "own.ckpt");
    expect(own.stderr).toContain("6 of 60 rows have a missing value and are dropped");
    expect(own.code).toBe(0);
    await place.run("compile", "homes.json", "-o", "homes.ts");
    const theirs = await program("--data", "homes.csv", "--json", "--out", "their.ckpt");
    expect(theirs.stdout).toBe(own.stdout);
    // Rows without a price, with a street and words that are not in the training data.
    const asked =
      `${header}\n${row(2).join(";")}\n50;1;1;1;1;1;1;1;1;1;red;A;Elsewhere;unheard ` +
      "of;\n;2;1;1;1;1;1;1;1;1;blue;D;S1;red;\n";
    place.write("asked.csv", asked);
    const predicted = await place.run("predict", "homes.json", "own.ckpt", "asked.csv");
    expect(predicted.stderr).not.toContain("left out");
    expect(predicted.stdout.trim().split("\n")).toHaveLength(4);
    expect((await program("--resume", "their.ckpt", "--predict", "asked.csv")).stdout).toBe(predicted.stdout);
    // Columns may be in another order.
    const turned = asked
      .trim()
      .split("\n")
      .map((line) => line.replace(/^([^;]*);([^;]*);([^;]*);/, "$3;$2;$1;"));
    place.write("turned.csv", turned.join("\n"));
    expect((await place.run("predict", "homes.json", "own.ckpt", "turned.csv")).stdout).toBe(
      predicted.stdout,
    );
  },
);

test("the page's dates fit the shape that it states", () => {
  const changed = {
    ...spec,
    inputs: { ...spec.inputs, sold: { shape: [5] } },
    network: [
      ...spec.network.slice(0, 4),
      { type: "concat", name: "all", from: ["home", "kind", "sold"] },
      ...spec.network.slice(4),
    ],
    data: { ...spec.data, inputs: { ...spec.data.inputs, ...ofDates.inputs } },
  };
  expect(parseModel(changed).data?.inputs["sold"]).toEqual(ofDates.inputs.sold);
});

test("mistakes with categories are reported with the correct value", async () => {
  place.write("homes.csv", `${header}\n${rows.join("\n")}\n`);
  place.write("wide.json", { ...spec, inputs: { ...spec.inputs, kind: { shape: [9] } } });
  expectRefusal(
    await place.run("train", "wide.json"),
    "homes.csv error T2004: kind has 9 numbers per row, but its columns have 7 categories: its shape must be [7]",
  );
  const network = spec.network.map((layer) =>
    layer.name === "streets" ? { ...layer, vocabulary: 5 } : layer,
  );
  place.write("narrow.json", { ...spec, network });
  expectRefusal(
    await place.run("train", "narrow.json"),
    "street has 5 categories; with 0 for unknown ones, its embedding needs a vocabulary of 6, not 5",
  );
});

test("the page's example of IDX files is a valid data section", () => {
  const { data } = parseModel({
    name: "images",
    inputs: { image: { shape: [4, 4, 1] } },
    targets: { digit: { classes: 10 } },
    network: [{ type: "flatten" }, { type: "dense", units: 10 }],
    loss: "cross-entropy",
    optimizer: "sgd",
    training: { epochs: 1, batchSize: 8 },
    data: ofImages.data,
  });
  expect(data?.test).toEqual({ image: "test-images.gz", digit: "test-labels.gz" });
});
