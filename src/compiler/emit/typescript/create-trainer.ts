/** `createTrainer` in emitted code: one arena, the machine over it, and the runtime's trainer around that. */
import {
  learningRateStorage,
  measureOfSummary,
  outputStorage,
  seedStorage,
  stepStorage,
  trainedStorage,
} from "../../ir/storage.ts";
import type CodeBlockWriter from "code-block-writer";
import { bytesOfElement } from "../../loop/memory.ts";
import type { MemoryPlan, Placement } from "../../loop/memory.ts";
import type { Region } from "../../loop/types.ts";
import { namesIn } from "../../runtime-references.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import { elementCount, viewText } from "./arena.ts";
import type { ArenaNames } from "./arena.ts";
import { commentLines } from "../provenance-lines.ts";
import type { MarkingWriter } from "./line-origins.ts";
import { rowsOf } from "./module-parts.ts";
import type { EndNames } from "./module-parts.ts";
import type { InitialParameter, TrainerKernels, TrainerParts } from "./trainer-parts.ts";
import { survivors } from "./survivors.ts";
import { probingRoots, writeProbing } from "./write-probing.ts";

/** The declarations of the runtime that \`createTrainer\` and the program part name. */
export function runtimeRootsOf(parts: TrainerParts): readonly RuntimeName[] {
  const { parameters, data, programParts, balanced, kernels, probed } = parts;
  const fills = parameters.filter(({ fill }) => !startsAtZero(fill)).map(({ fill }) => fill.kind);
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
    ...Object.values(programParts).flatMap(namesIn),
    ...(balanced === undefined ? [] : ["balance" as const]),
    ...kernels.roots,
    ...(stagingOf(parts)?.roots ?? []),
    ...(accumulates(parts) ? ["groupsOf" as const] : []),
    ...(probed === undefined ? [] : probingRoots),
    ...(fills.length === 0 ? [] : ofFills),
  ];
}

