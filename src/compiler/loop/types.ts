/**
 * The loop IR: how a program computes. Kernels are loops over named buffers, and the memory plan assigns each
 * buffer its offset in the arena.
 */
import type { Node } from "../ir/nodes.ts";
import type { Dimension, ElementType } from "../ir/types.ts";
import type { Expression } from "./expressions.ts";

// There are two levels: before the stage `compute-addresses`, loads and stores have one index per axis; after it, a
// single one.

export type Statement =
  /** for (variable = from; variable < to; variable += step). `tiled` loops may be blocked, `along` says what axis. */
  | {
      readonly kind: "for";
      readonly variable: string;
      readonly from: Expression;
      readonly to: Expression;
      readonly step: number;
      readonly body: readonly Statement[];
      readonly role: LoopRole;
    }
  | { readonly kind: "let"; readonly name: string; readonly value: Expression; readonly mutable: boolean }
  | { readonly kind: "assign"; readonly name: string; readonly value: Expression }
  /** A vector goes to adjacent elements from the place on; with `count`, only so many of its lanes do. */
  | {
      readonly kind: "store";
      readonly buffer: string;
      readonly at: readonly Expression[];
      readonly value: Expression;
      readonly count?: Expression;
    };

export type For = Extract<Statement, { kind: "for" }>;

/**
 * parallel: iterations are independent. output: parallel, and around a contraction whose inner loop reads
 * elements that other iterations read too, so that blocking pays. reduction: carries an accumulator.
 * sequential: each iteration reads what the one before left in memory.
 */
export type LoopRole = "parallel" | "output" | "reduction" | "sequential";

/** Where in the arena a buffer lies, in this order; `temporary` buffers share memory by lifetime. */
export type Region = "parameter" | "state" | "gradient" | "input" | "result" | "totals" | "temporary";

export interface Buffer {
  readonly name: string;
  /** The storage that outlives a program, or undefined for a temporary. */
  readonly storage: string | undefined;
  readonly element: Exclude<ElementType, "bool">;
  readonly shape: readonly Dimension[];
  readonly region: Region;
  /** Used by one kernel alone, and by each of its threads for itself: it has no place in the arena. */
  readonly isScratch?: boolean;
  /** For a name of several adjacent buffers as one: the buffers that it covers, in order. */
  readonly covers?: readonly string[];
}

/** What a kernel computes, for comments and views: a graph node, and for a gradient what it is the gradient of. */
export interface Provenance {
  /** The node as it was lowered; nothing for the head of a loop along time, and for a copy. */
  readonly node: Node | undefined;
  /** The line as readers see it: `dense1 = relu(dense1_product + dense1.bias)`. Nothing takes it apart. */
  readonly text: string;
  /** The name of the value that the line computes, without its time index; undefined for a heading. */
  readonly value: string | undefined;
  /** The names of the values in the formula, likewise. */
  readonly reads: readonly string[];
  /** The same value in another element type or place: `x_2 = x`. */
  readonly isCopy: boolean;
  readonly layer: string | undefined;
  readonly gradientOf: string | undefined;
  readonly rule: string | undefined;
  readonly path: readonly (string | number)[] | undefined;
  readonly flops: number;
}

export interface Kernel {
  readonly name: string;
  readonly body: readonly Statement[];
  readonly provenance: readonly Provenance[];
  /**
   * Its outermost loop, which follows upon scalar definitions alone, may be cut into parts that run at the
   * same time, at multiples of so many of its variable's values. That loop begins at 0; where it ends,
   * nothing but the number of rows decides.
   */
  readonly split?: { readonly multiple: number };
  /** One function serves all kernels with that number; it is told where these buffers begin, in this order. */
  readonly shared?: { readonly number: number; readonly addresses: readonly string[] };
  /** How its loops run on vectors, in words. */
  readonly schedule?: string | undefined;
  /** The estimated number of cycles of the scheduled loops. */
  readonly cycles?: number;
}

/** Kernels in the order in which they run. */
export interface LoopProgram {
  readonly name: string;
  readonly kernels: readonly Kernel[];
  /** Buffers by name; programs of one model share the buffers of storage. */
  readonly buffers: ReadonlyMap<string, Buffer>;
}

// The plan of the arena: the offset of each buffer. `lower/plan-memory.ts` makes it; targets and views read it.

export interface Placement {
  readonly buffer: Buffer;
  /** In bytes, from the start of the arena. */
  readonly offset: number;
  readonly bytes: number;
  /** First and last kernel of its program that touches a temporary; undefined for storage. */
  readonly lifetime: readonly [number, number] | undefined;
}

export interface MemoryPlan {
  /** Storage, by name. */
  readonly storage: ReadonlyMap<string, Placement>;
  /** Temporaries of each program, by program and buffer name. */
  readonly temporaries: ReadonlyMap<string, ReadonlyMap<string, Placement>>;
  readonly bytes: number;
  /** What temporaries take, and the least that any plan could take. */
  readonly temporaryBytes: number;
  readonly lowerBound: number;
}

/** Programs, and the arena that they share. */
export interface PlannedPrograms {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
}

/** One of them. */
export interface PlannedProgram extends LoopProgram {
  readonly plan: MemoryPlan;
}

export const bytesOfElement = { f32: 4, f64: 8, i32: 4 } as const;

/** The programs of a model, in their order. Some models have `begin` and `measure`; `probe` exists on request. */
export const programNames = [
  "begin",
  "measure",
  "gradient",
  "update",
  "predict",
  "evaluate",
  "summarise",
  "probe",
] as const;
export type ProgramName = (typeof programNames)[number];
