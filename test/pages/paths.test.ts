// The playground's view of optimizer paths in a real browser. If a test fails, the page shows steps that
// differ from those of the emitted trainers, or a control does not work.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { playgroundFiles } from "../../src/studio/web/playground-files.ts";
import { playgroundPolicy } from "../../src/studio/web/page-html.ts";
import { serveFiles, type ServedFiles } from "../../src/studio/web/serve-files.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "./open-page.ts";

let browser: Browser;
let served: ServedFiles;
beforeAll(async () => {
  served = await serveFiles(await playgroundFiles(), { port: 0, policy: playgroundPolicy });
  if (chromiumPath() !== undefined) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await served.close();
});
beforeEach(needsChromium);

async function openPaths(link = served.url, dark = false) {
  const opened = await openPage(browser, link, { dark });
  await opened.page.getByRole("button", { name: "Paths" }).click();
  await opened.page.locator(".head").nth(3).waitFor();
  await opened.page.locator(".band").first().waitFor();
  return opened;
}

/** The legend's loss of one optimizer at the current step. */
const lossOf = async (page: Page, name: string): Promise<number> =>
  Number(await page.locator(`tr[data-of="${name}"] .figure`).first().textContent());

const four = ["descent", "momentum", "rmsprop", "adam"];
const trailOf = (page: Page, name: string) =>
  page.locator(`path.trail.whole[data-of="${name}"]`).getAttribute("d");

describe("the paths of optimizers", () => {
  it("all four reach a minimum of Himmelblau's function, on different paths", async () => {
    const { page, complaints } = await openPaths();
    for (const name of four) await expect.poll(() => lossOf(page, name)).toBeLessThan(0.05);
    const trails = await Promise.all(four.map((name) => trailOf(page, name)));
    expect(new Set(trails).size).toBe(4);
    expect(trails[0]?.split("L")).toHaveLength(301);
    await expect.poll(() => page.locator(".band").count()).toBeGreaterThan(10);
    await expect.poll(() => page.locator(".paths-page .losses .curve").count()).toBe(4);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("the first step of descent is the learning rate times the gradient, from any start", async () => {
    const { page, complaints } = await openPaths();
    await page.getByLabel("x of the start point").fill("1");
    await page.getByLabel("y of the start point").fill("2");
    await page.getByRole("button", { name: "Reset" }).click();
    // f(1, 2) = (1 + 2 - 11)² + (1 + 4 - 7)² = 68
    await expect.poll(() => lossOf(page, "descent")).toBe(68);
    // ∇f = (4x(x² + y − 11) + 2(x + y² − 7), 2(x² + y − 11) + 4y(x + y² − 7)) = (−36, −32), and (1, 2) −
    // 0.01·∇f = (1.36, 2.32)
    await page.getByRole("button", { name: "One step" }).click();
    const after = (1.36 ** 2 + 2.32 - 11) ** 2 + (1.36 + 2.32 ** 2 - 7) ** 2;
    await expect.poll(() => lossOf(page, "descent")).toBeCloseTo(after, 2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("the start follows the pointer and the arrow keys, and all paths begin at it", async () => {
    const { page, complaints } = await openPaths();
    const before = await trailOf(page, "adam");
    const box = await page.locator(".map .frame").boundingBox();
    if (box === null) throw new Error("the map has a place");
    // The middle of the map is (0, 0).
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const startIn = async (axis: string) =>
      Number(await page.getByLabel(`${axis} of the start point`).inputValue());
    for (const axis of ["x", "y"])
      await expect.poll(async () => Math.abs(await startIn(axis))).toBeLessThan(0.03);
    await expect.poll(() => trailOf(page, "adam")).not.toBe(before);
    await page.keyboard.press("Shift+ArrowRight");
    await expect.poll(() => startIn("x")).toBeCloseTo(1.1, 1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a custom loss is compiled and drawn; an invalid one is reported, and the last valid one stays", async () => {
    const { page, complaints } = await openPaths();
    const loss = page.getByLabel("Loss: a formula in x and y");
    await loss.fill("(x - 1)^2 + sine(y)");
    await page.getByText('unknown function "sine"').waitFor();
    await expect.poll(() => loss.getAttribute("aria-invalid")).toBe("true");
    await page.getByText("the map shows (x^2 + y - 11)^2 + (x + y^2 - 7)^2").waitFor();
    await expect.poll(() => page.locator(".head").count()).toBe(4);
    await expect.poll(() => page.locator(".band").count()).toBeGreaterThan(10);
    for (const [formula, message] of [
      ["z^2", 'the formula uses the unknown name "z"; known names in f(x, y): x, y'],
      ["1/0", "the formula does not depend on x or y"],
    ]) {
      await loss.fill(formula);
      await page.getByText(message).waitFor();
    }
    await loss.fill("(x - 1)^2 + (y + 2)^2 - 3");
    await expect.poll(() => lossOf(page, "descent")).toBeCloseTo(-3, 1);
    await expect.poll(() => loss.getAttribute("aria-invalid")).toBe("false");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a link restores the view, and a spec opens in the editor and compiles there", async () => {
    const { page } = await openPaths();
    await page.getByRole("combobox", { name: "Loss" }).selectOption("Three pits");
    await page.getByRole("checkbox", { name: "Lion" }).check();
    await page.getByLabel("Learning rate of Adam").fill("0.07");
    await expect.poll(() => page.locator(".head").count()).toBe(5);
    const link = page.url();
    await page.close();
    const { page: opened, complaints } = await openPage(browser, link, { dark: true });
    await opened.locator(".head").nth(4).waitFor();
    await expect.poll(() => opened.getByRole("combobox", { name: "Loss" }).inputValue()).toBe("Three pits");
    await expect.poll(() => opened.getByLabel("Learning rate of Adam").inputValue()).toBe("0.07");
    await opened.getByRole("button", { name: "The spec of Adam" }).click();
    await opened.getByRole("button", { name: "Open in the editor" }).click();
    await opened.getByText(/compiled in .* 2 parameters/).waitFor();
    await opened.getByText("ready: 300 epochs to train").waitFor();
    await expect
      .poll(() => opened.locator(".cm-content").textContent())
      .toContain("type: adam, learningRate: 0.07");
    expect(complaints).toEqual([]);
    await opened.close();
  });
});
