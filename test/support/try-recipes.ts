// Runs in a copy of the sources to which recipes.ts has added one entry of each kind: uses all of them, and
// prints the results.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Loads a file of the copy. The original sources do not have the added entries. */
const load = (path: string) => import(new URL(`./src/${path}`, import.meta.url).href);

const { compile } = await load("compiler/compile.ts");
const { stageNames } = await load("compiler/stage-names.ts");
const { rules } = await load("compiler/passes/simplify.ts");
const { createProgram } = await load("command/cli/program.ts");
const { readTable } = await load("command/formats/tables/read-table.ts");

const spec = {
  name: "trial",
  inputs: { x: { shape: [3] } },
  targets: { y: { shape: [2] } },
  network: [
    { type: "dense", units: 8, activation: { type: "formula", formula: "asinh(x)" } },
    { type: "trial" },
    { type: "dense", units: 2 },
  ],
  loss: "trial",
  optimizer: "trial",
  training: { batchSize: 4, epochs: 1 },
};
const { code } = await compile(spec, { target: "wasm" });
const { code: text } = await compile(spec, { target: "trial" });

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
    stages: ["trial", "trial-stage"].every((name) => stageNames.includes(name)),
    rule: rules.some(({ name }: { name: string }) => name === "trial"),
    target: text.includes("asinh %"),
  }),
);
