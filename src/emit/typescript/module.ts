/**
 * The emitted module, section by section: banner, model, the arena as named offsets, kernels under what they implement,
 * the programs, the runtime's parts, `createTrainer`, and the program part.
 */
import CodeBlockWriter from "code-block-writer";
import type { MemoryPlan, Placement } from "../../loop/memory.ts";
import { bytesOfElement } from "../../loop/memory.ts";
import type { LoopProgram, Region } from "../../loop/types.ts";
import { identifierMaker, storageWish } from "./identifiers.ts";
import { commentLines, emitKernels, typedParameters, viewFor } from "./kernels.ts";
import type { ModuleNames } from "./kernels.ts";
import { collectParts } from "./runtime-parts.ts";
import type { RuntimeParts } from "./runtime-parts.ts";

/** How a parameter starts; `text` is the initialiser in words. */
export interface InitialParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly fill:
    | { readonly kind: "uniform"; readonly low: number; readonly high: number }
    | { readonly kind: "normal"; readonly mean: number; readonly std: number }
    | { readonly kind: "constant"; readonly value: number }
    | { readonly kind: "orthogonal"; readonly rows: number; readonly columns: number };
  readonly fillText: string;
}

/** All that the module is made of. The five programs are named gradient, update, predict, evaluate and summarise. */
export interface TrainerParts {
  readonly banner: readonly string[];
  /** The contract's `model`, as data. */
  readonly model: object & { readonly name: string; readonly inputs: object; readonly targets: object };
  /** The runtime's `TrainingFacts` and `DataFacts`. */
  readonly training: object;
  readonly data: object | undefined;
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  readonly parameters: readonly InitialParameter[];
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
}

const regionTitles: Readonly<Record<Region, string>> = {
  parameter: "Parameters",
  state: "What training remembers beside them",
  gradient: "Gradients, in the order of the parameters",
  input: "The batch: inputs and targets",
  result: "Results",
  totals: "Sums that evaluation gathers over batches",
  temporary: "Values on the way; those that do not live at the same time share memory",
};
const regionOrder: readonly Region[] = [
  "parameter",
  "state",
  "gradient",
  "input",
  "result",
  "totals",
  "temporary",
];

const shapeText = ({ buffer }: Placement): string => `${buffer.element}[${buffer.shape.join(", ")}]`;

/** `const dense1_weight = 0; // f32[64, 32]`, region by region. */
function writeArena(writer: CodeBlockWriter, parts: TrainerParts, placeOf: ModuleNames["placeOf"]): void {
  const { plan } = parts;
  const rows = [
    ...[...plan.storage.values()].map((placement) => ({ placement, program: "" })),
    ...[...plan.temporaries].flatMap(([program, places]) =>
      [...places.values()].map((placement) => ({ placement, program })),
    ),
  ];
  writer.writeLine(
    `// The arena: one block of ${plan.bytes} bytes. Each line is the offset of a tensor, in elements of its type;`,
  );
  writer.writeLine("// n is the number of rows of the batch at hand.");
  for (const region of regionOrder) {
    const own = rows.filter(({ placement }) => placement.buffer.region === region);
    if (own.length === 0) continue;
    writer.blankLine().writeLine(`// ${regionTitles[region]}.`);
    for (const { placement, program } of own) {
      const { buffer, offset, lifetime } = placement;
      const life =
        lifetime === undefined ? "" : `, ${program}: kernels ${lifetime[0] + 1} to ${lifetime[1] + 1}`;
      const place = offset / bytesOfElement[buffer.element];
      writer.writeLine(
        `const ${placeOf(program, buffer.name)} = ${place}; // ${shapeText(placement)}${life}`,
      );
    }
  }
}

/** Values of training go by the model's names; those of the other programs say whose they are. */
const temporaryWish = (program: string, name: string): string =>
  program === "gradient" ? storageWish(name) : `${program}_${storageWish(name)}`;

const programTexts: Readonly<Record<string, string>> = {
  gradient: "Forward and backward over n rows: leaves the gradients, gives the mean loss.",
  update: "One step of the optimizer.",
  predict: "The network's output for n rows, in evaluation mode.",
  evaluate: "Adds what n rows contribute to the sums from which loss and metrics are made.",
  summarise: "Loss and metrics from those sums.",
};

/** A count as a product reads badly; a view is `f.subarray(at, at + count)`. */
function viewText(placement: Placement, place: string, rows: number, float: "f32" | "f64"): string {
  const { buffer } = placement;
  const count = buffer.shape.reduce<number>((product, d) => product * (d === "n" ? rows : d), 1);
  return `${viewFor(buffer.element, float)}.subarray(${place}, ${place} + ${count})`;
}

