/**
 * A trainer as a module: what the spec says of training and data at its head; `createTrainer` and the program
 * part at its end.
 */
import { runtimeRootsOf, writeCreateTrainer } from "./create-trainer.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { Fact, FactName, ModuleKind } from "./module-parts.ts";
import type { TrainerParts } from "./trainer-parts.ts";
import { probingNames } from "./write-probing.ts";
import { comparingNames } from "./write-comparison.ts";
import { sharesWork, writeWasm } from "./write-wasm.ts";

/** The types that a user of a trainer names. */
const publicTypes = [
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

/** What a trainer with WebAssembly declares beside these. */
const ownNamesOfWasm: readonly string[] = [
  "wasm",
  "kernels",
  "math",
  "run",
  "batchAt",
  "shift",
  ...comparingNames,
];

const factOfProbing = (value: object): Fact => ({
  about: "Which layers probe() looks at, and when one of their units is idle.",
  declaration: "const probed: ProbedLayer[]",
  value,
});

export function trainerModule(parts: TrainerParts): ModuleKind {
  const { model, training, data, programParts, probed } = parts;
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
    ownNames: [
      ...ownNames,
      ...(parts.wasm === undefined ? [] : ownNamesOfWasm),
      ...(probed === undefined ? [] : probingNames),
    ],
    roots: [...publicTypes, ...runtimeRootsOf(parts)],
    writeEnd(writer, names) {
      if (parts.wasm !== undefined) writeWasm(writer, parts.wasm);
      writeCreateTrainer(writer, parts, names);
      // A worker of the file has the kernels to serve, and nothing of what a program does.
      const serves =
        parts.wasm && sharesWork(parts.wasm) ? "servesAsWorker(model, kernels, math)" : undefined;
      if (data === undefined && serves !== undefined) writer.blankLine().writeLine(`${serves};`);
      if (data === undefined) return;
      const others = Object.entries(programParts).map(([member, name]) => `, ${member}: ${name}`);
      const run = `void runIfMain(import.meta, { model, training, data, createTrainer${others.join("")} });`;
      writer.blankLine().writeLine(serves === undefined ? run : `if (!${serves}) ${run}`);
    },
  };
}
