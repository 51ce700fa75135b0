// Configures the tests, which run in the groups of `test/groups.ts`. There are at most two workers, because
// the machines have two cores. A test may take three minutes, because a busy machine is slow.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { testGroups } from "./test/groups.ts";
import { FileTimes } from "./test/support/file-times.ts";

/**
 * Flags of V8 for the workers. Compiling creates many short-lived nodes, which a larger young generation
 * collects at less cost. Most functions run only a few times in a test, so they are compiled at once without
 * optimisation instead of being interpreted first.
 */
const execArgv = ["--max-semi-space-size=64", "--always-sparkplug"];

export default defineConfig({
  // Packages of this repository import the compiler by its name.
  resolve: { alias: { tapeless: fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: {
    setupFiles: ["test/support/measure-file.ts", "test/support/take-breath.ts"],
    reporters: ["default", new FileTimes(process.env.FILE_BUDGETS === "enforced")],
    pool: "forks",
    isolate: false,
    poolOptions: { forks: { maxForks: 2, execArgv } },
    testTimeout: 180_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    projects: testGroups.map(({ name, files, isSerial = false, setup }, index) => ({
      extends: true,
      test: {
        name,
        include: files.map((pattern) => pattern.replace(/\*\*$/, "**/*.test.ts")),
        exclude: testGroups.slice(0, index).flatMap((group) => group.files),
        ...(setup !== undefined && { globalSetup: setup }),
        ...(isSerial && { poolOptions: { forks: { singleFork: true } }, sequence: { groupOrder: 1 } }),
      },
    })),
  },
});
