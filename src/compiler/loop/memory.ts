/** The plan of the arena: where each buffer lies. `lower/plan-memory.ts` makes it; targets and views read it. */
import type { Buffer } from "./types.ts";

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

export const bytesOfElement = { f32: 4, f64: 8, i32: 4 } as const;
