/**
 * What a trainer that can be looked into has beside the others: the values of its layers, and somebody to
 * tell of its steps.
 */
import { layerStorage, learningRateStorage } from "../../ir/storage.ts";
import type CodeBlockWriter from "code-block-writer";
import type { RuntimeName } from "../../runtime-references.ts";
import type { TrainerParts } from "./module-parts.ts";

/** The declarations of the runtime that it names, and the types that its users do. */
export const probingRoots: readonly RuntimeName[] = [
  "probing",
  "watchedSteps",
  "StepWatch",
  "StepReport",
  "ProbedLayer",
  "ProbingTrainer",
  "Probe",
  "LayerProbe",
  "ParameterProbe",
  "IdleUnits",
  "Distribution",
];

/** What the module declares for it. */
export const probingNames: readonly string[] = ["probed", "watch", "trainer"];

/** The arguments of `trainerOf` behind the four that it always has, with steps that are told of. */
const watchedArguments = ([
  gradientOf = "gradientOfBatch",
  ...steps
]: readonly string[]): readonly string[] => [gradientOf, `watchedSteps(${["watch", ...steps].join(", ")})`];

export interface ProbingTexts {
  /** What follows upon the four arguments that `trainerOf` always has. */
  readonly others: readonly string[];
  readonly trainerWith: (others: readonly string[]) => string;
  readonly selfCheck: () => void;
  readonly viewOf: (storage: string) => string;
  readonly callOf: (program: string) => string;
  /** The views of what steps move. */
  readonly weights: string;
}

export function writeProbing(
  writer: CodeBlockWriter,
  probed: NonNullable<TrainerParts["probed"]>,
  { others, trainerWith, selfCheck, viewOf, callOf, weights }: ProbingTexts,
): void {
  writer.writeLine("const watch: StepWatch = {};");
  writer.writeLine(`const trainer = ${trainerWith(watchedArguments(others))};`);
  selfCheck();
  writer
    .write("return probing(trainer, model, machine, probed, ")
    .inlineBlock(() => {
      writer.writeLine(`forward: (n) => ${callOf("probe")},`);
      const values = probed.map(({ name }) => `${JSON.stringify(name)}: ${viewOf(layerStorage(name))}`);
      writer.writeLine(`values: { ${values.join(", ")} },`);
      writer.writeLine(`weights: ${weights},`);
      writer.writeLine(`learningRate: ${viewOf(learningRateStorage)},`);
    })
    .write(", watch);")
    .newLine();
}
