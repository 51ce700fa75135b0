// Headless Chromium, the machine's own, driven by playwright-core. Its types are not here before it is installed: what is used of it is
// declared below.
import { execFileSync } from "node:child_process";
import type { PageReport } from "./workspace.ts";

interface Playwright {
  readonly chromium: { launch(options: { executablePath: string; args: string[] }): Promise<Browser> };
}
interface Browser {
  newPage(): Promise<Page>;
  version(): string;
  close(): Promise<void>;
}
interface Page {
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  goto(url: string): Promise<unknown>;
  locator(selector: string): { textContent(options: { timeout: number }): Promise<string | null> };
  close(): Promise<void>;
}

export interface Chromium {
  readonly version: string;
  /** The page's report, and all that it complained of on its console. */
  visit(url: string): Promise<{ report: PageReport; complaints: readonly string[] }>;
  close(): Promise<void>;
}

/** Where it is on this machine, if it is. */
function chromiumPath(): string | undefined {
  for (const name of ["chromium", "chromium-browser", "google-chrome"])
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      continue;
    }
  return undefined;
}

/** Why there can be none here, if so. */
export const whyNoChromium = (): string | undefined =>
  chromiumPath() === undefined ? "there is no chromium: Debian's package has it" : undefined;

export async function startChromium(): Promise<Chromium> {
  const specifier: string = "./node_modules/playwright-core/index.mjs";
  const { chromium }: Playwright = await import(/* @vite-ignore */ specifier);
  const browser = await chromium.launch({ executablePath: chromiumPath() ?? "", args: ["--no-sandbox"] });
  return { version: browser.version(), visit: (url) => visit(browser, url), close: () => browser.close() };
}

async function visit(browser: Browser, url: string): ReturnType<Chromium["visit"]> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => void complaints.push(message));
  await page.goto(url);
  try {
    const text = await page.locator("output").textContent({ timeout: 60_000 });
    const report: PageReport = JSON.parse(text ?? "");
    return { report, complaints };
  } catch (error) {
    throw new Error(`${url} did not come to its end: ${complaints.join("; ")}`, { cause: error });
  } finally {
    await page.close();
  }
}
