/**
 * The module that checks a trainer: the training loss as a function of the parameters, and the call that runs
 * the check. It imports only the file of the trainer.
 */
import { seedStorage } from "../../ir/storage.ts";
import { viewOfStorage, viewText } from "./arena.ts";
import type { MarkingWriter } from "./line-origins.ts";
import type { SectionNames, InitialState, ModuleKind, ModuleParts } from "./module-parts.ts";

/**
 * The programs are trainingLoss and, in some models, begin and measure, which run before it. All compute in
 * f64.
 */
export interface CheckParts extends ModuleParts {
  /** The runtime's `CheckFacts`. */
  readonly facts: object & { readonly rows: number };
  readonly states: readonly InitialState[];
  /** The import path of the trainer, such as `./iris.ts`. */
  readonly trainer: string;
}

/**
 * The additional arguments that programs and batches may need after f: other views, and the number of rows.
 */
const otherViews = {
  integers: "new Int32Array(memory)",
  doubles: "new Float64Array(memory)",
  n: "facts.rows",
};

const ownNames = [
  "facts",
  "model",
  "createTrainer",
  "createLoss",
  "memory",
  "inputs",
  "batch",
  "seed",
  "view",
];

export function checkModule(parts: CheckParts): ModuleKind {
  return {
    imports: {
      from: parts.trainer,
      values: ["createTrainer", "model"],
      types: ["Batch", "ModelFacts", "Trainer"],
    },
    facts: [
      {
        chapter: "proof",
        about:
          "The hash of the spec, the rows in the checked batch, the operations that compute one loss, " +
          "and whether V8 allocates numbers.",
        declaration: "const facts: CheckFacts",
        value: parts.facts,
      },
    ],
    ownNames,
    roots: ["runCheck", "CheckFacts", "CheckedLoss"],
    sections: [
      { chapter: "step", write: (writer, names) => writeCreateLoss(writer, parts, names) },
      {
        chapter: "program",
        isLast: true,
        write: (writer) => writer.writeLine("runCheck({ model, createTrainer, createLoss, facts });"),
      },
    ],
  };
}

/** Writes `createLoss`. It returns the training loss as a function of the parameters. */
function writeCreateLoss(
  writer: MarkingWriter,
  parts: CheckParts,
  { arena, callOf, takesOf, array }: SectionNames,
): void {
  const { plan, batchSize, float, states, programs } = parts;
  const inRegion = (wanted: string) =>
    [...plan.storage.values()].flatMap(({ buffer: { region, covers, name } }) =>
      region === wanted && covers === undefined ? [name] : [],
    );
  const writeViews = (names: readonly string[]) => {
    for (const name of names)
      writer.writeLine(`${JSON.stringify(name)}: ${viewText(plan, arena, name, batchSize, float)},`);
  };
  const before = programs.filter(({ name }) => name !== "trainingLoss").map(({ name }) => callOf(name));
  const seeded = plan.storage.has(seedStorage);
  const used = new Set<string>([
    ...programs.flatMap(({ name }) => takesOf(name)),
    ...inRegion("input").map((name) => viewOfStorage(plan, name, float)),
    ...(seeded ? ["integers"] : []),
  ]);
  const calls = [...before, `return ${callOf("trainingLoss")}`].join("; ");
  writer.writeLine(
    "/** Creates the loss of a batch as a function of the parameters. It has its own memory. */",
  );
  const taken = seeded ? "batch: Batch, seed: number" : "batch: Batch";
  writer.write(`function createLoss(${taken}): CheckedLoss`).block(() => {
    writer.writeLine(`const memory = new ArrayBuffer(${plan.bytes});`);
    writer.writeLine(`const f = new ${array}(memory);`);
    for (const [name, view] of Object.entries(otherViews))
      if (used.has(name)) writer.writeLine(`const ${name} = ${view};`);
    if (seeded) writer.writeLine(`integers[${arena.placeOf("", seedStorage)}] = seed;`);
    for (const { name, initial } of states)
      if (initial && plan.storage.has(name))
        writer.writeLine(`f.set(${JSON.stringify(initial)}, ${arena.placeOf("", name)});`);
    writer
      .write("const inputs = ")
      .inlineBlock(() => writeViews(inRegion("input")))
      .write(";")
      .newLine();
    writer.writeLine("for (const [name, view] of Object.entries(inputs)) view.set(batch[name]!);");
    writer
      .write("return ")
      .inlineBlock(() => {
        writer
          .write("parameters: ")
          .inlineBlock(() => writeViews(inRegion("parameter")))
          .write(",")
          .newLine();
        writer.writeLine(
          before.length === 0 ? `value: () => ${callOf("trainingLoss")},` : `value() { ${calls}; },`,
        );
        writer.writeLine("flops: facts.flops,");
      })
      .write(";")
      .newLine();
  });
}
