/**
 * Writes `createTrainer`. The function creates the arena, then `machine`, which runs the programs on the
 * arena, and then the trainer, which is runtime code that uses `machine`.
 */
import { pairStorage, trainedStorage } from "../../ir/storage.ts";
import { namesIn } from "../../runtime-references.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import type { MarkingWriter } from "./line-origins.ts";
import { rowsOf } from "./module-parts.ts";
import type { SectionNames, Section, TrainerKernels, TrainerParts } from "./module-parts.ts";
import { givenIn, recordText, startsAtZero, trainerTexts, writeMachine } from "./write-machine.ts";
import type { TrainerTexts } from "./write-machine.ts";
import {
  byTargetText,
  flatTrainer,
  rootsOfTargets,
  typeByTarget,
  writePredictions,
} from "./write-predictions.ts";
import {
  pausingRoots,
  pausingType,
  probingRoots,
  probingType,
  stepParts,
  streamingRoots,
  writeReturn,
} from "./write-extras.ts";

/** The runtime declarations that `createTrainer` and the program use. */
export function runtimeRootsOf(parts: TrainerParts): readonly RuntimeName[] {
  const { parameters, data, refusesToRun, programParts, balanced, limited, kernels, probed, isPausing } =
    parts;
  const ranked = parts.ranked ?? [];
  const fills = parameters.flatMap(({ fill }) =>
    startsAtZero(fill) || fill.kind === "given" ? [] : [fill.kind],
  );
  const always: readonly RuntimeName[] = [
    "trainerOf",
    "viewsOf",
    "firstNotFinite",
    "Machine",
    "TrainingFacts",
  ];
  const ofProgram: readonly RuntimeName[] = ["runIfMain", "DataFacts"];
  const ofFills: readonly RuntimeName[] = ["randomStream", "randomKey", ...fills];
  return [
    ...always,
    ...(data === undefined ? [] : ofProgram),
    ...(refusesToRun ? ["refuseIfMain" as const] : []),
    ...Object.values(programParts).flatMap(namesIn),
    ...(balanced.length === 0 ? [] : ["balance" as const]),
    ...(limited.length === 0 ? [] : ["checkTargets" as const]),
    ...(ranked.length === 0 ? [] : ["rankRows" as const, ...ranked.map(({ by }) => by)]),
    ...(parts.predictions === undefined ? [] : rootsOfTargets),
    ...kernels.roots,
    ...(stagingOf(parts)?.roots ?? []),
    ...(accumulates(parts) ? ["groupsOf" as const] : []),
    ...(probed === undefined ? [] : probingRoots),
    ...(isPausing ? pausingRoots : []),
    ...(parts.isStreaming ? streamingRoots : []),
    ...(fills.length === 0 ? [] : ofFills),
    ...(givenIn(parts).length === 0 ? [] : ["bytesIn" as const]),
  ];
}

const aboutCreating =
  "/** Creates a trainer. `seed` determines the initial parameters; by default, it is the seed of the spec. */";

export const createTrainerSection = (parts: TrainerParts): Section => ({
  chapter: "trainer",
  write(writer, names) {
    const { predictions, kernels } = parts;
    writeCreateTrainer(writer, parts, names);
    if (predictions === undefined) return;
    writer.blankLine();
    writePredictions(writer, predictions);
    writer.blankLine().writeLine(aboutCreating);
    writer
      .write(
        `export function createTrainer(options: ${kernels.optionsType} = {}): ${typeByTarget(trainerType(parts))}`,
      )
      .block(() => writer.writeLine(`return ${byTargetText(`${flatTrainer}(options)`, predictions)};`));
  },
});

