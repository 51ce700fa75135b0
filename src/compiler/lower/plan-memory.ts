/**
 * Purpose   Give every buffer a place in one arena: what outlives a step first, each region contiguous; temporaries by
 *           lifetime behind them, sharing memory.
 * Requires  the programs of one model, whose temporaries are told apart by program.
 * Ensures   no two buffers that live at the same time overlap; offsets are multiples of the alignment; the same input
 *           gives the same plan. The peak is compared with its lower bound, the largest sum of live buffers.
 *
 * Temporaries are placed largest first at the lowest offset free over their lifetime (greedy by size; Pisarchyk and
 * Lee, "Efficient memory management for deep neural net inference", 2020, section 4).
 */
import { sizeOf } from "../ir/types.ts";
import { visitExpressions, visitStatements } from "../loop/statements.ts";
import { bytesOfElement } from "../loop/types.ts";
import type { Buffer, Kernel, LoopProgram, MemoryPlan, Placement, Region } from "../loop/types.ts";

/** Cache-line friendly, and what 128-bit loads want. */
const alignment = 16;
const regions: readonly Region[] = ["parameter", "state", "gradient", "input", "result", "totals"];

const aligned = (offset: number): number => Math.ceil(offset / alignment) * alignment;

const bytesOf = (buffer: Buffer, batchSize: number): number =>
  sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];

/** First and last kernel of each temporary. */
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

/** The lowest offset at which `bytes` fit beside what lives at the same time. */
function lowestFit(bytes: number, span: Span, placed: readonly Placed[]): number {
  const live = placed.filter((other) => overlap(other.span, span)).sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of live) {
    if (offset + bytes <= other.offset) break;
    offset = Math.max(offset, aligned(other.offset + other.bytes));
  }
  return offset;
}

/** The largest sum of live temporaries at any kernel, in bytes. */
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

export function planMemory(
  programs: readonly LoopProgram[],
  storage: ReadonlyMap<string, Buffer>,
  batchSize: number,
): MemoryPlan {
  const fixed = new Map<string, Placement>();
  let end = 0;
  for (const region of regions) {
    end = aligned(end);
    for (const buffer of storage.values()) {
      if (buffer.region !== region || buffer.covers !== undefined) continue;
      const bytes = bytesOf(buffer, batchSize);
      const size = bytesOfElement[buffer.element];
      // Parameters, and likewise gradients and states, stand next to one another without gaps: one loop updates all.
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
  const base = aligned(end);
  const temporaries = new Map<string, Map<string, Placement>>();
  let temporaryBytes = 0;
  let lowerBound = 0;
  for (const program of programs) {
    const lifetimes = lifetimesOf(program);
    lowerBound = Math.max(lowerBound, lowerBoundOf(program, lifetimes, batchSize));
    const order = [...lifetimes].map(([name, span]) => {
      const buffer = program.buffers.get(name);
      if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
      return { buffer, span, bytes: bytesOf(buffer, batchSize) };
    });
    order.sort((a, b) => b.bytes - a.bytes || a.span[0] - b.span[0]);
    const placed: Placed[] = [];
    const places = new Map<string, Placement>();
    for (const { buffer, span, bytes } of order) {
      const offset = lowestFit(bytes, span, placed);
      placed.push({ offset, bytes, span });
      places.set(buffer.name, { buffer, offset: base + offset, bytes, lifetime: span });
      temporaryBytes = Math.max(temporaryBytes, offset + bytes);
    }
    temporaries.set(program.name, places);
  }
  return { storage: fixed, temporaries, bytes: aligned(base + temporaryBytes), temporaryBytes, lowerBound };
}
