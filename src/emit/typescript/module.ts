/**
 * The emitted module, section by section: banner, model, the arena as named offsets, kernels under what they implement,
 * the programs, the runtime's parts, `createTrainer`, and the program part.
 */
import CodeBlockWriter from "code-block-writer";
import { nameArena, writeArena } from "./arena.ts";
import { runtimeRootsOf, writeCreateTrainer } from "./create-trainer.ts";
import { formatModule } from "./format.ts";
import { identifierMaker } from "./identifiers.ts";
import { emitKernels, typedParameters } from "./kernels.ts";
import { collectParts, publicNames } from "./runtime-parts.ts";
import type { RuntimeParts } from "./runtime-parts.ts";
import type { TrainerParts } from "./trainer-parts.ts";

const programTexts: Readonly<Record<string, string>> = {
  gradient: "Forward and backward over n rows: leaves the gradients, gives the mean loss.",
  update: "One step of the optimizer.",
  predict: "The network's output for n rows, in evaluation mode.",
  evaluate: "Adds what n rows contribute to the sums from which loss and metrics are made.",
  summarise: "Loss and metrics from those sums.",
};

/** What the module itself declares beside kernels and offsets. */
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
];

const numbersText = (array: string): string =>
  `/** The element type of the arena. */\nexport type Numbers = ${array};`;

/** The module's text; what is only run need not be formatted. */
export async function assembleModule(
  parts: TrainerParts,
  runtime: RuntimeParts,
  isFormatted = true,
): Promise<string> {
  const { plan, float } = parts;
  const array = float === "f32" ? "Float32Array" : "Float64Array";
  const identify = identifierMaker([...runtime.keys(), ...ownNames]);
  const programNames = new Map(parts.programs.map(({ name }) => [name, identify(name)]));
  const arena = nameArena(plan, identify);
  const roots = new Set([...publicNames, ...runtimeRootsOf(parts)]);
  const kernels = emitKernels(parts.programs, {
    placeOf: arena.placeOf,
    identify,
    all: new Set([...arena.all, ...programNames.values(), ...runtime.keys()]),
    float,
    uses: (name) => roots.add(name),
  });

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
  writeArena(writer, plan, arena);

  for (const text of kernels.functions) writer.blankLine().write(text);

  for (const { name } of parts.programs) {
    const { calls, takes } = kernels.programs.get(name) ?? { calls: [], takes: [] };
    const returns = name === "gradient" ? "number" : "void";
    writer.blankLine().writeLine(`/** ${programTexts[name] ?? name} */`);
    writer.write(`function ${programNames.get(name)}(${typedParameters(takes)}): ${returns}`).block(() => {
      for (const call of calls) writer.writeLine(call);
      if (name === "gradient") writer.writeLine(`return f[${arena.placeOf("", "result:loss")}];`);
    });
  }

  let topic = "";
  const copied = collectParts(runtime, roots).map((part) => {
    const heading = part.topic === topic ? "" : `// ── ${part.topic} ──\n\n`;
    topic = part.topic;
    return heading + (part.name === "Numbers" ? numbersText(array) : part.text);
  });

  const end = new CodeBlockWriter({ indentNumberOfSpaces: 2 });
  const callOf = (program: string): string =>
    `${programNames.get(program)}(${(kernels.programs.get(program)?.takes ?? []).join(", ")})`;
  writeCreateTrainer(end, parts, { arena, callOf, array });
  if (parts.data !== undefined) {
    const others = Object.entries(parts.programParts).map(([member, name]) => `, ${member}: ${name}`);
    end
      .blankLine()
      .writeLine(`void runIfMain(import.meta, { model, training, data, createTrainer${others.join("")} });`);
  }
  // The runtime's parts are formatted already.
  const texts = [writer.toString(), end.toString()];
  const own = isFormatted ? await Promise.all(texts.map(formatModule)) : texts;
  return [own[0], `${copied.join("\n\n")}\n`, own[1]].join("\n");
}
