// The canonical spec, which the rest of the compiler reads. Everything is explicit: every layer has a name
// and a list of sources, short forms are expanded, and defaults are filled in. Equal models have equal
// canonical specs, however their specs are written.
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { LayerChoice } from "../library/layers/index.ts";
import type { OnnxModel } from "../library/onnx/model.ts";
import type { FullSpec } from "./schema.ts";

/** `Required` would retain the `undefined` of optional keys under `exactOptionalPropertyTypes`. */
type Full = { readonly [Key in keyof FullSpec]-?: NonNullable<FullSpec[Key]> };

/** The properties that every layer has. */
export interface LayerBase {
  /** The layer's index in the list of all layers. */
  readonly index: number;
  /** The layer's location in the spec: `network[2]`, or inside a block `network[2].layers[0]`. */
  readonly path: SpecPath;
  readonly name: string;
  /** Names of inputs and earlier layers, at least one. */
  readonly from: readonly string[];
  /** Whether the parameters are trained; of an ONNX layer, also the patterns of the names of those that are. */
  readonly trainable: boolean | readonly string[];
  /** If false, the layer ignores the masks of its inputs, and its value has no mask. */
  readonly mask?: false;
}

type Named<L> = L extends unknown ? Readonly<Omit<L, keyof LayerBase>> & LayerBase : never;

type WithRate<O> = O extends unknown ? Omit<O, "learningRate"> & { learningRate: Schedule } : never;

/** One layer: a discriminated union over `type`, without blocks, which `written-network.ts` expands. */
export type Layer = Named<LayerChoice>;
export type Loss = NonNullable<Full["loss"]>;
export type Metric = Full["metrics"][number];
export type ClassWeights = "balanced" | readonly number[];
/** `scale` multiplies the rate if the rate was chosen for a different number of rows per step. */
export type Schedule = NonNullable<Full["optimizer"]["learningRate"]> & { readonly scale?: number };
export type Optimizer = WithRate<Full["optimizer"]>;
export type Scale = "standard" | "min-max" | { readonly divide: number };

export interface ModelInput {
  readonly shape: readonly number[];
  readonly dtype: "f32" | "i32";
  /** The value that fills the positions after the end of a sequence. */
  readonly padding?: number;
  /** The input with the length of each row's sequence. */
  readonly lengths?: string;
}

export interface ModelTarget {
  readonly shape: readonly number[];
  /** The number of classes; present if the target consists of class indices. */
  readonly classes?: number;
}

export type Dates = NonNullable<NonNullable<NonNullable<Full["data"]["inputs"]>[string]>["dates"]>;

export interface Columns {
  /**
   * Column names and ranges such as "p0..p63", as in the spec. The header of the file determines the columns
   * of a range.
   */
  readonly columns: readonly string[];
  readonly scale?: Scale;
  /** The treatment of missing values. If absent, missing values are an error. */
  readonly missing?: "drop" | "mean" | "category";
  /** The columns contain dates, whose parts are encoded as numbers. */
  readonly dates?: Dates;
  /** The column contains text, encoded as sequences of characters of this length. */
  readonly characters?: { readonly length: number };
  /** The columns contain categories, encoded as one-hot numbers or as indices. */
  readonly categories?: "one-hot" | "index";
  /** Categories that the training split does not contain form a separate category. */
  readonly unseen?: "category";
  /** A category in fewer rows of the training split is treated as unseen. */
  readonly minCount?: number;
  /** The column contains text, encoded as sequences of words. */
  readonly words?: { readonly length: number; readonly lowerCase: boolean; readonly cut: boolean };
  /** The target is the next character or word of this input. The target then has no columns. */
  readonly nextOf?: string;
  /** The cells are names of classes, even if they are numbers. */
  readonly names?: true;
  /** The column contains the weight of each row. */
  readonly weighs?: true;
  /** The sorted names of the target's classes, if the spec states them. The data must have these names. */
  readonly classNames?: readonly string[];
  /** The rows of a window that the input reads, if not those of the past. */
  readonly window?: "future" | "whole" | "last";
}

