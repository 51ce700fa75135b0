// Training on data with missing values and other separators. If a test fails, the command line and the
// emitted program clean the data differently.
import { afterAll, expect, test } from "vitest";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(() => place.remove());
const program = (...args: string[]) => place.program("homes.ts", ...args);

const spec = {
  name: "homes",
  inputs: { home: { shape: [2] } },
  targets: { price: { shape: [1] } },
  network: [{ type: "dense", units: 1 }],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 3, batchSize: 8, seed: 3, validation: { fraction: 0.2 }, test: { fraction: 0.2 } },
  data: {
    file: "homes.csv",
    separator: ";",
    inputs: { home: { columns: ["area", "age"], scale: "standard", missing: "mean" } },
    targets: { price: { columns: ["price"], missing: "drop" } },
  },
};
const rows = Array.from({ length: 50 }, (_, i) => {
  const [area, age] = [40 + ((i * 13) % 60), (i * 7) % 30];
  return [
    i % 9 === 0 ? "NA" : area,
    i % 11 === 0 ? "" : age,
    i % 10 === 0 ? "?" : (area - age) / 50,
    `"a;${i}"`,
  ];
});
const text = `area;age;price;note\n${rows.map((row) => row.join(";")).join("\n")}\n`;

test("command line and program drop the same rows, fill the same means, and print the same", async () => {
  place.write("homes.json", spec);
  place.write("homes.csv", text);
  const own = await place.run("train", "homes.json", "--json");
  expect(own.code).toBe(0);
  expect(own.stderr).toContain("homes.csv: 5 of 50 rows have a missing value and are dropped\n");
  expect((await place.run("compile", "homes.json", "-o", "homes.ts")).code).toBe(0);
  const theirs = await program("--data", "homes.csv", "--json");
  expect(theirs.stderr).toContain("5 of 50 rows have a missing value and are dropped\n");
  expect(theirs.stdout).toBe(own.stdout);
});

test("three mistakes are reported: no separator, no policy, and a policy that drops every row", async () => {
  const { separator: _, ...data } = spec.data;
  place.write("comma.json", { ...spec, data });
  expectRefusal(
    await place.run("train", "comma.json"),
    'homes.csv:1 error T2003: the first row is a single cell that contains the probable separator ";"',
    'add to the data section: "separator": ";"',
  );
  const strict = { ...spec.data, inputs: { home: { columns: ["area", "age"] } } };
  place.write("strict.json", { ...spec, data: strict });
  expectRefusal(
    await place.run("train", "strict.json"),
    'homes.csv:11 error T2004: column "area": "NA" is not a number',
  );
  // A mean replaces missing values, not values that are not numbers.
  place.write("homes.csv", text.replace(/^\d+;/gm, "62,8;"));
  expectRefusal(
    await place.run("train", "homes.json"),
    'homes.csv:3 error T2004: column "area": "62,8" is not a number',
  );
  place.write("homes.csv", "area;age;price\n1;2;\n3;4;NA\n");
  expectRefusal(
    await place.run("train", "homes.json"),
    'homes.csv error T2003: every row has a missing value; "drop" would remove them all',
  );
});
