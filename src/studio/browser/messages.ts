/** The messages between the playground's page and its two workers, as plain data. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { ExplainedRow, Explanation, SpecLocation } from "../explanation.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { ModelFacts, TrainingFacts } from "../../runtime/model/facts.ts";
import type { SeriesResult } from "../../runtime/training/ruled-training.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import type { LocationInSpec, Suggestion } from "../editor/suggest.ts";

/** Requests from the page to the compiler's worker. */
export type CompilerRequest =
  FilesRequest | CompileRequest | PartRequest | NumbersRequest | SuggestRequest | ScriptRequest;

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
 * Requests a part of the result for the last compiled text; `id` is the id of its compile request. The text is not
 * compiled again. `code`: the emitted file. `trainer`: the trainer and its data. `graphs`: nodes, derivations and
 * pictures. `layers`: the trainer whose outputs are the values of the layers. Parts take time and are often not shown,
 * so they are built on demand, in the order of the requests. The page need not wait for the reply `compiled`.
 */
export interface PartRequest {
  readonly kind: "code" | "trainer" | "graphs" | "layers";
  readonly id: number;
}

/** Requests the numbers of a training row in a step of the last compiled text. */
export interface NumbersRequest extends SavedTrainer {
  readonly kind: "numbers";
  readonly id: number;
  /** Counted from 1. */
  readonly row: number;
}

/** The state of a trainer. */
export interface SavedTrainer {
  readonly checkpoint: Uint8Array;
  /** When it was saved, such as `initial parameters`. */
  readonly parameters: string;
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
  /** For each input that consists of plain numbers of the data file, the columns with these numbers. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
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
 * The replies to a compile request and to the requests of its parts. `compiled` is the first. `savings` follows
 * `trainer` if layers are frozen. After `errors`, no other reply follows.
 */
export type CompileReply =
  | { readonly kind: "errors"; readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly kind: "compiled";
      readonly id: number;
      readonly warnings: readonly Diagnostic[];
      /** The number of all elements of the parameters. */
      readonly parameters: number;
      readonly milliseconds: number;
    }
  | { readonly kind: "trainer"; readonly id: number; readonly trainer: TrainerScript }
  /** What frozen layers save, as `tapeless inspect` prints it. */
  | { readonly kind: "savings"; readonly id: number; readonly text: string }
  | { readonly kind: "code"; readonly id: number; readonly code: EmittedCode }
  | { readonly kind: "graphs"; readonly id: number; readonly graphs: ExplainedGraphs }
  | { readonly kind: "layers"; readonly id: number; readonly layers: LayerScript | NoLayers }
  | { readonly kind: "numbers"; readonly id: number; readonly numbers: ExplainedRow | NoNumbers };

/** Why the numbers of a row are not shown. */
export interface NoNumbers {
  readonly problem: string;
}

/** The emitted file of the model `model`, and the locations in the spec from which its lines come. */
export interface EmittedCode {
  readonly model: string;
  readonly text: string;
  /** One location for each line; undefined for lines that do not come from the spec. */
  readonly locations: readonly (Pick<SpecLocation, "line" | "column"> | undefined)[];
}

export type ExplainedGraphs = Pick<Explanation, "nodes" | "derivations" | "forward" | "pictures">;

/** A layer with its values for one row. */
export interface LayerValues {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  /** The inputs and layers that it reads. */
  readonly from: readonly string[];
  /** The parameters whose element [i, j] connects value i of the source with value j, and the bias of value j. */
  readonly weight?: string | undefined;
  readonly bias?: string | undefined;
}

/**
 * A trainer with the parameters of the model, whose outputs are the values of all layers: `predict` returns them by
 * the names of the layers, in evaluation mode.
 */
export interface LayerScript {
  readonly script: string;
  readonly facts: ModelFacts;
  readonly layers: readonly LayerValues[];
}

/** Why the values of the layers are not shown. */
export interface NoLayers {
  readonly problem: string;
}

/**
 * Requests to the training worker. The first is `start`. Each `go` trains for a while and reports the result.
 * `watch` adds the values of the layers to all later reports. `save` asks for the state of the trainer.
 */
export type TrainRequest =
  | { readonly kind: "start"; readonly trainer: TrainerScript; readonly probe: Probe }
  | { readonly kind: "watch"; readonly layers: LayerScript; readonly probe: Probe }
  | { readonly kind: "go"; readonly pace: Pace }
  | { readonly kind: "save" };

/** How far to train: at least one epoch and until the milliseconds are over, or one step. */
export type Pace = { readonly milliseconds: number } | "step";

/** Sample rows. Every report contains the network's outputs for them. */
export type Probe = Readonly<Record<string, ArrayLike<number>>> | undefined;

/** The network's outputs for each target, or the values of each layer, one row after the other. */
export type Outputs = Readonly<Record<string, Float64Array>>;

/** The values of the layers for the rows of the `watch` request, and the parameters. */
export interface Watched {
  readonly values: Outputs;
  readonly parameters: Outputs;
}

/** The state of a model. `outputs` are those for the rows of the probe. */
export interface Seen {
  readonly outputs: Outputs | undefined;
  readonly watched: Watched | undefined;
}

/**
 * `epochs` and `step` follow a `go`. `step` means that training paused inside an epoch, and its report has `soFar`.
 * `watched` follows a `watch`, and `saved` a `save`.
 */
export type TrainReply =
  | ({ readonly kind: "ready" } & Seen)
  | ({ readonly kind: "epochs"; readonly reports: readonly EpochReport[] } & Seen)
  | ({ readonly kind: "step"; readonly report: EpochReport } & Seen)
  | ({
      readonly kind: "done";
      readonly reports: readonly EpochReport[];
      readonly result: TrainingResult;
    } & Seen)
  | { readonly kind: "watched"; readonly watched: Watched }
  | ({ readonly kind: "saved" } & SavedTrainer)
  | { readonly kind: "failed"; readonly message: string; readonly hasDiverged: boolean };
