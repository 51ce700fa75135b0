/**
 * Computes the numbers of one row in a training step: the values of the network, the loss, and all gradients. The
 * reference interpreter computes them in doubles, for a batch that consists of this row alone.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { lossStorage } from "../../compiler/ir/storage.ts";
import { countOf } from "../../compiler/ops/tensor.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { countText } from "../../compiler/util/number-text.ts";
import { traceGraph } from "../../compiler/reference/interpret.ts";
import { batchStorage, checkpointStorage, ProgramMemory } from "../../compiler/reference/program-memory.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { ExplainedNumbers, ExplainedRow, RoundedNumber } from "../explanation.ts";
import { matrixSize } from "../row-numbers.ts";
import { idOfValue } from "./gradient-derivations.ts";
import { graphFormulas } from "./graph-formulas.ts";
import { flopsOfProgram } from "./target-kernels.ts";

export interface RowStart extends Pick<ExplainedRow, "source" | "parameters"> {
  readonly facts: ModelFacts;
  /** The inputs and targets of one row. */
  readonly batch: Batch;
  /** The state of the trainer before the step, as `save` returns it. It is of the same model and element type. */
  readonly checkpoint: Uint8Array;
}

/** The programs that run before the gradients, in order. */
const preparations = ["begin", "measure"];

export function explainRow(compilation: Compilation, start: RowStart): ExplainedRow {
  const { plan, model, rematerialised } = compilation;
  const { facts, batch, checkpoint, source, parameters } = start;
  const storage = new Map([...checkpointStorage(plan, facts, checkpoint), ...batchStorage(facts, batch)]);
  const memory = new ProgramMemory(plan, { rows: 1, batchSize: model.training.batchSize }, storage);
  const graphOf = (wanted: string) => rematerialised.find(({ name }) => name === wanted);
  for (const graph of preparations.flatMap((name) => graphOf(name) ?? [])) memory.run(graph);
  const gradient = graphOf("gradient");
  invariant(gradient !== undefined, "no program computes gradients");
  const values = traceGraph(gradient, memory.read(), 1);
  const formulas = graphFormulas(gradient);
  const loss = gradient.outputs.find((output) => output.storage === lossStorage)?.node;
  const idOf = (node: Node) => idOfValue({ name: formulas.nameOf(node) });
  const leaves = new Map(
    formulas.nodes.flatMap((node) => (node.op === "input" ? [[node.attributes.name, node]] : [])),
  );
  const fields = Object.keys({ ...facts.inputs, ...facts.targets }).flatMap((name) => {
    const node = leaves.get(name);
    return node === undefined ? [] : [{ name, node: idOf(node) }];
  });
  return {
    source,
    parameters,
    loss: rounded((loss && values.get(loss))?.data[0] ?? NaN),
    fields,
    numbers: Object.fromEntries(
      formulas.nodes.filter(formulas.isNamed).flatMap((node): [string, ExplainedNumbers][] => {
        const value = values.get(node);
        return value === undefined ? [] : [[idOf(node), numbersOf(value)]];
      }),
    ),
  };
}

/** The `source` of a training row, which is counted from 1. */
export const trainingRowText = (row: number, count: number): string =>
  `row ${countText(row)} of the ${countText(count)} training rows`;

/** The largest number of operations of one row; the interpreter does about ten million per second. */
export const maxFlopsOfRow = 2e8;

/** The number of operations of one row in the forward and backward pass. */
export const flopsOfRow = (compilation: Compilation): number =>
  flopsOfProgram(compilation, "gradient") / compilation.model.training.batchSize;

/** The largest corner of a matrix, and the largest part of a vector. */
const maxCorner = 12;
const maxVector = 32;

/** The numbers that are shown of a value: all of a small one, the upper left corner of a large one. */
export function numbersOf({ shape, data }: Tensor): ExplainedNumbers {
  const [rows, columns] = matrixSize(shape);
  const shown =
    rows === 1 ? [1, Math.min(columns, maxVector)] : [rows, columns].map((size) => Math.min(size, maxCorner));
  const corner = Array.from({ length: shown[0] }, (_, row) =>
    Array.from(data.subarray(row * columns, row * columns + shown[1]), rounded),
  );
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of data) {
    // Both yield NaN for NaN.
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { shape, corner, min: rounded(min), mean: rounded(sum / countOf(shape)), max: rounded(max) };
}

/** JSON has no notation for NaN and infinities. Six digits distinguish the numbers that a reader compares. */
function rounded(value: number): RoundedNumber {
  if (Number.isFinite(value)) return Number(value.toPrecision(6));
  return value > 0 ? "∞" : value < 0 ? "−∞" : "NaN";
}
