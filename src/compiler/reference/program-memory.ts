/**
 * The storage in which the interpreter runs the programs of a model, one after the other. Each program starts from the
 * results of its predecessors.
 */
import type { Graph } from "../ir/nodes.ts";
import { seedStorage } from "../ir/storage.ts";
import { boundShape, sizeOf } from "../ir/types.ts";
import { allocateBuffers } from "../loop/evaluate-expressions.ts";
import type { LoopMemory } from "../loop/evaluate-expressions.ts";
import type { Buffer, MemoryPlan, Placement } from "../loop/types.ts";
import type { Tensor } from "../ops/tensor.ts";
import { sizeOf as sizeOfRow } from "../../runtime/model/facts.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { decodeCheckpoint } from "../../runtime/checkpoints/checkpoint.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { interpret } from "./interpret.ts";
import type { Storage } from "./interpret.ts";

interface Sizes {
  readonly rows: number;
  readonly batchSize: number;
}

export class ProgramMemory {
  readonly rows: number;
  private readonly buffers: ReadonlyMap<string, Buffer>;
  private readonly memory: LoopMemory;

  /** Storage that is not in `start` is zero. */
  constructor({ storage }: MemoryPlan, { rows, batchSize }: Sizes, start: Storage) {
    this.rows = rows;
    this.buffers = new Map([...storage].map(([name, { buffer }]) => [name, buffer]));
    this.memory = allocateBuffers(this.buffers, batchSize);
    writeStorage(this.memory, start);
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

// The storage before a program runs: batch, parameters and initial states as tensors by storage name.

/** The number of rows of a batch. */
export function rowsIn({ inputs, targets }: ModelFacts, batch: Batch): number {
  const [[name, { shape }]] = [...Object.entries(inputs), ...Object.entries(targets)];
  return batch[name].length / sizeOfRow(shape);
}

/** The batch of these rows, counted from 0, in this order. */
export function rowsAt(model: ModelFacts, data: Batch, rows: Iterable<number>): Batch {
  const places = [...rows];
  const slots = [...Object.entries(model.inputs), ...Object.entries(model.targets)];
  const pick = (name: string, size: number) =>
    places.flatMap((row) => Array.prototype.slice.call(data[name], row * size, (row + 1) * size));
  return Object.fromEntries(slots.map(([name, { shape }]) => [name, pick(name, sizeOfRow(shape))]));
}

/** Inputs and targets of a batch. */
export function batchStorage(model: ModelFacts, batch: Batch): Map<string, Tensor> {
  const rows = rowsIn(model, batch);
  const slots = [...Object.entries(model.inputs), ...Object.entries(model.targets)];
  return new Map(
    slots.map(([name, { shape }]) => [
      name,
      { shape: [rows, ...shape], data: Float64Array.from(batch[name]) },
    ]),
  );
}

/** The values of parameters, by name. */
export const parameterStorage = (
  { parameters }: ModelFacts,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Map<string, Tensor> =>
  new Map(parameters.map(({ name, shape }) => [name, { shape, data: Float64Array.from(values[name]) }]));

/** The seed, and the initial optimizer states that are not zero. */
export const stateStorage = (
  states: readonly { readonly name: string; readonly initial?: readonly number[] }[],
  seed: number,
): Map<string, Tensor> =>
  new Map([
    [seedStorage, { shape: [], data: Float64Array.of(seed) }],
    ...states.flatMap(({ name, initial }): [string, Tensor][] =>
      initial === undefined ? [] : [[name, { shape: [initial.length], data: Float64Array.from(initial) }]],
    ),
  ]);

/**
 * The state in a checkpoint: parameters (one by one and all together), optimizer states, step and seed. The memory plan
 * has their offsets.
 *
 * @throws InputError if the checkpoint is of another model
 */
export function checkpointStorage(
  { storage }: MemoryPlan,
  facts: ModelFacts,
  checkpoint: Uint8Array,
): Map<string, Tensor> {
  const kept = [...storage.values()].filter(
    ({ buffer }) => buffer.region === "parameter" || buffer.region === "state",
  );
  const stateBytes = Math.max(...kept.map(({ offset, bytes }) => offset + bytes));
  const parameterBytes = kept
    .filter(({ buffer }) => buffer.region === "parameter" && buffer.covers === undefined)
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const { state } = decodeCheckpoint(facts, stateBytes, parameterBytes, checkpoint);
  return new Map(
    kept.map((placement) => {
      const { buffer } = placement;
      const shape = boundShape(buffer.shape, facts.batchSize);
      return [buffer.name, { shape, data: numbersAt(state, placement) }];
    }),
  );
}

function numbersAt(state: Uint8Array, { buffer, offset, bytes }: Placement): Float64Array {
  const own = state.slice(offset, offset + bytes).buffer;
  if (buffer.element === "f32") return Float64Array.from(new Float32Array(own));
  return buffer.element === "f64" ? new Float64Array(own) : Float64Array.from(new Int32Array(own));
}
