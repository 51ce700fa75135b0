// The loop programs of specs, and a comparison of what two versions of a program leave in memory.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allocateBuffers } from "../../src/compiler/loop/evaluate-expressions.ts";
import type { LoopMemory, Sizes } from "../../src/compiler/loop/evaluate-expressions.ts";
import { evaluateProgram } from "../../src/compiler/loop/evaluate.ts";
import { integer } from "../../src/compiler/loop/expressions.ts";
import type { LoopProgram, Statement } from "../../src/compiler/loop/types.ts";
import { compileModel } from "../../src/compiler/pipeline.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { specs } from "./specs.ts";
import { streamOf } from "./tensors.ts";

const folder = fileURLToPath(new URL("../../graphs/", import.meta.url));

/** Every spec of `graphs/` and of the tests, by name. */
export const specNames: readonly string[] = [
  ...readdirSync(folder).filter((file) => /\.(json|yaml|ts)$/.test(file)),
  ...Object.keys(specs),
];

async function modelOf(name: string): Promise<Model> {
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  return spec === undefined ? (await readSpec(`${folder}${name}`)).model : parseModel(spec);
}

/** Returns the loops of a spec's programs after fusion, for small batches. */
export async function fusedPrograms(
  name: string,
  float: "f32" | "f64",
  batchSize: number,
): Promise<readonly LoopProgram[]> {
  const model = await modelOf(name);
  const small = { ...model, training: { ...model.training, batchSize } };
  return compileModel(small, { dtype: float }).lowered;
}

/**
 * Limits each loop of the program to `most` iterations, so that an interpreter can run the program to the
 * end.
 */
export function shortened(program: LoopProgram, most: number): LoopProgram {
  const cut = (statements: readonly Statement[]): readonly Statement[] =>
    statements.map((s) => {
      if (s.kind !== "for") return s;
      const isLong =
        s.to.kind === "number" && s.from.kind === "number" && s.to.value - s.from.value > most * s.step;
      const to = isLong && s.from.kind === "number" ? integer(s.from.value + most * s.step) : s.to;
      return { ...s, to, body: cut(s.body) };
    });
  return { ...program, kernels: program.kernels.map((kernel) => ({ ...kernel, body: cut(kernel.body) })) };
}

/** Fills every buffer, either with real numbers, rounded if `float` is f32, or with the integers 0 and 1. */
export function filledMemory({ buffers }: LoopProgram, batchSize: number): LoopMemory {
  const memory = allocateBuffers(buffers, batchSize);
  for (const [name, array] of memory) {
    const random = streamOf(name.length);
    const isSingle = buffers.get(name)?.element === "f32";
    array.forEach((_, k) => {
      const value = array instanceof Int32Array ? random.below(2) : 4 * random.unit() - 2;
      array[k] = isSingle ? Math.fround(value) : value;
    });
  }
  return memory;
}

/**
 * Runs two versions of a program on the same memory. Returns the buffers of `before` in which the results
 * differ.
 */
export function differences(
  before: LoopProgram,
  after: LoopProgram,
  sizes: Sizes,
  isSame: (a: number, b: number) => boolean = Object.is,
): string[] {
  const [expected, actual] = [before, after].map((program) => {
    const memory = filledMemory(program, sizes.batchSize);
    evaluateProgram(program, memory, sizes);
    return memory;
  });
  return [...before.buffers.keys()].filter((name) => {
    const [a, b] = [expected.get(name), actual.get(name)];
    return a === undefined || b === undefined || !a.every((value, k) => isSame(value, b[k]));
  });
}
