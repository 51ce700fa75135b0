/**
 * The layout of linear memory:
 *
 *   a guard, the arena of the plan, slack, and the scratch of each thread.
 *
 * A vector select evaluates both branches, so it may load from outside a buffer. A vector load of the last
 * elements may extend past the end of a buffer. Guard and slack keep such loads inside the memory.
 */
import { invariant } from "../../diagnostics/errors.ts";
import { sizeOf } from "../../ir/types.ts";
import { bytesOfElement } from "../../loop/types.ts";
import type { Buffer, Kernel, LoopProgram, MemoryPlan } from "../../loop/types.ts";
import { integer } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { substituteVariables, visitExpressions, visitStatements } from "../../loop/statements.ts";
import { placeOf } from "./addresses.ts";
import { rangeOf, rangesOf } from "../../loop/intervals.ts";
import type { Ranges } from "../../loop/intervals.ts";

export interface MemoryLayout {
  /** The byte offset of the arena. */
  readonly base: number;
  /** The byte offset of the scratch memory. */
  readonly bytes: number;
  /** The size of each thread's scratch memory in bytes. */
  readonly scratchBytes: number;
  /** The byte offset of a buffer of a program; 0 for scratch. */
  baseOf(program: LoopProgram, buffer: string): number;
  /** The offset of each scratch buffer of a kernel within the scratch memory of a thread. */
  scratchOf(kernel: Kernel): ReadonlyMap<string, number>;
}

/** The size of a cache line in bytes. */
const line = 64;
const aligned = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

const bytesOf = (buffer: Buffer, batchSize: number): number =>
  sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];

/** The offsets of a kernel's scratch buffers, placed one after the other, and their total size. */
function scratchOf(kernel: Kernel, program: LoopProgram, batchSize: number) {
  const offsets = new Map<string, number>();
  let bytes = 0;
  visitAccesses(kernel, (name) => {
    const buffer = program.buffers.get(name);
    if (buffer?.isScratch !== true || offsets.has(name)) return;
    offsets.set(name, bytes);
    bytes = aligned(bytes + bytesOf(buffer, batchSize), 16);
  });
  return { offsets, bytes };
}

function visitAccesses(kernel: Kernel, f: (buffer: string) => void): void {
  visitExpressions(kernel.body, (x) => x.kind === "load" && f(x.buffer));
  visitStatements(kernel.body, (s) => s.kind === "store" && f(s.buffer));
}

/** The body of the kernel, with each address relative to the start of its buffer. */
const fromBuffers = ({ body, shared }: Kernel): Kernel["body"] =>
  substituteVariables(body, new Map(shared?.addresses.map((buffer) => [buffer, integer(0)])));

/**
 * The number of bytes by which loads may extend beyond each end of the arena. Loads whose offsets have no
 * known range are ignored.
 */
function reachOf(programs: readonly LoopProgram[], plan: MemoryPlan, batchSize: number) {
  const reach = { before: 0, behind: 0 };
  for (const program of programs)
    for (const kernel of program.kernels) {
      const body = fromBuffers(kernel);
      const ranges = rangesOf(body, batchSize);
      visitExpressions(body, (x) => {
        const offset = x.kind === "load" ? offsetIn(plan, program, x.buffer) : undefined;
        if (x.kind !== "load" || offset === undefined) return;
        const { least, most } = placesOf(x, ranges);
        if (Number.isFinite(least)) reach.before = Math.max(reach.before, -(offset + least));
        if (Number.isFinite(most)) reach.behind = Math.max(reach.behind, offset + most - plan.bytes);
      });
    }
  return reach;
}

/** The offset of the first byte that a load may touch, and the offset after the last one. */
function placesOf(x: Extract<Expression, { kind: "load" }>, ranges: Ranges) {
  const { terms, constant } = placeOf(x.at);
  const { least, most } = terms === undefined ? { least: 0, most: 0 } : rangeOf(terms, ranges);
  const apart = (x.stride ?? 0) * (x.lanes ?? 1) * 8;
  return { least: least + constant, most: most + constant + apart + 16 };
}

const offsetIn = (plan: MemoryPlan, program: LoopProgram, buffer: string): number | undefined =>
  (plan.temporaries.get(program.name)?.get(buffer) ?? plan.storage.get(buffer))?.offset;

export function layOut(programs: readonly LoopProgram[], plan: MemoryPlan, batchSize: number): MemoryLayout {
  const { before, behind } = reachOf(programs, plan, batchSize);
  const base = aligned(Math.max(line, before), line);
  const scratch = new Map(
    programs.flatMap((program) =>
      program.kernels.map((kernel) => [kernel, scratchOf(kernel, program, batchSize)] as const),
    ),
  );
  return {
    base,
    bytes: aligned(base + plan.bytes + Math.max(line, behind), line),
    scratchBytes: aligned(Math.max(0, ...[...scratch.values()].map(({ bytes }) => bytes)), line),
    baseOf(program, buffer) {
      if (program.buffers.get(buffer)?.isScratch === true) return 0;
      const offset = offsetIn(plan, program, buffer);
      invariant(offset !== undefined, `${buffer} is not in the memory plan`);
      return base + offset;
    },
    scratchOf: (kernel) => scratch.get(kernel)?.offsets ?? new Map<string, number>(),
  };
}
