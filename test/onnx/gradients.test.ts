// Derivatives of the tests of ONNX, compared with central differences of ONNX's reference evaluator. If the test fails,
// an operator is built from ops whose derivative is not that of the operator.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { configurationsOf, verdictsOf } from "./gradients.ts";
import { hasSuite, suites, testsOf } from "./suite.ts";

const hasReference =
  hasSuite() && spawnSync("/usr/bin/python3", ["-c", "import onnx.reference"]).status === 0;

/** Models whose evaluation takes the reference evaluator minutes. */
const slow = /^test_(operator_conv|MaxPool[12]d_stride_padding_dilation)$/;

describe.skipIf(!hasReference && process.env.CI !== "true")("gradients (needs python3-onnx)", () => {
  it("agree with central differences to 1e-6 wherever there is a derivative", async () => {
    expect(hasReference, "install python3-onnx and libonnx-testdata").toBe(true);
    const configurations = [];
    for (const suite of suites)
      for (const test of testsOf(suite))
        if (!slow.test(test)) configurations.push(...(await configurationsOf(suite, test)));
    const verdicts = verdictsOf(configurations);
    const counts = new Map<string, number>();
    for (const { kind } of verdicts) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    console.log(
      `${configurations.length} derivatives: ${[...counts].map(([kind, n]) => `${kind} ${n}`).join(", ")}`,
    );
    expect(verdicts.flatMap((each) => (each.kind === "differs" ? [each.text] : []))).toEqual([]);
    expect(counts.get("agrees")).toBeGreaterThan(1000);
    expect(counts.get("kink")).toBeLessThan(40);
  });
});
