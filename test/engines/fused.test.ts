// Fused multiply-add, in every engine that has it. Its results are not guaranteed to be bit-identical. If a
// test fails, an engine that could use it does not, or its results differ too much from those of the plain
// module.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOfWasm } from "./cases.ts";
import { whyNoChromium } from "./chromium.ts";
import { installedEngines, runScript, thisNode } from "./engines.ts";
import { reportOn } from "./in-chromium.ts";
import { installEngines, installSeconds, needs } from "./install.ts";
import { newWorkspace, writeRun, type Script } from "./workspace.ts";

const timeout = 60_000;
const script: Script = { file: "fused", entry: "fusedIn" };
const workspace = newWorkspace();
let missing: string | undefined;

beforeAll(
  async () => {
    missing = await installEngines();
    const files = await filesOfWasm();
    for (const { file, code } of files) await workspace.writeModule(file, code);
    await writeRun(
      workspace,
      script,
      files.flatMap((file) => file.cases),
    );
  },
  installSeconds * 1000 + timeout,
);
afterAll(() => workspace.remove());

/**
 * Expects fused modules whose gradients differ from the plain ones only by the rounding of one forward and
 * backward pass, for either element type.
 */
function expectFused(found: unknown): void {
  expect(found).toEqual({
    "images-f32-wasm simd": { chosen: "relaxed", drift: expect.any(Number) },
    "images-f64-wasm simd": { chosen: "relaxed", drift: expect.any(Number) },
  });
  const [single, double] = Object.values(Object(found)).map((each) => Number(Object(each).drift));
  expect(single).toBeLessThan(1e-4);
  expect(double).toBeLessThan(1e-12);
}

describe("a trainer with the default backend runs on fused modules, and agrees with the plain ones", () => {
  it.for(installedEngines)("$name", { timeout }, async (engine, context) => {
    needs(missing, context);
    const { stdout, stderr } = await runScript(engine, workspace.folder, [`run.${engine.modules}`]);
    expect(stderr).toBe("");
    expectFused(JSON.parse(stdout));
  });

  it("Chromium", { timeout }, async (context) => {
    needs(missing ?? whyNoChromium(), context);
    const { report, complaints } = await reportOn(workspace, script, "isolated");
    expect(complaints).toEqual([]);
    expectFused(report.outcome);
  });
});

it("Node 20, which has no fused multiply-add, runs on the plain modules", { timeout }, async (context) => {
  if (!process.versions.node.startsWith("20.")) context.skip("these tests run on another Node");
  const { stdout } = await runScript(thisNode, workspace.folder, ["run.js"]);
  expect(Object.values(JSON.parse(stdout))).toEqual([{ chosen: "simd" }, { chosen: "simd" }]);
});
