// Opens pages in the machine's headless Chromium and collects their console output. A correct page writes
// none.
import { execFileSync } from "node:child_process";
import { chromium, type Browser, type Page } from "playwright-core";
import type { TestContext } from "vitest";

/** The path of Chromium on this machine, if it is installed. */
export function chromiumPath(): string | undefined {
  for (const name of ["chromium", "chromium-browser", "google-chrome"])
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      continue;
    }
  return undefined;
}

/** CI must have a browser; elsewhere the tests are skipped with a reason. */
export function needsChromium(context: TestContext): void {
  if (chromiumPath() !== undefined) return;
  const missing = "there is no chromium: Debian's package has it";
  if (process.env.CI === "true") throw new Error(missing);
  context.skip(missing);
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath() ?? "", args: ["--no-sandbox"] });

/** The maximum time to wait for the page, in milliseconds; generous, because the machine may be busy. */
const patience = 60_000;

export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, and violations of the policy. */
  readonly complaints: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<OpenPage> {
  const { width = 1440, height = 900, dark = false } = options;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => void complaints.push(message));
  page.setDefaultTimeout(patience);
  await page.goto(url);
  return { page, complaints };
}
