/**
 * A trainer as a module: what the spec says of training and data at its head; `createTrainer` and the program
 * part at its end.
 */
import { runtimeRootsOf, writeCreateTrainer } from "./create-trainer.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { runtimeText } from "../../runtime-references.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import type { Fact, FactName, ModuleKind } from "./module-parts.ts";
import type { TrainerParts } from "./trainer-parts.ts";
import { probingNames } from "./write-probing.ts";

/** The types that a user of a trainer names. */
const publicTypes: readonly RuntimeName[] = [
  "Trainer",
  "Batch",
  "FitOptions",
  "EpochReport",
  "History",
  "Summary",
  "ModelFacts",
  "EarlyStopping",
];

/** What the module declares, and what the functions of its machine take: these read offsets of tensors by name. */
const ownNames = [
  "model",
  "createTrainer",
  "training",
  "data",
  "memory",
  "machine",
  "options",
  "random",
  "seed",
  "rows",
];

const factOfProbing = (value: object): Fact => ({
  about: "Which layers probe() looks at, and when one of their units is idle.",
  declaration: "const probed: ProbedLayer[]",
  value,
});

export function trainerModule(parts: TrainerParts): ModuleKind {
  const { model, training, data, programParts, probed, kernels } = parts;
  const placeOf = (fact: FactName) => (keys: SpecPath) => parts.placeOfFact?.(fact, keys);
  const ofData: Fact[] =
    data === undefined
      ? []
      : [
          {
            about: "Which columns of a data file are which input and target.",
            declaration: "const data: DataFacts",
            value: data,
            placeOf: placeOf("data"),
          },
        ];
  return {
    facts: [
      { declaration: "export const model: ModelFacts", value: model, placeOf: placeOf("model") },
      {
        about: "How the spec says to train.",
        declaration: "const training: TrainingFacts",
        value: training,
        placeOf: placeOf("training"),
      },
      ...ofData,
      ...(probed === undefined ? [] : [factOfProbing(probed)]),
    ],
    ownNames: [...ownNames, ...kernels.ownNames, ...(probed === undefined ? [] : probingNames)],
    roots: [...publicTypes, ...runtimeRootsOf(parts)],
    writeEnd(writer, names) {
      writeCreateTrainer(writer, parts, names);
      const serves = kernels.serving;
      if (data === undefined && serves !== undefined) writer.blankLine().writeLine(`${serves};`);
      if (data === undefined) return;
      const others = Object.entries(programParts).map(
        ([member, value]) => `, ${member}: ${runtimeText(value)}`,
      );
      const run = `void runIfMain(import.meta, { model, training, data, createTrainer${others.join("")} });`;
      writer.blankLine().writeLine(serves === undefined ? run : `if (!${serves}) ${run}`);
    },
  };
}
