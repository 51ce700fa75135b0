/**
 * Where a training came apart: runs the epoch again up to the step after which the loss, a gradient or a parameter is no longer a
 * number, and that step once more in the interpreter, which keeps every value. The first node whose value is not finite although
 * its operands are is where it began.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { isFloat } from "../ir/types.ts";
import { flopsOfProgram } from "../inspect/flops.ts";
import { formulaOf } from "../ops/formula.ts";
import type { Tensor } from "../ops/tensor.ts";
import type { Compilation } from "../pipeline.ts";
import { evaluateGraph } from "../reference/interpret.ts";
import type { ModelFacts } from "../runtime/model-facts.ts";
import type { Batch } from "../runtime/slots.ts";
import type { Trainer } from "../runtime/trainer.ts";
import { batchStorage, rowsIn } from "./batch-storage.ts";
import { checkpointStorage } from "./checkpoint-storage.ts";
import { epochBatches } from "./epoch-batches.ts";

/** The interpreter does some ten million operations a second; larger steps than this are not worth the wait. */
const mostFlops = 1e8;

/** One sentence; nothing where the epoch does not diverge again or the model is too large. `trainer` stands before the epoch. */
export function explainDivergence(
  compilation: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  data: Batch,
): string | undefined {
  if (flopsOfProgram(compilation, "gradient") > mostFlops) return undefined;
  const start = trainer.save();
  const { shuffle } = compilation.model.training;
  const batches = [...epochBatches(facts, data, { seed: trainer.seed, epoch: trainer.epoch + 1, shuffle })];
  const bad = batches.findIndex((batch) => !isSound(trainer, trainer.step(batch)));
  if (bad < 0) return undefined;
  trainer.load(start);
  for (const batch of batches.slice(0, bad)) trainer.step(batch);
  const kept = checkpointStorage(compilation, facts, trainer.save());
  const step = kept.get("optimizer:step")?.data[0] ?? 0;
  const cause = firstBadNode(compilation, facts, kept, batches[bad]);
  return cause === undefined ? undefined : `the first bad number: at step ${step}, ${cause}`;
}

const isSound = ({ parameters, gradients }: Trainer, loss: number): boolean =>
  [[loss], ...Object.values(gradients), ...Object.values(parameters)].every((list) =>
    list.every((value) => Number.isFinite(value)),
  );

/** Looks through the gradient's graph, then through the update's. */
function firstBadNode(
  { graphs, built }: Compilation,
  facts: ModelFacts,
  kept: ReadonlyMap<string, Tensor>,
  batch: Batch,
): string | undefined {
  const rows = rowsIn(facts, batch);
  const storage = new Map([...kept, ...batchStorage(facts, batch)]);
  const values = evaluateGraph(graphs.gradient, storage, rows);
  const bad = badNode(graphs.gradient, values, facts.dtype);
  if (bad !== undefined) return bad;
  const gradients = built.parameters.flatMap(({ name }) => {
    const output = graphs.gradient.outputs.find((each) => each.storage === `gradient:${name}`);
    return output === undefined ? [] : [...(values.get(output.node)?.data ?? [])];
  });
  storage.set("flat:gradients", { shape: [gradients.length], data: Float64Array.from(gradients) });
  return badNode(graphs.update, evaluateGraph(graphs.update, storage, rows), facts.dtype);
}

function badNode(graph: Graph, values: ReadonlyMap<Node, Tensor>, dtype: "f32" | "f64"): string | undefined {
  // The interpreter computes in doubles: what the trainer's f32 cannot hold is infinite there.
  const held = (value: number) => (dtype === "f32" ? Math.fround(value) : value);
  const badValue = (node: Node) => values.get(node)?.data.find((value) => !Number.isFinite(held(value)));
  const isBad = (node: Node) => isFloat(node.type.element) && badValue(node) !== undefined;
  const node = graph.nodes.find(
    (each) => each.op !== "constant" && isBad(each) && !operandsOf(each).some(isBad),
  );
  if (node === undefined) return undefined;
  const formula = formulaOf(node, nameOf);
  const of = node.name === undefined ? "" : `${node.name} = `;
  const layer = node.origin.layer === undefined ? "" : ` (layer ${node.origin.layer})`;
  return `${of}${formula}${layer} becomes ${held(badValue(node) ?? NaN)}`;
}

/** Leaves and values that carry a name of the model's; all others are written out. */
const nameOf = (node: Node): string | undefined =>
  node.op === "input" || node.op === "parameter" || node.op === "state" ? node.attributes.name : node.name;
