/** Reads the data of the page, which is compressed because formulas are repetitive. */
import type { ReportData } from "../../explain/report-data.ts";
import { pageData } from "../shared/page-data.ts";

export type { ReportData };

export async function reportData(): Promise<ReportData> {
  const packed = pageData();
  if (typeof packed !== "string") throw new TypeError("the page contains no data");
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data: unknown = await new Response(unpacked).json();
  if (!isReportData(data)) throw new TypeError("the data of the page does not match its code");
  return data;
}

/** `reportPage` writes the page and its data together, so a shallow check is enough. */
const isReportData = (data: unknown): data is ReportData =>
  typeof data === "object" && data !== null && "explanation" in data && "show" in data;
