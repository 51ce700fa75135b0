// The same training in every engine: Node 20 and 24, Deno, Bun and Chromium must come to the same bytes. If one fails, something that
// enters a parameter, a loss or a prediction is left to the engine.
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { emittedFiles, targets } from "./cases.ts";
import { startChromium, whyNoChromium } from "./chromium.ts";
import type { Case, Digests } from "./digests.ts";
import { installedEngines, runScript, thisNode, type Engine } from "./engines.ts";
import { installEngines, installSeconds, needs } from "./install.ts";
import { serve, type Policy } from "./serve.ts";
import { newWorkspace, writePage, writeRun, type PageReport } from "./workspace.ts";

const timeout = 120_000;
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
    await writeRun(workspace, cases);
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

describe("what is compared", () => {
  it("tells models, dtypes and targets apart, and each kind of result from the others", () => {
    expect(Object.keys(expected)).toHaveLength(cases.length);
    const all = Object.values(expected).flatMap((digests) => Object.values(digests));
    expect(new Set(all).size).toBe(5 * cases.length);
  });
  it("is every target", (context) => {
    const left = targets.filter(({ target }) => !cases.some(({ file }) => file.endsWith(`-${target}`)));
    if (left.length > 0)
      context.skip(`the compiler does not have ${left.map(({ target }) => target).join()} yet`);
  });
});

describe("on the command line", () => {
  it.for(installedEngines)("$name trains to the same bytes", { timeout }, async (engine, context) => {
    needs(missing, context);
    expect(await digestsIn(engine)).toEqual(expected);
  });
});

describe("in Chromium", () => {
  /** What the page came to; it may complain of nothing. */
  async function reportOn(policy: Policy, outcome: string, context: TestContext): Promise<PageReport> {
    needs(missing ?? whyNoChromium(), context);
    writePage(workspace, policy, outcome);
    const [server, chromium] = await Promise.all([serve(workspace.folder), startChromium()]);
    try {
      const { report, complaints } = await chromium.visit(server.urlOf(policy, `${policy}.html`));
      expect(complaints).toEqual([]);
      return report;
    } finally {
      await Promise.all([chromium.close(), server.close()]);
    }
  }

  it("a page that may share memory trains to the same bytes", { timeout }, async (context) => {
    const { isIsolated, mayCompile, outcome } = await reportOn("isolated", 'digestsOf(cases, "js")', context);
    expect({ isIsolated, mayCompile }).toEqual({ isIsolated: true, mayCompile: true });
    expect(outcome).toEqual(expected);
  });

  it(
    "a page that forbids WebAssembly trains, told nothing, to the bytes of the TypeScript kernels",
    { timeout },
    async (context) => {
      const isScalar = ({ backend }: Case) => backend !== "simd";
      const unforced = `cases.filter(${isScalar}).map((one) => ({ ...one, backend: undefined }))`;
      const { mayCompile, outcome } = await reportOn("strict", `digestsOf(${unforced}, "js")`, context);
      expect(mayCompile).toBe(false);
      const scalar = cases.filter(isScalar).map(({ name }) => [name, expected[name]]);
      expect(outcome).toEqual(Object.fromEntries(scalar));
    },
  );
});