export function assembleModule(parts: TrainerParts, runtime: RuntimeParts): string {
  const { plan, float, batchSize } = parts;
  const array = float === "f32" ? "Float32Array" : "Float64Array";
  const identify = identifierMaker([...runtime.keys(), "model", "createTrainer", "training", "data", "memory", "machine", "options", "random", "seed"]); // prettier-ignore
  const programNames = new Map(parts.programs.map(({ name }) => [name, identify(name)]));
  const places = new Map<string, string>();
  for (const name of plan.storage.keys()) places.set(` ${name}`, identify(storageWish(name)));
  for (const [program, own] of plan.temporaries)
    for (const name of own.keys()) places.set(`${program} ${name}`, identify(temporaryWish(program, name)));
  const placeOf = (program: string, buffer: string): string =>
    places.get(`${program} ${buffer}`) ?? places.get(` ${buffer}`) ?? buffer;
  const storageAt = (name: string): Placement => {
    const placement = plan.storage.get(name);
    if (placement === undefined) throw new Error(`internal: no storage ${name}`);
    return placement;
  };
  const viewOf = (name: string): string => viewText(storageAt(name), placeOf("", name), batchSize, float);

  const roots = new Set(["trainerOf", "firstNotFinite", "Trainer", "Machine", "ModelFacts", "TrainingFacts", "Batch", "History", "EpochReport", "FitOptions"]); // prettier-ignore
  if (parts.data !== undefined) for (const name of ["runIfMain", "DataFacts"]) roots.add(name);
  const all = new Set([...places.values(), ...programNames.values(), ...runtime.keys()]);
  const kernels = emitKernels(parts.programs, {
    placeOf,
    identify,
    all,
    float,
    uses: (name) => roots.add(name),
  });
  for (const { fill } of parts.parameters)
    if (!startsAtZero(fill)) for (const name of [fill.kind, "randomStream", "randomKey"]) roots.add(name);

  const writer = new CodeBlockWriter({ indentNumberOfSpaces: 2 });
  for (const line of parts.banner) writer.writeLine(line);
  writer.blankLine().writeLine(`export const model: ModelFacts = ${JSON.stringify(parts.model)};`);
  writer.blankLine().writeLine("/** How the spec says to train. */");
  writer.writeLine(`const training: TrainingFacts = ${JSON.stringify(parts.training)};`);
  if (parts.data !== undefined) {
    writer.blankLine().writeLine("/** Which columns of a data file are which input and target. */");
    writer.writeLine(`const data: DataFacts = ${JSON.stringify(parts.data)};`);
  }
  writer.blankLine();
  writeArena(writer, parts, placeOf);

  for (const text of kernels.functions) writer.blankLine().write(text);

  for (const { name } of parts.programs) {
    const { calls, takes } = kernels.programs.get(name) ?? { calls: [], takes: [] };
    const returns = name === "gradient" ? "number" : "void";
    writer.blankLine().writeLine(`/** ${programTexts[name] ?? name} */`);
    writer.write(`function ${programNames.get(name)}(${typedParameters(takes)}): ${returns}`).block(() => {
      for (const call of calls) writer.writeLine(call);
      if (name === "gradient") writer.writeLine(`return f[${placeOf("", "result:loss")}];`);
    });
  }

  for (const { name, text } of collectParts(runtime, roots)) {
    writer.blankLine();
    if (name === "Numbers")
      writer.writeLine("/** The element type of the arena. */").writeLine(`export type Numbers = ${array};`);
    else writer.writeLine(exported.has(name) ? withExport(text) : text);
  }

  const callOf = (program: string): string =>
    `${programNames.get(program)}(${(kernels.programs.get(program)?.takes ?? []).join(", ")})`;
  writeCreateTrainer(writer, parts, { placeOf, viewOf, callOf, array });
  if (parts.data !== undefined)
    writer.blankLine().writeLine("void runIfMain(import.meta, { model, training, data, createTrainer });");
  return writer.toString();
}

/** The types that a user of the module names. */
const exported = new Set([
  "Trainer",
  "Batch",
  "FitOptions",
  "EpochReport",
  "History",
  "Summary",
  "ModelFacts",
  "EarlyStopping",
]);
const withExport = (text: string): string => text.replace(/^(interface|type) /m, "export $1 ");

interface TrainerNames {
  readonly placeOf: ModuleNames["placeOf"];
  readonly viewOf: (storage: string) => string;
  /** The call of a program with all that it takes. */
  readonly callOf: (program: string) => string;
  readonly array: string;
}

