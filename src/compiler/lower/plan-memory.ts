/**
 * Purpose   Assign every buffer an offset in one arena. Storage comes first, and each of its regions is
 *           contiguous. Temporaries follow; they share memory if their lifetimes do not overlap.
 * Requires  all programs of one model, scheduled. Scheduling decides which temporaries exist and how long
 *           they live.
 * Ensures   no two buffers that are live at the same time overlap. Offsets are aligned, and the plan is
 *           deterministic. It records a lower bound: the largest total size of the temporaries that are live
 *           during one kernel.
 * Example   a: kernels 0 to 1, b: 1 to 2, c: 2 to 3, 64 bytes each   =>   a at 0, b at 64, c at 0
 *
 * Temporaries are placed in order of decreasing size, each at the lowest offset that is free during its
 * lifetime (greedy by size; Pisarchyk and Lee, "Efficient memory management for deep neural net inference",
 * 2020, section 4).
 */
import { invariant } from "../diagnostics/errors.ts";
import { sizeOf } from "../ir/types.ts";
import { bytesOfElement } from "../loop/types.ts";
import type { MemoryPlan, Placement, PlannedPrograms } from "../loop/types.ts";
import { visitExpressions, visitStatements } from "../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram, Region } from "../loop/types.ts";
import { defineRequired } from "../stages/define.ts";
import { plannedPrograms, programSets } from "../stages/loops.ts";

/** The alignment of 128-bit loads. It divides the size of a cache line. */
const alignment = 16;
const regions: readonly Region[] = ["parameter", "state", "gradient", "input", "result", "totals"];

const aligned = (offset: number): number => Math.ceil(offset / alignment) * alignment;

const bytesOf = (buffer: Buffer, batchSize: number): number =>
  sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];

/** The first and last kernel that access each temporary, by buffer name. */
export function lifetimesOf(program: LoopProgram): Map<string, [number, number]> {
  const lifetimes = new Map<string, [number, number]>();
  const touch = (buffer: string, kernel: number) => {
    const { region, isScratch } = program.buffers.get(buffer) ?? {};
    if (region !== "temporary" || isScratch === true) return;
    const span = lifetimes.get(buffer);
    if (span === undefined) lifetimes.set(buffer, [kernel, kernel]);
    else span[1] = kernel;
  };
  program.kernels.forEach((kernel: Kernel, index) => {
    visitStatements(kernel.body, (s) => s.kind === "store" && touch(s.buffer, index));
    visitExpressions(kernel.body, (x) => x.kind === "load" && touch(x.buffer, index));
  });
  return lifetimes;
}

type Span = readonly [number, number];
const overlap = (a: Span, b: Span): boolean => a[0] <= b[1] && b[0] <= a[1];

interface Placed {
  readonly offset: number;
  readonly bytes: number;
  readonly span: Span;
}

/** The lowest offset at which `bytes` fit between the buffers with overlapping lifetimes. */
function lowestFit(bytes: number, span: Span, placed: readonly Placed[]): number {
  const live = placed.filter((other) => overlap(other.span, span)).sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of live) {
    if (offset + bytes <= other.offset) break;
    offset = Math.max(offset, aligned(other.offset + other.bytes));
  }
  return offset;
}

/** The largest total size of the temporaries that are live during one kernel, in bytes. */
export function lowerBoundOf(
  program: LoopProgram,
  lifetimes: ReadonlyMap<string, Span>,
  batchSize: number,
): number {
  const change = new Array<number>(program.kernels.length + 1).fill(0);
  for (const [name, [first, last]] of lifetimes) {
    const buffer = program.buffers.get(name);
    const bytes = buffer === undefined ? 0 : aligned(bytesOf(buffer, batchSize));
    change[first] += bytes;
    change[last + 1] -= bytes;
  }
  let live = 0;
  return change.reduce((most, delta) => Math.max(most, (live += delta)), 0);
}

export interface PlanContext {
  readonly batchSize: number;
  /** The buffers that outlive a program, by storage name. */
  readonly storage: ReadonlyMap<string, Buffer>;
}

export const planMemory = defineRequired("plan-memory", programSets, plannedPrograms, {
  each: (programs: readonly LoopProgram[], { storage, batchSize }: PlanContext): PlannedPrograms => ({
    programs,
    plan: planOf(programs, storage, batchSize),
  }),
});

function planOf(
  programs: readonly LoopProgram[],
  storage: ReadonlyMap<string, Buffer>,
  batchSize: number,
): MemoryPlan {
  const fixed = placeStorage(storage, batchSize);
  const base = aligned(Math.max(0, ...[...fixed.values()].map(({ offset, bytes }) => offset + bytes)));
  const temporaries = new Map(
    programs.map((program) => [program.name, placeTemporaries(program, base, batchSize)]),
  );
  const ends = [...temporaries.values()].flatMap((places) =>
    [...places.values()].map(({ offset, bytes }) => offset + bytes - base),
  );
  const bounds = programs.map((program) => lowerBoundOf(program, lifetimesOf(program), batchSize));
  const temporaryBytes = Math.max(0, ...ends);
  const lowerBound = Math.max(0, ...bounds);
  return { storage: fixed, temporaries, bytes: aligned(base + temporaryBytes), temporaryBytes, lowerBound };
}

/**
 * Places storage region by region. A buffer that covers others starts where the first of them starts, and
 * spans all of them.
 */
function placeStorage(storage: ReadonlyMap<string, Buffer>, batchSize: number): Map<string, Placement> {
  const fixed = new Map<string, Placement>();
  let end = 0;
  for (const region of regions) {
    end = aligned(end);
    for (const buffer of storage.values()) {
      if (buffer.region !== region || buffer.covers !== undefined) continue;
      const bytes = bytesOf(buffer, batchSize);
      const size = bytesOfElement[buffer.element];
      // Parameters are adjacent without gaps, and so are gradients and states, so that one loop can update
      // all parameters.
      const offset = Math.ceil(end / size) * size;
      fixed.set(buffer.name, { buffer, offset, bytes, lifetime: undefined });
      end = offset + bytes;
    }
  }
  for (const buffer of storage.values()) {
    if (buffer.covers === undefined) continue;
    const parts = buffer.covers.flatMap((name) => fixed.get(name) ?? []);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    fixed.set(buffer.name, { buffer, offset: parts[0]?.offset ?? 0, bytes, lifetime: undefined });
  }
  return fixed;
}

/**
 * Places temporaries in order of decreasing size, each at the lowest offset from `base` on that is free
 * during its lifetime.
 */
function placeTemporaries(program: LoopProgram, base: number, batchSize: number): Map<string, Placement> {
  const order = [...lifetimesOf(program)].map(([name, span]) => {
    const buffer = program.buffers.get(name);
    invariant(buffer !== undefined, `unknown buffer ${name}`);
    return { buffer, span, bytes: bytesOf(buffer, batchSize) };
  });
  order.sort((a, b) => b.bytes - a.bytes || a.span[0] - b.span[0]);
  const placed: Placed[] = [];
  const places = new Map<string, Placement>();
  for (const { buffer, span, bytes } of order) {
    const offset = lowestFit(bytes, span, placed);
    placed.push({ offset, bytes, span });
    places.set(buffer.name, { buffer, offset: base + offset, bytes, lifetime: span });
  }
  return places;
}
