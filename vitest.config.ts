// Configures the tests, which run in the groups of `test/groups.ts`. There are at most two workers, because
// the machines have two cores. A test may take three minutes, because a busy machine is slow.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { testGroups } from "./test/groups.ts";
import { FileTimes } from "./test/support/file-times.ts";

export default defineConfig({
  // Packages of this repository import the compiler by its name.
  resolve: { alias: { tapeless: fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: {
    setupFiles: ["test/support/measure-file.ts", "test/support/take-breath.ts"],
    reporters: ["default", new FileTimes(process.env.FILE_BUDGETS === "enforced")],
    pool: "forks",
    isolate: false,
    poolOptions: { forks: { maxForks: 2 } },
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
