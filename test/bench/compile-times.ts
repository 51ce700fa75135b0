// How long compiling takes: of a whole process from nothing, and in a process that has everything loaded.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../src/index.ts";
import { tower } from "./models.ts";

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of `tapeless compile graphs/digits.json` as a process of its own; the median of several. */
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
 * A tower of so many layers: how long this process takes to compile it, in milliseconds of the processor,
 * which do not count what others do on the machine (the fewest of several: noise only adds), and its length.
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
