/**
 * Writes `machine`, an object in emitted code that connects a trainer with its kernels: views of the arena,
 * and the programs that run on it.
 */
import {
  learningRateStorage,
  measureOfSummary,
  outputStorage,
  seedStorage,
  stepStorage,
} from "../../ir/storage.ts";
import { sizeOf } from "../../ir/types.ts";
import { bytesOfElement } from "../../loop/types.ts";
import type { MemoryPlan, Placement, Region } from "../../loop/types.ts";
import { commentLines } from "../statement-provenance.ts";
import { elementCount, survivors, viewText } from "./arena.ts";
import type { ArenaNames } from "./arena.ts";
import type { MarkingWriter } from "./line-origins.ts";
import type { SectionNames, InitialParameter, TrainerParts } from "./module-parts.ts";
import { base64Lines, bytesOfNumbers } from "./parameter-texts.ts";

/** Builds the texts in which `createTrainer` refers to the arena and calls programs. */
export interface TrainerTexts {
  readonly placeOf: ArenaNames["placeOf"];
  /** The view of a storage, for a full batch. `shift` is an expression for a byte offset to add. */
  readonly viewOf: (storage: string, shift?: string) => string;
  readonly callOf: (program: string) => string;
}

export const trainerTexts = (
  { plan, batchSize, float, kernels }: TrainerParts,
  names: SectionNames,
): TrainerTexts => ({
  placeOf: names.arena.placeOf,
  viewOf: (storage, shift) => viewText(plan, names.arena, storage, batchSize, float, shift),
  callOf: (program) => kernels.callOf(program, names),
});

export const recordText = (entries: readonly (readonly [string, string])[]): string =>
  `{ ${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")} }`;

/** Writes `machine`. `inputs` is the text of the views of a batch. */
export function writeMachine(
  writer: MarkingWriter,
  parts: TrainerParts,
  texts: TrainerTexts,
  inputs: string,
): void {
  const { kernels } = parts;
  const { placeOf } = texts;
  const field = (name: string, value: string) => writer.writeLine(`${name}: ${value},`);
  const method = (head: string, body: () => void) => writer.write(head).block(body).write(",").newLine();
  writer
    .write("const machine: Machine = ")
    .inlineBlock(() => {
      if (kernels.backend !== undefined) field("kernels", kernels.backend);
      field("inputs", inputs);
      for (const [name, value] of arenaFields(parts, texts)) field(name, value);
      for (const [name, value] of programFields(parts, texts)) field(name, value);
      method("summarise()", () => writeSummarise(writer, parts, texts));
      method("initialise(seed)", () => writeInitialise(writer, parts, placeOf));
      const calls = preparing(parts, texts);
      if (calls.length > 0)
        field("prepare", `(data, rows) => ${calls.length > 1 ? `{ ${calls.join("; ")}; }` : calls[0]}`);
      field("learningRate", `() => doubles[${placeOf("", learningRateStorage)}]!`);
      field("check", `(rows) => ${checkText(parts, placeOf)}`);
    })
    .write(";")
    .newLine();
}

/** The calls that read the training rows before the first step. */
const preparing = ({ balanced, limited }: TrainerParts, { viewOf }: TrainerTexts): readonly string[] => [
  ...balanced.map(
    ({ storage, target, size }) =>
      `balance(${viewOf(storage)}, data[${JSON.stringify(target)}]!, rows, ${size})`,
  ),
  ...limited.map(({ target, size, range }) => {
    const name = JSON.stringify(target);
    return `checkTargets(${name}, data[${name}]!, rows, ${size}, ${JSON.stringify(range)})`;
  }),
];

type Fields = readonly (readonly [name: string, value: string])[];

/** The views of the arena, except those of a batch. */
function arenaFields(
  { plan, parameters, kernels, float }: TrainerParts,
  { viewOf, placeOf }: TrainerTexts,
): Fields {
  const inRegion = (region: Region) =>
    [...plan.storage.values()].filter(
      ({ buffer }) => buffer.region === region && buffer.covers === undefined,
    );
  /** The name of the first offset of a region. */
  const startOf = (region: Region): string => {
    const [first] = inRegion(region).sort((a, b) => a.offset - b.offset);
    return first === undefined ? "0" : placeOf("", first.buffer.name);
  };
  const endOf = (list: readonly Placement[]) => Math.max(...list.map(({ offset, bytes }) => offset + bytes));
  const stateEnd = endOf([...inRegion("parameter"), ...inRegion("state")]);
  const parameterBytes =
    parameters.reduce((sum, { shape }) => sum + sizeOf(shape, 1), 0) * bytesOfElement[float];
  const totals = inRegion("totals");
  const totalsLength = (endOf(totals) - Math.min(...totals.map(({ offset }) => offset))) / bytesOfElement.f64;
  // Trainable parameters come first in the arena, because one loop updates them all.
  const hasFrozen = parameters.some(({ trainable }) => !trainable);
  const those = (which: string) => `model.parameters.filter(({ trainable }) => ${which}trainable)`;
  const [all, trainable] = hasFrozen
    ? [`[...${those("")}, ...${those("!")}]`, those("")]
    : ["model.parameters", "model.parameters"];
  return [
    ["output", viewOf(outputStorage)],
    ["parameters", `viewsOf(f, ${startOf("parameter")}, ${all})`],
    ["gradients", `viewsOf(f, ${startOf("gradient")}, ${trainable})`],
    ["state", `new Uint8Array(memory, ${kernels.arenaStart}, ${stateEnd})`],
    ["parameterBytes", `new Uint8Array(memory, ${kernels.arenaStart}, ${parameterBytes})`],
    ["totals", `doubles.subarray(${startOf("totals")}, ${startOf("totals")} + ${totalsLength})`],
    ["step", viewOf(stepStorage)],
    ["seed", viewOf(seedStorage)],
  ];
}

