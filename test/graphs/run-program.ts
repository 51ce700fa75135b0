// Runs a committed trainer like a user: as a separate process, on the data of its graph.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TrainingResult } from "../../src/runtime/training/train-on.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The result of `tsx generated/NAME.ts --data graphs/data/DATA.csv --json FLAGS`. */
export async function runProgram(
  name: string,
  data: string,
  flags: readonly string[] = [],
): Promise<TrainingResult> {
  const program = [`generated/${name}.ts`, "--data", `graphs/data/${data}.csv`, "--json", ...flags];
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", ...program], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout);
}