/** The rule by which windows are cut from a series. */
export interface Windows {
  readonly length: number;
  readonly horizon: number;
  readonly stride: number;
  readonly group?: string;
  readonly season?: number;
  readonly gaps?: "cut" | "keep";
}

/**
 * The rule that selects the rows of a split. Exactly one key is present, except that `value` accompanies
 * `column`, and `group` accompanies `fraction`.
 */
export interface SplitRule {
  readonly fraction?: number;
  readonly last?: number;
  readonly after?: string;
  readonly column?: string;
  readonly value?: string;
  readonly group?: string;
}

/** The validation split, or cross-validation with folds by time (`forward`), by groups, or at random. */
export interface Validation extends SplitRule {
  readonly folds?: number;
  readonly forward?: true;
}

/** A CSV file, or an IDX file for each input and target. Paths are relative to the spec. */
export type DataFiles = string | Readonly<Record<string, string>>;

export interface ModelData {
  /** All rows, or the training rows if `test` is present. */
  readonly file: DataFiles;
  /** A separate file for the test rows. */
  readonly test?: DataFiles;
  /** The separator of cells in a CSV file, if it is not a comma. */
  readonly separator?: string;
  /** The number format of the cells of a text file, if it differs from 1234.5. */
  readonly numbers?: { readonly decimal?: "." | ","; readonly thousands?: string };
  /** A separate file for the validation rows. */
  readonly validation?: string;
  /** The column of times. */
  readonly time?: { readonly column: string; readonly format?: string };
  readonly windows?: Windows;
  readonly inputs: Readonly<Record<string, Columns>>;
  readonly targets: Readonly<Record<string, Columns>>;
}

export interface Training {
  readonly epochs: number;
  readonly batchSize: number;
  /** An unsigned 32-bit integer. */
  readonly seed: number;
  readonly shuffle: boolean;
  readonly stratify: boolean;
  readonly validation?: Validation;
  readonly test?: SplitRule;
  readonly earlyStopping?: { readonly patience: number; readonly metric: string; readonly minDelta: number };
  /** Whether training ends with the parameters of the best epoch (the default) or of the last epoch. */
  readonly keep?: "best" | "last";
  /** The number of batches per step, if more than one. */
  readonly accumulate?: number;
  readonly average?: { readonly decay: number };
  /**
   * The weights by class number. "balanced": the weights are computed from the class frequencies of the
   * training split.
   */
  readonly classWeights?: ClassWeights;
  /** The input that contains the weight of each row. */
  readonly sampleWeights?: string;
}

/** The entry of a target in `losses`. */
export interface TargetLoss {
  readonly loss: Loss;
  /** The name of the layer that predicts the target. */
  readonly from: string;
  /** The factor of the loss in the sum that training minimises. */
  readonly weight: number;
  readonly metrics: readonly Metric[];
  readonly classWeights?: ClassWeights;
  readonly sampleWeights?: string;
}

/** A model has either `output`, `loss` and `metrics` for its only target, or `losses`; see `objectivesOf`. */
export interface Model {
  readonly name: string;
  readonly inputs: Readonly<Record<string, ModelInput>>;
  readonly targets: Readonly<Record<string, ModelTarget>>;
  readonly network: readonly Layer[];
  /** The name of the layer that the loss reads. */
  readonly output?: string;
  readonly loss?: Loss;
  readonly metrics?: readonly Metric[];
  /** The loss of each target, by name. */
  readonly losses?: Readonly<Record<string, TargetLoss>>;
  readonly regularization: { readonly l1: number; readonly l2: number };
  readonly optimizer: Optimizer;
  readonly training: Training;
  readonly data?: ModelData;
  /** The models in the files that layers name, by file. The canonical tree has their hashes. */
  readonly modelFiles?: ReadonlyMap<string, OnnxModel>;
  /** SHA-256 of the canonical tree, in hexadecimal. */
  readonly specHash: string;
}
