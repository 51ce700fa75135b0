// Reads a file as the command line does, and prints the peak memory. large-file.ts runs it in a separate
// process.
import { pathToFileURL } from "node:url";
import { columnOf } from "../../src/runtime/data/fields.ts";
import { readCsv } from "../../src/command/formats/tables/read-csv.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";

const model: ModelFacts = {
  name: "large",
  specHash: "",
  dtype: "f32",
  target: "ts",
  batchSize: 1,
  parameters: [],
  inputs: { x: { shape: [20], dtype: "f32" } },
  targets: { kind: { shape: [], classes: 3 } },
};
const data = { inputs: { x: { columns: ["c0..c19"] } }, targets: { kind: { columns: ["kind"] } } };

async function main(file: string): Promise<void> {
  const before = process.resourceUsage().maxRSS;
  const table = await readCsv(file, { model, data });
  const after = process.resourceUsage().maxRSS;
  const last = columnOf(table, "c19").number(table.rows - 1);
  console.log(JSON.stringify({ rows: table.rows, last, before: before * 1024, peak: after * 1024 }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) void main(process.argv[2]);
