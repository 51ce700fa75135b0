/**
 * `npm run bench:panning`: the time of a frame while the mouse drags the graph of 300 layers in the report, in headless
 * Chromium. It rasters on the CPU, so compare times of the same machine. Report files as arguments are measured
 * instead, in turns: `npm run bench:panning -- before.html after.html`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { inspectSpec } from "../../src/command/cli/inspect.ts";
import { openPage, startBrowser } from "../pages/open-page.ts";

const moves = 120;
const runs = 5;

const spec = {
  name: "deep",
  inputs: { x: { shape: [8] } },
  targets: { y: { classes: 8 } },
  network: Array.from({ length: 300 }, () => ({ type: "dense", units: 8, activation: "tanh" })),
  loss: "cross-entropy",
  optimizer: "adam",
  training: { epochs: 1, batchSize: 4 },
};

async function writeReport(folder: string): Promise<string> {
  const [file, output] = [join(folder, "deep.json"), join(folder, "deep.html")];
  writeFileSync(file, JSON.stringify(spec));
  const flags = { show: "graph", format: "html", target: "ts", measure: true, dtype: "f32" } as const;
  await inspectSpec(file, { ...flags, output });
  return output;
}

/** Counts frames from its first evaluation on, and returns the mean time of a frame at each later one. */
const meanFrame = `(() => {
  const shown = (window.shownFrames ??= []);
  if (shown.length > 1) return (shown.at(-1) - shown[0]) / (shown.length - 1);
  const count = (now) => {
    shown.push(now);
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  return 0;
})()`;

/** The mean time of a frame while the mouse moves to and fro with the button pressed, in milliseconds. */
async function drag(page: Page): Promise<number> {
  await page.mouse.move(700, 800);
  await page.mouse.down();
  await page.mouse.move(700, 780);
  await page.evaluate(meanFrame);
  for (let i = 1; i <= moves; i++) await page.mouse.move(700 - 2 * i, 780 - 5 * i);
  const mean = await page.evaluate<number>(meanFrame);
  await page.mouse.up();
  return mean;
}

async function measure(browser: Browser, report: string): Promise<number> {
  const { page } = await openPage(browser, pathToFileURL(report).href);
  await page.locator(".graph-box").first().waitFor();
  const mean = await drag(page);
  await page.close();
  return mean;
}

const folder = mkdtempSync(join(tmpdir(), "tapeless-panning-"));
const [, , ...given] = process.argv;
const reports = given.length > 0 ? given : [await writeReport(folder)];
const times = new Map<string, number[]>(reports.map((report) => [report, []]));
const browser = await startBrowser();
for (let run = 0; run < runs; run++)
  for (const [report, found] of times) found.push(await measure(browser, report));
await browser.close();
rmSync(folder, { recursive: true });
for (const [report, found] of times) {
  const each = [...found].sort((a, b) => a - b).map((time) => time.toFixed(1));
  process.stdout.write(`${basename(report)}: median ${each[runs >> 1]} ms a frame (${each.join(", ")})\n`);
}
