// CSV files that are large compared with the memory of the process. If a test fails, a program keeps the text
// of its data file in memory, or results depend on how the file is read.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workspace } from "../command/cli/workspace.ts";

const place = workspace();
afterAll(place.remove);

const columns = 12;
const names = Array.from({ length: columns }, (_, i) => `c${i}`);

/** Numbers with up to six decimals, and a class that the first two of them determine. */
function rowsOf(count: number, order: readonly string[]): string {
  let state = 7;
  const lines = Array.from({ length: count }, () => {
    const cells: Record<string, string> = {};
    for (const name of names) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      cells[name] = `${Math.round((state / 2 ** 32) * 1e6) / 1e6}`;
    }
    cells["kind"] = Number(cells["c0"]) > Number(cells["c1"]) ? "left" : "right";
    return order.map((name) => cells[name]).join();
  });
  return `${order.join()}\n${lines.join("\n")}\n`;
}

const spec = {
  name: "large",
  inputs: { x: { shape: [columns] } },
  targets: { kind: { classes: 2 } },
  network: [{ type: "dense", units: 2 }],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 2, batchSize: 128, seed: 3, validation: { fraction: 0.2 } },
  data: {
    file: "large.csv",
    inputs: { x: { columns: ["c0..c11"], scale: "standard" } },
    targets: { kind: { columns: ["kind"] } },
  },
};

beforeAll(async () => {
  place.write("large.json", spec);
  place.write("large.csv", rowsOf(100_000, [...names, "kind"]));
  expect(await place.run("compile", "large.json", "-o", "large.ts")).toMatchObject({ code: 0 });
  const { code } = transformSync(place.read("large.ts"), { loader: "ts", format: "esm" });
  writeFileSync(join(place.folder, "large.mjs"), code);
});

/** Runs the program with this heap in MB. Typed arrays are outside the heap. */
function trained(heap: number): string {
  const args = [
    `--max-old-space-size=${heap}`,
    join(place.folder, "large.mjs"),
    "--data",
    "large.csv",
    "--json",
  ];
  return execFileSync(process.execPath, args, { cwd: place.folder, encoding: "utf8", stdio: "pipe" });
}

test("a program trains on a file that is larger than its heap, and prints what the command prints", async () => {
  expect(place.bytes("large.csv").length).toBeGreaterThan(9e6);
  const { stdout } = await place.run("train", "large.json", "--json");
  expect(trained(8)).toBe(stdout);
});

test("the columns of a range may have another order in the file of the test rows", async () => {
  const { validation: _, ...training } = spec.training;
  const data = { ...spec.data, file: undefined, train: "train.csv", test: "test.csv" };
  place.write("parts.json", { ...spec, name: "parts", training, data });
  place.write("train.csv", rowsOf(300, [...names, "kind"]));
  const resultOf = async (order: readonly string[]) => {
    place.write("test.csv", rowsOf(50, order));
    const args = [
      "--data",
      join(place.folder, "train.csv"),
      "--test",
      join(place.folder, "test.csv"),
      "--json",
    ];
    return (await place.program("parts.ts", ...args)).stdout;
  };
  expect(await place.run("compile", "parts.json", "-o", "parts.ts")).toMatchObject({ code: 0 });
  const expected = await resultOf([...names, "kind"]);
  expect(expected).toContain('"test"');
  expect(await resultOf(["kind", ...names.toReversed()])).toBe(expected);
});
