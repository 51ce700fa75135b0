/** The messages between the playground's page and its two workers, as plain data. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Explanation } from "../explanation.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { ModelFacts, TrainingFacts } from "../../runtime/model/facts.ts";
import type { SeriesResult } from "../../runtime/training/ruled-training.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import type { LocationInSpec, Suggestion } from "../editor/suggest.ts";

/** Requests from the page to the compiler's worker. */
export type CompilerRequest = FilesRequest | CompileRequest | ExplainRequest | SuggestRequest | ScriptRequest;

/** Replaces the files that specs can name. There is no reply. */
export interface FilesRequest {
  readonly kind: "files";
  readonly files: VersionedFiles;
}

export interface VersionedFiles {
  readonly contents: PageFiles;
  /** Differs from that of earlier contents. */
  readonly version: number;
}

/** Requests completions for a location in a spec, or a description of the key at that location. */
export interface SuggestRequest {
  readonly kind: "suggest" | "describe";
  readonly id: number;
  readonly location: LocationInSpec;
}

/** Requests the compilation of the editor's current text. */
export interface CompileRequest {
  readonly kind: "compile";
  /** The page increments the id with each request, and ignores replies that have an older id. */
  readonly id: number;
  readonly text: string;
}

/** The contents of data files and model files, by name without folder: texts, or bytes that may be gzipped data. */
export type PageFiles = Readonly<Record<string, string | Uint8Array>>;

/**
 * Requests the explanation of the last compiled text; `id` is the id of its compile request. Explanations are
 * slow and often not shown, so they are built on demand.
 */
export interface ExplainRequest {
  readonly kind: "explain";
  readonly id: number;
}

/** Requests the trainer of a spec whose loss is a formula in x and y. The page runs this trainer itself. */
export interface ScriptRequest {
  readonly kind: "script";
  readonly id: number;
  readonly text: string;
  /** The formula in x and y from which the spec's loss was built. */
  readonly formula: string;
}

/**
 * For each target, the name of the runtime function that converts the network's outputs to predictions, if there is
 * one.
 */
export type Interpretations = Readonly<Record<string, string | undefined>>;

/** Everything that training needs. `script` is the emitted module without its types. */
export interface TrainerScript {
  readonly script: string;
  readonly facts: ModelFacts;
  /** The version of the files from which the data was read. */
  readonly filesVersion: number;
  readonly training: TrainingFacts;
  readonly answers: Interpretations;
  /** The number of future rows in each window, if the spec cuts a series into windows. */
  readonly horizon: number | undefined;
  /** The training rows, and the other splits that the spec requests. */
  readonly data: Dataset | undefined;
  /** The naive forecast, if the data is a series that the spec cuts into windows. */
  readonly naive: Partial<Pick<SeriesResult, "naive">>;
  /** Why there is no data, if `data` is undefined. */
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

/**
 * The replies to a compile request. `trainer` is the first, and `savings` follows if layers are frozen. An
 * `explanation` is sent only if the page requests it. After `errors`, no other reply follows.
 */
export type CompileReply =
  | { readonly kind: "errors"; readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly kind: "trainer";
      readonly id: number;
      readonly trainer: TrainerScript;
      readonly warnings: readonly Diagnostic[];
      readonly milliseconds: number;
    }
  /** What frozen layers save, as `tapeless inspect` prints it. */
  | { readonly kind: "savings"; readonly id: number; readonly text: string }
  | { readonly kind: "explanation"; readonly id: number; readonly explanation: Explanation };

/**
 * Requests to the training worker. The first is `start`. Each `go` trains for this many milliseconds and
 * reports the epochs.
 */
export type TrainRequest =
  | { readonly kind: "start"; readonly trainer: TrainerScript; readonly probe: Probe }
  | { readonly kind: "go"; readonly milliseconds: number };

/** Sample rows. Every report contains the network's outputs for them. */
export type Probe = Readonly<Record<string, ArrayLike<number>>> | undefined;

/** The network's outputs for each target, one row after the other. */
export type Outputs = Readonly<Record<string, Float64Array>>;

/** `outputs`: the network's outputs for the rows of the probe. */
export type TrainReply =
  | { readonly kind: "ready"; readonly outputs: Outputs | undefined }
  | {
      readonly kind: "epochs";
      readonly reports: readonly EpochReport[];
      readonly outputs: Outputs | undefined;
    }
  | {
      readonly kind: "done";
      readonly reports: readonly EpochReport[];
      readonly outputs: Outputs | undefined;
      readonly result: TrainingResult;
    }
  | { readonly kind: "failed"; readonly message: string };
