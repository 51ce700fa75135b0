// Hot replacement in a page of Chromium and in its worker. If a test fails, an edit of a spec does not retrain them, or
// they lose the weights that still match.
import { join } from "node:path";
import { rspack } from "@rspack/core";
import type { Browser, Page } from "playwright-core";
import { createServer } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import webpack from "webpack";
import ofRspack from "../../packages/unplugin/src/rspack.ts";
import ofVite from "../../packages/unplugin/src/vite.ts";
import ofWebpack from "../../packages/unplugin/src/webpack.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "../pages/open-page.ts";
import { serve } from "./serve.ts";
import { newWorkspace, specText } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let browser: Browser | undefined;
beforeAll(async () => {
  if (chromiumPath() !== undefined) browser = await startBrowser();
});
afterAll(() => browser?.close());

/** Trains, and returns the parameters before and after it. */
const trainText = `import { rows } from "./shared.js";
const valuesOf = ({ parameters }) =>
  Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]]));
export function train(trainer) {
  const before = valuesOf(trainer);
  trainer.fit(rows);
  return { before, after: valuesOf(trainer) };
}
`;

/** `window.states` has what each training of the page returned, and `window.workerStates` those of its worker. */
const pageText = `import { createTrainer } from "./model.tapeless.yaml";
import { train } from "./train.js";
window.states = [train(createTrainer())];
window.workerStates = [];
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => window.workerStates.push(data);
`;

const workerText = `import { createTrainer } from "./model.tapeless.yaml";
import { train } from "./train.js";
postMessage(train(createTrainer()));
`;

interface State {
  readonly before: Record<string, number[]>;
  readonly after: Record<string, number[]>;
}

/** Waits for the second training of the page and of its worker, and checks which weights they start with. */
async function checkKept(page: Page): Promise<void> {
  await trained(page, 2);
  for (const name of ["states", "workerStates"]) {
    const [first, second]: State[] = await page.evaluate(`window.${name}`);
    // The edit changes the number of hidden units, so only the bias of the scores has its old shape.
    expect(second.before["scores.bias"], name).toEqual(first.after["scores.bias"]);
    expect(first.after["scores.bias"]).not.toEqual(first.before["scores.bias"]);
    expect(second.before["hidden.weight"]).toHaveLength(4 * 9);
    expect(second.before["hidden.bias"]).toEqual(new Array(9).fill(0));
    expect(second.after["scores.bias"]).not.toEqual(second.before["scores.bias"]);
  }
}

/** Waits until the page and its worker have trained so many times. A policy may forbid that the page polls itself. */
const trained = (page: Page, times: number): Promise<void> =>
  expect
    .poll(() => page.evaluate("[window.states?.length, window.workerStates?.length]"))
    .toEqual([times, times]);

const edited = specText.replace("units: 8", "units: 9");

/** A folder with a page and a worker that accept a new spec. */
function newPage(accept: { readonly page: string; readonly worker: string }): Workspace {
  const workspace = newWorkspace();
  workspace.write("train.js", trainText);
  workspace.write("page.js", pageText + accept.page);
  workspace.write("worker.js", workerText + accept.worker);
  return workspace;
}

const acceptingInVite = (use: string) =>
  `import.meta.hot.accept("./model.tapeless.yaml", ({ createTrainer }) => ${use}(train(createTrainer())));\n`;

it("Vite shows a mistake in the spec in its overlay, and retrains page and worker after an edit with the weights that match", async (context) => {
  needsChromium(context);
  const workspace = newPage({
    page: acceptingInVite("window.states.push"),
    worker: acceptingInVite("postMessage"),
  });
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
    await trained(page, 1);

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

/** As docs/bundlers.md says: the client of the development server is in the page, which then tells its worker. */
const acceptingInWebpack = {
  page: `import.meta.webpackHot.accept("./model.tapeless.yaml", () => window.states.push(train(createTrainer())));
import.meta.webpackHot.addStatusHandler((status) => {
  if (status === "idle") worker.postMessage("update");
});
window.update = () => import.meta.webpackHot.check(true);\n`,
  worker: `import.meta.webpackHot.accept("./model.tapeless.yaml", () => postMessage(train(createTrainer())));
self.addEventListener("message", ({ data }) => {
  if (data === "update") void import.meta.webpackHot.check(true);
});\n`,
};

/** Reports each build. */
type OnBuild = (error: Error | null, stats?: { hasErrors(): boolean }) => void;

interface Watching {
  close(done: () => void): void;
}

interface Watcher {
  readonly name: string;
  watch(folder: string, onBuild: OnBuild): Watching | undefined;
}

const settings = (folder: string) => ({
  mode: "development" as const,
  // Without text that a page would have to evaluate.
  devtool: "source-map" as const,
  context: folder,
  entry: { page: "./page.js" },
  output: { path: join(folder, "out") },
});

const watchers: readonly Watcher[] = [
  {
    name: "webpack",
    watch(folder, onBuild) {
      const plugins = [new webpack.HotModuleReplacementPlugin(), ofWebpack()];
      return webpack({ ...settings(folder), plugins })?.watch({ aggregateTimeout: 20 }, onBuild);
    },
  },
  {
    name: "Rspack",
    watch(folder, onBuild) {
      const plugins = [new rspack.HotModuleReplacementPlugin(), ofRspack()];
      return rspack({ ...settings(folder), plugins }).watch({ aggregateTimeout: 20 }, onBuild);
    },
  },
];

it.for(watchers)(
  "$name retrains page and worker after an edit with the weights that match",
  async ({ watch }, context) => {
    needsChromium(context);
    const workspace = newPage(acceptingInWebpack);
    const { folder } = workspace;
    workspace.write(
      "out/index.html",
      '<!doctype html><title>page</title><script defer src="page.js"></script>\n',
    );
    let builds = 0;
    const failures: string[] = [];
    const watching = watch(folder, (error, stats) => {
      if (error !== null || stats?.hasErrors()) failures.push(error?.message ?? String(stats));
      builds++;
    });
    await expect.poll(() => builds).toBe(1);
    const server = await serve(join(folder, "out"), true);
    try {
      if (browser === undefined) throw new Error("there is no browser");
      const { page, complaints } = await openPage(browser, `${server.url}index.html`);
      await trained(page, 1);
      workspace.write("model.tapeless.yaml", edited);
      await expect.poll(() => builds).toBeGreaterThan(1);
      await page.evaluate("window.update()");
      await checkKept(page);
      expect([...complaints, ...failures]).toEqual([]);
      await page.close();
    } finally {
      await new Promise<void>((resolve) => (watching === undefined ? resolve() : watching.close(resolve)));
      await server.close();
      workspace.remove();
    }
  },
);