function writeCreateTrainer(writer: CodeBlockWriter, parts: TrainerParts, names: TrainerNames): void {
  const { plan } = parts;
  const { placeOf, viewOf, callOf, array } = names;
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

  writer
    .blankLine()
    .writeLine("/** A trainer with parameters drawn from the seed (the spec's, if none is given). */");
  writer.write("export function createTrainer(options: { seed?: number } = {}): Trainer").block(() => {
    writer.writeLine(`const memory = new ArrayBuffer(${plan.bytes});`);
    writer.writeLine(`const f = new ${array}(memory);`);
    writer.writeLine("const integers = new Int32Array(memory);");
    writer.writeLine("const doubles = new Float64Array(memory);");
    writer.write("const machine: Machine = ").inlineBlock(() => {
      const field = (name: string, value: string) => writer.writeLine(`${name}: ${value},`);
      field("inputs", record(batch.map((name) => [name, viewOf(name)])));
      field("output", viewOf("result:output"));
      field("parameters", record(parts.parameters.map(({ name }) => [name, viewOf(name)])));
      field("gradients", record(inRegion("gradient").map(({ buffer }) => [buffer.name.slice("gradient:".length), viewOf(buffer.name)]))); // prettier-ignore
      field("state", `new Uint8Array(memory, 0, ${stateEnd})`);
      field("totals", `doubles.subarray(${totalsFrom}, ${totalsFrom + totals.length})`);
      field("step", viewOf("optimizer:step"));
      field("seed", viewOf("dropout:seed"));
      field("gradient", `(n) => ${callOf("gradient")}`);
      field("update", `() => ${callOf("update")}`);
      field("predict", `(n) => ${callOf("predict")}`);
      field("evaluate", `(n) => ${callOf("evaluate")}`);
      writer.write("summarise()").block(() => {
        writer.writeLine(`${callOf("summarise")};`);
        const values = summaries.map((name) => [name.slice("result:summary.".length), `doubles[${placeOf("", name)}]`] as const);
        writer.writeLine(`return ${record(values)};`);
      }).write(",").newLine(); // prettier-ignore
      writer.write("initialise(seed)").block(() => {
        writer.writeLine("machine.state.fill(0);");
        writer.writeLine("machine.seed[0] = seed;");
        writeFills(writer, parts, placeOf);
      }).write(",").newLine(); // prettier-ignore
      field("learningRate", `() => doubles[${placeOf("", "result:learningRate")}]`);
      writer.write("check()").block(() => writeCheck(writer, parts, placeOf)).write(",").newLine();
    }).write(";").newLine(); // prettier-ignore
    writer.writeLine("return trainerOf(model, machine, training, options);");
  });
}

const startsAtZero = (fill: InitialParameter["fill"]): boolean =>
  fill.kind === "constant" && fill.value === 0;

/** `uniform(dense1_weight view, stream, low, high)`, each parameter under its initialiser in words. */
function writeFills(writer: CodeBlockWriter, parts: TrainerParts, placeOf: ModuleNames["placeOf"]): void {
  parts.parameters.forEach(({ name, fill, fillText, shape }, index) => {
    const size = shape.reduce((product, d) => product * d, 1);
    if (startsAtZero(fill)) return;
    const place = placeOf("", name);
    const view = `f.subarray(${place}, ${place} + ${size})`;
    const stream = `randomStream(randomKey(seed, 0, ${index}))`;
    const call =
      fill.kind === "uniform"
        ? `uniform(${view}, ${stream}, ${fill.low}, ${fill.high});`
        : fill.kind === "normal"
          ? `normal(${view}, ${stream}, ${fill.mean}, ${fill.std});`
          : fill.kind === "orthogonal"
            ? `orthogonal(${view}, ${stream}, ${fill.rows}, ${fill.columns});`
            : `constant(${view}, ${fill.value});`;
    for (const line of commentLines(`${name}: ${fillText}`)) writer.writeLine(line);
    writer.writeLine(call);
  });
}

/**
 * What a diverged step is searched for: parameters, then the values of the forward and backward part in the order of
 * their making, as far as nothing has overwritten them by the end of it.
 */
function survivors(parts: TrainerParts): Placement[] {
  const { plan, float } = parts;
  const parameters = parts.parameters.flatMap(({ name }) => plan.storage.get(name) ?? []);
  const made = [...(plan.temporaries.get("gradient")?.values() ?? [])].filter(
    ({ buffer }) => buffer.element === float,
  );
  const firstOf = ({ lifetime }: Placement) => lifetime?.[0] ?? 0;
  const overlaps = (a: Placement, b: Placement) =>
    a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  const lasting = made.filter((a) => !made.some((b) => b !== a && overlaps(a, b) && firstOf(b) > firstOf(a)));
  return [...parameters, ...lasting.sort((a, b) => firstOf(a) - firstOf(b))];
}

function writeCheck(writer: CodeBlockWriter, parts: TrainerParts, placeOf: ModuleNames["placeOf"]): void {
  const rows = survivors(parts).map((placement) => {
    const { buffer } = placement;
    const program = buffer.region === "temporary" ? "gradient" : "";
    const count = buffer.shape.reduce<number>((product, d) => product * (d === "n" ? parts.batchSize : d), 1);
    return `[${JSON.stringify(buffer.name)}, ${placeOf(program, buffer.name)}, ${count}]`;
  });
  writer.writeLine(`return firstNotFinite(f, [${rows.join(", ")}]);`);
}
