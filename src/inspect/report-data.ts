/** What the page of a report is made with. */
import type { Explanation } from "./explanation.ts";

export interface ReportData {
  readonly explanation: Explanation;
  /** The view that it opens on, and what is picked there. */
  readonly show: string;
  readonly parameter?: string | undefined;
}
