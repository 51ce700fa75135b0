/**
 * The storage of a model in f64 for checks with the interpreters: seeded parameters, initial states and a
 * batch. Each program that runs in it starts from the results of its predecessors.
 */
import type { Graph } from "../../compiler/ir/nodes.ts";
import { boundShape, sizeOf } from "../../compiler/ir/types.ts";
import { allocateBuffers } from "../../compiler/loop/evaluate-expressions.ts";
import type { LoopMemory } from "../../compiler/loop/evaluate-expressions.ts";
import type { Buffer } from "../../compiler/loop/types.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { interpret } from "../../compiler/reference/interpret.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import { modelFacts } from "../../compiler/trainer/trainer-facts.ts";
import { randomBatch } from "../../runtime/check/batches.ts";
import { normalNumber, randomKey, randomStream } from "../../runtime/numbers/random.ts";
import { batchStorage, parameterStorage, stateStorage } from "./batches.ts";

const seed = 1;

export class ModelMemory {
  readonly rows: number;
  private readonly buffers: ReadonlyMap<string, Buffer>;
  private readonly memory: LoopMemory;

  constructor({ model, built, plan }: Pick<Compilation, "model" | "built" | "plan">, rows: number) {
    const { batchSize } = model.training;
    this.rows = rows;
    this.buffers = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
    this.memory = allocateBuffers(this.buffers, batchSize);
    const facts = modelFacts(model, built, "f64");
    const random = randomStream(randomKey(seed, 0, 1));
    const parameters = Object.fromEntries(
      facts.parameters.map(({ name, shape }) => [
        name,
        Array.from({ length: sizeOf(shape, batchSize) }, () => normalNumber(random) / 4),
      ]),
    );
    writeStorage(this.memory, batchStorage(facts, randomBatch(facts, rows, seed)));
    writeStorage(this.memory, parameterStorage(facts, parameters));
    writeStorage(this.memory, stateStorage(built.states, seed));
  }

  read(): Storage {
    return readStorage(this.memory, this.buffers, this.rows);
  }

  /** Runs a graph in the reference interpreter, writes its outputs and returns them. */
  run(graph: Graph): Storage {
    const outputs = interpret(graph, this.read(), this.rows);
    writeStorage(this.memory, outputs);
    return outputs;
  }
}

/** Copies tensors to buffers, which may be larger because they have space for a full batch. */
export function writeStorage(memory: LoopMemory, storage: Storage): void {
  for (const [name, { data }] of storage) memory.get(name)?.set(data);
}

export const readStorage = (
  memory: LoopMemory,
  buffers: ReadonlyMap<string, Buffer>,
  rows: number,
): Storage =>
  new Map(
    [...buffers].map(([name, { shape }]): [string, Tensor] => {
      const data = Float64Array.from(memory.get(name)?.subarray(0, sizeOf(shape, rows)) ?? []);
      return [name, { shape: boundShape(shape, rows), data }];
    }),
  );

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
