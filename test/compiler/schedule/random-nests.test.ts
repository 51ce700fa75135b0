// Every stage of both schedules on random loop nests, compared with the loop interpreter. Many nests violate
// what a stage requires: iterations share elements, indices come from memory, or a loop has the wrong role.
// If a test fails, a stage changes what a program computes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateProgram } from "../../../src/compiler/loop/evaluate.ts";
import type { LoopMemory, Sizes } from "../../../src/compiler/loop/evaluate-expressions.ts";
import { printKernel } from "../../../src/compiler/loop/print.ts";
import type { LoopProgram } from "../../../src/compiler/loop/types.ts";
import { checkLoops } from "../../../src/compiler/loop/verify.ts";
import { registerBlocking } from "../../../src/compiler/schedule/register-blocking.ts";
import { collapseLoops } from "../../../src/compiler/schedule/collapse-loops.ts";
import { hoistInvariants } from "../../../src/compiler/schedule/hoist-invariants.ts";
import { eliminateCommonSubexpressions } from "../../../src/compiler/schedule/eliminate-common-subexpressions.ts";
import { dropUnitLoops } from "../../../src/compiler/schedule/vectors/drop-unit-loops.ts";
import { flushSubnormals } from "../../../src/compiler/schedule/vectors/flush-subnormals.ts";
import { vectoriseLoops } from "../../../src/compiler/schedule/vectors/vectorise-loops.ts";
import { distributeLoops } from "../../../src/compiler/schedule/vectors/distribute-loops.ts";
import type { LoopStage } from "../../../src/compiler/stages/loops.ts";
import { often } from "../../support/random-graph.ts";
import { integerMemory, nestBatch, randomNests } from "../../support/random-nest.ts";
import { afterStage, placedVectors, scheduledScalars, scheduledVectors } from "../../support/stages.ts";
import { inParts } from "../../support/vector-programs.ts";

type Float = "f32" | "f64";
/** The result of a stage for a program, and the options of the interpreter that runs it. */
interface Stage {
  readonly run: (program: LoopProgram, float: Float, rows: number) => LoopProgram;
  readonly sizes?: Pick<Sizes, "inBytes" | "mayOverrun">;
}

const batchSize = nestBatch;
const alone =
  (stage: LoopStage): Stage["run"] =>
  (program, float) =>
    afterStage(stage, program, { batchSize, float });
/** The program on vectors, with every loop marked that may be divided. */
const marked = (program: LoopProgram, float: Float): LoopProgram =>
  scheduledVectors(
    program,
    { batchSize, float, minCycles: 0 },
    { skip: ["flush-subnormals", "deduplicate-kernels"] },
  );

const stages: Readonly<Record<string, Stage>> = {
  "register-blocking": { run: alone(registerBlocking) },
  "collapse-loops": { run: alone(collapseLoops) },
  "hoist-invariants": { run: alone(hoistInvariants) },
  "eliminate-common-subexpressions": { run: alone(eliminateCommonSubexpressions) },
  "the scalar schedule": { run: (p, float) => scheduledScalars(p, { batchSize, float }) },
  "distribute-loops": { run: alone(distributeLoops) },
  "drop-unit-loops": { run: alone(dropUnitLoops) },
  vectorise: { run: alone(vectoriseLoops), sizes: { mayOverrun: true } },
  "flush-subnormals": { run: alone(flushSubnormals) },
  "mark-parallel-loops, run in parts": {
    run: (p, float, rows) => inParts(rows)(marked(p, float)),
    sizes: { mayOverrun: true },
  },
  "the vector schedule": {
    run: (p, float) => placedVectors(marked(p, float), { batchSize, float }),
    sizes: { mayOverrun: true, inBytes: true },
  },
};

/** The rows of the batch in every buffer that outlives the program. */
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
  it.each(Object.keys(stages))("%s preserves what they compute", (name) => {
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
