/** Records the CPU time that each test file uses, in seconds, for `file-times.ts`. */
import { readFileSync } from "node:fs";
import { afterAll } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    cpuSeconds?: number;
  }
}

/**
 * The CPU time of this process and its ended child processes. On systems without Linux's /proc, only that of
 * this process.
 */
function cpuSeconds(): number {
  try {
    // The name of the program is in parentheses and may contain spaces. After the name, the file contains
    // utime, stime, cutime and cstime, in ticks.
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

// This module is loaded before each test file and its imports.
const before = cpuSeconds();
afterAll((suite) => {
  suite.meta.cpuSeconds = cpuSeconds() - before;
});
