// `npm run bench`: compares this compiler's trainers with other libraries on seven workloads. With
// `--limits`, the command instead checks the limits of the TypeScript target, of compile times and of sizes.
// With `--against`, it compares the working tree with an earlier commit. With `--pytorch`, it compares emitted PyTorch
// files with loops that are written by hand.
import { Command } from "commander";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flopsOfProgram } from "../../src/studio/explain/target-kernels.ts";
import { compileModel } from "../../src/compiler/pipeline.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { tableText } from "../../src/studio/charts/index.ts";
import { compareWithCommit, ratioTable } from "./against.ts";
import { barsSvg } from "./bars-svg.ts";
import { boundLines } from "./bounds.ts";
import { compareContenders, fullEffort, quickEffort } from "./compare.ts";
import type { Effort } from "./compare.ts";
import { ourContenders, peakContenders, peerContenders, pytorchContenders } from "./contenders.ts";
import type { Engines } from "./contenders.ts";
import { ratio, stepsPerSecond } from "./figures.ts";
import type { WorkloadOutcome } from "./figures.ts";
import { limitLines } from "./limits.ts";
import { printLines } from "./lines.ts";
import { engineWords, machineWords, peerVersions } from "./machine.ts";
import { installPeers, pythonWithTorch } from "./peers.ts";
import { notesOf, reportMarkdown, tableHead, tableRows } from "./report.ts";
import { writeWorkload } from "./workload-data.ts";
import { specOf, workloadNamed, workloads } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

interface Options {
  readonly quick?: boolean;
  readonly only?: string;
  readonly peers: boolean;
  readonly json?: string;
  readonly docs?: string;
  readonly engine: string;
  readonly python: string;
  readonly limits?: boolean;
  readonly against?: string;
  readonly pytorch?: boolean;
}

const options = new Command("bench")
  .option("--quick", "run for about a minute and a half, with less precise results")
  .option("--only <workloads>", "run only these workloads, separated by commas")
  .option("--no-peers", "measure only this compiler's trainers")
  .option("--engine <path>", "run all JavaScript with the Node binary at this path", process.execPath)
  .option("--python <path>", "run PyTorch with this Python, if it has torch", "python3")
  .option("--json <file>", "write all measurements to a file, round by round")
  .option("--docs <folder>", "write benchmarks.md and benchmarks.svg there; a full run writes them to docs/")
  .option("--limits", "instead check the limits of the TypeScript target, of compile times and of sizes")
  .option("--against <commit>", "instead compare trainers and compile times with those of this commit")
  .option("--pytorch", "instead compare emitted PyTorch files with loops that are written by hand")
  .parse()
  .opts<Options>();

const isWhole = !options.quick && options.only === undefined && options.peers;
const docs = options.docs ?? (isWhole ? fileURLToPath(new URL("../../docs", import.meta.url)) : undefined);

/** Floating-point operations of one training step. */
function flopsOfStep(workload: Workload): number {
  const compilation = compileModel(parseModel(specOf(workload)), { dtype: "f32" });
  return flopsOfProgram(compilation, "gradient") + flopsOfProgram(compilation, "update");
}

async function outcomeOf(workload: Workload, engines: Engines, effort: Effort): Promise<WorkloadOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-bench-"));
  try {
    writeWorkload(workload, folder);
    const contenders = [
      ...(await peakContenders(folder, engines)),
      ...(await ourContenders(workload, folder, engines)),
      ...(options.peers ? await peerContenders(folder, engines) : []),
    ];
    const outcomes = await compareContenders(contenders, flopsOfStep(workload), effort);
    return { workload: workload.name, words: workload.words, outcomes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const chosen = options.only?.split(",").map((name) => workloadNamed(name.trim())) ?? workloads;
const effort = options.quick ? quickEffort : fullEffort;

async function compareAll(): Promise<void> {
  if (options.peers) installPeers();
  const python = options.peers ? pythonWithTorch(options.python) : "";
  if (options.peers && python === "") console.error(`PyTorch is left out: ${options.python} has no torch`);
  const all: WorkloadOutcome[] = [];
  for (const workload of chosen) {
    const outcome = await outcomeOf(workload, { node: options.engine, python }, effort);
    console.log(
      tableText({
        title: `${outcome.workload}: ${outcome.words}`,
        head: tableHead,
        rows: tableRows(outcome),
      }),
    );
    for (const note of notesOf(outcome)) console.log(note);
    console.log();
    all.push(outcome);
  }
  writeAll(all);
  printLines(boundLines(all));
}

function writeAll(all: readonly WorkloadOutcome[]): void {
  const torch = all.flatMap(({ outcomes }) => outcomes.flatMap(({ version }) => version ?? []))[0];
  const libraries = options.peers
    ? [...peerVersions(), ...(torch === undefined ? [] : [`PyTorch ${torch}`])]
    : [];
  const command = ["npm run bench", ...(options.quick ? ["-- --quick"] : [])].join(" ");
  const where = { machine: machineWords(), engine: engineWords(options.engine), libraries, command };
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ ...where, workloads: all }, null, 2)}\n`);
  if (docs === undefined) return;
  mkdirSync(docs, { recursive: true });
  writeFileSync(join(docs, "benchmarks.md"), reportMarkdown(all, where));
  writeFileSync(join(docs, "benchmarks.svg"), barsSvg(all, `${where.machine}; ${where.engine}`));
}

async function compareWith(commit: string): Promise<void> {
  const title = `This working tree relative to ${commit}: above 1, the working tree is faster`;
  const ratios = await compareWithCommit(commit, chosen, effort, options.engine);
  console.log(tableText({ title, ...ratioTable(ratios) }));
}

/** Compares the file that the target `pytorch` emits with the hand-written loops. */
async function compareInPytorch(): Promise<void> {
  const python = pythonWithTorch(options.python);
  if (python === "") throw new Error(`${options.python} has no torch`);
  const rows: string[][] = [];
  for (const workload of chosen) {
    const folder = mkdtempSync(join(tmpdir(), "tapeless-bench-"));
    try {
      writeWorkload(workload, folder);
      const contenders = await pytorchContenders(workload, folder, python);
      const outcomes = await compareContenders(contenders, flopsOfStep(workload), effort);
      const emitted = outcomes[outcomes.length - 1];
      const others = outcomes.slice(0, -1).map((other) => ratio(other, emitted)?.toFixed(2) ?? "");
      const milliseconds = outcomes.map((outcome) => (1000 / (stepsPerSecond(outcome) ?? NaN)).toFixed(3));
      rows.push([workload.name, ...milliseconds, ...others]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const title = "Milliseconds of CPU time per step, and those of the emitted file relative to each loop";
  const head = ["workload", "eager", "eager, fused", "emitted", "to eager", "to fused"];
  console.log(tableText({ title, head, rows }));
}

if (options.pytorch) await compareInPytorch();
else if (options.limits) printLines(await limitLines());
else if (options.against !== undefined) await compareWith(options.against);
else await compareAll();
