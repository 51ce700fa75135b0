/** Where in a spec the facts stand that an emitted module has at its head. */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { ParameterFacts } from "../spec/build-network.ts";

/** The keys of the runtime's `TrainingFacts` that are not those of the spec's `training`. */
const ofTraining: Readonly<Record<string, SpecPath>> = {
  metrics: ["metrics"],
  rising: ["metrics"],
  folds: ["training", "validation", "folds"],
};

/** What the keys of a fact lead to; nothing for what the compiler adds, as the hash of the spec. */
export const placeOfFact =
  (parameters: readonly ParameterFacts[]) =>
  (fact: "model" | "training" | "data", keys: SpecPath): SpecPath | undefined => {
    const [key, index] = keys;
    if (fact === "data") return ["data", ...keys];
    if (fact === "training")
      return key === undefined ? ["training"] : (ofTraining[key] ?? ["training", ...keys]);
    if (key === "parameters") return typeof index === "number" ? parameters[index]?.path : ["network"];
    if (key === undefined) return [];
    if (key === "batchSize") return ["training", "batchSize"];
    return key === "name" || key === "inputs" || key === "targets" ? keys : undefined;
  };
