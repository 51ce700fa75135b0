/** `createTrainer` in emitted code: one arena, the machine over it, and the runtime's trainer around that. */
import type CodeBlockWriter from "code-block-writer";
import { bytesOfElement } from "../../loop/memory.ts";
import type { MemoryPlan, Placement } from "../../loop/memory.ts";
import type { Region } from "../../loop/types.ts";
import { elementCount, viewText } from "./arena.ts";
import type { ArenaNames } from "./arena.ts";
import { commentLines } from "../provenance-lines.ts";
import type { MarkingWriter } from "./line-origins.ts";
import { rowsOf } from "./module-parts.ts";
import type { EndNames } from "./module-parts.ts";
import type { InitialParameter, TrainerParts } from "./trainer-parts.ts";
import { survivors } from "./survivors.ts";
import {
  comparingRoots,
  writeArenaOver,
  writeCompared,
  writeRun,
  writeSelfCheck,
  writeViews,
} from "./write-comparison.ts";
import { probingRoots, writeProbing } from "./write-probing.ts";
import { sharesWork } from "./write-wasm.ts";

/** The declarations of the runtime that \`createTrainer\` and the program part name. */
export function runtimeRootsOf(parts: TrainerParts): string[] {
  const { parameters, data, programParts, balanced, wasm, probed } = parts;
  const fills = parameters.filter(({ fill }) => !startsAtZero(fill)).map(({ fill }) => fill.kind);
  return [
    "trainerOf",
    "viewsOf",
    "firstNotFinite",
    "Machine",
    "TrainingFacts",
    ...(data === undefined ? [] : ["runIfMain", "DataFacts"]),
    ...Object.values(programParts).flatMap((text) => text.match(/\w+/g) ?? []),
    ...(balanced === undefined ? [] : ["balance"]),
    ...(wasm === undefined
      ? []
      : ["startWasm", "WasmFacts", "TrainerOptions", ...comparingRoots, ...wasm.module.mathImports]),
    ...(wasm !== undefined && sharesWork(wasm) ? ["servesAsWorker"] : []),
    ...(stagesSteps(parts) ? ["stagedSteps", "gradientOfBatch"] : []),
    ...(accumulates(parts) ? ["groupsOf"] : []),
    ...(probed === undefined ? [] : probingRoots),
    ...(fills.length === 0 ? [] : ["randomStream", "randomKey", ...fills]),
  ];
}

export function writeCreateTrainer(writer: MarkingWriter, parts: TrainerParts, names: EndNames): void {
  const { plan, batchSize, float, balanced, wasm, probed } = parts;
  const { arena, array } = names;
  const { placeOf } = arena;
  // Without WebAssembly a program is its function; with it, whichever of two does its work here.
  const callOf = (program: string) =>
    wasm === undefined ? names.callOf(program) : `run.${program}(${rowsOf(names, program)})`;
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
  const summaries = [...plan.storage.keys()].filter((name) => name.startsWith("result:summary."));
  const batch = [...Object.keys(parts.model.inputs), ...Object.keys(parts.model.targets)];

  if (wasm !== undefined) {
    writeCompared(writer, parts, wasm, names, batchSize);
    writeArenaOver(writer, parts, names);
  }
  writer
    .blankLine()
    .writeLine("/** A trainer with parameters drawn from the seed (the spec's, if none is given). */");
  // One option of trainers with WebAssembly: with one kind of kernels there is nothing to compare.
  const optionsType = wasm === undefined ? "{ seed?: number; selfCheck?: boolean }" : "TrainerOptions";
  writer
    .write(
      `export function createTrainer(options: ${optionsType} = {}): ${probed === undefined ? "Trainer" : "ProbingTrainer"}`,
    )
    .block(() => {
      if (wasm === undefined) {
        writer.writeLine(`const memory = new ArrayBuffer(${plan.bytes});`);
        writeViews(writer, array, "memory");
      } else writeRun(writer, parts);
      if (stagesSteps(parts)) {
        const shifted = batch.map(
          (name) => [name, viewText(plan, arena, name, batchSize, float, "shift")] as const,
        );
        writer.writeLine(`const batchAt = (shift: number) => (${record(shifted)});`);
      }
      writer
        .write("const machine: Machine = ")
        .inlineBlock(() => {
          const field = (name: string, value: string) => writer.writeLine(`${name}: ${value},`);
          if (wasm !== undefined) field("backend", 'wasm?.backend ?? "ts"');
          field(
            "inputs",
            stagesSteps(parts) ? "batchAt(0)" : record(batch.map((name) => [name, viewOf(name)])),
          );
          field("output", viewOf("result:output"));
          const [firstParameter, firstGradient] = [inRegion("parameter"), inRegion("gradient")].map(startOf);
          // Trainable parameters come first in the arena, so that one loop updates them all.
          const hasFrozen = parts.parameters.some(({ trainable }) => !trainable);
          const those = (which: string) => `model.parameters.filter(({ trainable }) => ${which}trainable)`;
          const [all, trainable] = hasFrozen
            ? [`[...${those("")}, ...${those("!")}]`, those("")]
            : ["model.parameters", "model.parameters"];
          field("parameters", `viewsOf(f, ${firstParameter}, ${all})`);
          field("gradients", `viewsOf(f, ${firstGradient}, ${trainable})`);
          field("state", `new Uint8Array(memory, ${wasm === undefined ? 0 : "f.byteOffset"}, ${stateEnd})`);
          field("totals", `doubles.subarray(${totalsFrom}, ${totalsFrom + totals.length})`);
          field("step", viewOf("optimizer:step"));
          field("seed", viewOf("random:seed"));
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
                (name) => [name.slice("result:summary.".length), `doubles[${placeOf("", name)}]`] as const,
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
          field("learningRate", `() => doubles[${placeOf("", "result:learningRate")}]`);
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
        ...(stagesSteps(parts)
          ? ["gradientOfBatch", "wasm && stagedSteps(model, wasm.staging, batchAt)"]
          : []),
      ];
      const trainerWith = (more: readonly string[]) =>
        `trainerOf(${["model", "machine", "training", "options", ...more].join(", ")})`;
      if (probed === undefined && wasm === undefined) writer.writeLine(`return ${trainerWith(others)};`);
      else if (probed === undefined) {
        writer.writeLine(`const trainer = ${trainerWith(others)};`);
        writeSelfCheck(writer, parts);
        writer.writeLine("return trainer;");
      } else
        writeProbing(writer, probed, {
          others,
          trainerWith,
          selfCheck: () => wasm && writeSelfCheck(writer, parts),
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
  const trained = `trained:${first?.name}`;
  if (!plan.storage.has(trained)) return "machine.parameters";
  return `viewsOf(f, ${placeOf("", trained)}, model.parameters.filter(({ trainable }) => trainable))`;
}

/** Whether many steps can be one call: not where several batches make a step. */
const stagesSteps = (parts: TrainerParts): boolean => parts.wasm !== undefined && !accumulates(parts);

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
  { plan, wasm, float }: TrainerParts,
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
    wasm === undefined
      ? ofFunctions
      : `wasm ? ${stretches(wasm, ({ offset }) => offset / bytesOfElement[float])} : ${ofFunctions}`;
  writer.writeLine(`return firstNotFinite(f, rows, ${searched});`);
}
