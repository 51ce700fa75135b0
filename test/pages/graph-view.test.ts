// The graph component in a real browser: drawing, clicks and keys. If a test fails, users cannot navigate a
// picture.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { explainNodes } from "../../src/studio/explain/explain-nodes.ts";
import { explainPictures } from "../../src/studio/explain/explain-picture.ts";
import type { Picture } from "../../src/studio/explanation.ts";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { pageHtml } from "../../src/studio/web/page-html.ts";
import { needsChromium, openPage, startBrowser } from "./open-page.ts";

/** A page with the component only. Its title shows the selection; `window.view` is the component. */
const main = `
  import "./theme.css";
  import { element } from "./element.ts";
  import { graphView } from "./graph-view.ts";
  import { pageData } from "./page-data.ts";
  const host = element("main", {});
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("main { height: 100vh }");
  document.adoptedStyleSheets = [sheet];
  document.body.append(host);
  window.view = graphView(host, { picture: pageData(), onPick: (id) => { document.title = id; } });
`;

vi.setConfig({ testTimeout: 180_000 }); // a model of 300 layers takes a while to compile

const folder = mkdtempSync(join(tmpdir(), "graph-view-"));
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function pictureOf(layers: number): Promise<Picture> {
  const model = parseModel({
    name: "stack",
    inputs: { x: { shape: [8] } },
    targets: { y: { classes: 8 } },
    network: Array.from({ length: layers }, () => ({ type: "dense", units: 8, activation: "tanh" })),
    loss: "cross-entropy",
    optimizer: "adam",
    training: { epochs: 1, batchSize: 4 },
  });
  const compilation = compileFor(model, { dtype: "f32" });
  const nodes = explainNodes({ compilation, reports: [], of: undefined });
  const [{ picture }] = await explainPictures(nodes, model.network);
  return picture;
}

async function open(layers: number, dark = false) {
  const { outputFiles } = await build({
    stdin: {
      contents: main,
      loader: "ts",
      resolveDir: fileURLToPath(new URL("../../src/studio/pages/shared/", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "esm",
    outdir: folder,
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  const file = join(folder, `${layers}.html`);
  const parts = { script: textOf(".js"), style: textOf(".css") };
  writeFileSync(file, pageHtml({ title: "graph", data: await pictureOf(layers), ...parts }));
  return openPage(browser, pathToFileURL(file).href, { dark });
}

const box = (page: Page, id: string) => page.locator(`[data-id="${id}"]`);
const isThere = (page: Page, id: string) => box(page, id).waitFor();

it("a click opens a group, a click on a value selects it, and a click on the open group closes it", async (context) => {
  needsChromium(context);
  const { page, complaints } = await open(3);
  await box(page, "group:forward/dense2").click();
  await isThere(page, "gradient/dense2_sum");
  await expect.poll(() => page.title()).toBe("group:forward/dense2");
  await box(page, "gradient/dense2_sum").click();
  await expect.poll(() => page.title()).toBe("gradient/dense2_sum");
  await box(page, "group:forward/dense2").getByText("dense2", { exact: true }).click();
  await box(page, "gradient/dense2_sum").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

it("the keyboard moves between boxes, opens and selects", async (context) => {
  needsChromium(context);
  const { page, complaints } = await open(3);
  await page.locator(".graph-canvas").focus();
  await page.keyboard.press("Enter"); // selects the box in the middle
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowLeft");
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.title()).toBe("group:forward/dense1");
  await isThere(page, "gradient/dense1_sum");
  const current = () => page.locator(".graph-canvas").getAttribute("aria-activedescendant");
  await expect.poll(() => current()).toBe("box-group:forward/dense1");
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => current()).toContain("box-gradient/dense1");
  await page.keyboard.press("Escape");
  await expect.poll(() => current()).toBeNull();
  expect(complaints).toEqual([]);
});

it("selecting a node opens its group and scrolls to it from any position", async (context) => {
  needsChromium(context);
  const { page, complaints } = await open(30, true);
  await page.evaluate("view.select('gradient/d_dense29.weight')");
  await isThere(page, "gradient/d_dense29.weight");
  const place = async () => (await box(page, "gradient/d_dense29.weight").boundingBox()) ?? { x: -1, y: -1 };
  await expect.poll(async () => (await place()).x).toBeGreaterThan(0);
  await expect.poll(async () => (await place()).y).toBeGreaterThan(0);
  await expect.poll(async () => (await place()).y).toBeLessThan(900);
  await expect
    .poll(() => box(page, "gradient/d_dense29.weight").getAttribute("class"))
    .toContain("is-selected");
  await page.evaluate("view.highlight(['gradient/d_dense29.weight', 'gradient/d_dense29.bias'])");
  await expect.poll(() => page.locator(".is-highlighted").count()).toBe(3); // both, and their group
  expect(complaints).toEqual([]);
});

it("300 layers with all groups open stay usable: only the visible part is drawn", async (context) => {
  needsChromium(context);
  const { page, complaints } = await open(300);
  const drawn = () => page.evaluate<number>("document.querySelectorAll('.graph-canvas *').length");
  await page.evaluate("view.openAll()");
  await isThere(page, "gradient/dense1_sum");
  await expect.poll(() => drawn()).toBeLessThan(2500);
  await page.evaluate("view.closeAll()");
  await box(page, "gradient/dense1_sum").waitFor({ state: "detached" });
  await page.evaluate("view.openAll()");
  await page.mouse.move(700, 450);
  for (let i = 0; i < 20; i++) await page.mouse.wheel(0, 60);
  await page.locator(".graph-canvas").focus();
  await page.keyboard.press("0");
  await page.keyboard.press("1");
  await isThere(page, "gradient/dense1_sum");
  expect(complaints).toEqual([]);
});
