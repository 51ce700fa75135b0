/** The loss whose differences are compared with gradients, and the emitted check program. */
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import { Unsupported } from "../../compiler/diagnostics/errors.ts";
import { withPrograms } from "../../compiler/emission.ts";
import { checkModule } from "../../compiler/emit/typescript/check-module.ts";
import { loadRuntime } from "../../compiler/emit/typescript/load-runtime.ts";
import { assembleModule } from "../../compiler/emit/typescript/module.ts";
import { rewriteGraph } from "../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { lossStorage, storageIn } from "../../compiler/ir/storage.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { createBuilder } from "../../compiler/ops/index.ts";
import { compileModel } from "../../compiler/pipeline.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { evaluateGraph, interpret } from "../../compiler/reference/interpret.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import {
  batchStorage,
  parameterStorage,
  rowsIn,
  stateStorage,
} from "../../compiler/reference/program-memory.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { checkBanner } from "../../compiler/trainer/trainer-facts.ts";
import type { CheckedLoss } from "../../runtime/check/check-gradients.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { rowsFor } from "./batches.ts";

// The loss whose derivative should equal the emitted gradient. Usually this is the loss of the model,
// computed by a trainer that is compiled without its backward pass. With a surrogate gradient, or a custom
// formula or layer that stops gradients, the gradient deliberately differs from that of the loss. In that
// case, the interpreter evaluates the training graph with every `stopGradient` frozen at its value, which is
// the function that was differentiated.

/** The approximate factor by which the interpreter is slower than emitted code. */
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

/** The loss as a function of storage, with every `stopGradient` frozen at its value for `start`. */
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
 * The `stopGradient` nodes that change the gradient: those of surrogates, and of custom formulas and layers.
 */
export function stopsOnPurpose({ built, model }: Compilation): Node[] {
  // Built-in layers and losses use `stopGradient` only for shifts that cancel, which does not change the
  // gradient.
  const own = model.network.filter(({ type }) => type === "custom").map(({ name }) => name);
  return built.training.nodes.filter(
    ({ op, origin }) =>
      op === "stopGradient" &&
      (origin.composite === "step" || origin.composite === "formula" || own.includes(origin.layer ?? "")),
  );
}

// The emitted check: a program that verifies a trainer on the user's machine. It compares gradients with
// differences of a loss that is compiled separately, in f64 and without a backward pass. The same check
// therefore works for trainers of every target and element type.

/** The programs that compute the loss, and their names in a check. */
const names: ReadonlyMap<string, string> = new Map([
  ["begin", "begin"],
  ["measure", "measure"],
  ["gradient", "trainingLoss"],
]);

/** The cost of forward and backward pass, in forward passes. */
const forwardAndBackward = 3;

/** Plain loops: readable, and without the optimizations that may be wrong in the trainer. */
const plain = { exact: true, skip: ["register-blocking", "collapse-loops"] };

/**
 * The text of the check. `trainer`: the module specifier from which the check imports the trainer.
 *
 * @throws Unsupported if the gradient deliberately differs from that of the loss
 */
export async function emitCheck(model: Model, trainer: string): Promise<string> {
  const forward = compileModel(model, { ...plain, dtype: "f64", lossOnly: true });
  const { built } = forward;
  const stop = stopsOnPurpose(forward)[0];
  if (stop !== undefined)
    throw new Unsupported(
      `--with-check does not support ${stop.origin.layer ?? "a formula"} yet, because its gradient deliberately ` +
        "differs from the derivative of the loss; use tapeless verify",
    );
  const has = (wanted: string) => built.training.nodes.some(({ op }) => op === wanted);
  const { batchSize } = model.training;
  const flopsOfRow = flopsOfProgram(forward, "gradient") / batchSize;
  const rows = rowsFor(batchSize, forwardAndBackward * flopsOfRow);
  const programs = forward.programs.flatMap((program) => {
    const name = names.get(program.name);
    return name === undefined ? [] : [{ ...program, name }];
  });
  const { plan } = withPrograms({ ...forward, programs }, [...names.values()]);
  const parts = {
    banner: checkBanner(model),
    facts: {
      specHash: model.specHash,
      rows,
      flops: Math.ceil(flopsOfRow * rows),
      allocatesNumbers:
        has("scan") || (has("random") && model.network.some(({ type }) => type === "attention")),
    },
    float: "f64" as const,
    batchSize,
    graphs: forward.rematerialised.map((graph) => ({ ...graph, name: names.get(graph.name) ?? graph.name })),
    programs,
    plan,
    states: built.states,
    trainer,
  };
  return (await assembleModule(parts, checkModule(parts), await loadRuntime("check"))).text;
}
