// The page of `train --serve` in a real browser, for networks of 3, 30 and 300 layers. If a test fails, the
// page shows nothing or wrong values.
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { flowers, flowersCsv, workspace, type Workspace } from "../command/cli/workspace.ts";
import { legibility } from "./legibility.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "./open-page.ts";

let browser: Browser;
beforeAll(async () => {
  if (chromiumPath() !== undefined) browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach(needsChromium);

let place: Workspace;
const children: ChildProcess[] = [];
beforeEach(() => {
  place = workspace();
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  place.remove();
});

/** A network with this number of layers. */
const deep = (layers: number) => {
  const hidden = Array.from({ length: layers - 1 }, () => ({ type: "dense", units: 4, activation: "relu" }));
  return { ...flowers, name: "deep", network: [...hidden, { type: "dense", units: 3 }] };
};

/** The address that `train --serve` prints. */
function served(spec: object, ...flags: readonly string[]) {
  place.write("spec.json", spec);
  const launcher = fileURLToPath(new URL("../../src/command/cli/tapeless.js", import.meta.url));
  const child = spawn(process.execPath, [launcher, "train", "spec.json", "--serve", ...flags], {
    cwd: place.folder,
  });
  children.push(child);
  let said = "";
  let isFound = false;
  const address = new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      // Thousands of epochs per second follow; collecting their lines would keep this process from the page.
      if (isFound) return;
      said += text;
      const found = /http:\S+/.exec(said);
      isFound = found !== null;
      if (found) resolve(found[0]);
    });
    child.on("exit", () => reject(new Error(said)));
  });
  const left = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { address, left };
}