export function writeCreateTrainer(writer: MarkingWriter, parts: TrainerParts, names: EndNames): void {
  const { plan, batchSize, float, balanced, kernels, probed } = parts;
  const { arena } = names;
  const { placeOf } = arena;
  const callOf = (program: string) => kernels.callOf(program, names);
  const staging = stagingOf(parts);
  const viewOf = (storage: string) => viewText(plan, arena, storage, batchSize, float);
  const record = (entries: readonly (readonly [string, string])[]) =>
    `{ ${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")} }`;
  const inRegion = (region: Region) =>
    [...plan.storage.values()].filter(
      ({ buffer }) => buffer.region === region && buffer.covers === undefined,
    );
  const stateEnd = Math.max(
    ...[...inRegion("parameter"), ...inRegion("state")].map(({ offset, bytes }) => offset + bytes),
  );
  const totals = inRegion("totals");
  const totalsFrom = totals.length === 0 ? 0 : Math.min(...totals.map(({ offset }) => offset / 8));
  const summaries = [...plan.storage.keys()].flatMap((storage) => {
    const measure = measureOfSummary(storage);
    return measure === undefined ? [] : [{ storage, measure }];
  });
  const batch = [...Object.keys(parts.model.inputs), ...Object.keys(parts.model.targets)];

  kernels.writeSections(writer, parts, names);
  writer
    .blankLine()
    .writeLine("/** A trainer with parameters drawn from the seed (the spec's, if none is given). */");
  writer
    .write(
      `export function createTrainer(options: ${kernels.optionsType} = ` +
        `{}): ${probed === undefined ? "Trainer" : "ProbingTrainer"}`,
    )
    .block(() => {
      kernels.writeMemory(writer, parts, names);
      if (staging !== undefined) {
        const shifted = batch.map(
          (name) => [name, viewText(plan, arena, name, batchSize, float, "shift")] as const,
        );
        writer.writeLine(`const batchAt = (shift: number) => (${record(shifted)});`);
      }
      writer
        .write("const machine: Machine = ")
        .inlineBlock(() => {
          const field = (name: string, value: string) => writer.writeLine(`${name}: ${value},`);
          if (kernels.backend !== undefined) field("backend", kernels.backend);
          field(
            "inputs",
            staging !== undefined ? "batchAt(0)" : record(batch.map((name) => [name, viewOf(name)])),
          );
          field("output", viewOf(outputStorage));
          const [firstParameter, firstGradient] = [inRegion("parameter"), inRegion("gradient")].map(startOf);
          // Trainable parameters come first in the arena, so that one loop updates them all.
          const hasFrozen = parts.parameters.some(({ trainable }) => !trainable);
          const those = (which: string) => `model.parameters.filter(({ trainable }) => ${which}trainable)`;
          const [all, trainable] = hasFrozen
            ? [`[...${those("")}, ...${those("!")}]`, those("")]
            : ["model.parameters", "model.parameters"];
          field("parameters", `viewsOf(f, ${firstParameter}, ${all})`);
          field("gradients", `viewsOf(f, ${firstGradient}, ${trainable})`);
          field("state", `new Uint8Array(memory, ${kernels.arenaStart}, ${stateEnd})`);
          field("totals", `doubles.subarray(${totalsFrom}, ${totalsFrom + totals.length})`);
          field("step", viewOf(stepStorage));
          field("seed", viewOf(seedStorage));
          const has = (program: string) => parts.programs.some(({ name }) => name === program);
          const before = ["begin", "measure"].filter(has).map(callOf);
          const calls = [...before, `return ${callOf("gradient")}`].join("; ");
          field("gradient", `(n) => ${before.length === 0 ? callOf("gradient") : `{ ${calls}; }`}`);
          field("update", `() => ${callOf("update")}`);
          field("predict", `(n) => ${callOf("predict")}`);
          field("evaluate", `(n) => ${callOf("evaluate")}`);
          writer
            .write("summarise()")
            .block(() => {
              writer.writeLine(`${callOf("summarise")};`);
              const values = summaries.map(
                ({ storage, measure }) => [measure, `doubles[${placeOf("", storage)}]`] as const,
              );
              writer.writeLine(`return ${record(values)};`);
            })
            .write(",")
            .newLine();
          writer
            .write("initialise(seed)")
            .block(() => {
              writer.writeLine("machine.state.fill(0);");
              writer.writeLine("machine.seed[0] = seed;");
              for (const { name, initial } of parts.states)
                if (initial) writer.writeLine(`f.set(${JSON.stringify(initial)}, ${placeOf("", name)});`);
              writeFills(writer, parts);
            })
            .write(",")
            .newLine();
          if (balanced !== undefined) {
            const { storage, target, size } = balanced;
            field(
              "prepare",
              `(data, rows) => balance(${viewOf(storage)}, data[${JSON.stringify(target)}], rows, ${size})`,
            );
          }
          field("learningRate", `() => doubles[${placeOf("", learningRateStorage)}]`);
          writer
            .write("check(rows)")
            .block(() => writeCheck(writer, parts, placeOf))
            .write(",")
            .newLine();
        })
        .write(";")
        .newLine();
      const group = ["begin", "measure", "gradient"].map(
        (program) => `${program}: (${rowsOf(names, program)}) => ${callOf(program)}`,
      );
      const others = [
        ...(accumulates(parts) ? [`groupsOf({ ${group.join(", ")} })`] : []),
        ...(staging?.arguments ?? []),
      ];
      const trainerWith = (more: readonly string[]) =>
        `trainerOf(${["model", "machine", "training", "options", ...more].join(", ")})`;
      if (probed === undefined && kernels.writeSelfCheck === undefined)
        writer.writeLine(`return ${trainerWith(others)};`);
      else if (probed === undefined) {
        writer.writeLine(`const trainer = ${trainerWith(others)};`);
        kernels.writeSelfCheck?.(writer, parts);
        writer.writeLine("return trainer;");
      } else
        writeProbing(writer, probed, {
          others,
          trainerWith,
          selfCheck: () => kernels.writeSelfCheck?.(writer, parts),
          viewOf,
          callOf,
          weights: weightsText(parts, placeOf),
        });
    });
}

