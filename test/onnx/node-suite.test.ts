// The tests of ONNX itself, on both targets. If a test fails, an operator computes something else than ONNX defines, or
// docs/onnx-coverage.md is not current (`npm run docs:onnx`).
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { coverageText, page } from "./coverage.ts";
import { hasSuite, runTest, suites, testsOf } from "./suite.ts";
import type { Outcome, Suite } from "./suite.ts";

const isRequired = process.env.CI === "true";

describe.skipIf(!hasSuite() && !isRequired)("the tests of ONNX (needs libonnx-testdata)", () => {
  const all = new Map<Suite, Map<string, Outcome>>();
  for (const suite of hasSuite() ? suites : [])
    it(`${suite}: no supported model has a wrong result`, async () => {
      const outcomes = new Map<string, Outcome>();
      const faults: string[] = [];
      for (const name of testsOf(suite)) {
        // The suite takes a minute on a busy machine. Meanwhile, this process must reply to vitest.
        await setImmediate();
        try {
          outcomes.set(name, await runTest(suite, name));
        } catch (error) {
          faults.push(error instanceof Error ? error.message : String(error));
        }
      }
      all.set(suite, outcomes);
      expect(faults).toEqual([]);
    });

  it("the page about coverage lists these results", () => {
    expect(hasSuite(), "install libonnx-testdata").toBe(true);
    expect(readFileSync(page, "utf8")).toBe(coverageText(all));
  });
});
