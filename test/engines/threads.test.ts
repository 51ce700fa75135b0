// Threads in every engine. If a test fails, the file does not run as its own worker, threads change the
// result, shared memory does not work in some engine, or the process does not end.
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { sharedFile } from "./cases.ts";
import { whyNoChromium } from "./chromium.ts";
import { installedEngines, runScript, thisNode, tsxNode, type Engine } from "./engines.ts";
import { reportOn } from "./in-chromium.ts";
import { installEngines, installSeconds, needs } from "./install.ts";
import type { Policy } from "./serve.ts";
import type { Shared } from "./shared.ts";
import { newWorkspace, writeRun, writeWorker, type Script } from "./workspace.ts";

const timeout = 60_000;
const script: Script = { file: "shared", entry: "sharedIn" };
const workspace = newWorkspace();
let missing: string | undefined;
let expected: Record<string, Shared> = {};

const alone = "large-f32-wasm simd 1";
const together = "large-f32-wasm simd 2";

beforeAll(
  async () => {
    missing = await installEngines();
    const { file, code, cases } = await sharedFile();
    await workspace.writeModule(file, code);
    await writeRun(workspace, script, cases);
    expected = await sharedOn(thisNode);
  },
  installSeconds * 1000 + timeout,
);
afterAll(() => workspace.remove());

async function sharedOn(engine: Engine): Promise<Record<string, Shared>> {
  const { stdout, stderr } = await runScript(engine, workspace.folder, [`run.${engine.modules}`]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

it("the compared cases differ only in the number of threads", () => {
  const { digest } = expected[alone];
  expect(expected[alone]).toEqual({ backend: "simd", isShared: false, tookPart: false, digest });
  expect(expected[together]).toEqual({ backend: "simd", isShared: true, tookPart: true, digest });
});

describe("on the command line a second thread takes part, and changes no bit", () => {
  it.for(installedEngines)("$name", { timeout }, async (engine, context) => {
    needs(missing, context);
    expect(await sharedOn(engine)).toEqual(expected);
  });
});

it(
  "under tsx, whose workers in Node 20 cannot load TypeScript, one thread may do all work, with the same bits",
  { timeout },
  async () => {
    const found = await sharedOn(tsxNode);
    const { tookPart } = found[together];
    expect(found).toEqual({ ...expected, [together]: { ...expected[together], tookPart } });
  },
);

describe("in Chromium", () => {
  async function outcomeOn(policy: Policy, context: TestContext, outcome?: string): Promise<unknown> {
    needs(missing ?? whyNoChromium(), context);
    const { report, complaints } = await reportOn(workspace, script, policy, outcome);
    expect(complaints).toEqual([]);
    return report.outcome;
  }

  it(
    "a worker of a page that may share memory has a second thread, which changes no bit",
    { timeout },
    async (context) => {
      expect(await outcomeOn("isolated", context, writeWorker(workspace, script))).toEqual(expected);
    },
  );

  it("a page's main thread, which may not wait, computes everything itself", { timeout }, async (context) => {
    const same = expected[alone];
    expect(await outcomeOn("isolated", context)).toEqual({ [alone]: same, [together]: same });
  });

  it(
    "a page that forbids WebAssembly trains with TypeScript, however many threads it asks for",
    { timeout },
    async (context) => {
      const unforced = `sharedIn(cases.map((one) => ({ ...one, backend: undefined })), "js")`;
      const digest = expect.any(String);
      const same = { backend: "ts", isShared: false, tookPart: false, digest };
      expect(await outcomeOn("strict", context, unforced)).toEqual({ [alone]: same, [together]: same });
    },
  );
});
