// The same training in every engine: Node 20 and 24, Deno, Bun and Chromium must produce the same bytes. If a
// test fails, a number in a parameter, a loss or a prediction depends on the engine.
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { emittedFiles } from "./cases.ts";
import { whyNoChromium } from "./chromium.ts";
import type { Case, Digests } from "./digests.ts";
import { installedEngines, runScript, thisNode, type Engine } from "./engines.ts";
import { reportOn } from "./in-chromium.ts";
import { installEngines, installSeconds, needs } from "./install.ts";
import type { Policy } from "./serve.ts";
import { newWorkspace, writeRun, type PageReport, type Script } from "./workspace.ts";

const timeout = 120_000;
const script: Script = { file: "digests", entry: "digestsOf" };
const workspace = newWorkspace();
let missing: string | undefined;
let cases: readonly Case[] = [];
let expected: Record<string, Digests> = {};

beforeAll(
  async () => {
    missing = await installEngines();
    const files = await emittedFiles();
    for (const { file, code } of files) await workspace.writeModule(file, code);
    cases = files.flatMap((file) => file.cases);
    await writeRun(workspace, script, cases);
    expected = await digestsIn(thisNode);
  },
  installSeconds * 1000 + timeout,
);
afterAll(() => workspace.remove());

async function digestsIn(engine: Engine): Promise<Record<string, Digests>> {
  const { stdout, stderr } = await runScript(engine, workspace.folder, [`run.${engine.modules}`]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const isDigest = (text: string): boolean => text.length === 64;

describe("the compared cases", () => {
  it("have digests that differ between models, dtypes, targets and kinds of results", () => {
    expect(Object.keys(expected)).toHaveLength(cases.length);
    // The TypeScript kernels in a wasm file may equal those of the target ts.
    const apart = cases.filter(({ file, backend }) => !(file.endsWith("-wasm") && backend === "ts"));
    const all = apart.flatMap(({ name }) => Object.values(expected[name]).filter(isDigest));
    expect(new Set(all).size).toBe(5 * apart.length);
  });
  it("include every target, on the selected backend", () => {
    const ran = new Set(cases.map(({ file, name }) => `${file.split("-").at(-1)} ${expected[name].backend}`));
    expect([...ran].toSorted()).toEqual(["ts ts", "wasm simd", "wasm ts"]);
    for (const { name, backend = "ts" } of cases) expect(expected[name].backend).toBe(backend);
  });
});

describe("on the command line", () => {
  it.for(installedEngines)("$name trains to the same bytes", { timeout }, async (engine, context) => {
    needs(missing, context);
    expect(await digestsIn(engine)).toEqual(expected);
  });
});

describe("in Chromium", () => {
  /** The report of the page, whose console must be empty. */
  async function report(policy: Policy, context: TestContext, outcome?: string): Promise<PageReport> {
    needs(missing ?? whyNoChromium(), context);
    const visit = await reportOn(workspace, script, policy, outcome);
    expect(visit.complaints).toEqual([]);
    return visit.report;
  }

  it("a page that may share memory trains to the same bytes", { timeout }, async (context) => {
    const { isIsolated, mayCompile, outcome } = await report("isolated", context);
    expect({ isIsolated, mayCompile }).toEqual({ isIsolated: true, mayCompile: true });
    expect(outcome).toEqual(expected);
  });

  it(
    "on a page that forbids WebAssembly, the default backend trains to the bytes of the TypeScript kernels",
    { timeout },
    async (context) => {
      const isScalar = ({ backend }: Case) => backend !== "simd";
      const unforced = `cases.filter(${isScalar}).map((one) => ({ ...one, backend: undefined }))`;
      const { mayCompile, outcome } = await report("strict", context, `digestsOf(${unforced}, "js")`);
      expect(mayCompile).toBe(false);
      const scalar = cases.filter(isScalar).map(({ name }) => [name, expected[name]]);
      expect(outcome).toEqual(Object.fromEntries(scalar));
    },
  );
});
