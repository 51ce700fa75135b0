/** Records the CPU time that each test file uses, in seconds, for `file-times.ts`. */
import { readFileSync } from "node:fs";
import { afterAll } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    cpuSeconds?: number;
  }
}

/** The CPU time of this process and its ended children; without Linux's /proc, of this process only. */
function cpuSeconds(): number {
  try {
    // The name of the program, in parentheses, may contain spaces. After it come utime, stime, cutime and
    // cstime, in ticks.
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return ticks / 100;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}

// This module runs before each file, imports included.
const before = cpuSeconds();
afterAll((suite) => {
  suite.meta.cpuSeconds = cpuSeconds() - before;
});
