/**
 * The features that spec number k must have. They are chosen so that a few hundred specs fill the table of
 * coverage: each layer type in turn in each size class, and sometimes a network on which a certain stage has
 * an effect. The features depend only on k.
 */
import { layers } from "../../src/compiler/library/layers/index.ts";
import type { RowShape } from "./layer-parts.ts";
import { stageOf, turnOfStage } from "./rotation.ts";

export const sizeClasses = ["1", "2-4", "odd", "large"] as const;

export type SizeClass = (typeof sizeClasses)[number];

/** The size class of a layer's last axis. From 5 on, odd sizes are "odd", and even sizes are "large". */
export function sizeClassOf(shape: RowShape): SizeClass {
  const size = shape[shape.length - 1] ?? 1;
  if (size === 1) return "1";
  if (size <= 4) return "2-4";
  return size % 2 === 1 ? "odd" : "large";
}

/** The rows of the table: the layer types that remain when blocks are expanded. */
export const layerTypes: readonly string[] = [...Object.keys(layers), "residual"];

/** Why a row or cell of the table stays empty. The key is a layer type, or a layer type and a size class. */
export const emptyReasons: Readonly<Record<string, string>> = {
  custom: "a function of TypeScript, which no JSON spec has: test/compiler/library/user-functions.test.ts",
  onnx: "the graph of a file, whose operators have their own tests: test/onnx",
};

export interface Demand {
  /** The network has a layer of this type that is not in a block. */
  readonly type: string;
  /** The size class of that layer's last axis; if undefined, any size class. */
  readonly size?: SizeClass;
  /** The length of the sequence that the layer reads; if undefined, any length. */
  readonly steps?: number;
  /** Whether a batch has so many values that its memory exceeds the limit of `lower/rematerialise.ts`. */
  readonly isWide?: boolean;
}

const cells: readonly Demand[] = layerTypes.flatMap((type) =>
  sizeClasses.flatMap((size) =>
    emptyReasons[type] === undefined && emptyReasons[`${type} ${size}`] === undefined ? [{ type, size }] : [],
  ),
);

/** Demands for loops that run once, which are loops along sequences of one step. */
const oneStep: readonly Demand[] = ["rnn", "lstm", "gru"].map((type) => ({ type, steps: 1 }));

/**
 * Demands for layers with cheap values that the backward pass reads again, which rematerialisation
 * recomputes.
 */
const wide: readonly Demand[] = ["residual", "rms-norm", "layer-norm"].map((type) => ({
  type,
  isWide: true,
}));

/**
 * For each of these stages, networks that the stage changes. Every fourth spec that skips the stage has such
 * a network.
 */
const demandsOfStage: ReadonlyMap<string, readonly Demand[]> = new Map([
  ["drop-unit-loops", oneStep],
  ["rematerialise", wide],
]);

export function demandOf(index: number): Demand {
  const ofStage = demandsOfStage.get(stageOf(index));
  const turn = turnOfStage(index);
  return ofStage !== undefined && turn % 4 === 1
    ? ofStage[(turn >> 2) % ofStage.length]
    : cells[(index + Math.floor(index / cells.length)) % cells.length];
}

/**
 * A layer of the network, with the shape of a row of its first input and the shape of a row of its output.
 */
export interface ShapedLayer {
  readonly type: string;
  readonly from: RowShape;
  readonly to: RowShape;
}

export const meets = ({ type, from, to }: ShapedLayer, demand: Demand): boolean =>
  type === demand.type &&
  (demand.size === undefined || sizeClassOf(to) === demand.size) &&
  (demand.steps === undefined || (from.length === 2 && from[0] === demand.steps));
