/**
 * `npm run bench:start`: the time from `npm create tapeless` to a trained page, as on a fresh machine: from the packed
 * packages, with an empty cache of npm. Then the time from an edit of the spec to the page that is trained again.
 * Prints the seconds of each stage, and all messages on the console of the page.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { freePort, withPage } from "../examples/projects.ts";
import { packPackages } from "../package/pack-packages.ts";
import { startBrowser } from "../pages/open-page.ts";

const longest = 60;

const folder = mkdtempSync(join(tmpdir(), "tapeless-first-project-"));
const project = join(folder, "tapeless-app");
const { NODE_ENV: _, ...inherited } = process.env;
const env = { ...inherited, npm_config_cache: join(folder, "cache"), npm_config_audit: "false" };
const npm = (place: string, ...args: readonly string[]) =>
  promisify(execFile)("npm", args, { cwd: place, env });

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a stage, and prints its time. */
async function timed<T>(name: string, stage: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await stage();
  print(`${name.padEnd(34)} ${seconds(begun)}`);
  return result;
}

/** Replaces the versions of the packages that are not in a registry by their archives. */
function useArchives(archives: Readonly<Record<string, string>>): void {
  const file = join(project, "package.json");
  const settings: { devDependencies: Record<string, string> } = JSON.parse(readFileSync(file, "utf8"));
  for (const [name, archive] of Object.entries(archives)) settings.devDependencies[name] = `file:${archive}`;
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
}

/** Runs `npm run dev` until `use` is done. The server is a child of npm, so the whole group ends. */
async function withServer(port: number, use: () => Promise<void>): Promise<void> {
  const words = ["run", "dev", "--", "--port", `${port}`, "--strictPort"];
  const server = spawn("npm", words, { cwd: project, env, stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => server.once("close", resolve));
  try {
    await use();
  } finally {
    if (server.pid !== undefined) process.kill(-server.pid);
    await ended;
  }
}

async function answering(url: string): Promise<void> {
  for (;;) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A text of the page, and when it was shown, in milliseconds since 1970. */
type Shown = readonly [time: number, text: string];

/** Times an edit of the spec until the first epoch of the new training, and until its end. */
async function timeEdit(page: Page): Promise<void> {
  await page.evaluate(`{
    window.shown = [];
    const output = document.querySelector("output");
    const onChange = () => window.shown.push([Date.now(), output.textContent]);
    new MutationObserver(onChange).observe(output, { childList: true });
  }`);
  const spec = join(project, "src/model.tapeless.yaml");
  const begun = Date.now();
  writeFileSync(spec, readFileSync(spec, "utf8").replace("epochs: 60", "epochs: 59"));
  for (;;) {
    const shown: readonly Shown[] = await page.evaluate("window.shown");
    const [first, last] = [shown.at(0), shown.at(-1)];
    if (first !== undefined && last?.[1].startsWith("trained")) {
      print(`edit, until the first epoch        ${first[0] - begun} ms: ${first[1]}`);
      print(`edit, until it is trained again    ${last[0] - begun} ms: ${last[1]}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Times the page from its request to its training, and to the next training after an edit of the spec. */
async function timePage(url: string, begun: number): Promise<void> {
  const browser = await startBrowser();
  await withPage({ browser, url }, async ({ page, messages }) => {
    const state = (text: RegExp) => page.locator("output", { hasText: text });
    await timed("page, until it is trained", async () => state(/^trained/).waitFor());
    print(`${"in total".padEnd(34)} ${seconds(begun)} (at most ${longest} s are wanted)`);
    const own = messages.filter((message) => !message.startsWith("[vite] "));
    print(own.length === 0 ? "no message on the console" : `messages:\n${own.join("\n")}`);
    await timeEdit(page);
  });
  await browser.close();
}

try {
  const { archives } = await packPackages(folder);
  const begun = performance.now();
  const create = ["exec", "--yes", `--package=${archives.starter}`, "--", "create-tapeless", "--yes"];
  await timed("npm create tapeless", () => npm(folder, ...create));
  useArchives({ tapeless: archives.tapeless, "@tapeless/unplugin": archives.unplugin });
  await timed("npm install, with an empty cache", () => npm(project, "install"));
  const port = await freePort();
  const url = `http://localhost:${port}/`;
  await withServer(port, async () => {
    await timed("npm run dev, until it answers", () => answering(url));
    await timePage(url, begun);
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
