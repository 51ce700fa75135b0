// A trainer with threads in a bundle. If a test fails, the threads of a bundled trainer do not start, or change its
// bits.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needsChromium, openPage, startBrowser } from "../pages/open-page.ts";
import { runTapeless } from "../support/run-tapeless.ts";
import { bundlers } from "./bundlers.ts";
import { serve } from "./serve.ts";
import { newWorkspace, specText } from "./workspace.ts";

const workspace = newWorkspace();
const { folder } = workspace;
let browser: Browser | undefined;
afterAll(async () => {
  await browser?.close();
  workspace.remove();
});

// Loops of this size are shared by threads.
workspace.write(
  "wide.tapeless.yaml",
  specText.replace("units: 8", "units: 2048").replace("batchSize: 8", "batchSize: 24"),
);
workspace.write(
  "worker.js",
  `import { createTrainer } from "./wide.tapeless.yaml";
import { bitsOf, rows } from "./shared.js";
const trainer = createTrainer({ backend: "simd" });
trainer.fit(rows);
// The first steps may end before the threads have started.
setTimeout(() => postMessage(bitsOf(trainer)), 500);
`,
);
workspace.write(
  "page.js",
  `const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => (document.querySelector("output").textContent = data);
`,
);

let expected = "";
beforeAll(async () => {
  const words = [
    "compile",
    "wide.tapeless.yaml",
    "--module",
    "--emit",
    "js",
    "--target",
    "wasm",
    "-o",
    "wide.mjs",
  ];
  expect(await runTapeless(folder, words)).toMatchObject({ code: 0 });
  const { createTrainer } = await import(join(folder, "wide.mjs"));
  const { bitsOf, rows } = await import(join(folder, "shared.js"));
  const trainer = createTrainer({ backend: "simd" });
  trainer.fit(rows);
  expected = bitsOf(trainer);
});

const withWorkers = bundlers.filter(({ findsWorkers }) => findsWorkers);

describe.each(withWorkers)("$name", ({ name, isModule, build }) => {
  it("starts the threads of a trainer from a file of their own, and trains to the same bits", async (context) => {
    needsChromium(context);
    const out = join(folder, "out", name);
    const options = { target: "wasm", threads: 2 } as const;
    expect(await build({ folder, out, entries: ["page.js"], options })).toEqual([]);
    const script = name === "Vite" ? "index.js" : "page.js";
    const type = isModule ? 'type="module"' : "defer";
    writeFileSync(
      join(out, "index.html"),
      `<!doctype html><title>page</title><script ${type} src="${script}"></script><output></output>\n`,
    );
    browser ??= await startBrowser();
    const server = await serve(out);
    const { page, complaints } = await openPage(browser, `${server.url}index.html`);
    await page.locator("output:not(:empty)").waitFor({ state: "attached" });
    const bits = await page.locator("output").textContent();
    await Promise.all([page.close(), server.close()]);
    expect(complaints).toEqual([]);
    expect(bits).toBe(expected);
    // The page, its worker, and the thread.
    expect(new Set(server.requests.filter((path) => path.endsWith(".js"))).size).toBe(3);
  });
});

it.each(bundlers.filter(({ findsWorkers }) => !findsWorkers))(
  "$name refuses threads, because it does not build workers",
  async ({ build }) => {
    const building = { folder, out: join(folder, "none"), entries: ["worker.js"], options: { threads: 2 } };
    await expect(build(building)).rejects.toThrow(
      "threads needs a bundler that builds workers: Vite, webpack or Rspack",
    );
  },
);
