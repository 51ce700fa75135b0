// `npm run docs:pictures`: takes the pictures of `docs/pictures/` in Chromium: the report, the live page, the
// verification, and the playground with the surface of a model that trains. Run it again after a change of a page;
// names of pictures as arguments take only these. The models are seeded, so a picture changes only with the page,
// except for durations on the live page.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { playgroundPolicy } from "../../src/studio/web/page-html.ts";
import { playgroundFiles } from "../../src/studio/web/playground-files.ts";
import { serveFiles } from "../../src/studio/web/serve-files.ts";
import { openPage, startBrowser } from "./open-page.ts";
import { animated, webpOf, type Frame } from "./webp.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const tapeless = join(root, "src/command/cli/tapeless.js");
const folder = mkdtempSync(join(tmpdir(), "tapeless-pictures-"));
const size = { width: 1280, height: 800 };

const run = (...args: readonly string[]): void => {
  execFileSync(process.execPath, [tapeless, ...args], { cwd: root, stdio: "ignore" });
};

const fileOf = (name: string): string => join(root, `docs/pictures/${name}.webp`);

/** Compresses a screenshot on an empty page, because the policies of pages forbid it. */
async function compressed(browser: Browser, png: Buffer, quality = 0.9): Promise<Buffer> {
  const page = await browser.newPage();
  const webp = await webpOf(page, png, quality);
  await page.close();
  return webp;
}

/** Takes the picture `docs/pictures/NAME.webp` of a page that `prepare` has brought to the wanted state. */
async function take(
  browser: Browser,
  name: string,
  url: string,
  prepare: (page: Page) => Promise<unknown>,
): Promise<void> {
  const { page } = await openPage(browser, url, size);
  await prepare(page);
  writeFileSync(fileOf(name), await compressed(browser, await page.screenshot({ animations: "disabled" })));
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

/** Takes the report of digits with the gradient of a weight selected, and the derivation with the numbers of a row. */
async function takeReport(browser: Browser): Promise<void> {
  const report = join(folder, "report.html");
  run("inspect", "graphs/digits.json", "--format", "html", "--row", "worst", "-o", report);
  const url = pathToFileURL(report).href;
  await take(browser, "report", `${url}#graph/node/gradient%2Fd_dense1.weight`, (page) =>
    page.locator(".is-selected").waitFor(),
  );
  await take(browser, "gradients", `${url}#gradients/parameter/dense1.weight`, (page) =>
    page.locator("math").first().waitFor(),
  );
}

async function takeVerification(browser: Browser): Promise<void> {
  const verification = join(folder, "verification.html");
  run("verify", "graphs/iris.json", "--report", verification);
  await take(browser, "verification", pathToFileURL(verification).href, (page) =>
    page.locator(".verdict").waitFor(),
  );
}

/** The epochs after which the surface of two moons is drawn. */
const shownEpochs = [0, 1, 2, 3, 5, 8, 12, 20];

async function takeSurface(browser: Browser, url: string): Promise<void> {
  // On a high page, no other panel covers the surface.
  const { page } = await openPage(browser, url, { ...size, height: 1600 });
  await page.locator('.train[data-state="ready"]').waitFor();
  const canvas = page.locator("canvas.surface");
  const frames: Frame[] = [];
  const last = shownEpochs.at(-1) ?? 0;
  for (let epoch = 0; epoch <= last; epoch++) {
    if (epoch > 0) {
      await page.getByRole("button", { name: "One epoch" }).click();
      await page.getByText(new RegExp(`^epoch ${epoch}/`)).waitFor();
    }
    if (!shownEpochs.includes(epoch)) continue;
    const webp = await compressed(browser, await canvas.screenshot(), 0.5);
    frames.push({ webp, milliseconds: epoch === last ? 2500 : 500 });
  }
  writeFileSync(fileOf("surface"), animated(frames));
  await page.close();
}

async function takePlayground(browser: Browser): Promise<void> {
  const served = await serveFiles(await playgroundFiles(), { port: 0, policy: playgroundPolicy });
  await takeSurface(browser, served.url);
  await take(browser, "paths", served.url, async (page) => {
    await page.getByRole("button", { name: "Paths" }).click();
    await page.locator(".head").nth(3).waitFor();
    await page.locator(".band").nth(10).waitFor();
  });
  await served.close();
}

/** Each function takes the pictures that it names. */
const takers: readonly (readonly [names: readonly string[], take: (browser: Browser) => Promise<void>])[] = [
  [["report", "gradients"], takeReport],
  [["verification"], takeVerification],
  [["live"], takeLive],
  [["surface", "paths"], takePlayground],
];

const [, , ...wanted] = process.argv;
const browser = await startBrowser();
for (const [names, takeThem] of takers)
  if (wanted.length === 0 || names.some((name) => wanted.includes(name))) await takeThem(browser);
await browser.close();
rmSync(folder, { recursive: true });
