// Every stage of both schedules on random loop nests, against the interpreter of loops. Many nests break what
// a stage requires: iterations that share elements, indices from memory, loops of the wrong role. If one
// fails, a stage changes what a program computes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateProgram } from "../../../src/compiler/loop/evaluate.ts";
import type { LoopMemory, Sizes } from "../../../src/compiler/loop/evaluate-memory.ts";
import { printKernel } from "../../../src/compiler/loop/print.ts";
import type { Kernel, LoopProgram } from "../../../src/compiler/loop/types.ts";
import { checkLoops } from "../../../src/compiler/loop/verify.ts";
import { blockContractions } from "../../../src/compiler/schedule/block-contractions.ts";
import { collapseLoops } from "../../../src/compiler/schedule/collapse-loops.ts";
import { hoistInvariants } from "../../../src/compiler/schedule/hoist.ts";
import { freshIn, placeProgram, scheduleProgram } from "../../../src/compiler/schedule/schedule.ts";
import { shareExpressions } from "../../../src/compiler/schedule/share-expressions.ts";
import { dropUnitLoops } from "../../../src/compiler/schedule/vectors/drop-unit-loops.ts";
import { flushSubnormals } from "../../../src/compiler/schedule/vectors/flush-subnormals.ts";
import { markSplits } from "../../../src/compiler/schedule/vectors/mark-splits.ts";
import { scheduleVectors } from "../../../src/compiler/schedule/vectors/schedule-vectors.ts";
import { splitKernels } from "../../../src/compiler/schedule/vectors/split-kernels.ts";
import { stepPointers } from "../../../src/compiler/schedule/vectors/step-pointers.ts";
import { often } from "../../support/random-graph.ts";
import { integerMemory, nestBatch, randomNests } from "../../support/random-nest.ts";
import { inParts } from "../../support/vector-programs.ts";

type Float = "f32" | "f64";
/** What a stage makes of a program, and how the interpreter is to read it. */
interface Stage {
  readonly run: (program: LoopProgram, float: Float, rows: number) => LoopProgram;
  readonly sizes?: Pick<Sizes, "inBytes" | "mayOverrun">;
}

const batchSize = nestBatch;
const none = new Set<string>();
const kernels = (program: LoopProgram, map: (kernel: Kernel) => Kernel): LoopProgram => ({
  ...program,
  kernels: program.kernels.map(map),
});
const vectors = (program: LoopProgram, float: Float): LoopProgram => {
  const split = splitKernels(program, batchSize);
  const lean = kernels(split, (kernel) => dropUnitLoops(kernel, freshIn(kernel)));
  return scheduleVectors(lean, { float, batchSize, skip: none });
};
const marked = (program: LoopProgram, float: Float): LoopProgram =>
  markSplits(vectors(program, float), { batchSize, leastCycles: 0 });

const stages: Readonly<Record<string, Stage>> = {
  "block-contractions": {
    run: (p) => kernels(p, (kernel) => blockContractions(kernel, { buffers: p.buffers, batchSize })),
  },
  "collapse-loops": {
    run: (p) => kernels(p, (kernel) => collapseLoops(kernel, { buffers: p.buffers, batchSize })),
  },
  "hoist-invariants": { run: (p) => kernels(p, (kernel) => hoistInvariants(kernel, freshIn(kernel))) },
  "share-expressions": { run: (p) => kernels(p, (kernel) => shareExpressions(kernel, freshIn(kernel))) },
  "the scalar schedule": { run: (p) => scheduleProgram(p, { batchSize, skip: none }) },
  "split-kernels": { run: (p) => splitKernels(p, batchSize) },
  "drop-unit-loops": { run: (p) => kernels(p, (kernel) => dropUnitLoops(kernel, freshIn(kernel))) },
  vectorise: {
    run: (p, float) =>
      scheduleVectors(p, { float, batchSize, skip: new Set(["hoist-invariants", "share-expressions"]) }),
    sizes: { mayOverrun: true },
  },
  "flush-subnormals": {
    run: (p) => kernels(p, (kernel) => flushSubnormals(kernel, p.buffers, freshIn(kernel))),
  },
  "mark-splits, run in parts": {
    run: (p, float, rows) => inParts(rows)(marked(p, float)),
    sizes: { mayOverrun: true },
  },
  "the vector schedule": {
    run: (p, float) => {
      const placed = placeProgram(marked(p, float), { batchSize, unit: "bytes" });
      return kernels(placed, (kernel) => stepPointers(kernel, freshIn(kernel)));
    },
    sizes: { mayOverrun: true, inBytes: true },
  },
};

/** The rows that are there, of every buffer that outlives the program. */
function visible(program: LoopProgram, memory: LoopMemory, rows: number): Record<string, number[]> {
  const entries = [...program.buffers.values()].flatMap(({ name, shape, region }): [string, number[]][] => {
    if (region === "temporary") return [];
    const values = Array.from(memory.get(name) ?? []);
    return [[name, shape[0] === "n" ? values.slice(0, (values.length / batchSize) * rows) : values]];
  });
  return Object.fromEntries(entries);
}

const run = (program: LoopProgram, original: LoopProgram, sizes: Sizes) => {
  const memory = integerMemory(original);
  const own = new Map([...integerMemory(program), ...memory]);
  evaluateProgram(program, own, sizes);
  return visible(original, own, sizes.rows);
};

describe.each(["f32", "f64"] as const)("on random nests, %s", (float) => {
  it.each(Object.keys(stages))("%s keeps what they compute", (name) => {
    const { run: stage, sizes = {} } = stages[name];
    fc.assert(
      fc.property(randomNests(float), fc.integer({ min: 1, max: batchSize }), (program, rows) => {
        checkLoops(program, "drawing");
        const changed = stage(program, float, rows);
        if (!sizes.inBytes) checkLoops(changed, name);
        const text = () => [...program.kernels, ...changed.kernels].map(printKernel).join("\n");
        const expected = run(program, program, { rows, batchSize });
        expect(run(changed, program, { rows, batchSize, ...sizes }), text()).toEqual(expected);
      }),
      often(150, 31),
    );
  });
});
