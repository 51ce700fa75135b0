// Opens pages in headless Chromium, which report the result of a script.
import { chromiumPath, openPage, startBrowser } from "../pages/open-page.ts";
import type { PageReport } from "./workspace.ts";

export interface Chromium {
  readonly version: string;
  /** The report of the page, and all errors and warnings on its console. */
  visit(url: string): Promise<{ report: PageReport; complaints: readonly string[] }>;
  close(): Promise<void>;
}

/** Why Chromium cannot run here; undefined if it can. */
export const whyNoChromium = (): string | undefined =>
  chromiumPath() === undefined ? "there is no chromium: Debian's package has it" : undefined;

export async function startChromium(): Promise<Chromium> {
  const browser = await startBrowser();
  const visit = async (url: string) => {
    const { page, complaints } = await openPage(browser, url);
    try {
      const text = await page.locator("output").textContent({ timeout: 60_000 });
      const report: PageReport = JSON.parse(text ?? "");
      return { report, complaints };
    } catch (error) {
      throw new Error(`${url} did not come to its end: ${complaints.join("; ")}`, { cause: error });
    } finally {
      await page.close();
    }
  };
  return { version: browser.version(), visit, close: () => browser.close() };
}
