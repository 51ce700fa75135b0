// Hot replacement in a page of Chromium. If a test fails, an edit of a spec does not retrain the page, or the page
// loses the weights that still match.
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { createServer } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import webpack from "webpack";
import ofVite from "../../packages/unplugin/src/vite.ts";
import ofWebpack from "../../packages/unplugin/src/webpack.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "../pages/open-page.ts";
import { serve } from "./serve.ts";
import { newWorkspace, specText } from "./workspace.ts";

let browser: Browser | undefined;
beforeAll(async () => {
  if (chromiumPath() !== undefined) browser = await startBrowser();
});
afterAll(() => browser?.close());

/**
 * A page that trains, and after an update trains again. `window.states` has, for each training, the parameters before
 * and after it.
 */
const pageText = `import { createTrainer } from "./model.tapeless.yaml";
import { rows } from "./shared.js";
window.states = [];
const valuesOf = (trainer) =>
  Object.fromEntries(Object.entries(trainer.parameters).map(([name, values]) => [name, [...values]]));
let trainer;
function train(create) {
  trainer = create();
  const before = valuesOf(trainer);
  trainer.fit(rows);
  window.states.push({ before, after: valuesOf(trainer) });
}
train(createTrainer);
`;

const ofVitePage = `import.meta.hot.accept("./model.tapeless.yaml", (next) => train(next.createTrainer));\n`;
const ofWebpackPage = `import.meta.webpackHot.accept("./model.tapeless.yaml", () => train(createTrainer));
window.update = () => import.meta.webpackHot.check(true);\n`;

interface State {
  readonly before: Record<string, number[]>;
  readonly after: Record<string, number[]>;
}

const states = (page: Page): Promise<State[]> => page.evaluate("window.states");

/** Waits for the second training, and checks which weights it starts with. */
async function checkKept(page: Page): Promise<void> {
  await page.waitForFunction("window.states.length === 2");
  const [first, second] = await states(page);
  // The edit changes the number of hidden units, so only the bias of the scores has its old shape.
  expect(second.before["scores.bias"]).toEqual(first.after["scores.bias"]);
  expect(first.after["scores.bias"]).not.toEqual(first.before["scores.bias"]);
  expect(second.before["hidden.weight"]).toHaveLength(4 * 9);
  expect(second.before["hidden.bias"]).toEqual(new Array(9).fill(0));
  expect(second.after["scores.bias"]).not.toEqual(second.before["scores.bias"]);
}

const edited = specText.replace("units: 8", "units: 9");

it("Vite shows a mistake in the spec in its overlay, and retrains the page after an edit with the weights that match", async (context) => {
  needsChromium(context);
  const workspace = newWorkspace();
  workspace.write("page.js", pageText + ofVitePage);
  const server = await createServer({
    root: workspace.folder,
    configFile: false,
    plugins: [ofVite()],
    logLevel: "silent",
    server: { port: 0, host: "127.0.0.1" },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    await server.listen();
    const [url] = server.resolvedUrls?.local ?? [];
    if (browser === undefined || url === undefined) throw new Error("there is no server or no browser");
    const { page } = await openPage(browser, url);
    await page.waitForFunction("window.states?.length === 1");

    workspace.write("model.tapeless.yaml", specText.replace("units: 8", "units: -8"));
    const overlay = page.locator("vite-error-overlay");
    await overlay.waitFor({ state: "attached" });
    const text = await overlay.locator(".window").innerText();
    expect(text).toContain("error T1203: network[0].units must be a positive integer, got -8");
    expect(text).toContain("model.tapeless.yaml:5:40");
    expect(text).toContain("^^");

    workspace.write("model.tapeless.yaml", edited);
    await checkKept(page);
    expect(await overlay.count()).toBe(0);
    await page.close();
  } finally {
    await server.close();
    workspace.remove();
  }
});

it("webpack retrains the page after an edit with the weights that match", async (context) => {
  needsChromium(context);
  const workspace = newWorkspace();
  const { folder } = workspace;
  const out = join(folder, "out");
  workspace.write("page.js", pageText + ofWebpackPage);
  workspace.write(
    "out/index.html",
    '<!doctype html><title>page</title><script defer src="page.js"></script>\n',
  );
  const compiler = webpack({
    mode: "development",
    // Without text that a page would have to evaluate.
    devtool: "source-map",
    context: folder,
    entry: { page: "./page.js" },
    output: { path: out },
    plugins: [new webpack.HotModuleReplacementPlugin(), ofWebpack()],
  });
  if (compiler === null) throw new Error("webpack has no compiler");
  let builds = 0;
  const failures: string[] = [];
  const watching = compiler.watch({ aggregateTimeout: 20 }, (error, stats) => {
    if (error !== null || stats?.hasErrors()) failures.push(error?.message ?? String(stats));
    builds++;
  });
  await expect.poll(() => builds).toBe(1);
  const server = await serve(out, true);
  try {
    if (browser === undefined) throw new Error("there is no browser");
    const { page, complaints } = await openPage(browser, `${server.url}index.html`);
    await page.waitForFunction("window.states?.length === 1");
    workspace.write("model.tapeless.yaml", edited);
    await expect.poll(() => builds).toBeGreaterThan(1);
    await page.evaluate("window.update()");
    await checkKept(page);
    expect([...complaints, ...failures]).toEqual([]);
    await page.close();
  } finally {
    await new Promise<void>((resolve) => watching?.close(() => resolve()));
    await server.close();
    workspace.remove();
  }
});
