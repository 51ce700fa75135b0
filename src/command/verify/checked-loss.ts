/**
 * The loss whose derivative a trainer claims to give. Mostly that is the trainer's own, from a trainer of the
 * same model that was compiled without its backward part; but where a unit step has a surrogate, the
 * derivative is by intention not that of the loss, nor is it where a formula or a layer of the user's own
 * stops gradients: there, the training graph is interpreted with every `stopGradient` held at its value,
 * which is the function that was differentiated.
 */
import { lossStorage, storageIn } from "../../compiler/ir/storage.ts";
import { flopsOfProgram } from "../../studio/explain/kernel-facts.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { rewriteGraph } from "../../compiler/ir/rewrite.ts";
import { createBuilder } from "../../compiler/ops/index.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { evaluateGraph, interpret } from "../../compiler/reference/interpret.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import type { CheckedLoss } from "../../runtime/check/check-gradients.ts";
import type { ModelFacts } from "../../runtime/core/model-facts.ts";
import type { Batch } from "../../runtime/core/slots.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { batchStorage, parameterStorage, rowsIn, stateStorage } from "./batches.ts";

/** The interpreter is slower than emitted code by about as much. */
const slownessOfInterpreter = 300;

export async function checkedLoss(
  compilation: Compilation,
  facts: ModelFacts,
  trainer: Trainer,
  batch: Batch,
): Promise<CheckedLoss> {
  const { built, model } = compilation;
  const rows = rowsIn(facts, batch);
  const forward = compileFor(model, { dtype: "f64", lossOnly: true });
  const flops = (flopsOfProgram(forward, "gradient") * rows) / facts.batchSize;
  if (stopsOnPurpose(compilation).length === 0) {
    const { createTrainer } = await loadTrainer(await emitText(forward, "f64"));
    const { gradient, parameters } = createTrainer({ seed: trainer.seed });
    for (const [name, values] of Object.entries(trainer.parameters)) parameters[name].set(values);
    return { parameters, value: () => gradient(batch), flops };
  }

  const { parameters } = trainer;
  const storageNow = () => {
    const moved = parameterStorage(facts, parameters);
    return new Map([...batchStorage(facts, batch), ...moved, ...stateStorage(built.states, trainer.seed)]);
  };
  const loss = lossWithStopsHeld(built.training, storageNow(), rows);
  return { parameters, value: () => loss(storageNow()), flops: slownessOfInterpreter * flops };
}

/** The loss as a function of storage, with every `stopGradient` held at its value for `start`. */
export function lossWithStopsHeld(
  training: Graph,
  start: Storage,
  rows: number,
): (storage: Storage) => number {
  const stops = training.nodes.filter(({ op }) => op === "stopGradient");
  const values = evaluateGraph(training, start, rows);
  const held = stops.flatMap((node, i) => {
    const value = values.get(node);
    return value === undefined ? [] : [[storageIn("held", String(i)), value] as const];
  });
  let next = 0;
  // The rewriting visits nodes in graph order, which is the order of `stops`.
  const frozen = rewriteGraph(training, createBuilder("f64"), (node, g) =>
    node.op === "stopGradient" ? g.input({ name: storageIn("held", String(next++)), type: node.type }) : node,
  );
  return (storage) =>
    interpret(frozen, new Map([...storage, ...held]), rows).get(lossStorage)?.data[0] ?? NaN;
}

/**
 * What is held back so that the gradient is not that of the loss: by a surrogate, or by a formula or layer of
 * the user's own.
 */
export function stopsOnPurpose({ built, model }: Compilation): Node[] {
  // These may hold back what they like; a shift of the library's cancels.
  const own = model.network.filter(({ type }) => type === "custom").map(({ name }) => name);
  return built.training.nodes.filter(
    ({ op, origin }) =>
      op === "stopGradient" &&
      (origin.composite === "step" || origin.composite === "formula" || own.includes(origin.layer ?? "")),
  );
}
