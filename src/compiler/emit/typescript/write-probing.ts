/** The additional parts of an instrumented trainer: the values of its layers, and a listener for steps. */
import { layerStorage, learningRateStorage } from "../../ir/storage.ts";
import type CodeBlockWriter from "code-block-writer";
import type { RuntimeName } from "../../runtime-references.ts";
import type { TrainerParts } from "./module-parts.ts";

/** The runtime declarations that an instrumented trainer uses, and those that its users need. */
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

/** The names that an instrumented module declares in addition. */
export const probingNames: readonly string[] = ["probed", "watch", "trainer"];

/** The arguments of `trainerOf` after the first four. They make each step call the listener. */
const watchedArguments = ([
  gradientOf = "gradientOfBatch",
  ...steps
]: readonly string[]): readonly string[] => [gradientOf, `watchedSteps(${["watch", ...steps].join(", ")})`];

export interface ProbingTexts {
  /** The arguments of `trainerOf` after the first four. */
  readonly others: readonly string[];
  readonly trainerWith: (others: readonly string[]) => string;
  readonly selfCheck: () => void;
  readonly viewOf: (storage: string) => string;
  readonly callOf: (program: string) => string;
  /** The views of the tensors that steps update. */
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
