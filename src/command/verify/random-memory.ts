/** The memory of a model for checks with the interpreters, and the comparison of their results. */
import {
  batchStorage,
  parameterStorage,
  ProgramMemory,
  stateStorage,
} from "../../compiler/reference/program-memory.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import { modelFacts } from "../../compiler/trainer/trainer-facts.ts";
import { randomBatch } from "../../runtime/check/batches.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import { normalNumber, randomKey, randomStream } from "../../runtime/numbers/random.ts";

const seed = 1;

/** The storage of a model in f64: seeded parameters, initial states and a batch. */
export function randomMemory(
  { model, built, plan }: Pick<Compilation, "model" | "built" | "plan">,
  rows: number,
): ProgramMemory {
  const facts = modelFacts(model, built, "f64");
  const random = randomStream(randomKey(seed, 0, 1));
  const parameters = Object.fromEntries(
    facts.parameters.map(({ name, shape }) => [
      name,
      Array.from({ length: sizeOf(shape) }, () => normalNumber(random) / 4),
    ]),
  );
  const start = new Map([
    ...batchStorage(facts, randomBatch(facts, rows, seed)),
    ...parameterStorage(facts, parameters),
    ...stateStorage(built.states, seed),
  ]);
  return new ProgramMemory(plan, { rows, batchSize: model.training.batchSize }, start);
}

/**
 * Errors are relative to at least this fraction of the largest output, because exact zeros contain rounding
 * noise.
 */
const noise = 3e-3;

/** The output with the largest |a − b| / (|b| + mean |b|). */
export function worstError(
  actual: Storage,
  expected: Storage,
): { readonly output: string; readonly error: number } {
  const floor = noise * Math.max(0, ...[...expected.values()].map(({ data }) => meanSize(data)));
  let worst = { output: "", error: 0 };
  for (const [output, { data }] of expected) {
    const found = actual.get(output)?.data;
    const scale = Math.max(meanSize(data), floor) || 1e-3;
    data.forEach((value, i) => {
      const other = found?.[i] ?? NaN;
      const error = Object.is(other, value) ? 0 : Math.abs(other - value) / (scale + Math.abs(value));
      if (!(error <= worst.error)) worst = { output, error: Number.isNaN(error) ? Infinity : error };
    });
  }
  return worst;
}

const meanSize = (data: Float64Array): number =>
  data.reduce((sum, value) => sum + Math.abs(value), 0) / (data.length || 1);
