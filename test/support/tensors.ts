// Tensors for tests: drawing them from a seed, and comparing them. The same seed always results in the same
// tensors.
import type { Graph } from "../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../src/compiler/ir/types.ts";
import type { TensorType } from "../../src/compiler/ir/types.ts";
import type { SampleOperand } from "../../src/compiler/ops/define.ts";
import { countOf } from "../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { randomKey, randomStream } from "../../src/runtime/numbers/random.ts";
import type { Random } from "../../src/runtime/numbers/random.ts";

export const tensor = (shape: readonly number[], list: Iterable<number>): Tensor => ({
  shape,
  data: Float64Array.from(list),
});

/** A random stream that is the same in every run. */
export const streamOf = (seed: number): Random => randomStream(randomKey(seed, 0, 0));

/** A tensor of numbers uniform in [low, high), drawn in row-major order. */
export function drawn(shape: readonly number[], random: Random, low = -2, high = 2): Tensor {
  const data = new Float64Array(countOf(shape)).map(() => low + (high - low) * random.unit());
  return { shape, data };
}

/** The tensor that a sample describes for an operand, for a batch of `rows` rows. */
export function sampleTensor(operand: SampleOperand, rows: number, random: Random): Tensor {
  const shape = boundShape(operand.shape, rows);
  return "values" in operand
    ? tensor(shape, operand.values)
    : drawn(shape, random, operand.low, operand.high);
}

/** A tensor of the type: real numbers, or 0 and 1 for integers and bools. */
export function anyTensor(type: TensorType, rows: number, random: Random): Tensor {
  const shape = boundShape(type.shape, rows);
  if (type.element === "f32" || type.element === "f64") return drawn(shape, random);
  return { shape, data: new Float64Array(countOf(shape)).map(() => random.below(2)) };
}

/** A value for every leaf of the graph, by the name of its storage. */
export function anyStorage(graph: Graph, rows: number, seed: number): Map<string, Tensor> {
  const random = streamOf(seed);
  const storage = new Map<string, Tensor>();
  for (const node of graph.nodes)
    if (node.op === "input" || node.op === "parameter" || node.op === "state") {
      const { name } = node.attributes;
      if (!storage.has(name)) storage.set(name, anyTensor(node.type, rows, random));
    }
  return storage;
}

/** The difference relative to max(1, |a|, |b|); 0 if both are NaN. */
const difference = (a: number, b: number): number =>
  Object.is(a, b) || a === b ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b));

/**
 * The largest difference relative to max(1, |a|, |b|); infinite if shapes differ or only one of two numbers
 * is NaN.
 */
export function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  if (a === undefined || b === undefined || a.shape.join() !== b.shape.join()) return Infinity;
  let worst = 0;
  a.data.forEach((value, i) => {
    const here = difference(value, b.data[i]);
    worst = Math.max(worst, Number.isNaN(here) ? Infinity : here);
  });
  return worst;
}

/** The largest difference over all tensors of `expected`, and its location. */
export function compareStorage(
  actual: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): { worst: number; at: string } {
  let result = { worst: 0, at: "" };
  for (const [name, value] of expected) {
    const worst = largestDifference(actual.get(name), value);
    if (worst > result.worst) result = { worst, at: name };
  }
  return result;
}

/** Whether two tensors are bit-identical: 0 and −0 differ, NaN equals itself. */
export const isIdentical = (a: Tensor, b: Tensor): boolean =>
  a.shape.join() === b.shape.join() && a.data.every((value, i) => Object.is(value, b.data[i]));
