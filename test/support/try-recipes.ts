// Runs in a copy of the sources to which recipes.ts added one of each kind: uses them all, and prints what came of it.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of the copy; in the sources as they are, what was added is not there. */
const load = (path: string) => import(new URL(`./src/${path}`, import.meta.url).href);

const { compile, skippablePasses } = await load("compiler/compile.ts");
const { createProgram } = await load("command/cli/program.ts");
const { readTable } = await load("command/formats/tables/read-table.ts");

const { code } = await compile(
  {
    name: "trial",
    inputs: { x: { shape: [3] } },
    targets: { y: { shape: [2] } },
    network: [
      { type: "dense", units: 8, activation: { type: "formula", formula: "asinh(x)" } },
      { type: "trial" },
      { type: "dense", units: 2 },
    ],
    loss: "mse",
    optimizer: "trial",
    training: { batchSize: 4, epochs: 1 },
  },
  { target: "wasm" },
);

const file = join(mkdtempSync(join(tmpdir(), "trial-")), "rows");
writeFileSync(file, "TRIAL u\n1|2");
const field = { inputs: { x: { columns: ["u"] } }, targets: {} };
const { rows } = await readTable(file, {
  model: { inputs: { x: { shape: [1] } }, targets: {} },
  data: field,
});

const [train] = createProgram(() => {}).commands.filter(
  (command: { name(): string }) => command.name() === "train",
);
process.stdout.write(
  JSON.stringify({
    kernels: ["asinh(", "0.5 *"].filter((text) => code.includes(text)),
    rows,
    flag: train.helpInformation().includes("--trial"),
    pass: skippablePasses.includes("trial"),
  }),
);
