/** What the page of the playground and its two workers say to each other: plain data. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Explanation } from "../explanation.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { ModelFacts, TrainingFacts } from "../../runtime/model/facts.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import type { PlaceInSpec, Suggestion } from "./suggest.ts";

/** What the page asks its compiler. */
export type Question = CompileRequest | ExplainRequest | SuggestRequest | ScriptRequest;

/** What may stand at a place, or what stands there means. */
export interface SuggestRequest {
  readonly kind: "suggest" | "describe";
  readonly id: number;
  readonly place: PlaceInSpec;
}

/** One state of the editor. */
export interface CompileRequest {
  readonly kind: "compile";
  /** Counted up by the page: what is said of an older request is out of date. */
  readonly id: number;
  readonly text: string;
  /** Texts of data files, by the names that specs give them. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The explanation of the text that was compiled last, under the id of that request: nobody waits for what
 * nobody looks at.
 */
export interface ExplainRequest {
  readonly kind: "explain";
  readonly id: number;
}

/** The trainer of a spec whose loss is a formula in x and y, for a page that runs it itself. */
export interface ScriptRequest {
  readonly kind: "script";
  readonly id: number;
  readonly text: string;
  /** Of x and y, what the spec's loss was made of. */
  readonly formula: string;
}

/** How the network's numbers are read: the runtime's `Answer`. */
export type AnswerName = string | undefined;

/** All that training needs. `script` is the emitted module without its types. */
export interface TrainerScript {
  readonly script: string;
  readonly facts: ModelFacts;
  readonly training: TrainingFacts;
  readonly answer: AnswerName;
  /** The parts that the spec sets aside. */
  readonly data: Dataset | undefined;
  /** Why there is no data, if so. */
  readonly problem: string | undefined;
}

export type Answer = CompileAnswer | SuggestAnswer | ScriptAnswer;

/** `script`: the emitted module without its types. */
export type ScriptAnswer =
  | { readonly kind: "script"; readonly id: number; readonly script: string }
  | { readonly kind: "faults"; readonly id: number; readonly diagnostics: readonly Diagnostic[] };

export type SuggestAnswer =
  | { readonly kind: "suggest"; readonly id: number; readonly suggestions: readonly Suggestion[] }
  | { readonly kind: "describe"; readonly id: number; readonly words: Pick<Suggestion, "detail" | "about"> };

/** In this order for one request, `explanation` if it is asked for; `faults` ends it. */
export type CompileAnswer =
  | { readonly kind: "faults"; readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly kind: "trainer";
      readonly id: number;
      readonly trainer: TrainerScript;
      readonly warnings: readonly Diagnostic[];
      readonly milliseconds: number;
    }
  | { readonly kind: "explanation"; readonly id: number; readonly explanation: Explanation };

/** To the worker that trains. It starts with `start`, and at each `go` does some epochs and tells what came of them. */
export type TrainRequest =
  | { readonly kind: "start"; readonly trainer: TrainerScript; readonly probe: Probe }
  | { readonly kind: "go"; readonly milliseconds: number };

/** Rows for which the network's output is wanted whenever something is told. */
export type Probe = Readonly<Record<string, ArrayLike<number>>> | undefined;

/** `outputs`: of the probe's rows, one after the other. */
export type TrainAnswer =
  | { readonly kind: "ready"; readonly outputs: Float32Array | Float64Array | undefined }
  | {
      readonly kind: "epochs";
      readonly reports: readonly EpochReport[];
      readonly outputs: Float32Array | Float64Array | undefined;
    }
  | {
      readonly kind: "done";
      readonly reports: readonly EpochReport[];
      readonly outputs: Float32Array | Float64Array | undefined;
      readonly result: TrainingResult;
    }
  | { readonly kind: "failed"; readonly message: string };
