/**
 * An emitted module, section by section: banner, facts, the arena as named offsets, kernels under what they
 * implement, the programs, the runtime's parts, and at the end what makes a trainer or a predictor of them.
 */
import type { EmittedFile } from "../emitted-file.ts";
import { lossStorage } from "../../ir/storage.ts";
import { nameArena, writeArena } from "./arena.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import { formatModule } from "./format.ts";
import { placeOrigins } from "./place-origins.ts";
import { writeFact } from "./write-fact.ts";
import { identifierMaker } from "../identifiers.ts";
import { emitKernels, typedParameters } from "./kernels.ts";
import { lineOrigins, MarkingWriter } from "./line-origins.ts";
import type { ModuleImports, ModuleKind, ModuleParts } from "./module-parts.ts";
import { collectParts, runtimeNames } from "./runtime-parts.ts";
import type { RuntimeParts } from "./runtime-parts.ts";

const programTexts: Readonly<Record<string, string>> = {
  begin: "What precedes the gradients of a step.",
  measure: "Adds the totals of n rows that the gradients of a step over several batches depend on.",
  gradient: "Forward and backward over n rows: leaves the gradients, gives the mean loss.",
  update: "One step of the optimizer.",
  predict: "The network's output for n rows, in evaluation mode.",
  evaluate: "Adds what n rows contribute to the sums from which loss and metrics are made.",
  summarise: "Loss and metrics from those sums.",
  probe: "The values of the layers for n rows, in training mode.",
  trainingLoss: "The mean loss of n rows, in training mode.",
};

/** The programs whose functions give the loss. */
const losses: readonly string[] = ["gradient", "trainingLoss"];

const numbersText = (array: string): string =>
  `/** The element type of the arena. */\nexport type Numbers = ${array};`;

/** What is only run need not be formatted. */
export async function assembleModule(
  parts: ModuleParts,
  kind: ModuleKind,
  runtime: RuntimeParts,
  isFormatted = true,
): Promise<EmittedFile> {
  const { plan, float } = parts;
  const array = float === "f32" ? "Float32Array" : "Float64Array";
  const identify = identifierMaker([...runtimeNames(runtime), ...kind.ownNames]);
  const programNames = new Map(parts.programs.map(({ name }) => [name, identify(name)]));
  const arena = nameArena(plan, identify);
  const roots = new Set<RuntimeName>(kind.roots);
  const kernels = emitKernels(parts.programs, {
    placeOf: arena.placeOf,
    identify,
    all: new Set([...arena.all, ...programNames.values(), ...runtime.keys()]),
    float,
    uses: (name) => roots.add(name),
  });

  const writer = new MarkingWriter();
  for (const line of parts.banner) writer.writeLine(line);
  if (kind.imports !== undefined) writeImports(writer.blankLine(), kind.imports);
  for (const fact of kind.facts) {
    writer.blankLine();
    writeFact(writer, fact);
  }
  writer.blankLine();
  writeArena(writer, plan, arena, placeOrigins(parts.programs, parts.graphs));

  for (const text of kernels.functions) writer.blankLine().writeMarked(text);

  for (const { name } of parts.programs) {
    const { calls, takes } = kernels.programs.get(name) ?? { calls: [], takes: [] };
    const returns = losses.includes(name) ? "number" : "void";
    writer.blankLine().writeLine(`/** ${programTexts[name] ?? name} */`);
    writer.write(`function ${programNames.get(name)}(${typedParameters(takes)}): ${returns}`).block(() => {
      for (const { text, origin } of calls) writer.marked(origin, () => writer.writeLine(text));
      if (losses.includes(name)) writer.writeLine(`return f[${arena.placeOf("", lossStorage)}];`);
    });
  }

  let topic = "";
  const imported = new Set([...(kind.imports?.values ?? []), ...(kind.imports?.types ?? [])]);
  const own = new Map([...runtime].filter(([name]) => !imported.has(name)));
  const copied = collectParts(own, roots).map((part) => {
    const heading = part.topic === topic ? "" : `// ── ${part.topic} ──\n\n`;
    topic = part.topic;
    return heading + (part.name === "Numbers" ? numbersText(array) : part.text);
  });

  const end = new MarkingWriter();
  const takesOf = (program: string) => kernels.programs.get(program)?.takes ?? [];
  const callOf = (program: string): string => `${programNames.get(program)}(${takesOf(program).join(", ")})`;
  kind.writeEnd(end, { arena, callOf, takesOf, array });
  // The runtime's parts are formatted already.
  const [head, tail] = await Promise.all([finished(writer, isFormatted), finished(end, isFormatted)]);
  const middle = `${copied.join("\n\n")}\n`;
  const unknown = middle.split("\n").map(() => undefined);
  return {
    text: [head.text, middle, tail.text].join("\n"),
    lines: () => [...head.lines(), ...unknown, ...tail.lines()],
  };
}

function writeImports(writer: MarkingWriter, { from, values, types }: ModuleImports): void {
  writer.writeLine(`import { ${values.join(", ")} } from ${JSON.stringify(from)};`);
  writer.writeLine(`import type { ${types.join(", ")} } from ${JSON.stringify(from)};`);
}

async function finished(writer: MarkingWriter, isFormatted: boolean): Promise<EmittedFile> {
  const marked = writer.markedText();
  const text = isFormatted ? await formatModule(marked.text) : marked.text;
  return { text, lines: () => lineOrigins(marked, text) };
}
