/**
 * `npm run bench -- --against COMMIT`: compares this working tree with an earlier commit: the speed of the
 * trainers that both emit for the workloads, and the time that both need to compile them. Both are measured in
 * turn on the same machine, and the result is the median of the ratios of all rounds.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareContenders } from "./compare.ts";
import type { Effort } from "./compare.ts";
import { benchFolder, trainerContender } from "./contenders.ts";
import { median, ratio } from "./figures.ts";
import { writeWorkload } from "./workload-data.ts";
import type { Workload } from "./workloads.ts";

/** The ratios of one workload on one target. Above 1, the working tree is faster than the commit. */
export interface Ratios {
  readonly workload: string;
  readonly target: string;
  /** Undefined if one of the trainers cannot run; then `lacks` is the reason. */
  readonly step: number | undefined;
  readonly compile: number;
  readonly lacks?: string | undefined;
}

const here = fileURLToPath(new URL("../..", import.meta.url));
const targets = ["ts", "wasm"] as const;
const compileRounds = 3;

/** Checks the commit out into a temporary folder and installs its packages. `use` gets the folder. */
async function withCommit<Result>(
  commit: string,
  use: (project: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-commit-"));
  const project = join(folder, "project");
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: here, stdio: "pipe" });
  try {
    git("worktree", "add", "--detach", project, commit);
    // The flag leaves out scripts of packages, which the measured code does not need.
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: project,
      stdio: "pipe",
    });
    return await use(project);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    git("worktree", "prune");
  }
}

/** Compiles the workloads with the project. Returns milliseconds by workload and target. */
function emit(project: string, folder: string, names: readonly string[]): Record<string, number> {
  mkdirSync(folder, { recursive: true });
  const script = join(benchFolder, "emit-workloads.ts");
  const output = execFileSync(process.execPath, ["--import", "tsx", script, project, folder, ...names], {
    cwd: here,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "{}");
}

/** Compares the working tree with the commit on these workloads. `node` runs the trainers. */
export async function compareWithCommit(
  commit: string,
  workloads: readonly Workload[],
  effort: Effort,
  node: string,
): Promise<Ratios[]> {
  return withCommit(commit, async (project) => {
    const folder = mkdtempSync(join(tmpdir(), "tapeless-bench-"));
    try {
      const names = workloads.map(({ name }) => name);
      const folders = { before: join(folder, "before"), now: join(folder, "now") };
      const rounds = Array.from({ length: compileRounds }, () => ({
        before: emit(project, folders.before, names),
        now: emit(here, folders.now, names),
      }));
      const found: Ratios[] = [];
      for (const workload of workloads)
        for (const target of targets) {
          const data = join(folder, workload.name);
          writeWorkload(workload, data);
          const [before, now] = await compareContenders(
            [folders.before, folders.now].map((trainers) =>
              trainerContender(join(trainers, workload.name, `trainer-${target}.mjs`), target, data, node),
            ),
            0,
            effort,
          );
          const key = `${workload.name} ${target}`;
          found.push({
            workload: workload.name,
            target,
            step: ratio(now, before),
            compile: median(rounds.map((round) => round.before[key] / round.now[key])),
            lacks: before.lacks ?? now.lacks,
          });
        }
      return found;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** The table that the bench prints. */
export const ratioTable = (ratios: readonly Ratios[]) => ({
  head: ["workload", "target", "speed of a step", "speed of compiling"],
  rows: ratios.map(({ workload, target, step, compile, lacks }) => [
    workload,
    target,
    step?.toFixed(3) ?? `not measured: ${lacks}`,
    compile.toFixed(2),
  ]),
});
