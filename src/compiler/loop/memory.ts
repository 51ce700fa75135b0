/** The plan of the arena: the offset of each buffer. `lower/plan-memory.ts` makes it; targets and views read it. */
import type { Buffer, LoopProgram } from "./types.ts";

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
  /** The bytes of the temporaries, and a lower bound for any plan. */
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