describe("the page of a training run", () => {
  it.each([3, 30, 300])(
    "of %i layers shows its curves, every layer and every parameter",
    async (layers) => {
      const { address } = served(deep(layers), "--epochs", "3");
      const { page, complaints } = await openPage(browser, await address, { dark: layers === 30 });
      await page.locator(".state[data-outcome=done]").waitFor({ timeout: 300_000 });
      await page.locator(".figures", { hasText: "3 of 3" }).waitFor();
      await expect.poll(() => page.getByRole("img", { name: /^activations of/ }).count()).toBe(layers);
      await expect.poll(() => page.getByRole("img", { name: /^gradients of/ }).count()).toBe(2 * layers);
      // With many curves, the colour shows the depth of the layer.
      await expect.poll(async () => (await page.locator(".curve.depth9").count()) > 0).toBe(layers > 3);
      expect(complaints).toEqual([]);
      await page.close();
    },
    320_000,
  );

  // Two targets of windows: the curves have the names of the targets, and the naive forecast is below the result.
  const series = {
    ...flowers,
    name: "series",
    inputs: { past: { shape: [4, 2] } },
    targets: { width: { shape: [2] }, kind: { classes: 3, shape: [2] } },
    network: [
      { type: "flatten" },
      { type: "dense", name: "shared", units: 6, activation: "tanh" },
      { type: "dense", name: "widths", from: "shared", units: 2 },
      { type: "dense", name: "kinds", from: "shared", units: 6 },
      { type: "reshape", name: "steps", shape: [2, 3] },
    ],
    loss: undefined,
    metrics: undefined,
    losses: {
      width: { loss: "mse", from: "widths", metrics: ["mae"] },
      kind: { loss: "cross-entropy", from: "steps", metrics: ["accuracy"] },
    },
    training: { epochs: 3, batchSize: 8, seed: 3, test: { last: 0.3 }, validation: { last: 0.3 } },
    data: {
      file: "flowers.csv",
      windows: { length: 4, horizon: 2, season: 3 },
      inputs: { past: { columns: ["length", "width"], scale: "standard" } },
      targets: { width: { columns: ["width"] }, kind: { columns: ["kind"] } },
    },
  };

  it.each([
    ["one training", {}],
    ["folds", { validation: { folds: 2, forward: true } }],
  ])(
    "of windows with several targets shows the metrics of each: %s",
    async (_, rules) => {
      const { address } = served({ ...series, training: { ...series.training, ...rules } });
      const { page, complaints } = await openPage(browser, await address);
      await page.locator(".state[data-outcome=done]").waitFor({ timeout: 300_000 });
      const text = await page.locator("body").innerText();
      for (const figure of ["width.loss", "width.mae", "kind.loss", "kind.accuracy"])
        expect(text).toContain(`\n${figure}\n`);
      expect(text).toMatch(
        /naive forecast, the value 3 rows before\nvalidation +width\.loss .*kind\.accuracy 1\.0000/,
      );
      await expect.poll(() => page.getByRole("img", { name: /^gradients of/ }).count()).toBe(6);
      expect(complaints).toEqual([]);
      await page.close();
    },
    320_000,
  );

  it("compares runs by dashes and symbols too, shows values at the pointer, smooths curves, and has a log scale", async () => {
    const { address } = served(flowers, "--epochs", "6");
    const { page, complaints } = await openPage(browser, await address);
    await page.locator(".state[data-outcome=done]").waitFor({ timeout: 300_000 });
    const loss = page.locator(".card", { has: page.getByText("loss", { exact: true }) });
    const path = () => loss.locator(".curve.colour0.dash0").first().getAttribute("d");
    const plain = await path();
    await page.getByRole("slider", { name: /smoothing/ }).fill("0.9");
    await expect.poll(path).not.toBe(plain);
    await page.getByRole("slider", { name: /smoothing/ }).fill("0");
    await expect.poll(path).toBe(plain);
    await page.getByRole("checkbox", { name: "log scale" }).check();
    await expect.poll(path).not.toBe(plain);
    await page.getByRole("checkbox", { name: "log scale" }).uncheck();

    const values = () => loss.getByRole("status").allTextContents();
    const last = await values();
    await loss.locator(".plot").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.locator(".cursor").count()).toBeGreaterThan(1);
    await expect.poll(values).not.toEqual(last);

    const line = (epoch: number, value: number) =>
      JSON.stringify({ epoch, loss: value, metrics: {}, learningRate: 0.1, best: true });
    const log = Buffer.from(`${line(1, 2)}\n${line(2, 1)}\n`);
    const picker = page.locator("input[type=file]");
    await picker.setInputFiles([
      { name: "slow.jsonl", mimeType: "text/plain", buffer: log },
      { name: "notes.jsonl", mimeType: "text/plain", buffer: Buffer.from("hello\n") },
    ]);
    await page.getByText("notes.jsonl: line 1 was not written by `train --log`").waitFor();
    await expect.poll(() => loss.locator(".legend").innerText()).toContain("slow: training");
    const dashes = await loss
      .locator(".curve.colour0")
      .evaluateAll((paths) => paths.map((each) => each.getAttribute("class")));
    expect(new Set(dashes).size).toBe(dashes.length / 2);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { count, problems } = await legibility(page);
      expect(count).toBeGreaterThan(20);
      expect(problems, colorScheme).toEqual([]);
    }
    await page.getByRole("button", { name: "remove slow" }).click();
    await expect.poll(() => loss.locator(".legend").innerText()).not.toContain("slow");
    expect(complaints).toEqual([]);
    await page.close();
  }, 320_000);

  it("has a button that stops training, and then the server", async () => {
    const { address, left } = served(deep(3), "--epochs", "40000000");
    const { page, complaints } = await openPage(browser, await address);
    await page.getByRole("button", { name: "Stop training" }).click();
    // The button answers before the server does.
    expect(await page.getByRole("button", { name: /Stopping|Stop serving/ }).count()).toBe(1);
    await page.locator(".state[data-outcome=stopped]").waitFor();
    await page.getByRole("button", { name: "Stop serving" }).click();
    expect(await left).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
