// `npm run docs:pictures`: takes the pictures of `docs/pictures/` in Chromium: the report, the live page and
// the verification. Run it again after a change of a page. The models are seeded, so
// a picture changes only with the page, except for durations on the live page.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openPage, startBrowser } from "./open-page.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const tapeless = join(root, "src/command/cli/tapeless.js");
const folder = mkdtempSync(join(tmpdir(), "tapeless-pictures-"));
const size = { width: 1280, height: 800 };

const run = (...args: readonly string[]): void => {
  execFileSync(process.execPath, [tapeless, ...args], { cwd: root, stdio: "ignore" });
};

/** Takes the picture `docs/pictures/NAME.png` of a page that `prepare` has brought to the wanted state. */
async function take(
  browser: Browser,
  name: string,
  url: string,
  prepare: (page: Page) => Promise<unknown>,
): Promise<void> {
  const { page } = await openPage(browser, url, size);
  await prepare(page);
  await page.screenshot({ path: join(root, `docs/pictures/${name}.png`), animations: "disabled" });
  await page.close();
}

/** Trains wine with the live page, compared with an earlier run that has another seed. */
async function takeLive(browser: Browser): Promise<void> {
  const log = join(folder, "first-run.jsonl");
  run("train", "graphs/wine.yaml", "--epochs", "15", "--seed", "3", "--log", log);
  const child = spawn(process.execPath, [tapeless, "train", "graphs/wine.yaml", "--serve"], { cwd: root });
  const address = await new Promise<string>((resolve) => {
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const found = /http:\S+/.exec(text);
      if (found) resolve(found[0]);
    });
  });
  await take(browser, "live", address, async (page) => {
    await page.locator(".state[data-outcome]").waitFor();
    await page.locator("input[type=file]").setInputFiles(log);
    await page.locator(".legend", { hasText: "first-run: training" }).first().waitFor();
  });
  child.kill("SIGINT");
}

async function takeAll(browser: Browser): Promise<void> {
  const [report, verification] = [join(folder, "report.html"), join(folder, "verification.html")];
  run("inspect", "graphs/digits.json", "--show", "gradients", "--format", "html", "-o", report);
  run("verify", "graphs/iris.json", "--report", verification);
  await take(browser, "gradients", `file://${report}`, (page) => page.locator("math").first().waitFor());
  await take(browser, "verification", `file://${verification}`, (page) => page.locator(".verdict").waitFor());
  await takeLive(browser);
}

const browser = await startBrowser();
await takeAll(browser);
await browser.close();
rmSync(folder, { recursive: true });
