/** The report on a compilation: one page that holds all there is to say of it, and asks nobody for anything. */
import { pageCode } from "../web/page-code.ts";
import { pageHtml } from "../web/page-html.ts";
import type { Explanation } from "./explanation.ts";

/** What the page finds. */
export interface ReportData {
  readonly explanation: Explanation;
  /** The view that it opens on, and what is picked there. */
  readonly show: string;
  readonly parameter?: string | undefined;
}

export async function reportPage(data: ReportData): Promise<string> {
  const code = await pageCode("report");
  return pageHtml({ ...code, title: `${data.explanation.model.name}: what tapeless derived`, data });
}
