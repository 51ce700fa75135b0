/** PyTorch as an oracle: a long-lived child process of Debian's Python that computes the same spec in f64, one line of JSON at a time. */
import type { Finding, FuzzCase } from "./run-spec.ts";
import type { BallTrace } from "./trace.ts";

export interface Oracle {
  /** Compares loss, gradients and predictions of the first batch. `verdict`: agrees, differs, or what the oracle does not know. */
  compare(
    fuzzCase: FuzzCase,
    reference: BallTrace,
  ): Promise<{ readonly verdict: string; readonly finding?: Finding }>;
}

export function openOracle(): Oracle {
  return { compare: () => Promise.resolve({ verdict: "no oracle" }) };
}
