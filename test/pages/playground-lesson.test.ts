// The playground as a first lesson, in a real browser: controls that write the spec, the picture of the network,
// exercises, and what the page does when something fails. If a test fails, a beginner is stuck.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { playgroundFiles } from "../../src/studio/web/playground-files.ts";
import { playgroundPolicy } from "../../src/studio/web/page-html.ts";
import { serveFiles, type ServedFiles } from "../../src/studio/web/serve-files.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "./open-page.ts";

/** No test here measures time; the machine may be busy. */
vi.setConfig({ testTimeout: 180_000 });

let browser: Browser;
let served: ServedFiles;
beforeAll(async () => {
  served = await serveFiles(await playgroundFiles(), { port: 0, policy: playgroundPolicy });
  if (chromiumPath() !== undefined) browser = await startBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await served.close();
});
beforeEach(needsChromium);

async function write(page: Page, text: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

/** The text in the editor, as far as it is visible. */
const shownText = (page: Page): Promise<string> =>
  page
    .locator(".cm-line")
    .allTextContents()
    .then((lines) => lines.join("\n"));
const panel = (page: Page, state: string) => page.locator(`.train[data-state="${state}"]`).waitFor();
/** Waits until the current text is compiled: nothing is out of date. */
const compiled = (page: Page) => page.locator(".train:not(.stale)").waitFor();
const solved = (page: Page, text: string) => page.locator(".exercise-state", { hasText: text }).waitFor();
const train = (page: Page) => page.getByRole("button", { name: "Train", exact: true }).click();

const open = (fragment: string) => openPage(browser, `${served.url}#${fragment}`);

it("lets a beginner train the moons, break the network and mend it, without the keyboard", async () => {
  const { page, complaints } = await open("exercise=moons");
  await panel(page, "ready");
  const before = await shownText(page);
  const rate = page.getByLabel("Learning rate", { exact: true });
  await page.getByLabel("Speed").selectOption("maximum speed");
  await solved(page, "0 of 3 steps solved.");
  await train(page);
  await solved(page, "1 of 3 steps solved.");
  await rate.selectOption("100");
  await expect.poll(() => shownText(page)).toBe(before.replace("0.01", "100"));
  await compiled(page);
  await panel(page, "ready");
  await train(page);
  await solved(page, "2 of 3 steps solved.");
  await rate.selectOption("0.01");
  await expect.poll(() => shownText(page)).toBe(before);
  await compiled(page);
  await panel(page, "ready");
  await train(page);
  await solved(page, "Solved.");
  await page.getByRole("button", { name: "Next: What a line cannot separate" }).click();
  await solved(page, "0 of 2 steps solved.");
  expect(complaints).toEqual([]);
  await page.close();
});

describe("the controls", () => {
  it("write small changes into the text, show what the text says, and can be undone", async () => {
    const { page, complaints } = await open("exercise=line");
    await panel(page, "ready");
    const before = await shownText(page);
    await page.getByRole("button", { name: "Add layer" }).click();
    await expect
      .poll(() => shownText(page))
      .toContain('{ "type": "dense", "units": 4, "activation": "tanh" },');
    await page.getByRole("button", { name: "Units of layer 1: more" }).click();
    await expect.poll(() => shownText(page)).toContain('"units": 5,');
    await page.getByLabel("x²").check();
    await expect.poll(() => shownText(page)).toContain('"columns": ["x", "y", "x2"]');
    expect(await shownText(page)).toContain('"shape": [3]');
    await page.getByLabel("Data set").selectOption("spiral");
    await expect.poll(() => shownText(page)).toContain('"data/spiral.csv"');
    await page.getByLabel("Noise").fill("20");
    await expect.poll(() => shownText(page)).toContain('"data/spiral-noise-20.csv"');
    await page.getByLabel("Regularization").selectOption("l2");
    await expect.poll(() => shownText(page)).toContain('"regularization": { "l2": 0.001 }');
    await panel(page, "ready");
    await page.locator(".surface").waitFor();
    await page.locator(".cm-content").click();
    // The history joins changes of the same value, so there are at most six steps.
    for (let i = 0; i < 6 && (await shownText(page)) !== before; i++) await page.keyboard.press("Control+Z");
    expect(await shownText(page)).toBe(before);
    await expect.poll(() => page.getByLabel("Regularization").inputValue()).toBe("none");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("are disabled where they cannot show the spec, and say why", async () => {
    const { page, complaints } = await open("exercise=line");
    await panel(page, "ready");
    await write(page, readFileSync("graphs/two-moons.yaml", "utf8"));
    await page.getByText("The learning rate changes by a schedule.").waitFor();
    await page.getByText("The activation has its own parameters or formula.").first().waitFor();
    await page.getByText("The page does not generate the file two-moons.csv.").first().waitFor();
    expect(await page.getByLabel("Learning rate", { exact: true }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Units of layer 1: less" }).click();
    // Comments stay.
    await expect.poll(() => shownText(page)).toContain("# Classifies points on two moons.");
    await expect.poll(() => shownText(page)).toContain("units: 15");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("take drawn points by mouse and by keyboard, and keep them in the link", async () => {
    const { page, complaints } = await open("exercise=line");
    await panel(page, "ready");
    await page.getByLabel("Data set").selectOption("drawn");
    const pad = page.getByRole("application");
    await pad.click({ position: { x: 40, y: 40 } });
    await page.getByLabel("Class of new points").selectOption("orange");
    await pad.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByText("2 of 400 points").waitFor();
    await page.getByRole("button", { name: "Copy link" }).click();
    const link = page.url();
    await page.close();
    const opened = await openPage(browser, link);
    await opened.page.getByText("2 of 400 points").waitFor();
    expect(await opened.page.getByRole("combobox", { name: "Exercise" }).inputValue()).toBe("line");
    expect([...complaints, ...opened.complaints]).toEqual([]);
    await opened.page.close();
  });
});

it("draws the network with its weights, and takes single steps", async () => {
  const { page, complaints } = await open("exercise=moons");
  const neurons = page.locator(".neuron");
  await expect.poll(() => neurons.count()).toBe(2 + 16 + 16 + 2);
  expect(await page.locator(".network line").count()).toBe(2 * 16 + 16 * 16 + 16 * 2);
  const widths = () =>
    page
      .locator(".network line")
      .evaluateAll((lines) => lines.map((line) => line.getAttribute("stroke-width")));
  await expect.poll(async () => (await widths()).every((width) => width !== null)).toBe(true);
  const before = await widths();
  await page.getByRole("button", { name: "dense2 3", exact: true }).hover();
  await page
    .getByText(/^dense2 3: values from .*; bias .*; weights: dense1 \d+ .*, and 10 smaller ones$/)
    .waitFor();
  // The arrow keys move to the layer on the left.
  await page.getByRole("button", { name: "dense2 3", exact: true }).focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByText(/^dense1 \d+: values from .*weights: [xy] .*, [xy] /).waitFor();
  await page.getByRole("button", { name: "One step" }).click();
  await page.getByText(/^epoch 1\/150, step 1 of 24/).waitFor();
  await expect.poll(widths).not.toEqual(before);
  await page.getByLabel("Speed").selectOption("slow motion");
  await page.getByText("4 steps a second").waitFor();
  await train(page);
  await page.getByText(/^epoch 1\/150, step [3-9] of 24/).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  // The numbers of one row, for a model that is no function of the plane.
  await write(page, readFileSync("graphs/digits.json", "utf8"));
  await page.getByText("The 4,096 weights of dense1 are too many to draw.").waitFor();
  await expect.poll(() => neurons.count()).toBe(64 + 64 + 10);
  await page.getByRole("button", { name: "dense2 1", exact: true }).hover();
  const detail = page.locator(".network-info");
  await expect.poll(() => detail.textContent()).toMatch(/^dense2 1: value .*bias 0; weights: dense1/);
  const first = await detail.textContent();
  await page.getByRole("spinbutton", { name: "Training row of" }).fill("2");
  await expect.poll(() => detail.textContent()).not.toBe(first);
  expect(complaints).toEqual([]);
  await page.close();
});

describe("when something fails", () => {
  it("says that the loss is NaN, and offers a lower learning rate", async () => {
    const { page, complaints } = await open("exercise=moons");
    await panel(page, "ready");
    await page.getByLabel("Example").selectOption("wave");
    await page.getByText("ready: 200 epochs to train").waitFor();
    await page.getByLabel("Speed").selectOption("maximum speed");
    await page.getByLabel("Optimizer", { exact: true }).selectOption("sgd");
    await expect.poll(() => shownText(page)).toContain("type: sgd");
    await compiled(page);
    await panel(page, "ready");
    await page.getByLabel("Learning rate", { exact: true }).selectOption("100");
    // The new text is not compiled yet. Train waits for it, and does not train the older model.
    await train(page);
    await page
      .getByText(/training diverged: the .*loss is .* after an update with learning rate 100/)
      .waitFor();
    await page.getByText("The most likely cause is a learning rate that is too high.").waitFor();
    expect(await shownText(page)).toContain("{ type: sgd, learningRate: 100 }");
    await page.getByRole("button", { name: "Use the learning rate 10" }).click();
    await expect.poll(() => shownText(page)).toContain("learningRate: 10 }");
    await compiled(page);
    await panel(page, "ready");
    // A text with errors has no model to train.
    await write(page, "{");
    await page.locator(".problem").first().waitFor();
    expect(await page.getByRole("button", { name: "Train", exact: true }).isDisabled()).toBe(true);
    await page.keyboard.press("Control+Z");
    await compiled(page);
    expect(await page.getByRole("button", { name: "Train", exact: true }).isEnabled()).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("cancels a compilation, replaces a worker that died, and greys results of an older text", async () => {
    const { page } = await open("exercise=moons");
    await panel(page, "ready");
    const layers = Array.from({ length: 400 }, (_, i) => ({ type: "dense", units: 10 + (i % 90) }));
    await write(page, heavySpec(layers));
    await page.getByText(/^compiling … \d+ s$/).waitFor();
    await page.locator(".train.stale").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("cancelled: change the spec to compile it again").waitFor();
    await page.getByRole("tab", { name: "Code" }).click();
    await page.getByText("The spec was not compiled. This is an older result.").first().waitFor();
    await write(page, heavySpec([]));
    await page.locator(".code-lines", { hasText: 'from the spec "heavy"' }).waitFor();
    await page.locator(".code:not(.stale)").waitFor();
    for (const worker of page.workers())
      await worker.evaluate("setTimeout(() => { throw new Error('out of memory'); })").catch(() => {});
    await page.getByText(/the compiler stopped \(.*out of memory\) and was started again/).waitFor();
    await write(page, heavySpec([{ type: "dense", units: 3 }]));
    await page.locator(".code-lines", { hasText: "[3]" }).waitFor();
    await write(page, "{");
    await page.getByText("The spec has errors. This is an older result.").first().waitFor();
    await page.locator(".code.stale").waitFor();
    await page.close();
  });

  it("opens a link with an unknown tab or exercise", async () => {
    const { page } = await open("exercise=unknown");
    await page.getByText('there is no exercise "unknown". Showing an example instead.').waitFor();
    const state = { text: heavySpec([]), tab: "Nothing", view: "Elsewhere" };
    await page.goto("about:blank");
    await page.goto(`${served.url}#v1.${await deflated(JSON.stringify(state))}`);
    await panel(page, "failed");
    await page.locator('[role="tab"][aria-selected="true"]', { hasText: "All" }).waitFor();
    await page.close();
  });
});

it("fits a phone, without scrolling sideways", async () => {
  const { page, complaints } = await openPage(browser, `${served.url}#exercise=moons`, {
    width: 390,
    height: 800,
  });
  await page.locator(".neuron").first().waitFor();
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});

const heavySpec = (layers: readonly object[]): string =>
  JSON.stringify({
    name: "heavy",
    inputs: { x: { shape: [2] } },
    targets: { y: { shape: [1] } },
    network: [...layers, { type: "dense", units: 1 }],
    loss: "mse",
    optimizer: "sgd",
    training: { epochs: 1, batchSize: 8 },
  });

/** The compressed form of a state in an address. */
async function deflated(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = Buffer.from(await new Response(stream).arrayBuffer());
  return bytes.toString("base64url");
}
