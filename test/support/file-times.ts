/**
 * Prints the CPU time of the slowest test files, and of those that exceed the budget of their group. If
 * budgets are enforced, a file over its budget fails the run. CPU time is used instead of wall time, because
 * a busy machine makes a run longer but hardly changes its CPU time.
 */
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { testGroups } from "../groups.ts";

const shown = 15;

export class FileTimes implements Reporter {
  private readonly isEnforced: boolean;
  constructor(isEnforced: boolean) {
    this.isEnforced = isEnforced;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => ({
        file: relative(process.cwd(), module.moduleId),
        group: module.project.name,
        seconds: module.meta().cpuSeconds ?? 0,
        budget: testGroups.find(({ name }) => name === module.project.name)?.budget ?? Infinity,
      }))
      .sort((a, b) => b.seconds - a.seconds);
    const total = files.reduce((sum, { seconds }) => sum + seconds, 0);
    console.log(`\n CPU time of ${files.length} files: ${total.toFixed(0)} s; of the slowest:`);
    for (const { seconds, file, group, budget } of files.slice(0, shown))
      console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${file}  (${group}, budget ${budget} s)`);
    const over = files.filter(({ seconds, budget }) => seconds > budget);
    for (const { file, seconds, budget } of over)
      console.log(` over budget: ${file} took ${seconds.toFixed(1)} s of ${budget} s`);
    if (this.isEnforced && over.length > 0) process.exitCode = 1;
  }
}
