// How the tests run: two workers at most (the machines have two cores), three minutes for the slowest test: a
// machine may be busy, and for what it begins with.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/take-breath.ts"],
    pool: "forks",
    isolate: false,
    poolOptions: { forks: { maxForks: 2 } },
    testTimeout: 180_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
