// Compile times of a new process, and of a process that has already loaded the compiler.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../src/index.ts";
import { tower } from "./models.ts";

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * The time that `tapeless compile graphs/digits.json` takes as a separate process, in milliseconds: the
 * median of several runs.
 */
export function coldStart(runs = 5): number {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-bench-"));
  const cli = new URL("../../src/command/cli/tapeless.js", import.meta.url).pathname;
  const spec = new URL("../../graphs/digits.json", import.meta.url).pathname;
  const output = join(folder, "digits.ts");
  try {
    const times = Array.from({ length: runs }, () => {
      const start = performance.now();
      execFileSync(process.execPath, [cli, "compile", spec, "-o", output], { stdio: "pipe" });
      return performance.now() - start;
    });
    return median(times);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Compiles a network with this many layers. Returns the CPU time in milliseconds, which excludes other
 * processes, and the length of the code. The time is the minimum of several runs, because noise can only
 * increase it.
 */
export async function towerCompile(
  layers: number,
  runs = 3,
): Promise<{ milliseconds: number; bytes: number }> {
  let fastest = Infinity;
  let bytes = 0;
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage();
    const { code } = await compile(tower(layers));
    const { user, system } = process.cpuUsage(start);
    fastest = Math.min(fastest, (user + system) / 1000);
    bytes = Buffer.byteLength(code);
  }
  return { milliseconds: fastest, bytes };
}