/** The programs as members of `machine`. `begin` and `measure` run in the same call as the gradient. */
function programFields({ programs }: TrainerParts, { callOf }: TrainerTexts): Fields {
  const before = ["begin", "measure"].filter((program) => programs.some(({ name }) => name === program));
  const calls = [...before.map(callOf), `return ${callOf("gradient")}`].join("; ");
  return [
    ["gradient", `(n) => ${before.length === 0 ? callOf("gradient") : `{ ${calls}; }`}`],
    ["update", `() => ${callOf("update")}`],
    ["predict", `(n) => ${callOf("predict")}`],
    ["evaluate", `(n) => ${callOf("evaluate")}`],
  ];
}

function writeSummarise(
  writer: MarkingWriter,
  { plan, ranked = [] }: TrainerParts,
  { callOf, placeOf }: TrainerTexts,
): void {
  writer.writeLine(`${callOf("summarise")};`);
  const values = [...plan.storage.keys()].flatMap((storage): [string, string][] => {
    const measure = measureOfSummary(storage);
    return measure === undefined ? [] : [[measure, `doubles[${placeOf("", storage)}]!`]];
  });
  // Rank metrics are computed later. Until then, NaN fills their positions in the order of the spec.
  for (const { name, position } of ranked) values.splice(position, 0, [name, "NaN"]);
  writer.writeLine(`return ${recordText(values)};`);
}

function writeInitialise(writer: MarkingWriter, parts: TrainerParts, placeOf: ArenaNames["placeOf"]): void {
  writer.writeLine("machine.state.fill(0);");
  writer.writeLine("machine.seed[0] = seed;");
  for (const { name, initial } of parts.states)
    if (initial) writer.writeLine(`f.set(${JSON.stringify(initial)}, ${placeOf("", name)});`);
  writeFills(writer, parts);
}

export const startsAtZero = (fill: InitialParameter["fill"]): boolean =>
  fill.kind === "constant" && fill.value === 0;

/** The numeric arguments of an initialiser, which come last. */
function fillNumbers(fill: InitialParameter["fill"]): readonly (number | string)[] {
  switch (fill.kind) {
    case "uniform": {
      const { low, high, square } = fill;
      return square === undefined ? [low, high] : [`-${rootText(high, square)}`, rootText(high, square)];
    }
    case "normal":
      return [fill.mean, fill.square === undefined ? fill.std : rootText(fill.std, fill.square)];
    case "orthogonal":
      return [fill.rows, fill.columns];
    case "constant":
      return [fill.value];
    case "given":
      return [];
  }
}

/** The number as the square root of this fraction, if that has exactly the same value. */
const rootText = (value: number, [a, b]: readonly [number, number]): string =>
  Math.sqrt(a / b) === value ? `Math.sqrt(${a} / ${b})` : String(value);

/**
 * Writes the initialiser of each parameter, under a comment that describes it. Memory is initially 0, so
 * parameters that start at 0 need no initialiser.
 */
function writeFills(writer: MarkingWriter, parts: TrainerParts): void {
  if (givenIn(parts).length > 0) {
    const array = parts.float === "f32" ? "Float32Array" : "Float64Array";
    writer.writeLine(`const given = new ${array}(bytesIn(${givenValues}).buffer);`);
  }
  let start = 0;
  parts.parameters.forEach(({ name, fill, fillText }, index) => {
    if (startsAtZero(fill)) return;
    const stream = fill.kind === "constant" ? [] : [`randomStream(randomKey(seed, 0, ${index}))`];
    const view = `machine.parameters[${JSON.stringify(name)}]!`;
    const path = parts.placeOfFact?.("model", ["parameters", index]);
    writer.marked(path && { kernels: [], nodes: [], path, name }, () => {
      for (const line of commentLines(`${name}: ${fillText}`)) writer.writeLine(line);
      if (fill.kind === "given") {
        const end = start + fill.values.length;
        writer.writeLine(`${view}.set(given.subarray(${start}, ${end}));`);
        start = end;
      } else writer.writeLine(`${fill.kind}(${[view, ...stream, ...fillNumbers(fill)].join(", ")});`);
    });
  });
}

/** The initial values that are given, such as those of a model file, in the order of the parameters. */
export const givenIn = ({ parameters }: Pick<TrainerParts, "parameters">): readonly ArrayLike<number>[] =>
  parameters.flatMap(({ fill }) => (fill.kind === "given" ? [fill.values] : []));

/** The constant of the module that contains the given values. */
export const givenValues = "initialValues";

/** Writes the given values as base64. */
export function writeGivenValues(writer: MarkingWriter, parts: TrainerParts): void {
  const given = givenIn(parts);
  const count = given.reduce((sum, { length }) => sum + length, 0);
  writer.writeLine(
    `/** The initial parameters that the spec gives in files: ${count} numbers (${parts.float}) as base64. */`,
  );
  const text = base64Lines(bytesOfNumbers(given, parts.float));
  writer.writeLine(`const ${givenValues} = \`\n${text}\n\`;`);
}

/** The call that examines a diverged step: it finds the first intermediate value that is not finite. */
function checkText(
  { plan, kernels: { running }, float }: TrainerParts,
  placeOf: ArenaNames["placeOf"],
): string {
  const ranges = (
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
  const ofFunctions = ranges({ plan }, ({ buffer }) => placeOf("gradient", buffer.name));
  const searched =
    running === undefined
      ? ofFunctions
      : `${running.condition} ? ${ranges(running, ({ offset }) => offset / bytesOfElement[float])} : ${ofFunctions}`;
  return `firstNotFinite(f, rows, ${searched})`;
}
