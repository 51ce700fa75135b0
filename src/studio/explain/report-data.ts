/** The data of the report page. */
import type { Explanation } from "../explanation.ts";

export interface ReportData {
  readonly explanation: Explanation;
  /**
   * The view with which the report opens. `pick` selects a parameter by its name or a kernel by its index.
   */
  readonly show: string;
  readonly pick?: { readonly kind: "parameter" | "kernel"; readonly key: string } | undefined;
}
