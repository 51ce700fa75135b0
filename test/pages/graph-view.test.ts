// The graph component in a real browser: drawing, clicks and keys. If a test fails, users cannot navigate a
// picture.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { explainNodes } from "../../src/studio/explain/explain-nodes.ts";
import { explainPictures } from "../../src/studio/explain/explain-picture.ts";
import type { Picture } from "../../src/studio/explanation.ts";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { paletteCss } from "../../src/studio/palette.ts";
import { pageHtml } from "../../src/studio/web/page-html.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "./open-page.ts";

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
  if (chromiumPath() !== undefined) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

type Network = readonly object[];
const stack = (layers: number): Network =>
  Array.from({ length: layers }, () => ({ type: "dense", units: 8, activation: "tanh" }));
/** Two copies of a residual block, with a dropout, which reads the random seed. */
const blocks: Network = [
  { type: "dropout", rate: 0.1 },
  {
    type: "repeat",
    name: "block",
    times: 2,
    layers: [
      {
        type: "residual",
        name: "mlp",
        layers: [
          { type: "dense", name: "hidden", units: 8, activation: "relu" },
          { type: "dropout", rate: 0.1 },
        ],
      },
      { type: "dense", name: "output", units: 8 },
    ],
  },
];

async function pictureOf(network: Network): Promise<Picture> {
  const model = parseModel({
    name: "drawn",
    inputs: { x: { shape: [8] } },
    targets: { y: { classes: 8 } },
    network,
    loss: "cross-entropy",
    optimizer: "adam",
    training: { epochs: 1, batchSize: 4 },
  });
  const compilation = compileFor(model, { dtype: "f32" });
  const nodes = explainNodes({ compilation, reports: [], of: undefined });
  const [{ picture }] = await explainPictures(nodes, model.network);
  return picture;
}

/** The addresses of the pages that were built, one for each network. */
const pages = new Map<Network, Promise<string>>();

async function built(network: Network): Promise<string> {
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
    banner: { css: paletteCss },
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  const file = join(folder, `${pages.size}.html`);
  const parts = { script: textOf(".js"), style: textOf(".css") };
  writeFileSync(file, pageHtml({ title: "graph", data: await pictureOf(network), ...parts }));
  return pathToFileURL(file).href;
}

async function open(network: Network, options: { width?: number; dark?: boolean } = {}) {
  const address = pages.get(network) ?? built(network);
  pages.set(network, address);
  return openPage(browser, await address, options);
}

const three = stack(3);

const box = (page: Page, id: string) => page.locator(`[data-id="${id}"]`);
const isThere = (page: Page, id: string) => box(page, id).waitFor();

beforeEach(needsChromium);