/**
 * What steps move: the parameters, or of averaged ones those that the average is of, which lie in the order
 * of the trainable ones.
 */
function weightsText({ plan, parameters }: TrainerParts, placeOf: ArenaNames["placeOf"]): string {
  const first = parameters.find(({ trainable }) => trainable);
  const trained = first && trainedStorage(first.name);
  if (trained === undefined || !plan.storage.has(trained)) return "machine.parameters";
  return `viewsOf(f, ${placeOf("", trained)}, model.parameters.filter(({ trainable }) => trainable))`;
}

/** How many steps are one call: not where several batches make a step. */
const stagingOf = (parts: TrainerParts): TrainerKernels["staging"] =>
  accumulates(parts) ? undefined : parts.kernels.staging;

/** Whether several batches make a step. */
const accumulates = ({ programs }: TrainerParts): boolean => programs.some(({ name }) => name === "measure");

/** In elements; 0 where the region is empty. */
const startOf = ([first]: readonly Placement[]): number =>
  first === undefined ? 0 : first.offset / bytesOfElement[first.buffer.element];

const startsAtZero = (fill: InitialParameter["fill"]): boolean =>
  fill.kind === "constant" && fill.value === 0;

/** The numbers behind the view and the stream in a call of a filler. */
function fillNumbers(fill: InitialParameter["fill"]): readonly number[] {
  switch (fill.kind) {
    case "uniform":
      return [fill.low, fill.high];
    case "normal":
      return [fill.mean, fill.std];
    case "orthogonal":
      return [fill.rows, fill.columns];
    case "constant":
      return [fill.value];
  }
}

/** Each parameter's filler under its initialiser in words, which are of its layer; memory is zero already. */
function writeFills(writer: MarkingWriter, parts: TrainerParts): void {
  parts.parameters.forEach(({ name, fill, fillText }, index) => {
    if (startsAtZero(fill)) return;
    const stream = fill.kind === "constant" ? [] : [`randomStream(randomKey(seed, 0, ${index}))`];
    const view = `machine.parameters[${JSON.stringify(name)}]`;
    const path = parts.placeOfFact?.("model", ["parameters", index]);
    writer.marked(path && { kernels: [], nodes: [], path, name }, () => {
      for (const line of commentLines(`${name}: ${fillText}`)) writer.writeLine(line);
      writer.writeLine(`${fill.kind}(${[view, ...stream, ...fillNumbers(fill)].join(", ")});`);
    });
  });
}

/** What a diverged step is searched for beside the parameters: the rows of the values that led to it. */
function writeCheck(
  writer: CodeBlockWriter,
  { plan, kernels: { running }, float }: TrainerParts,
  placeOf: ArenaNames["placeOf"],
): void {
  const stretches = (
    { plan }: { plan: MemoryPlan },
    place: (placement: Placement) => string | number,
  ): string => {
    const values = survivors(plan, "gradient", float).filter(({ buffer }) => buffer.shape.includes("n"));
    const list = values.map(
      (placement) =>
        `[${JSON.stringify(placement.buffer.name)}, ${place(placement)}, ${elementCount(placement, 1)}]`,
    );
    return `[${list.join(", ")}]`;
  };
  const ofFunctions = stretches({ plan }, ({ buffer }) => placeOf("gradient", buffer.name));
  const searched =
    running === undefined
      ? ofFunctions
      : `${running.condition} ? ${stretches(running, ({ offset }) => offset / bytesOfElement[float])} : ${ofFunctions}`;
  writer.writeLine(`return firstNotFinite(f, rows, ${searched});`);
}
