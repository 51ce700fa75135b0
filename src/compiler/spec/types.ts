// The canonical spec: what the rest of the compiler reads. Everything is explicit: every layer has a name and
// a list of what it reads, short forms are written out, defaults are filled in. Equal models are equal
// values, however they were written.
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { LayerChoice } from "../library/layers/index.ts";
import type { FullSpec } from "./schema.ts";

type Full = Required<FullSpec>;

/** What every layer has, whatever its type. */
export interface LayerBase {
  /** Its place among the layers of the model. */
  readonly index: number;
  /** Where it is written, for diagnostics: `network[2]`, or inside a block `network[2].layers[0]`. */
  readonly path: SpecPath;
  readonly name: string;
  /** Names of inputs and earlier layers, at least one. */
  readonly from: readonly string[];
  readonly trainable: boolean;
}

type Named<L> = L extends unknown ? Readonly<Omit<L, keyof LayerBase>> & LayerBase : never;

type WithRate<O> = O extends unknown ? Omit<O, "learningRate"> & { learningRate: Schedule } : never;

/** One layer: a discriminated union over `type`. Blocks are expanded (see written-network.ts), so there are none. */
export type Layer = Named<LayerChoice>;
export type Loss = Full["loss"];
export type Metric = Full["metrics"][number];
/** `scale`: what the rate is multiplied by, since steps have other numbers of rows than it is meant for. */
export type Schedule = NonNullable<Full["optimizer"]["learningRate"]> & { readonly scale?: number };
export type Optimizer = WithRate<Full["optimizer"]>;
export type Scale = "standard" | "min-max" | { readonly divide: number };

export interface ModelInput {
  readonly shape: readonly number[];
  readonly dtype: "f32" | "i32";
}

export interface ModelTarget {
  readonly shape: readonly number[];
  /** Present for class indices. */
  readonly classes?: number;
}

export interface Columns {
  /** Column names and ranges "p0..p63" as written; the header of the file says what lies between. */
  readonly columns: readonly string[];
  readonly scale?: Scale;
  /** What becomes of a missing value, if it is no error. */
  readonly missing?: "drop" | "mean";
  /** The column holds texts, which become sequences of so many places. */
  readonly characters?: { readonly length: number };
  /** The columns hold categories, which become numbers of their own or indices. */
  readonly categories?: "one-hot" | "index";
  /** The column holds texts, which become sequences of words. */
  readonly words?: { readonly length: number; readonly lowerCase: boolean; readonly cut: boolean };
  /** The input whose next character or word a target is; it then has no columns. */
  readonly nextOf?: string;
  /** The column says what each row weighs. */
  readonly weighs?: true;
  /** What the classes of a target have to be called, sorted, where the spec itself names them. */
  readonly classNames?: readonly string[];
}

/** A CSV file, or an IDX file for each input and target; relative to the spec. */
export type DataFiles = string | Readonly<Record<string, string>>;

export interface ModelData {
  /** All rows, or those of the training part. */
  readonly file: DataFiles;
  /** Files of their own for the test rows. */
  readonly test?: DataFiles;
  /** What stands between the cells of a CSV file, if not a comma. */
  readonly separator?: string;
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
  /** One of the two. */
  readonly validation?: { readonly fraction?: number; readonly folds?: number };
  readonly test?: { readonly fraction: number };
  readonly earlyStopping?: { readonly patience: number; readonly metric: string; readonly minDelta: number };
  /** How many batches make a step, if more than one. */
  readonly accumulate?: number;
  readonly average?: { readonly decay: number };
  /** By the classes' numbers; "balanced": as the training part has them. */
  readonly classWeights?: "balanced" | readonly number[];
  /** The input that says what each row weighs. */
  readonly sampleWeights?: string;
}

export interface Model {
  readonly name: string;
  readonly inputs: Readonly<Record<string, ModelInput>>;
  readonly targets: Readonly<Record<string, ModelTarget>>;
  readonly network: readonly Layer[];
  /** The name of the layer that the loss reads. */
  readonly output: string;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  readonly regularization: { readonly l1: number; readonly l2: number };
  readonly optimizer: Optimizer;
  readonly training: Training;
  readonly data?: ModelData;
  /** SHA-256 of the canonical tree, in hexadecimal. */
  readonly specHash: string;
}
