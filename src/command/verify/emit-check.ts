/**
 * The check of a trainer: a program that proves it on its user's machine. What gradients are held against
 * there is the forward part of the spec, compiled a second time, for doubles and without its backward part;
 * so one and the same check fits every target and type of numbers.
 */
import { Unsupported } from "../../compiler/diagnostics/errors.ts";
import { checkModule } from "../../compiler/emit/typescript/check-module.ts";
import { loadRuntime } from "../../compiler/emit/typescript/load-runtime.ts";
import { assembleModule } from "../../compiler/emit/typescript/module.ts";
import { flopsOfProgram } from "../../studio/explain/kernel-facts.ts";
import { compileModel } from "../../compiler/pipeline.ts";
import { withPrograms } from "../../compiler/emission.ts";
import { checkBanner } from "../../compiler/trainer/trainer-facts.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { stopsOnPurpose } from "./checked-loss.ts";
import { rowsFor } from "./batches.ts";

/** What a value of the loss takes, under the names that they go by in a check. */
const names: ReadonlyMap<string, string> = new Map([
  ["begin", "begin"],
  ["measure", "measure"],
  ["gradient", "trainingLoss"],
]);

/** As many times the work of the forward part alone. */
const forwardAndBackward = 3;

/** Loops as they are lowered: a check is to be read, and not to share what may be wrong with the trainer's. */
const plain = { exact: true, skip: ["register-blocking", "collapse-loops"] };

/**
 * The text of the check. `trainer`: where that is, as an import of the check names it.
 *
 * @throws Unsupported where the gradient is by intention not that of the loss
 */
export async function emitCheck(model: Model, trainer: string): Promise<string> {
  const forward = compileModel(model, { ...plain, dtype: "f64", lossOnly: true });
  const { built } = forward;
  const stop = stopsOnPurpose(forward)[0];
  if (stop !== undefined)
    throw new Unsupported(
      `a check of ${stop.origin.layer ?? "a formula"}, whose gradient is by intention not that of the loss, ` +
        "is a known gap: tapeless verify checks it",
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
      handsOnNumbers:
        has("scan") || (has("random") && model.network.some(({ type }) => type === "attention")),
    },
    float: "f64" as const,
    batchSize,
    graphs: forward.lean.map((graph) => ({ ...graph, name: names.get(graph.name) ?? graph.name })),
    programs,
    plan,
    states: built.states,
    trainer,
  };
  return (await assembleModule(parts, checkModule(parts), await loadRuntime("check"))).text;
}