it("a click opens a group, a click on a value selects it, and a click on the open group closes it", async () => {
  const { page, complaints } = await open(three);
  await box(page, "group:forward/dense2").click();
  await isThere(page, "gradient/dense2_sum");
  await expect.poll(() => page.title()).toBe("group:forward/dense2");
  await box(page, "gradient/dense2_sum").click();
  await expect.poll(() => page.title()).toBe("gradient/dense2_sum");
  await box(page, "group:forward/dense2").getByText("dense2", { exact: true }).click();
  await box(page, "gradient/dense2_sum").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

it("the keyboard moves between boxes, opens and selects", async () => {
  const { page, complaints } = await open(three);
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

it("selecting a node opens its group and scrolls to it from any position", async () => {
  const { page, complaints } = await open(stack(30), { dark: true });
  await page.evaluate("view.select('gradient/d_dense29.weight')");
  await isThere(page, "gradient/d_dense29.weight");
  const place = async () => (await box(page, "gradient/d_dense29.weight").boundingBox()) ?? { x: -1, y: -1 };
  await expect.poll(async () => (await place()).x).toBeGreaterThan(0);
  await expect.poll(async () => (await place()).y).toBeGreaterThan(0);
  await expect.poll(async () => (await place()).y).toBeLessThan(900);
  expect((await place()).y).toBeGreaterThan(450); // the view moves by the shortest way: the node was further below
  await expect
    .poll(() => box(page, "gradient/d_dense29.weight").getAttribute("class"))
    .toContain("is-selected");
  await page.evaluate("view.highlight(['gradient/d_dense29.weight', 'gradient/d_dense29.bias'])");
  await expect.poll(() => page.locator(".is-highlighted").count()).toBe(3); // both, and their group
  expect(complaints).toEqual([]);
});

it("300 layers with all groups open stay usable: only the visible part is drawn", async () => {
  const { page, complaints } = await open(stack(300));
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

/** The height of the smallest text of the graph on the screen, in pixels. */
const smallestText = `Math.min(...[...document.querySelectorAll(".graph-canvas text")].map((text) =>
  parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))`;

it.each([1440, 1024, 390])("at a width of %i px, the default view has no text below 11 px", async (width) => {
  for (const network of [three, blocks]) {
    const { page, complaints } = await open(network, { width });
    await page.locator(".graph-label").first().waitFor();
    await expect.poll(() => page.evaluate<number>(smallestText)).toBeGreaterThan(10.99);
    await page.getByRole("button", { name: "Go to Backward" }).click();
    await expect
      .poll(async () => (await page.getByText("Backward: gradients").boundingBox())?.x ?? -1)
      .toBeGreaterThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  }
});

it("the zoom has a floor, at which the whole graph is visible, and a ceiling", async () => {
  const { page, complaints } = await open(blocks);
  await page.evaluate("view.openAll()");
  const scale = () => page.locator(".graph-scale").textContent();
  const button = (name: string) => page.getByRole("button", { name });
  await page.locator(".graph-canvas").focus();
  for (let i = 0; i < 30; i++) await page.keyboard.press("-");
  await expect.poll(() => button("Zoom out").isDisabled()).toBe(true);
  const floor = await scale();
  await page.mouse.move(700, 450);
  await page.mouse.wheel(0, 20_000);
  await expect.poll(scale).toBe(floor);
  const frame = await page.locator(".graph-area").boundingBox();
  for (const lane of await page.locator(".graph-lane").all()) {
    const place = await lane.boundingBox();
    expect(place?.y).toBeGreaterThanOrEqual(frame?.y ?? Infinity);
    expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual(
      (frame?.y ?? 0) + (frame?.height ?? 0),
    );
  }
  for (let i = 0; i < 40; i++) await page.keyboard.press("+");
  await expect.poll(() => button("Zoom in").isDisabled()).toBe(true);
  await expect.poll(scale).toBe("220 %");
  // However far the user drags, a part of the graph stays in view.
  for (let i = 0; i < 60; i++) await page.keyboard.press("Shift+ArrowLeft");
  await expect
    .poll(async () => (await page.locator(".graph-lane").first().boundingBox())?.x)
    .toBeLessThan(1440);
  expect(complaints).toEqual([]);
  await page.close();
});

it("a block unfolds into its layers and folds again, by mouse and by keyboard", async () => {
  const { page, complaints } = await open(blocks);
  const canvas = page.locator(".graph-canvas");
  const current = () => canvas.getAttribute("aria-activedescendant");
  await box(page, "group:forward/block.2").click();
  await box(page, "group:forward/block.2.mlp").click();
  await isThere(page, "group:forward/block.2.mlp.hidden");
  // What was opened is in view.
  const area = await page.locator(".graph-area").boundingBox();
  await expect
    .poll(async () => (await box(page, "group:forward/block.2.mlp").boundingBox())?.y ?? -1)
    .toBeGreaterThanOrEqual(area?.y ?? Infinity);
  await canvas.focus();
  await page.keyboard.press("Backspace"); // the block around the layer
  await expect.poll(current).toBe("box-group:forward/block.2");
  expect(await box(page, "group:forward/block.2").getAttribute("aria-expanded")).toBe("true");
  await page.keyboard.press("Enter");
  await box(page, "group:forward/block.2.mlp").waitFor({ state: "detached" });
  expect(await box(page, "group:forward/block.2").getAttribute("aria-expanded")).toBe("false");
  await page.keyboard.press("Enter"); // unfolds what was open before
  await isThere(page, "group:forward/block.2.mlp.hidden");
  await page.getByRole("button", { name: "Fold all groups (c)", exact: true }).click();
  await box(page, "group:forward/block.2.mlp").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
  await page.close();
});

it("a copy of the random seed in a layer stands for the seed", async () => {
  const { page } = await open(blocks);
  await page.evaluate("view.select('gradient/block.1.mlp.dropout1_kept')");
  const seeds = page.locator('[data-id^="gradient/random:seed@"]');
  await seeds.first().click();
  await expect.poll(() => page.title()).toBe("gradient/random:seed");
  await page.close();
});

it("on paper, the whole graph is drawn in light colours, without the controls", async () => {
  const { page, complaints } = await open(stack(30), { dark: true });
  await page.evaluate("view.openAll()");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  const printed = page.locator(".graph-page");
  await printed.first().waitFor();
  const labels = await printed.locator(".graph-label").allTextContents();
  for (let layer = 1; layer <= 30; layer++) expect(labels).toContain(`dense${layer}_sum`);
  expect(await printed.count()).toBeGreaterThan(2);
  expect(await page.locator(".graph-bar").isVisible()).toBe(false);
  expect(await page.locator(".graph-canvas").isVisible()).toBe(false);
  expect(await page.evaluate("getComputedStyle(document.documentElement).colorScheme")).toBe("light");
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  expect(await printed.count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});

/** The contrast of each text of the graph with the box or lane around it (WCAG 2): the text, and the ratio. */
const contrasts = `(() => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  const draw = (colour, opacity) => {
    context.globalAlpha = opacity;
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
  };
  const luminance = () => {
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = getComputedStyle(document.querySelector(".graph")).backgroundColor;
  return [...document.querySelectorAll(".graph-canvas text")].map((text) => {
    const style = getComputedStyle(text.parentNode.querySelector("rect"));
    draw(ground, 1);
    draw(style.fill, Number(style.fillOpacity));
    const behind = luminance();
    draw(getComputedStyle(text).fill, 1);
    const [dark, light] = [behind, luminance()].sort((a, b) => a - b);
    return [text.textContent, (light + 0.05) / (dark + 0.05)];
  });
})()`;

it.each([false, true])("all texts have the contrast of WCAG AA (dark: %s)", async (dark) => {
  const { page } = await open(blocks, { dark });
  await page.evaluate("view.openAll()");
  await page.evaluate("view.highlight(['gradient/block.1.mlp', 'gradient/d_block.1.output.bias'])");
  await page.evaluate("view.select('gradient/block.1.mlp')");
  await page.locator(".is-highlighted").first().waitFor();
  const found = await page.evaluate<[string, number][]>(contrasts);
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter(([, ratio]) => ratio < 4.5)).toEqual([]);
  await page.close();
});
