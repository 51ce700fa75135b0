/**
 * `npm run bench:playground`: the time from a key in the playground's editor to the new code on the page, for
 * graphs/digits.json. It is measured by the page itself, in Chromium. With folders as arguments, each of them is a
 * playground that `tapeless playground -o` wrote, and their edits alternate: the machine is the same for all of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { playgroundPolicy } from "../../src/studio/web/page-html.ts";
import { playgroundFiles } from "../../src/studio/web/playground-files.ts";
import { serveFiles } from "../../src/studio/web/serve-files.ts";
import { openPage, startBrowser } from "../pages/open-page.ts";

const spec = readFileSync(new URL("../../graphs/digits.json", import.meta.url), "utf8");

/** One key: it replaces the character after `after`. The emitted file contains `shown` as soon as it is the new one. */
interface Edit {
  readonly after: string;
  readonly key: string;
  readonly shown: string;
}

const units = (key: string): Edit => ({ after: '"units": 6', key, shown: `units: 6${key}` });
const rate = (key: string): Edit => ({
  after: '"learningRate": 0.00',
  key,
  shown: `initial: 0.00${key}`,
});
const epochs = (key: string): Edit => ({ after: '"epochs": ', key, shown: `epochs: ${key}0` });

/** The first edits are not counted, because the page's code is not compiled yet. */
const warmUp = [units("1"), rate("9"), units("2")];
const edits = [
  ...["3", "5", "6", "7", "8", "9"].map(units),
  ...["1", "2", "4", "5", "6"].map(rate),
  ...["2", "3", "4", "5"].map(epochs),
];

/** The tabs with the code: alone, and next to the other panels. */
const tabs = ["Code", "All"];

/** A person pauses between edits, in milliseconds. In this time, the page also fills its other panels. */
const rest = 1500;

/** After this time in milliseconds, the measurement fails. */
const patience = 30_000;

/** Sets `tapelessDelay`: the time from the page's next key until `shown` is in the panel of the code. */
const watchScript = (shown: string): string => `
  globalThis.tapelessDelay = new Promise((resolve, reject) =>
    document.addEventListener("keydown", ({ timeStamp }) => {
      const panel = document.querySelector(".panels .code");
      const isShown = () =>
        !panel.classList.contains("stale") &&
        [...panel.querySelectorAll(".code-lines li")]
          .slice(0, 60)
          .some(({ textContent }) => textContent.includes(${JSON.stringify(shown)}));
      const observer = new MutationObserver(() => {
        if (!isShown()) return;
        observer.disconnect();
        resolve(performance.now() - timeStamp);
      });
      observer.observe(panel, { attributes: true, childList: true, subtree: true, characterData: true });
      setTimeout(() => reject(new Error("the code does not change")), ${patience});
    }, { capture: true, once: true }),
  );
  undefined;
`;

async function timeOf(page: Page, { after, key, shown }: Edit): Promise<number> {
  const line = page.locator(".cm-line", { hasText: after }).first();
  await line.click();
  await page.keyboard.press("Home");
  const text = (await line.textContent()) ?? "";
  const end = text.indexOf(after) + after.length;
  // The first press of Home moves to the indentation.
  const start = text.search(/\S/);
  for (let at = start; at < end; at++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.evaluate(watchScript(shown));
  await page.keyboard.press(key);
  const delay = Number(await page.evaluate("globalThis.tapelessDelay"));
  await page.waitForTimeout(rest);
  return delay;
}

interface Opened {
  readonly name: string;
  readonly page: Page;
  readonly times: number[];
  close(): Promise<void>;
}

/** Opens a playground with digits and a tab. */
async function open(
  browser: Browser,
  name: string,
  files: ReadonlyMap<string, string>,
  tab: string,
): Promise<Opened> {
  const served = await serveFiles(files, { port: 0, policy: playgroundPolicy });
  const { page } = await openPage(browser, served.url);
  await page.getByRole("tab", { name: tab, exact: true }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(spec);
  await page.locator(".code-lines", { hasText: 'from the spec "digits"' }).waitFor();
  return {
    name,
    page,
    times: [],
    async close() {
      await page.close();
      await served.close();
    },
  };
}

const filesIn = (folder: string): ReadonlyMap<string, string> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

const quantile = (times: readonly number[], q: number): string => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toFixed(0);
};

async function measure(
  browser: Browser,
  sites: readonly (readonly [string, ReadonlyMap<string, string>])[],
  tab: string,
): Promise<void> {
  const all: Opened[] = [];
  for (const [name, files] of sites) all.push(await open(browser, name, files, tab));
  for (const [at, edit] of [...warmUp, ...edits].entries())
    for (const { page, times } of all) {
      await page.bringToFront();
      const time = await timeOf(page, edit);
      if (at >= warmUp.length) times.push(time);
    }
  for (const { name, times, close } of all) {
    const [min, median, p95] = [0, 0.5, 0.95].map((q) => quantile(times, q));
    process.stdout.write(
      `${name}, tab ${tab}: min ${min} ms, median ${median} ms, p95 ${p95} ms of ${times.length} edits\n`,
    );
    await close();
  }
}

const folders = process.argv.slice(2);
const sites =
  folders.length === 0
    ? [["playground", await playgroundFiles()] as const]
    : folders.map((folder) => [folder, filesIn(folder)] as const);
const browser = await startBrowser();
for (const tab of tabs) await measure(browser, sites, tab);
await browser.close();
