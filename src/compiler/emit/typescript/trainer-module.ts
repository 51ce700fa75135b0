/**
 * A trainer as a module: facts about the model, the training and the data, `createTrainer`, and the program.
 */
import { createTrainerSection, runtimeRootsOf } from "./create-trainer.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { runtimeText } from "../../runtime-references.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import type { MarkingWriter } from "./line-origins.ts";
import type { Fact, FactName, ModuleKind, TrainerParts, Section } from "./module-parts.ts";
import { flatTrainer, namesOfTargets } from "./write-predictions.ts";
import { givenIn, givenValues, writeGivenValues } from "./write-machine.ts";
import { pausingNames, probingNames } from "./write-extras.ts";

/** The types that users of a trainer may name in their code. */
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

/**
 * Names that offsets and kernels must not take: those that the module declares, and the parameters and locals
 * of `machine`.
 */
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
  chapter: "trainer",
  about: "The layers that probe() reports, each with the rule for dead or saturated units.",
  declaration: "const probed: ProbedLayer[]",
  value,
});

export function trainerModule(parts: TrainerParts): ModuleKind {
  const { model, training, data, probed, isPausing, kernels } = parts;
  const hasGiven = givenIn(parts).length > 0;
  const placeOf = (fact: FactName) => (keys: SpecPath) => parts.placeOfFact?.(fact, keys);
  const ofData: Fact[] =
    data === undefined
      ? []
      : [
          {
            chapter: "data",
            about: "The columns of the data file for each input and target.",
            declaration: "const data: DataFacts",
            value: data,
            placeOf: placeOf("data"),
          },
        ];
  return {
    facts: [
      {
        about: "The model: its inputs, targets and parameters.",
        declaration: "export const model: ModelFacts",
        value: model,
        placeOf: placeOf("model"),
      },
      {
        about: "The training settings of the spec.",
        declaration: "const training: TrainingFacts",
        value: training,
        placeOf: placeOf("training"),
      },
      ...ofData,
      ...(probed === undefined ? [] : [factOfProbing(probed)]),
    ],
    ownNames: [
      ...ownNames,
      ...(parts.predictions === undefined ? [] : namesOfTargets),
      ...kernels.ownNames,
      ...(hasGiven ? [givenValues, "given"] : []),
      ...(probed === undefined ? [] : probingNames),
      ...(isPausing ? pausingNames : []),
    ],
    roots: [...publicTypes, ...runtimeRootsOf(parts)],
    sections: [
      ...kernels.sections(parts),
      createTrainerSection(parts),
      ...(hasGiven ? [givenSection(parts)] : []),
      ...programSection(parts),
    ],
  };
}

const givenSection = (parts: TrainerParts): Section => ({
  chapter: "trainer",
  write: (writer) => writeGivenValues(writer, parts),
});

/**
 * Writes the call that runs the file as a program, or that prints why the file cannot run. If the kernels use
 * threads, the file may also run as a worker.
 */
function programSection(parts: TrainerParts): readonly Section[] {
  const { data, refusesToRun, programParts, kernels } = parts;
  const { serving } = kernels;
  const others = Object.entries(programParts).map(([member, value]) => `, ${member}: ${runtimeText(value)}`);
  // A program reads the predictions of all targets row by row.
  const create = parts.predictions === undefined ? "createTrainer" : `createTrainer: ${flatTrainer}`;
  const run = `void runIfMain(import.meta, { model, training, data, ${create}${others.join("")} });`;
  const refusal = refusesToRun ? "void refuseIfMain(import.meta, model.name);" : undefined;
  const call = data === undefined ? refusal : run;
  if (call === undefined && serving === undefined) return [];
  const write = (writer: MarkingWriter): void => {
    if (call === undefined) writer.writeLine(`${serving};`);
    else writer.writeLine(serving === undefined ? call : `if (!${serving}) ${call}`);
  };
  return [{ chapter: call === undefined ? "wasm" : "program", isLast: true, write }];
}
