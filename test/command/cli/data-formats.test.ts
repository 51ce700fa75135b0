// Data files in formats other than CSV, on the command line. If a test fails, such a file gives results that
// differ from those of a CSV file, or the emitted program does not name the formats that it reads.
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, test } from "vitest";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(() => place.remove());
const program = (...args: string[]) => place.program("spots.ts", ...args);

const spec = {
  name: "spots",
  inputs: { spot: { shape: [2] } },
  targets: { kind: { classes: 2 } },
  network: [{ type: "dense", units: 2 }],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.05 },
  training: { epochs: 4, batchSize: 8, seed: 3, validation: { fraction: 0.25 } },
  data: {
    file: "spots.jsonl",
    inputs: { spot: { columns: ["u", "v"], scale: "standard" } },
    targets: { kind: { columns: ["kind"] } },
  },
};
const rows = Array.from({ length: 40 }, (_, i) => {
  const [u, v] = [((i * 7) % 40) / 8, ((i * 11) % 40) / 9];
  return { u, v, kind: u > v ? "low" : "high" };
});
const csv = `u,v,kind\n${rows.map(({ u, v, kind }) => `${u},${v},${kind}`).join("\n")}\n`;

test("JSON Lines, Parquet and CSV give the same results, and so does the program with CSV", async () => {
  place.write("spots.json", spec);
  place.write("spots.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  place.write("spots.csv", csv);
  place.write("packed", gzipSync(csv));
  const column = (name: "u" | "v" | "kind") => ({ name, data: rows.map((row) => row[name]) });
  const parquet = parquetWriteBuffer({ columnData: [column("kind"), column("u"), column("v")] });
  place.write("spots.parquet", new Uint8Array(parquet));
  const own = await place.run("train", "spots.json", "--json");
  expect(own.code).toBe(0);
  for (const file of ["spots.csv", "packed", "spots.parquet"])
    expect((await place.run("train", "spots.json", "--json", "--data", file)).stdout).toBe(own.stdout);
  expect((await place.run("compile", "spots.json", "-o", "spots.ts")).code).toBe(0);
  expect((await program("--data", "spots.csv", "--json")).stdout).toBe(own.stdout);
  for (const file of ["spots.jsonl", "spots.parquet", "packed"])
    expectRefusal(
      await program("--data", file),
      `error: ${file}: this program reads only CSV: convert the file, or use \`tapeless train\``,
    );
});

test("three mistakes are reported: an invalid number, a missing column, a Parquet row without a value", async () => {
  place.write("spots.jsonl", `${JSON.stringify(rows[0])}\n{"u":"far","v":1,"kind":"low"}\n`);
  expectRefusal(
    await place.run("train", "spots.json"),
    'spots.jsonl:2 error T2004: column "u": "far" is not a number',
  );
  place.write("spots.jsonl", '{"u":1,"kind":"low"}\n{"u":2,"kind":"high"}\n');
  expectRefusal(
    await place.run("train", "spots.json"),
    'error T2007: data.inputs.spot.columns[1]: spots.jsonl has no column "v"',
  );
  const gaps = parquetWriteBuffer({
    columnData: [
      { name: "u", data: [1, 2, null], type: "DOUBLE" },
      { name: "v", data: [1, 2, 3], type: "DOUBLE" },
      { name: "kind", data: ["low", "high", "low"] },
    ],
  });
  place.write("gaps.parquet", new Uint8Array(gaps));
  expectRefusal(
    await place.run("train", "spots.json", "--data", "gaps.parquet"),
    'gaps.parquet error T2004: row 3: column "u": the cell is empty',
  );
});
