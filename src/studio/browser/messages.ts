/** Messages between the page of the playground and its two workers: plain data. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Explanation } from "../explanation.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { ModelFacts, TrainingFacts } from "../../runtime/model/facts.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import type { LocationInSpec, Suggestion } from "./suggest.ts";

/** Requests from the page to its compiler. */
export type CompilerRequest = CompileRequest | ExplainRequest | SuggestRequest | ScriptRequest;

/** Asks what can be written at a location, or what the text there means. */
export interface SuggestRequest {
  readonly kind: "suggest" | "describe";
  readonly id: number;
  readonly location: LocationInSpec;
}

/** One state of the editor. */
export interface CompileRequest {
  readonly kind: "compile";
  /** The page increments it. Answers to older requests are out of date. */
  readonly id: number;
  readonly text: string;
  /** Contents of data files, by the names that specs give them. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Asks for the explanation of the last compiled text, under the id of that request. It is made on demand,
 * because it is slow and often not shown.
 */
export interface ExplainRequest {
  readonly kind: "explain";
  readonly id: number;
}

/** The trainer of a spec whose loss is a formula in x and y. The page runs it itself. */
export interface ScriptRequest {
  readonly kind: "script";
  readonly id: number;
  readonly text: string;
  /** The formula in x and y from which the spec's loss is made. */
  readonly formula: string;
}

/** How to interpret the network's outputs: the runtime's `Answer`. */
export type AnswerName = string | undefined;

/** Everything that training needs. `script` is the emitted module without its types. */
export interface TrainerScript {
  readonly script: string;
  readonly facts: ModelFacts;
  readonly training: TrainingFacts;
  readonly answer: AnswerName;
  /** The training rows, and the splits that the spec asks for. */
  readonly data: Dataset | undefined;
  /** Why there is no data, if there is none. */
  readonly problem: string | undefined;
}

export type Reply = CompileReply | SuggestReply | ScriptReply;

/** `script`: the emitted module without its types. */
export type ScriptReply =
  | { readonly kind: "script"; readonly id: number; readonly script: string }
  | { readonly kind: "errors"; readonly id: number; readonly diagnostics: readonly Diagnostic[] };

export type SuggestReply =
  | { readonly kind: "suggest"; readonly id: number; readonly suggestions: readonly Suggestion[] }
  | {
      readonly kind: "describe";
      readonly id: number;
      readonly description: Pick<Suggestion, "detail" | "about">;
    };

/** Replies to one request, in this order; `explanation` only on request. `errors` is the last one. */
export type CompileReply =
  | { readonly kind: "errors"; readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly kind: "trainer";
      readonly id: number;
      readonly trainer: TrainerScript;
      readonly warnings: readonly Diagnostic[];
      readonly milliseconds: number;
    }
  | { readonly kind: "explanation"; readonly id: number; readonly explanation: Explanation };

/** Requests to the training worker. `start` comes first; each `go` trains some epochs and reports them. */
export type TrainRequest =
  | { readonly kind: "start"; readonly trainer: TrainerScript; readonly probe: Probe }
  | { readonly kind: "go"; readonly milliseconds: number };

/** Rows whose outputs are part of every report. */
export type Probe = Readonly<Record<string, ArrayLike<number>>> | undefined;

/** `outputs`: the network's outputs for the rows of the probe, one row after the other. */
export type TrainReply =
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
