/** The report on a compilation: one page that holds all there is to say of it, and asks nobody for anything. */
import { strToU8, gzipSync } from "fflate";
import { pageCode } from "../web/page-code.ts";
import { pageHtml } from "../web/page-html.ts";
import type { ReportData } from "../explain/report-data.ts";

export async function reportPage(data: ReportData): Promise<string> {
  const code = await pageCode("report");
  // Browsers unpack gzip themselves. It has no date in it, so the same compilation gives the same page.
  const packed = gzipSync(strToU8(JSON.stringify(data)), { mtime: 0 });
  const title = `${data.explanation.model.name}: what tapeless derived`;
  return pageHtml({ ...code, title, data: Buffer.from(packed).toString("base64") });
}
