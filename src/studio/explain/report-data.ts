/** What the page of a report is made with. */
import type { Explanation } from "../explanation.ts";

export interface ReportData {
  readonly explanation: Explanation;
  /** The view that it opens on, and what is picked there: a parameter by its name, a kernel by its index. */
  readonly show: string;
  readonly pick?: { readonly kind: "parameter" | "kernel"; readonly key: string } | undefined;
}
