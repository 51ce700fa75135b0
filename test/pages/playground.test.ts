// The playground in a real browser, served as `tapeless playground` serves it. If a test fails, a user cannot
// edit, train or inspect a model on the page.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { playgroundFiles } from "../../src/studio/web/playground-files.ts";
import { playgroundPolicy } from "../../src/studio/web/page-html.ts";
import { serveFiles, type ServedFiles } from "../../src/studio/web/serve-files.ts";
import type { TrainingResult } from "../../src/runtime/training/train-on.ts";
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

/** Puts a text into the editor, as if it were pasted. */
async function write(page: Page, text: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

const compiled = (page: Page) => page.locator(".left .status", { hasText: "compiled in" }).waitFor();
const trainStatus = (page: Page) => page.locator(".train .status");
const panel = (page: Page, state: string) => page.locator(`.train[data-state="${state}"]`).waitFor();

/** The image of the decision surface. */
const surface = (page: Page): Promise<string> =>
  page.evaluate("document.querySelector('canvas.surface').toDataURL()");

describe("the page as files", () => {
  it("works from any file host, in any folder, and from disk", async () => {
    execFileSync("npm", ["run", "playground:build"], { cwd: new URL("../../", import.meta.url) });
    const folder = new URL("../../playground/", import.meta.url);
    const files = new Map(
      readdirSync(folder).map((name) => [`some/where/${name}`, readFileSync(new URL(name, folder), "utf8")]),
    );
    const host = await serveFiles(files, { port: 0, policy: playgroundPolicy });
    for (const url of [`${host.url}some/where/index.html`, new URL("index.html", folder).href]) {
      const { page, complaints } = await openPage(browser, url);
      await panel(page, "ready");
      await page.getByRole("button", { name: "One epoch" }).click();
      await page.getByText(/^epoch 1\/150/).waitFor();
      expect(complaints).toEqual([]);
      await page.close();
    }
    await host.close();
  });
});

describe("the playground", () => {
  it("trains two moons to 95 % while the surface changes, and writes nothing to the console", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await panel(page, "ready");
    const untrained = await surface(page);
    await page.getByRole("button", { name: "One epoch" }).click();
    await page.getByText(/^epoch 1\/150/).waitFor();
    await expect.poll(() => surface(page)).not.toBe(untrained);
    const after = await surface(page);
    await page.getByLabel("Speed").selectOption("maximum speed");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await panel(page, "done");
    await expect.poll(() => surface(page)).not.toBe(after);
    const accuracy = async () =>
      Number(/validation.*accuracy ([\d.]+)/.exec((await trainStatus(page).textContent()) ?? "")?.[1]);
    await expect.poll(accuracy).toBeGreaterThanOrEqual(0.95);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    ["iris.json", '"epochs": 100', '"epochs": 3', 3],
    // Two targets, each with its metrics.
    ["wine-targets.yaml", "epochs: 150", "epochs: 3", 3],
    // Windows, dates and splits by time, with a naive forecast.
    ["load.yaml", "epochs: 20", "epochs: 1", 1],
  ])("computes the bits of the command line: %s", async (file, all, few, epochs) => {
    const { page, complaints } = await openPage(browser, served.url);
    await write(page, readFileSync(`graphs/${file}`, "utf8").replace(all, few));
    await page.getByText(`ready: ${epochs} epochs to train`).waitFor();
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await panel(page, "done");
    const outcome = page.locator(".outcome[data-result]");
    const inPage: unknown = JSON.parse((await outcome.getAttribute("data-result")) ?? "");
    const args = ["src/command/cli/tapeless.js", "train", `graphs/${file}`, "--epochs", `${epochs}`];
    const run = (...more: string[]) =>
      execFileSync(process.execPath, [...args, ...more], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
    expect(inPage).toEqual(JSON.parse(run("--json")));
    expect(`${await outcome.textContent()}\n`).toBe(run());
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("draws the predictions for each target, and forecasts of windows, while the model trains", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    const writeGraph = (file: string, from: string, to: string) =>
      write(page, readFileSync(`graphs/${file}`, "utf8").replace(from, to));
    await writeGraph("wine-targets.yaml", "epochs: 150", "epochs: 3");
    await page.getByText("ready: 3 epochs to train").waitFor();
    const titles = page.locator(".targets .target h3");
    expect(await titles.allTextContents()).toEqual(["cultivar", "alcohol"]);
    // Predicted against true values for the number, a confusion matrix for the classes.
    const [dots, counts] = [page.locator(".target svg"), page.locator(".target .confusion td")];
    const before = [await dots.innerHTML(), await counts.allTextContents()];
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await panel(page, "done");
    expect(await dots.innerHTML()).not.toBe(before[0]);
    expect(await counts.allTextContents()).not.toEqual(before[1]);
    const rows = (await counts.allTextContents()).map((text) => Number(text.replace("·", "0")));
    const caption = (await page.locator(".confusion caption").textContent()) ?? "";
    expect(caption).toContain(` of ${rows.reduce((sum, count) => sum + count)} rows correct`);

    await writeGraph("load.yaml", "epochs: 20", "epochs: 1");
    await page.getByText("ready: 1 epochs to train").waitFor();
    const forecast = page.locator(".forecast svg .of-model");
    const untrained = await forecast.first().getAttribute("d");
    await page.getByText("true values of 4 windows (validation), 12 steps each").waitFor();
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await panel(page, "done");
    expect(await forecast.first().getAttribute("d")).not.toBe(untrained);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("explains a model of two targets and one of windows in every panel", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    for (const [file, weight, rule] of [
      ["wine-targets.yaml", "strength.weight", "tanh.vjp"],
      ["load.yaml", "dense1.weight", "relu.vjp"],
    ]) {
      await write(page, readFileSync(`graphs/${file}`, "utf8"));
      await page.getByLabel("Gradient of the loss with respect to").selectOption(weight);
      const name = file.replace(".yaml", "");
      await page.locator(".code-lines", { hasText: `from the spec "${name}"` }).waitFor();
      // The default view of the small panel may end above the loss.
      await expect
        .poll(async () => {
          await page.getByRole("button", { name: "Fit" }).click();
          return page.locator('[data-id="group:forward/loss"]').count();
        })
        .toBe(1);
      await panel(page, "ready");
      await page.getByLabel("Gradient of the loss with respect to").selectOption({ index: 0 });
      await page.locator(".steps").getByText(rule).first().waitFor();
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("trains the new head of a CNN from PyTorch to at least 95 %, and says what the frozen body saves", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await compiled(page);
    await page.getByLabel("Example").selectOption("fine-tune.yaml");
    await page.getByText("ready: 12 epochs to train").waitFor();
    // The comparison without freezing compiles the model again, after the trainer is on the page.
    const savings = page.locator(".savings", { hasText: "saved" });
    await savings.waitFor();
    const text = (await savings.textContent()) ?? "";
    const [, saved] = /backward pass needs .* MFLOP per batch \((\d+) % saved\)$/.exec(text) ?? [];
    expect(Number(saved)).toBeGreaterThanOrEqual(60);
    // A fixed number of epochs, so that the result does not depend on the speed of the machine.
    await write(
      page,
      readFileSync("graphs/fine-tune/fine-tune.yaml", "utf8").replace("epochs: 12", "epochs: 3"),
    );
    await page.getByText("ready: 3 epochs to train").waitFor();
    await page.getByLabel("Speed").selectOption("maximum speed");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await panel(page, "done");
    const outcome = page.locator(".outcome[data-result]");
    const result: TrainingResult = JSON.parse((await outcome.getAttribute("data-result")) ?? "");
    expect(result.epochs).toBe(3);
    expect(result.test?.accuracy).toBeGreaterThanOrEqual(0.95);
    expect(complaints).toEqual([]);
    await page.close();
  });

  describe("with files of the user", () => {
    const bytesOf = (file: string): Buffer => readFileSync(`graphs/fine-tune/${file}`);
    const spec = bytesOf("fine-tune.yaml")
      .toString()
      .replace("file: body.onnx", "file: mine.onnx")
      .replace("digits-5-to-9.csv.gz", "rows.csv.gz")
      .replace("epochs: 12", "epochs: 1");
    const model = { name: "mine.onnx", mimeType: "", buffer: bytesOf("body.onnx") };
    const rows = { name: "rows.csv.gz", mimeType: "", buffer: bytesOf("digits-5-to-9.csv.gz") };
    const input = (page: Page) => page.getByLabel("Files to load");
    const missingModel = (page: Page) =>
      page.locator(".problem", { hasText: 'cannot read "mine.onnx": the playground does not have it' });

    it("says which files are missing, and trains once they are loaded", async () => {
      const { page, complaints } = await openPage(browser, served.url);
      await compiled(page);
      await input(page).setInputFiles({ name: "own.yaml", mimeType: "", buffer: Buffer.from(spec) });
      await missingModel(page).waitFor();
      expect(await missingModel(page).textContent()).toContain(
        "hint: drop the file on this page, or select it with Load files",
      );
      await input(page).setInputFiles(model);
      await page.getByText('the playground does not have the data file "rows.csv.gz"').waitFor();
      await input(page).setInputFiles(rows);
      await page.getByText("ready: 1 epochs to train").waitFor();
      const items = page.getByRole("list", { name: "Loaded files" }).getByRole("listitem");
      expect(await items.allTextContents()).toEqual(["mine.onnx107.7 kB×", "rows.csv.gz434.5 kB×"]);
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await panel(page, "done");
      // New data starts a new training, and a removed model is missing again.
      await input(page).setInputFiles(rows);
      await page.getByText("ready: 1 epochs to train").waitFor();
      await page.getByRole("button", { name: "Remove mine.onnx" }).click();
      await missingModel(page).waitFor();
      expect(await items.allTextContents()).toEqual(["rows.csv.gz434.5 kB×"]);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("takes dropped files, several at once, also over the editor", async () => {
      const { page, complaints } = await openPage(browser, served.url);
      await compiled(page);
      const all = [model, rows, { name: "own.yaml", buffer: Buffer.from(spec) }];
      const encoded = JSON.stringify(all.map(({ name, buffer }) => [name, buffer.toString("base64")]));
      const dropped = await page.evaluateHandle(`
        const transfer = new DataTransfer();
        for (const [name, text] of ${encoded})
          transfer.items.add(new File([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], name));
        transfer;
      `);
      const editor = page.locator(".cm-content");
      await editor.dispatchEvent("dragover", { dataTransfer: dropped });
      await page.locator("html.dropping").waitFor();
      await editor.dispatchEvent("drop", { dataTransfer: dropped });
      await page.getByText("ready: 1 epochs to train").waitFor();
      expect(await page.locator("html.dropping").count()).toBe(0);
      expect(await editor.textContent()).toContain("mine.onnx");
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("reports a model file that is invalid, and a file name that is no name of a property", async () => {
      const { page, complaints } = await openPage(browser, served.url);
      await compiled(page);
      const invalid = { name: "__proto__", mimeType: "", buffer: Buffer.from("not a model") };
      await input(page).setInputFiles([invalid, { ...invalid, name: "mine.onnx" }]);
      await write(page, spec);
      await page.locator(".problem", { hasText: "T3005" }).waitFor();
      await write(page, spec.replace("file: mine.onnx", "file: __proto__"));
      await page.locator(".problem", { hasText: "T3005" }).waitFor();
      expect(complaints).toEqual([]);
      await page.close();
    });
  });

  it("does not train folds, and names the command that does", async () => {
    const { page } = await openPage(browser, served.url);
    await write(
      page,
      readFileSync("graphs/load.yaml", "utf8").replace(
        "validation: { last: 0.2 }",
        "validation: { folds: 3, forward: true }",
      ),
    );
    await page
      .getByText("the playground trains one model; use `tapeless train` for cross-validation")
      .waitFor();
    await page.close();
  });

  it("shows an error with its line, column and hint, and moves the cursor there", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await compiled(page);
    const text = readFileSync("graphs/iris.json", "utf8").replace('"units": 16', '"unit": 16');
    await write(page, text);
    const problem = page.locator(".problem", { hasText: 'unknown key "unit"' });
    await problem.waitFor();
    await expect.poll(() => problem.textContent()).toContain('did you mean "units"?');
    await expect.poll(() => problem.locator(".where").textContent()).toBe("6:24");
    await problem.click();
    await expect.poll(() => page.locator(".cm-activeLine").textContent()).toContain('"unit": 16');
    await expect.poll(() => page.locator(".cm-lintRange-error", { hasText: "unit" }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("completes keys and values from the schema", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await compiled(page);
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+Home");
    for (let line = 0; line < 4; line++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("End");
    await page.keyboard.type(' { "type": "dense", "un');
    await page.locator(".cm-tooltip-autocomplete").getByText("units", { exact: true }).waitFor();
    // A completion list ignores keys for a moment after it opens.
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.type('8, "activation": "ge');
    await page.locator(".cm-tooltip-autocomplete").getByText("gelu", { exact: true }).waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.type(",");
    await expect
      .poll(() => page.locator(".cm-line").nth(4).textContent())
      .toContain('{ "type": "dense", "units": 8, "activation": "gelu"},');
    await page.locator(".problem").first().waitFor({ state: "detached" });
    await page.getByText(/compiled in .* parameters/).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("completes keys of YAML, from their first letters and where nothing is written yet", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await compiled(page);
    const choice = (label: string) =>
      page.locator(".cm-tooltip-autocomplete li").getByText(label, { exact: true });
    for (const [before, typed, label] of [
      ["", "net", "network"],
      ["name: x\n", "net", "network"],
      ["network:\n  - { type: dense, ", "un", "units"],
      ["network:\n  - type: dense\n    ", "un", "units"],
      ["network:\n  - ", "ty", "type"],
      ["optimizer:\n  type: adam\n  ", "le", "learningRate"],
      ["optimizer:\n  type: adam\n  ", "", "learningRate"],
      ["optimizer:\n  ", "", "type"],
      ["metrics:\n  - ", "accu", "accuracy"],
    ] as const) {
      // Types over highlighted text: its style must not become a style attribute, which the policy would
      // report.
      await write(page, before);
      if (typed !== "") await page.keyboard.type(typed);
      else await page.keyboard.press("Control+Space");
      await choice(label).waitFor();
      await page.keyboard.press("Escape");
      await choice(label).waitFor({ state: "detached" });
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows the derivation of each gradient, and the picture, for the text in the editor", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await page.getByRole("tab", { name: "Gradients" }).click();
    const choice = page.getByLabel("Gradient of the loss with respect to");
    await choice.selectOption("dense1.weight");
    const steps = page.locator(".steps > li");
    await expect.poll(() => steps.count()).toBeGreaterThan(6);
    await expect.poll(() => steps.getByText("tanh.vjp").count()).toBe(2);
    await expect.poll(() => steps.last().locator(".equation math").count()).toBe(1);
    await write(page, readFileSync("graphs/iris.json", "utf8").replace('"tanh"', '"relu"'));
    await steps.getByText("relu.vjp").waitFor();
    await expect.poll(() => choice.inputValue()).toBe("dense1.weight");
    await page.getByRole("tab", { name: "Picture" }).click();
    await page.locator('[data-id="group:forward/dense1"]').click();
    await page.locator('[data-id="gradient/dense1_sum"]').click();
    await page.locator(".picked").getByRole("button", { name: "line 6 of the spec" }).click();
    await expect.poll(() => page.locator(".cm-activeLine").textContent()).toContain('"units": 16');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows the numbers of a training row, those of the command line, and follows the training", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await panel(page, "ready");
    await write(page, readFileSync("graphs/iris.json", "utf8"));
    await page.locator(".status", { hasText: "· 131 parameters" }).waitFor();
    await page.getByRole("tab", { name: "Gradients" }).click();
    await page.getByLabel("Gradient of the loss with respect to").selectOption("dense1.weight");
    const row = page.getByRole("spinbutton", { name: "Training row", exact: true });
    await row.fill("3");
    await page.getByRole("button", { name: "Show its numbers" }).click();
    const title = page.locator(".row-title");
    const words = [
      "src/command/cli/tapeless.js",
      "inspect",
      "graphs/iris.json",
      "--show",
      "gradients",
      "--row",
      "3",
    ];
    const printed = execFileSync(process.execPath, words, { encoding: "utf8" });
    const [, which, loss] =
      /The numbers are those of (row 3 of .*); its loss is ([\d.]+)\./.exec(printed) ?? [];
    expect(which).toMatch(/^row 3 of the \d+ training rows, with the initial parameters$/);
    await expect.poll(() => title.textContent()).toBe(`Numbers of ${which}: loss ${loss}`);
    await page.getByRole("button", { name: "Last value" }).click();
    await page.locator(".steps > li:last-child[data-current] .matrix").waitFor();
    await page.getByRole("tab", { name: "Train" }).click();
    await page.getByRole("button", { name: "One epoch" }).click();
    await page.getByText(/^epoch 1\//).waitFor();
    await page.getByRole("tab", { name: "Gradients" }).click();
    await page.getByRole("button", { name: "Show its numbers" }).click();
    await expect.poll(() => title.textContent()).toContain("with the parameters after epoch 1: loss");
    await row.fill("1000");
    await page.getByRole("button", { name: "Show its numbers" }).click();
    await page.getByText(/^The training rows are 1 to \d+\.$/).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows code, gradients and picture next to the editor at once, and updates all of them", async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await compiled(page);
    const text = readFileSync("graphs/iris.json", "utf8")
      .replace('"iris"', '"lily"')
      .replace('"tanh"', '"relu"');
    await write(page, text);
    await page.locator(".code-lines", { hasText: 'from the spec "lily"' }).waitFor();
    await page.getByLabel("Gradient of the loss with respect to").selectOption("dense1.weight");
    await page.locator(".steps").getByText("relu.vjp").waitFor();
    await page.locator('[data-id="group:forward/dense1"]').waitFor();
    await panel(page, "ready");
    await page.getByRole("tab", { name: "Picture" }).click();
    await page.locator(".code-lines").waitFor({ state: "hidden" });
    await page.getByRole("tab", { name: "All" }).click();
    await page.locator(".code-lines").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("restores the state of a shared link", async () => {
    const { page } = await openPage(browser, served.url);
    await compiled(page);
    await write(page, readFileSync("graphs/two-moons.yaml", "utf8"));
    await page.getByRole("tab", { name: "Code" }).click();
    await page.locator(".code-lines", { hasText: 'from the spec "two-moons"' }).waitFor();
    const link = page.url();
    await page.close();
    const opened = await openPage(browser, link);
    await opened.page.locator(".code-lines", { hasText: 'from the spec "two-moons"' }).waitFor();
    await expect
      .poll(() => opened.page.locator(".cm-content").textContent())
      .toContain("swish with a slope of 1.5");
    await expect
      .poll(() => opened.page.getByRole("tab", { name: "Code" }).getAttribute("aria-selected"))
      .toBe("true");
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  it("reports a damaged link, and runs no code from a link", async () => {
    const { page, complaints } = await openPage(browser, `${served.url}#v1.nonsense`);
    await compiled(page);
    await expect.poll(() => page.locator(".notice").textContent()).toContain("the link is damaged");
    await write(page, 'export default (globalThis.wasRun = "<img src=x onerror=alert(1)>");');
    await page.locator(".problem", { hasText: "a spec in TypeScript is code" }).waitFor();
    await expect.poll(() => page.evaluate(() => "wasRun" in globalThis)).toBe(false);
    await expect.poll(() => page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
