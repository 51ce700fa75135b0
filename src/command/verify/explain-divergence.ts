/**
 * Finds the node where training diverged. Repeats the epoch up to the step where the loss, a gradient or a
 * parameter is no longer finite, then runs this step in the interpreter, which keeps every value. The
 * divergence began at the first node whose value is not finite although its operands are.
 */
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { flatGradients, gradientStorage, stepStorage } from "../../compiler/ir/storage.ts";
import { boundShape, isFloat, sizeOf } from "../../compiler/ir/types.ts";
import type { MemoryPlan } from "../../compiler/loop/types.ts";
import { formulaOf } from "../../compiler/notation/text.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { evaluateGraph, interpret } from "../../compiler/reference/interpret.ts";
import { batchStorage, checkpointStorage, rowsIn } from "../../compiler/reference/program-memory.ts";
import { readCheckpoint } from "../../runtime/checkpoints/checkpoint.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { epochBatches } from "./batches.ts";

/** The largest step that is interpreted. The interpreter does about ten million operations per second. */
const maxFlops = 1e8;

/**
 * Returns a sentence for the report; undefined if the epoch does not diverge again, if the model is too
 * large, or if a step has several batches, which `step` cannot repeat. `trainer` must have the state before
 * the epoch, or at the point inside it where the run began.
 */
export function explainDivergence(
  compilation: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  data: Batch,
): string | undefined {
  const { shuffle, accumulate } = compilation.model.training;
  if (accumulate !== undefined || flopsOfProgram(compilation, "gradient") > maxFlops) return undefined;
  const start = trainer.save();
  const { rows: passed } = readCheckpoint(start).header.progress;
  const epoch = { seed: trainer.seed, epoch: trainer.epoch + 1, shuffle, passed };
  const batches = [...epochBatches(facts, data, epoch)];
  const bad = batches.findIndex((batch) => !isSound(trainer, trainer.step(batch)));
  if (bad < 0) return undefined;
  trainer.load(start);
  for (const batch of batches.slice(0, bad)) trainer.step(batch);
  const kept = checkpointStorage(compilation.plan, facts, trainer.save());
  const step = kept.get(stepStorage)?.data[0] ?? 0;
  const cause = firstBadNode(compilation, facts, kept, batches[bad]);
  return cause === undefined ? undefined : `the first value that is not finite: at step ${step}, ${cause}`;
}

const isSound = ({ parameters, gradients }: Trainer, loss: number): boolean =>
  [[loss], ...Object.values(gradients), ...Object.values(parameters)].every((list) =>
    list.every((value) => Number.isFinite(value)),
  );

/** Searches the gradient graph, then the update graph. */
function firstBadNode(
  { graphs, built, plan }: Compilation,
  facts: ModelFacts,
  kept: ReadonlyMap<string, Tensor>,
  batch: Batch,
): string | undefined {
  const rows = rowsIn(facts, batch);
  const storage = new Map([...kept, ...batchStorage(facts, batch)]);
  if (graphs.begin !== undefined)
    for (const [name, whole] of interpret(graphs.begin, kept, rows))
      for (const [slice, tensor] of slicesOf(plan, name, whole)) storage.set(slice, tensor);
  const values = evaluateGraph(graphs.gradient, storage, rows);
  const bad = badNode(graphs.gradient, values, facts.dtype);
  if (bad !== undefined) return bad;
  const gradients = built.parameters.flatMap(({ name }) => {
    const output = graphs.gradient.outputs.find((each) => each.storage === gradientStorage(name));
    return output === undefined ? [] : [...(values.get(output.node)?.data ?? [])];
  });
  storage.set(flatGradients, { shape: [gradients.length], data: Float64Array.from(gradients) });
  return badNode(graphs.update, evaluateGraph(graphs.update, storage, rows), facts.dtype);
}

/**
 * The tensor of a buffer, and the slices of this tensor that belong to the buffers that the buffer covers.
 */
function slicesOf({ storage }: MemoryPlan, name: string, whole: Tensor): [string, Tensor][] {
  const parts = (storage.get(name)?.buffer.covers ?? []).flatMap((slice) => storage.get(slice)?.buffer ?? []);
  let start = 0;
  return [
    [name, whole],
    ...parts.map(({ name: slice, shape }): [string, Tensor] => {
      const data = whole.data.slice(start, (start += sizeOf(shape, 1)));
      return [slice, { shape: boundShape(shape, 1), data }];
    }),
  ];
}

function badNode(graph: Graph, values: ReadonlyMap<Node, Tensor>, dtype: "f32" | "f64"): string | undefined {
  // The interpreter computes in f64. Values that overflow in an f32 trainer become infinite when they are
  // rounded to f32.
  const rounded = (value: number) => (dtype === "f32" ? Math.fround(value) : value);
  const badValue = (node: Node) => values.get(node)?.data.find((value) => !Number.isFinite(rounded(value)));
  const isBad = (node: Node) => isFloat(node.type.element) && badValue(node) !== undefined;
  const node = graph.nodes.find(
    (each) => each.op !== "constant" && isBad(each) && !operandsOf(each).some(isBad),
  );
  if (node === undefined) return undefined;
  const formula = formulaOf(node, nameOf);
  const of = node.name === undefined ? "" : `${node.name} = `;
  const layer = node.origin.layer === undefined ? "" : ` (layer ${node.origin.layer})`;
  return `${of}${formula}${layer} becomes ${rounded(badValue(node) ?? NaN)}`;
}

/**
 * The name of a node, if it is a leaf or has a name. All other nodes are shown as subexpressions of formulas.
 */
const nameOf = (node: Node): string | undefined =>
  node.op === "input" || node.op === "parameter" || node.op === "state" ? node.attributes.name : node.name;
