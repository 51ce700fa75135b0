/**
 * The parts that a trainer has only on request: the values of its layers and a listener for steps (probes),
 * and pauses inside epochs.
 */
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

/** The runtime declarations that a pausing trainer uses. */
export const pausingRoots: readonly RuntimeName[] = ["pausing", "withPauses", "Pace", "PausingTrainer"];

/** The runtime declaration that a pausing trainer uses instead of `pausing` if it takes streams. */
export const streamingRoots: readonly RuntimeName[] = ["streaming"];

/** The types of instrumented and of pausing trainers. */
export const probingType = "ProbingTrainer" satisfies RuntimeName;
export const pausingType = "PausingTrainer" satisfies RuntimeName;

/** The additional names that an instrumented module declares. */
export const probingNames: readonly string[] = ["probed", "watch", "trainer"];
export const pausingNames: readonly string[] = ["pace", "trainer"];

/**
 * The members of the first argument of `trainerOf` that take steps. `staged` is an expression for staged
 * steps, if there are any. With probes, each step calls the listener. With pauses, steps are taken in groups,
 * and training can pause after each group.
 */
export function stepParts(
  staged: string | undefined,
  { probed, isPausing, isStreaming }: Pick<TrainerParts, "probed" | "isPausing" | "isStreaming">,
): readonly string[] {
  const after = (first: string, steps: string | undefined) =>
    steps === undefined ? first : `${first}, ${steps}`;
  const steps = probed === undefined ? staged : `watchedSteps(${after("watch", staged)})`;
  if (isPausing) return [`...${isStreaming ? "streaming" : "pausing"}(${after("pace", steps)})`];
  return steps === undefined ? [] : [`takeSteps: ${steps}`];
}

export interface ReturnTexts {
  readonly viewOf: (storage: string) => string;
  readonly callOf: (program: string) => string;
  /** The views of the tensors that steps update. */
  readonly weights: () => string;
}

/** Writes the return statement, which returns `trainer` with the members that probes and pauses add. */
export function writeReturn(
  writer: CodeBlockWriter,
  { probed, isPausing }: Pick<TrainerParts, "probed" | "isPausing">,
  texts: ReturnTexts,
): void {
  writer.write(isPausing ? "return withPauses(" : "return ");
  if (probed === undefined) writer.write("trainer");
  else writeProbing(writer, probed, texts);
  writer.write(isPausing ? ", pace);" : ";").newLine();
}

function writeProbing(
  writer: CodeBlockWriter,
  probed: NonNullable<TrainerParts["probed"]>,
  { viewOf, callOf, weights }: ReturnTexts,
): void {
  writer
    .write("probing(trainer, model, machine, probed, ")
    .inlineBlock(() => {
      writer.writeLine(`forward: (n) => ${callOf("probe")},`);
      const values = probed.map(({ name }) => `${JSON.stringify(name)}: ${viewOf(layerStorage(name))}`);
      writer.writeLine(`values: { ${values.join(", ")} },`);
      writer.writeLine(`weights: ${weights()},`);
      writer.writeLine(`learningRate: ${viewOf(learningRateStorage)},`);
    })
    .write(", watch)");
}
