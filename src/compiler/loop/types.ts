/**
 * The loop IR: how a program computes. Kernels are loops over named buffers, and the memory plan assigns each
 * buffer its offset in the arena.
 */
import type { Node } from "../ir/nodes.ts";
import type { Dimension, ElementType } from "../ir/types.ts";
import type { Expression } from "./expressions.ts";

// There are two levels: before the stage `compute-addresses`, loads and stores have one index per axis; after
// it they have a single index, the offset.

export type Statement =
  /** for (variable = from; variable < to; variable += step) */
  | {
      readonly kind: "for";
      readonly variable: string;
      readonly from: Expression;
      readonly to: Expression;
      readonly step: number;
      readonly body: readonly Statement[];
      readonly role: LoopRole;
    }
  | ({
      readonly kind: "let";
      readonly name: string;
      readonly value: Expression;
      readonly mutable: boolean;
    } & Attributed)
  | ({ readonly kind: "assign"; readonly name: string; readonly value: Expression } & Attributed)
  /**
   * A vector is stored to adjacent elements, starting at the index; with `count`, only its first `count` lanes
   * are stored.
   */
  | ({
      readonly kind: "store";
      readonly buffer: string;
      readonly at: readonly Expression[];
      readonly value: Expression;
      readonly count?: Expression;
    } & Attributed);

/** A statement that computes a value of the graph, or a part of it. */
interface Attributed {
  /** The line of that value. Helpers of the schedule, such as offsets and hoisted expressions, have none. */
  readonly line?: Provenance | undefined;
}

export type For = Extract<Statement, { kind: "for" }>;
export type Let = Extract<Statement, { kind: "let" }>;
export type Store = Extract<Statement, { kind: "store" }>;

/**
 * parallel: iterations are independent.
 * output: parallel, around a contraction whose inner loop reads elements that other iterations read too, so
 * that register blocking pays.
 * reduction: carries an accumulator.
 * sequential: each iteration reads what the previous one stored in memory.
 */
export type LoopRole = "parallel" | "output" | "reduction" | "sequential";

/**
 * The region of the arena that contains a buffer, in this order; `temporary` buffers share memory by lifetime.
 */
export type Region = "parameter" | "state" | "gradient" | "input" | "result" | "totals" | "temporary";

export interface Buffer {
  readonly name: string;
  /** The storage that outlives a program, or undefined for a temporary. */
  readonly storage: string | undefined;
  readonly element: Exclude<ElementType, "bool">;
  readonly shape: readonly Dimension[];
  readonly region: Region;
  /** Used by one kernel only, with a copy for each of its threads; it has no offset in the arena. */
  readonly isScratch?: boolean;
  /** The buffers that this one covers, in order, if it is a name for several adjacent buffers. */
  readonly covers?: readonly string[];
}

/**
 * What a kernel computes, for comments and views: a graph node, and for a gradient the value that it is the
 * gradient of.
 */
export interface Provenance {
  /** The node as it was lowered; undefined for the heading of a loop along time and for a copy. */
  readonly node: Node | undefined;
  /** The displayed line: `dense1 = relu(dense1_product + dense1.bias)`. It is not parsed. */
  readonly text: string;
  /** The name of the value that the line computes, without its time index; undefined for a heading. */
  readonly value: string | undefined;
  /** Whether the line only copies a value to another element type or buffer: `x_2 = x`. */
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
   * Its outermost loop may be divided between threads at multiples of `multiple`. Only scalar definitions
   * precede that loop. It starts at 0, and its end depends only on the number of rows.
   */
  readonly split?: { readonly multiple: number };
  /**
   * One function serves all kernels with this number. Its arguments are the offsets of these buffers, in this
   * order.
   */
  readonly shared?: { readonly number: number; readonly addresses: readonly string[] };
  /** How its loops use vectors, in words. */
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
  /** The size of the temporaries, and a lower bound for the size of any plan. */
  readonly temporaryBytes: number;
  readonly lowerBound: number;
}

/** Programs and the arena that they share. */
export interface PlannedPrograms {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
}

/** One program and the arena. */
export interface PlannedProgram extends LoopProgram {
  readonly plan: MemoryPlan;
}

export const bytesOfElement = { f32: 4, f64: 8, i32: 4 } as const;

/** The programs of a model, in order. Some models have `begin` and `measure`; `probe` exists on request. */
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
