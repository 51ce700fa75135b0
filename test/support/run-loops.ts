// Runs a graph in the loop interpreter. As in the pipeline, the graph is lowered, fused, scheduled and
// planned in one arena.
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import { boundShape, sizeOf } from "../../src/compiler/ir/types.ts";
import { evaluateProgram } from "../../src/compiler/loop/evaluate.ts";
import type { LoopMemory, Sizes } from "../../src/compiler/loop/evaluate-expressions.ts";
import type { Buffer, LoopProgram, MemoryPlan, Region } from "../../src/compiler/loop/types.ts";
import { checkLoops } from "../../src/compiler/loop/verify.ts";
import { lowering, scalarSchedule } from "../../src/compiler/pipeline.ts";
import { indicesOf, positionOf, tensorOf } from "../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { loweredGraph, scheduledScalars, planOf } from "./stages.ts";

export interface LoopOptions {
  readonly float?: "f32" | "f64";
  /** The maximum number of rows. */
  readonly batchSize?: number;
  readonly skip?: readonly string[];
  /** Run the loops after fusion, before they are scheduled. */
  readonly unscheduled?: boolean;
  /** Changes the loops after fusion, before they are scheduled. */
  readonly prepare?: (program: LoopProgram) => LoopProgram;
}

/** All stages between nests and scheduled loops that can be skipped. */
export const loopStages: readonly string[] = [
  ...lowering.nests,
  ...lowering.kernels,
  ...scalarSchedule.loops,
].flatMap(({ name, isRequired }) => (isRequired ? [] : [name]));

const regionOf = (node: Node): Region =>
  node.op === "parameter" ? "parameter" : node.op === "state" ? "state" : "input";

/** A buffer for every leaf and every output. */
export function storageFor(graph: Graph, float: "f32" | "f64"): Map<string, Buffer> {
  const storage = new Map<string, Buffer>();
  const put = (name: string, node: Node, region: Region) => {
    const { element, shape } = node.type;
    if (!storage.has(name))
      storage.set(name, {
        name,
        storage: name,
        element: element === "bool" ? float : element,
        shape,
        region,
      });
  };
  for (const node of graph.nodes)
    if (node.op === "input" || node.op === "parameter" || node.op === "state")
      put(node.attributes.name, node, regionOf(node));
  for (const { storage: name, node } of graph.outputs) put(name, node, "result");
  return storage;
}

export interface Lowered {
  readonly program: LoopProgram;
  readonly storage: ReadonlyMap<string, Buffer>;
  readonly plan: MemoryPlan;
  /** The interpreter's options for a program on vectors. */
  readonly sizes?: Pick<Sizes, "inBytes" | "mayOverrun">;
}

export function lowered(graph: Graph, options: LoopOptions = {}): Lowered {
  const { float = "f64", batchSize = 3, skip = [], unscheduled = false, prepare } = options;
  const storage = storageFor(graph, float);
  const context = { float, batchSize, storage };
  const fused = loweredGraph(graph, context, skip);
  const loops = prepare === undefined ? fused : prepare(fused);
  checkLoops(loops, "prepare");
  const program = unscheduled ? loops : scheduledScalars(loops, context, skip);
  return { program, storage, plan: planOf([program], storage, batchSize) };
}

/**
 * Views of one arena with the layout of the plan. The arena is filled with NaN, so that a result cannot be
 * correct merely because memory is zero.
 */
export function arenaOf(plan: MemoryPlan, program: LoopProgram, batchSize: number): LoopMemory {
  // The interpreter stores f32 numbers as doubles. If the program has f32 numbers, all offsets are twice
  // those of the plan.
  const places = [...plan.storage, ...(plan.temporaries.get(program.name) ?? [])];
  const scale = places.some(([, { buffer }]) => buffer.element === "f32") ? 2 : 1;
  const arena = new ArrayBuffer(plan.bytes * scale);
  new Float64Array(arena).fill(NaN);
  return new Map(
    places.map(([name, { buffer, offset }]) => {
      const size = sizeOf(buffer.shape, batchSize);
      const start = offset * scale;
      const isInteger = buffer.element === "i32";
      return [name, isInteger ? new Int32Array(arena, start, size) : new Float64Array(arena, start, size)];
    }),
  );
}

/** Writes a tensor to memory for `batchSize` rows. */
function write(array: Float64Array | Int32Array, buffer: Buffer, value: Tensor, batchSize: number): void {
  const room = boundShape(buffer.shape, batchSize);
  let position = 0;
  for (const at of indicesOf(value.shape)) {
    const element = value.data[position++];
    array[positionOf(room, at)] = buffer.element === "f32" ? Math.fround(element) : element;
  }
}

const read = (array: Float64Array | Int32Array, buffer: Buffer, rows: number, batchSize: number): Tensor => {
  const room = boundShape(buffer.shape, batchSize);
  return tensorOf(boundShape(buffer.shape, rows), (at) => array[positionOf(room, at)]);
};

/** The arena of a program, with these values in its storage. */
export function memoryWith(
  { program, storage, plan }: Lowered,
  values: ReadonlyMap<string, Tensor>,
  batchSize = 3,
): LoopMemory {
  const memory = arenaOf(plan, program, batchSize);
  for (const [name, buffer] of storage) {
    const value = values.get(name);
    const array = memory.get(name);
    if (value !== undefined && array !== undefined) write(array, buffer, value, batchSize);
  }
  return memory;
}

/** The contents of storage after the loops, by name. */
export function runLoops(
  lowered: Lowered,
  values: ReadonlyMap<string, Tensor>,
  rows: number,
  batchSize = 3,
): Map<string, Tensor> {
  const { program, storage, sizes } = lowered;
  const memory = memoryWith(lowered, values, batchSize);
  evaluateProgram(program, memory, { ...sizes, rows, batchSize });
  return new Map(
    [...storage].flatMap(([name, buffer]) => {
      const array = memory.get(name);
      return array === undefined ? [] : [[name, read(array, buffer, rows, batchSize)] as const];
    }),
  );
}

/** Lowers the graph and runs its loops. */
export const runAsLoops = (
  graph: Graph,
  values: ReadonlyMap<string, Tensor>,
  rows: number,
  options: LoopOptions = {},
): Map<string, Tensor> => runLoops(lowered(graph, options), values, rows, options.batchSize ?? 3);
