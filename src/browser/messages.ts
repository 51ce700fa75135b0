/** What the page of the playground and its two workers say to each other: plain data. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Explanation } from "../inspect/explanation.ts";
import type { Dataset } from "../runtime/dataset.ts";
import type { ModelFacts } from "../runtime/model-facts.ts";

/** One state of the editor. */
export interface CompileRequest {
  /** Counted up by the page: what is said of an older request is out of date. */
  readonly id: number;
  readonly text: string;
  /** Texts of data files, by the names that specs give them. */
  readonly files: Readonly<Record<string, string>>;
}

/** How the network's numbers are read: the runtime's `Answer`. */
export type AnswerName = string | undefined;

/** All that training needs. `script` is the emitted module without its types. */
export interface TrainerScript {
  readonly script: string;
  readonly facts: ModelFacts;
  readonly epochs: number;
  readonly answer: AnswerName;
  /** The parts that the spec sets aside. */
  readonly data: Dataset | undefined;
  /** Why there is no data, if so. */
  readonly problem: string | undefined;
}

/** In this order for one request; `faults` ends it. */
export type CompileAnswer =
  | { readonly kind: "faults"; readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "trainer"; readonly id: number; readonly trainer: TrainerScript; readonly warnings: readonly Diagnostic[]; readonly milliseconds: number } // prettier-ignore
  | { readonly kind: "explanation"; readonly id: number; readonly explanation: Explanation }
  | { readonly kind: "code"; readonly id: number; readonly code: string };
