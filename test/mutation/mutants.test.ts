// The table of mutants. If a test fails, a text to replace does not occur exactly once in its source file, or
// the result cannot be parsed. (`npm run mutate` shows whether tests detect the faults.)
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { mutated } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { allTests, paths, quickTests } from "./net-of.ts";

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

describe("the table of mutants", () => {
  it("has at least 70 faults, each with a unique name", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(70);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it("matches the sources: every text to replace occurs exactly once", () => {
    const faults = mutants.flatMap((mutant) => {
      try {
        return mutated(mutant, textOf(mutant.file)) === textOf(mutant.file)
          ? [`${mutant.name}: no change`]
          : [];
      } catch (error) {
        return [String(error)];
      }
    });
    expect(faults).toEqual([]);
  });

  it("has no fault that cannot be parsed", async () => {
    for (const mutant of mutants)
      await expect(transform(mutated(mutant, textOf(mutant.file)), { loader: "ts" })).resolves.toBeDefined();
  });

  it("has tests for every mutated file, and all of them exist", () => {
    expect(mutants.filter(({ file }) => quickTests(file).length === 0).map(({ file }) => file)).toEqual([]);
    expect(allTests().filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
  });

  it("has no row for a path that no source file begins with", () => {
    const folder = new URL("../../src", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => `src/${file}`);
    expect(paths().filter((path) => !files.some((file) => file.startsWith(path)))).toEqual([]);
  });
});
