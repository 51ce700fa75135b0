/**
 * Purpose   Mark parallel loops: decide which kernels several threads can share, and where their outermost
 *           loop may be divided.
 * Requires  kernels of one nest each, scheduled, with one index per axis.
 * Ensures   a marked kernel consists of scalar definitions and one loop that starts at 0. No iteration of the
 *           loop accesses what another iteration stores. Other statements, such as the remainder of an extent
 *           that no vector divides, become separate kernels. Memory that each iteration uses privately
 *           becomes scratch, with one copy per thread. A panel that all iterations read remains shared. A
 *           loop is not marked if running it takes less time than distributing it over threads.
 * Example   let a = … ; for i<8 step 4: … ; y[8] = … a …
 *           =>   { let a = … ; for i<8 step 4: … }  { let a = … ; y[8] = … a … }
 */
import { accessesOf } from "../../loop/accesses.ts";
import { sharedStores } from "../../loop/dependences.ts";
import { rowsVariable, visit } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { rangesOf } from "../../loop/intervals.ts";
import type { Buffer, For, Kernel, LoopProgram } from "../../loop/types.ts";
import { defineLoopStage } from "../../stages/loops.ts";
import type { LoopContext } from "../../stages/loops.ts";
import { nameMaker } from "../../util/name-maker.ts";
import { cutAround } from "./cut-kernel.ts";
import type { Segment } from "./cut-kernel.ts";
import { cyclesOf } from "./estimate-cycles.ts";

export interface ParallelContext extends LoopContext {
  /** A loop with fewer cycles is not divided. */
  readonly minCycles?: number;
}

/**
 * The default of `minCycles`: about twice the cost of passing work to a spinning thread and waiting for the
 * result, which takes a few microseconds.
 */
const cyclesOfSharing = 12_000;

/** Whether the expression depends only on the number of rows. */
function dependsOnlyOnRows(x: Expression): boolean {
  let holds = true;
  visit(x, (part) => {
    if (part.kind === "load" || (part.kind === "variable" && part.name !== rowsVariable)) holds = false;
  });
  return holds;
}

const touchedBy = ({ body }: Pick<Kernel, "body">): ReadonlySet<string> => {
  const { loaded, stored } = accessesOf(body);
  return new Set([...loaded, ...stored]);
};

/** The temporaries that only one kernel accesses. */
function ownBuffers({ kernels, buffers }: LoopProgram): ReadonlySet<string> {
  const users = new Map<string, number>();
  for (const kernel of kernels)
    for (const name of touchedBy(kernel)) users.set(name, (users.get(name) ?? 0) + 1);
  return new Set(
    [...users.keys()].filter((name) => users.get(name) === 1 && buffers.get(name)?.region === "temporary"),
  );
}

/** A loop that can be divided, with the buffers that then need one copy per thread. */
interface Candidate {
  readonly loop: For;
  readonly scratch: readonly string[];
  readonly cycles: number;
}

class ParallelLoopMarker {
  readonly buffers: Map<string, Buffer>;
  private readonly program: LoopProgram;
  private readonly own: ReadonlySet<string>;
  private readonly nameFor: (base: string) => string;
  private readonly batchSize: number;
  private readonly minCycles: number;

  constructor(program: LoopProgram, { batchSize, minCycles = cyclesOfSharing }: ParallelContext) {
    this.program = program;
    this.buffers = new Map(program.buffers);
    this.own = ownBuffers(program);
    this.nameFor = nameMaker(
      program.kernels.map(({ name }) => name),
      "_",
    );
    this.batchSize = batchSize;
    this.minCycles = minCycles;
  }

  /** Divides the kernel around all candidate loops if possible, or else around the longest one. */
  mark(kernel: Kernel): readonly Kernel[] {
    const candidates = kernel.body.flatMap((s) => (s.kind === "for" ? this.candidate(s, kernel) : []));
    const longest = candidates.toSorted((a, b) => b.cycles - a.cycles).slice(0, 1);
    if (longest.length === 0) return [kernel];
    return this.cut(kernel, candidates) ?? this.cut(kernel, longest) ?? [kernel];
  }

  private candidate(loop: For, kernel: Kernel): Candidate[] {
    if (loop.role !== "parallel" && loop.role !== "output") return [];
    if (loop.from.kind !== "number" || loop.from.value !== 0 || !dependsOnlyOnRows(loop.to)) return [];
    const cycles = this.cyclesOf(kernel, [loop]);
    if (cycles < this.minCycles) return [];
    const { batchSize } = this;
    const ranges = rangesOf(kernel.body, batchSize);
    const scratch = sharedStores(loop, { buffers: this.program.buffers, batchSize, ranges });
    return scratch?.every((name) => this.own.has(name)) ? [{ loop, scratch, cycles }] : [];
  }

  private cut(kernel: Kernel, candidates: readonly Candidate[]): readonly Kernel[] | undefined {
    const segments = cutAround(
      kernel.body,
      candidates.map(({ loop }) => loop),
    );
    if (segments === undefined) return undefined;
    const scratch = new Set(candidates.flatMap((candidate) => candidate.scratch));
    const isPrivate = (name: string) => segments.every((segment) => usesPrivately(segment, name));
    if (![...scratch].every(isPrivate)) return undefined;
    for (const name of touchedBy(kernel)) {
      const buffer = this.program.buffers.get(name);
      if (buffer === undefined) continue;
      if (scratch.has(name)) this.buffers.set(name, { ...buffer, isScratch: true });
      // One of the new kernels passes this buffer to another, so it cannot be private to a thread.
      else if (buffer.isScratch && !isPrivate(name)) this.buffers.set(name, { ...buffer, isScratch: false });
    }
    return this.kernels(kernel, segments);
  }

  /**
   * The segments as kernels. The longest one keeps the name and the attributes of the kernel. Cycles are
   * estimated for each segment.
   */
  private kernels(kernel: Kernel, segments: readonly Segment[]): readonly Kernel[] {
    const cycles = segments.map(({ statements }) => this.cyclesOf(kernel, statements));
    const main = cycles.indexOf(Math.max(...cycles));
    return segments.map(({ statements, loop }, index) => ({
      ...(index === main ? kernel : { name: this.nameFor(`${kernel.name}_rest`), provenance: [] }),
      body: statements,
      cycles: Math.round(cycles[index]),
      schedule: index === main ? kernel.schedule : `the rest of ${kernel.name}`,
      ...(loop && { split: { multiple: loop.step } }),
    }));
  }

  private cyclesOf(kernel: Kernel, body: Kernel["body"]): number {
    return cyclesOf({ ...kernel, body }, this.batchSize);
  }
}

/**
 * Whether the segment stores the buffer if it loads it. Otherwise, the segment reads values that another
 * segment stored there.
 */
function usesPrivately({ statements }: Segment, buffer: string): boolean {
  const { loaded, stored } = accessesOf(statements);
  return !loaded.has(buffer) || stored.has(buffer);
}

export const markParallelLoops = defineLoopStage<ParallelContext>(
  "mark-parallel-loops",
  (program, context) => {
    const marker = new ParallelLoopMarker(program, context);
    const kernels = program.kernels.flatMap((kernel) => marker.mark(kernel));
    return { ...program, kernels, buffers: marker.buffers };
  },
);
