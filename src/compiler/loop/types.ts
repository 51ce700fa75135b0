/**
 * The loop IR: how a program is computed. A kernel consists of loops over named buffers. The memory plan
 * assigns each buffer an offset in the arena.
 */
import type { Node } from "../ir/nodes.ts";
import type { Dimension, ElementType } from "../ir/types.ts";
import type { Expression } from "./expressions.ts";

// The loop IR has two levels. Before the stage `compute-addresses`, loads and stores have one index per axis.
// After it, they have a single index, the offset.

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
   * A vector is stored to adjacent elements, starting at the index. If `count` is set, only the first `count`
   * lanes are stored.
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
  /**
   * The line of that value. Statements that the schedule adds, such as offsets and hoisted expressions, have
   * none.
   */
  readonly line?: Provenance | undefined;
}

export type For = Extract<Statement, { kind: "for" }>;
export type Let = Extract<Statement, { kind: "let" }>;
export type Store = Extract<Statement, { kind: "store" }>;

/**
 * parallel: iterations are independent. output: a parallel loop around a contraction, whose iterations read
 * common elements, so register blocking is worthwhile. reduction: iterations update an accumulator.
 * sequential: each iteration reads values that the previous one stored in memory.
 */
export type LoopRole = "parallel" | "output" | "reduction" | "sequential";

/**
 * The regions of the arena, in order. Buffers in `temporary` share memory if their lifetimes do not overlap.
 */
export type Region = "parameter" | "state" | "gradient" | "input" | "result" | "totals" | "temporary";

export interface Buffer {
  readonly name: string;
  /** The name of the storage, which outlives the program; undefined for a temporary. */
  readonly storage: string | undefined;
  readonly element: Exclude<ElementType, "bool">;
  readonly shape: readonly Dimension[];
  readonly region: Region;
  /**
   * Whether only one kernel uses the buffer. Each of its threads has a copy, and the buffer has no offset in
   * the arena.
   */
  readonly isScratch?: boolean;
  /** The buffers that this one covers, in order, if it is a second name for several adjacent buffers. */
  readonly covers?: readonly string[];
}

/**
 * The description of one graph node that a kernel computes, for comments and views. For a backward node, it
 * also names the value whose gradient the node computes.
 */
export interface Provenance {
  /** The lowered node; undefined for the heading of a loop along time, and for a copy. */
  readonly node: Node | undefined;
  /** The display line, such as `dense1 = relu(dense1_product + dense1.bias)`. It is never parsed. */
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
  /** The same operations by layer. A line also computes the values of other layers that are fused into it. */
  readonly flopsByLayer: ReadonlyMap<string | undefined, number>;
}

export interface Kernel {
  readonly name: string;
  readonly body: readonly Statement[];
  readonly provenance: readonly Provenance[];
  /**
   * Set if the outermost loop may be divided between threads, at multiples of `multiple`. Only scalar
   * definitions precede that loop. It starts at 0, and its end depends only on the number of rows.
   */
  readonly split?: { readonly multiple: number };
  /**
   * All kernels with the same number share one function. Its arguments are the offsets of the buffers in
   * `addresses`, in order.
   */
  readonly shared?: { readonly number: number; readonly addresses: readonly string[] };
  /** A description of the vectors in its loops. */
  readonly schedule?: string | undefined;
  /** The estimated number of cycles of the scheduled loops. */
  readonly cycles?: number;
}

/** Kernels in the order in which they run. */
export interface LoopProgram {
  readonly name: string;
  readonly kernels: readonly Kernel[];
  /** Buffers by name. The programs of one model share the buffers that are storage. */
  readonly buffers: ReadonlyMap<string, Buffer>;
}

// The plan of the arena: the offset of each buffer. `lower/plan-memory.ts` makes the plan; targets and views
// read it.

export interface Placement {
  readonly buffer: Buffer;
  /** The offset from the start of the arena, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** The first and last kernel of the program that access a temporary; undefined for storage. */
  readonly lifetime: readonly [number, number] | undefined;
}

export interface MemoryPlan {
  /** Storage, by name. */
  readonly storage: ReadonlyMap<string, Placement>;
  /** Temporaries of each program, by program and buffer name. */
  readonly temporaries: ReadonlyMap<string, ReadonlyMap<string, Placement>>;
  readonly bytes: number;
  /** The size of the temporaries in this plan, and a lower bound on their size in any plan. */
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

/**
 * The programs of a model, in order. Only some models have `begin` and `measure`. `probe` is compiled on
 * request.
 */
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