function writeCreateTrainer(writer: MarkingWriter, parts: TrainerParts, names: SectionNames): void {
  const { kernels, model } = parts;
  const texts = trainerTexts(parts, names);
  const batch = [...Object.keys(model.inputs), ...Object.keys(model.targets)];
  const batchText = (shift?: string) =>
    recordText(batch.map((name) => [name, texts.viewOf(name, shift)] as const));
  const isStaged = stagingOf(parts) !== undefined;

  const isFlat = parts.predictions !== undefined;
  writer.writeLine(
    isFlat
      ? "/** Like createTrainer, but predict() returns one array: in each row, the predictions of all targets. */"
      : aboutCreating,
  );
  const name = isFlat ? flatTrainer : "createTrainer";
  writer
    .write(`export function ${name}(options: ${kernels.optionsType} = {}): ${trainerType(parts)}`)
    .block(() => {
      kernels.writeMemory(writer, parts, names);
      if (isStaged) writer.writeLine(`const batchAt = (shift: number) => (${batchText("shift")});`);
      writeMachine(writer, parts, texts, isStaged ? "batchAt(0)" : batchText());
      writeRanked(writer, parts, texts);
      writeTrainer(writer, parts, names, texts);
    });
}

/** Writes the rank metrics, with the views of the values that they collect. */
function writeRanked(writer: MarkingWriter, { ranked = [] }: TrainerParts, { viewOf }: TrainerTexts): void {
  if (ranked.length === 0) return;
  const entries = ranked.map(({ name, by, parts }): [string, string] => [
    name,
    `{ of: ${by}, ${parts.map((part) => `${part}: ${viewOf(pairStorage(name, part))}`).join(", ")} }`,
  ]);
  writer.writeLine(`rankRows(machine, model.batchSize, ${recordText(entries)});`);
}

/** The type of the trainer. */
function trainerType({ probed, isPausing }: TrainerParts): string {
  const types = [...(probed === undefined ? [] : [probingType]), ...(isPausing ? [pausingType] : [])];
  return types.length === 0 ? "Trainer" : types.join(" & ");
}

/**
 * Writes the call that creates the trainer from `machine`, with accumulation, staged steps, probes, pauses
 * and the self-check as required.
 */
function writeTrainer(
  writer: MarkingWriter,
  parts: TrainerParts,
  names: SectionNames,
  texts: TrainerTexts,
): void {
  const { kernels, probed, isPausing } = parts;
  const { callOf, viewOf } = texts;
  const group = ["begin", "measure", "gradient"].map(
    (program) => `${program}: (${rowsOf(names, program)}) => ${callOf(program)}`,
  );
  const isExtended = probed !== undefined || isPausing === true;
  const base = [
    "model",
    "machine",
    "training",
    ...(accumulates(parts) ? [`gradientOf: groupsOf({ ${group.join(", ")} })`] : []),
    ...stepParts(stagingOf(parts)?.takeSteps, parts),
  ];
  const trainer = `trainerOf({ ${base.join(", ")} }, options)`;
  if (!isExtended && kernels.writeSelfCheck === undefined) {
    writer.writeLine(`return ${trainer};`);
    return;
  }
  if (probed !== undefined) writer.writeLine("const watch: StepWatch = {};");
  if (isPausing) writer.writeLine("const pace: Pace = {};");
  writer.writeLine(`const trainer = ${trainer};`);
  kernels.writeSelfCheck?.(writer, parts);
  writeReturn(writer, parts, { viewOf, callOf, weights: () => weightsText(parts, texts) });
}

/**
 * The tensors that a step updates: the parameters, or the weights before averaging if the weights are
 * averaged.
 */
function weightsText({ plan, parameters }: TrainerParts, { placeOf }: TrainerTexts): string {
  const first = parameters.find(({ trainable }) => trainable);
  const trained = first && trainedStorage(first.name);
  if (trained === undefined || !plan.storage.has(trained)) return "machine.parameters";
  return `viewsOf(f, ${placeOf("", trained)}, model.parameters.filter(({ trainable }) => trainable))`;
}

/** The staging of steps; undefined if a step accumulates several batches. */
const stagingOf = (parts: TrainerParts): TrainerKernels["staging"] =>
  accumulates(parts) ? undefined : parts.kernels.staging;

/** Whether a step accumulates several batches. */
const accumulates = ({ programs }: TrainerParts): boolean => programs.some(({ name }) => name === "measure");
