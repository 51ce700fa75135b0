// Five bundlers build the same page. If a test fails, a bundle trains to other bits than the command line's file, makes
// requests of its own, needs a weaker policy, or is larger than the file.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needsChromium, openPage, startBrowser } from "../pages/open-page.ts";
import { runTapeless } from "../support/run-tapeless.ts";
import { bundlers } from "./bundlers.ts";
import type { Bundler } from "./bundlers.ts";
import { serve } from "./serve.ts";
import { newWorkspace } from "./workspace.ts";

const workspace = newWorkspace();
const { folder } = workspace;
let browser: Browser | undefined;
afterAll(async () => {
  await browser?.close();
  workspace.remove();
});

/** The bits that the command line's files train to. */
const expected = { page: "", fast: "", worker: "" };

/** The bits to which the file of the command line trains in this process. */
async function bitsOfFile(name: string, ...flags: readonly string[]): Promise<string> {
  const words = ["compile", "model.tapeless.yaml", "--module", "--emit", "js", "-o", name, ...flags];
  const { code } = await runTapeless(folder, words);
  expect(code).toBe(0);
  const { createTrainer } = await import(join(folder, name));
  const { bitsOf, rows } = await import(join(folder, "shared.js"));
  const trainer = createTrainer({ backend: flags.includes("wasm") ? "simd" : undefined });
  trainer.fit(rows);
  return bitsOf(trainer);
}

beforeAll(async () => {
  expected.page = await bitsOfFile("command-line.mjs");
  expected.worker = expected.page;
  expected.fast = await bitsOfFile("fast.mjs", "--target", "wasm");
});

const outOf = ({ name }: Bundler): string => join(folder, "out", name);

describe.each(bundlers)("$name", (bundler) => {
  const out = outOf(bundler);

  it("builds the page and its worker without a warning", async () => {
    const entries = bundler.findsWorkers ? ["page.js"] : ["page.js", "worker.js"];
    expect(await bundler.build({ folder, out, entries })).toEqual([]);
    const type = bundler.isModule ? 'type="module"' : "defer";
    const script = bundler.name === "Vite" ? "index.js" : "page.js";
    writeFileSync(
      join(out, "index.html"),
      `<!doctype html><title>page</title><script ${type} src="${script}"></script><output></output>\n`,
    );
  });

  it("writes a worker of at most the size of the file, minified, its own code, and 300 bytes", async () => {
    const minified = async (text: string) =>
      Buffer.byteLength((await transform(text, { minify: true })).code);
    const own = await Promise.all(
      ["command-line.mjs", "worker.js", "shared.js"].map((name) => minified(workspace.read(name))),
    );
    const limit = own.reduce((sum, size) => sum + size, 300);
    const size = statSync(join(out, workerFile(out))).size;
    expect(size).toBeGreaterThan(10_000);
    expect(size).toBeLessThanOrEqual(limit);
  });

  it("writes no path of this machine", () => {
    for (const file of scriptsIn(out)) expect(readFileSync(join(out, file), "utf8")).not.toContain(folder);
  });

  it("trains in Chromium to the bits of the command line's file, without eval or further requests", async (context) => {
    needsChromium(context);
    browser ??= await startBrowser();
    const server = await serve(out);
    const { page, complaints } = await openPage(browser, "about:blank");
    const requests: string[] = [];
    page.on("request", (request) => void requests.push(request.url().replace(server.url, "")));
    await page.goto(`${server.url}index.html`);
    await page.locator("output:not(:empty)").waitFor({ state: "attached" });
    const report: unknown = JSON.parse((await page.locator("output").textContent()) ?? "");
    await Promise.all([page.close(), server.close()]);
    expect(complaints).toEqual([]);
    expect(report).toEqual(expected);
    expect(requests.sort()).toEqual(["index.html", ...scriptsIn(out)].sort());
  });
});

const scriptsIn = (out: string): string[] =>
  readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

/** The file that is not the page. */
function workerFile(out: string): string {
  const others = scriptsIn(out).filter((name) => !["index.js", "page.js"].includes(name));
  expect(others).toHaveLength(1);
  return others[0];
}
