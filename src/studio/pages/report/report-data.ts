/** What the page was made with. It is packed: formulas repeat themselves much. */
import type { ReportData } from "../../explain/report-data.ts";
import { pageData } from "../shared/page-data.ts";

export type { ReportData };

export async function reportData(): Promise<ReportData> {
  const packed = pageData();
  if (typeof packed !== "string") throw new TypeError("the page has lost its data");
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data: unknown = await new Response(unpacked).json();
  if (!isReportData(data)) throw new TypeError("the page's data is of another version");
  return data;
}

/** Page and data are made together, by `report-page.ts`: one look is enough. */
const isReportData = (data: unknown): data is ReportData =>
  typeof data === "object" && data !== null && "explanation" in data && "show" in data;
