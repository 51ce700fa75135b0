/**
 * Assembles an emitted module, chapter by chapter. The head shows the spec, the layers, the contents and the
 * notation. The chapters contain facts, the arena as named offsets, kernels under their formulas, the
 * programs that call them, and the parts of the runtime. The remaining sections make the module a trainer, a
 * predictor or a check.
 */
import { chapters } from "../../../runtime/chapters.ts";
import type { ChapterName } from "../../../runtime/chapters.ts";
import { lossStorage } from "../../ir/storage.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import type { EmittedFile } from "../emitted-file.ts";
import { identifierMaker } from "../identifiers.ts";
import { nameArena, writeArena } from "./arena.ts";
import type { ArenaNames } from "./arena.ts";
import { formatModule } from "./format.ts";
import { emitKernels, typedParameters } from "./kernels.ts";
import type { EmittedKernels } from "./kernels.ts";
import { lineOrigins, MarkingWriter } from "./line-origins.ts";
import type { SectionNames, ModuleImports, ModuleKind, ModuleParts, Section } from "./module-parts.ts";
import { notation, notationOfLoops } from "./notation.ts";
import { placeOrigins } from "./origins.ts";
import { collectParts, runtimeNames } from "./runtime-parts.ts";
import type { RuntimeParts } from "./runtime-parts.ts";
import { writeFact } from "./write-fact.ts";

/** The comment above the function of each program, and the chapter of the function. */
const programFacts: Readonly<Record<string, readonly [about: string, chapter: ChapterName]>> = {
  begin: ["Sets the values that the gradients of a step need in addition to the batch.", "step"],
  measure: ["Adds n rows to the totals that the gradients of a step over several batches need.", "step"],
  gradient: [
    "Runs the forward and backward pass over n rows. Writes the gradients and returns the mean loss.",
    "step",
  ],
  update: ["Takes one step of the optimizer.", "step"],
  predict: ["Computes the output of the network for n rows, in evaluation mode.", "evaluation"],
  evaluate: ["Adds n rows to the sums from which loss and metrics are computed.", "evaluation"],
  summarise: ["Computes loss and metrics from these sums.", "evaluation"],
  probe: ["Computes the values of the layers for n rows, in training mode.", "evaluation"],
  trainingLoss: ["Computes the mean loss of n rows, in training mode.", "step"],
};

/** The programs whose functions return the loss. */
const lossPrograms: readonly string[] = ["gradient", "trainingLoss"];

/** Assembles the module. A module that is only run, and never read, need not be formatted. */
export async function assembleModule(
  parts: ModuleParts,
  kind: ModuleKind,
  runtime: RuntimeParts,
  isFormatted = true,
): Promise<EmittedFile> {
  const { plan, float, programs } = parts;
  const array = float === "f32" ? "Float32Array" : "Float64Array";
  const identify = identifierMaker([...runtimeNames(runtime), ...kind.ownNames]);
  const programNames = new Map(programs.map(({ name }) => [name, identify(name)]));
  const arena = nameArena(plan, identify);
  const roots = new Set<RuntimeName>(kind.roots);
  const module = {
    placeOf: arena.placeOf,
    identify,
    all: new Set([...arena.all, ...programNames.values(), ...runtime.keys()]),
    float,
    optimizer: parts.optimizer,
    uses: (name: RuntimeName) => roots.add(name),
  };
  const kernels = emitKernels(programs, module, parts.lowered);
  const takesOf = (program: string) => kernels.programs.get(program)?.takes ?? [];
  const callOf = (program: string): string =>
    onlyCallOf(program, kernels) ?? `${programNames.get(program)}(${takesOf(program).join(", ")})`;
  const names: SectionNames = { arena, callOf, takesOf, array };

  const sections = [
    ...kind.facts.map((fact): Section => ({
      chapter: fact.chapter ?? "model",
      write: (writer) => writeFact(writer, fact),
    })),
    arenaSection(parts, arena, array),
    ...kernelSections(kernels),
    ...programs
      .filter(({ name }) => onlyCallOf(name, kernels) === undefined)
      .map(({ name }) => programSection(name, programNames.get(name) ?? name, kernels, arena)),
    ...kind.sections,
  ];
  const own = await Promise.all(
    sections.map(async ({ chapter, isLast = false, write }) => {
      const writer = new MarkingWriter();
      write(writer, names);
      return { chapter, isLast, ...(await finished(writer, isFormatted)) };
    }),
  );
  const imported = new Set([...(kind.imports?.values ?? []), ...(kind.imports?.types ?? [])]);
  const available = new Map([...runtime].filter(([name]) => !imported.has(name)));
  const words = own.flatMap(({ text }) => wordsIn(text));
  const copied = await Promise.all(
    collectParts(available, roots, words, kind.imports === undefined)
      .filter(({ name }) => name !== "Numbers")
      .map(async ({ chapter, text, isCut }) => {
        const formatted = isCut && isFormatted ? (await formatModule(text)).trimEnd() : text;
        return { chapter, isLast: false, ...unmarked(`${formatted}\n`) };
      }),
  );
  return joinPieces(parts, kind.imports, [
    ...own.filter(({ isLast }) => !isLast),
    ...copied,
    ...own.filter(({ isLast }) => isLast),
  ]);
}

/**
 * The words of a text. Ignores comments on their own line or after an offset. Other comments are not ignored,
 * because two slashes may also be part of a string.
 */
const wordsIn = (text: string): readonly string[] =>
  text.replace(/^( *|const at_\w+ = \d+; )\/\/.*/gm, "").match(/[\w$]+/g) ?? [];

/** A piece of a module: text that ends with a line break, and the origins of its lines. */
type Piece = EmittedFile & { readonly chapter: ChapterName };

const unmarked = (text: string): EmittedFile => ({
  text,
  lines: () =>
    text
      .slice(0, -1)
      .split("\n")
      .map(() => undefined),
});

async function finished(writer: MarkingWriter, isFormatted: boolean): Promise<EmittedFile> {
  const marked = writer.markedText();
  const text = `${(isFormatted ? await formatModule(marked.text) : marked.text).trimEnd()}\n`;
  return { text, lines: () => lineOrigins(marked, text).slice(0, -1) };
}

/** The whole file: the head, the imports, and the pieces under the headings of their chapters. */
function joinPieces(
  { banner, head = [], isReadable = false }: ModuleParts,
  imports: ModuleImports | undefined,
  pieces: readonly Piece[],
): EmittedFile {
  const present = chapters.filter(({ name }) => pieces.some(({ chapter }) => chapter === name));
  const contents = [
    "// Contents",
    ...present.map(({ title }, i) => `//   ${`${i + 1}`.padStart(2)} ${title}`),
  ];
  const first = [
    "/**",
    ...[...banner, ...formatterTag].map((line) => ` * ${line}`.trimEnd()),
    " */",
    ...directives,
  ];
  const loops = isReadable ? notationOfLoops : [];
  const comments = [head, contents, notation, loops].filter((lines) => lines.length > 0);
  const all = [
    unmarked(`${[first, ...comments].map((lines) => lines.join("\n")).join("\n//\n")}\n`),
    ...(imports === undefined ? [] : [unmarked(importsText(imports))]),
    ...present.flatMap(({ name, title }, i) => [
      unmarked(`// ── ${i + 1} ${title} ──\n`),
      ...pieces.filter(({ chapter }) => chapter === name),
    ]),
  ];
  return {
    text: all.map(({ text }) => text).join("\n"),
    // A blank line separates pieces.
    lines: () => [
      ...all.flatMap((piece, i) => [...(i === 0 ? [] : [undefined]), ...piece.lines()]),
      undefined,
    ],
  };
}

/**
 * These comments disable linters and formatters. Prettier reads a tag in the first comment if its option
 * `checkIgnorePragma` is on. ESLint and oxlint read block comments; Biome, Deno and dprint read line comments
 * above the first statement.
 */
const formatterTag = ["", "@noformat"];
const directives = [
  "/* eslint-disable */",
  "// biome-ignore-all lint: generated",
  "// biome-ignore-all format: generated",
  "// biome-ignore-all assist: generated",
  "// deno-lint-ignore-file",
  "// deno-fmt-ignore-file",
  "// dprint-ignore-file",
];

function importsText({ from, values, types }: ModuleImports): string {
  const address = JSON.stringify(from);
  return `import { ${values.join(", ")} } from ${address};\nimport type { ${types.join(", ")} } from ${address};\n`;
}

const arenaSection = (parts: ModuleParts, arena: ArenaNames, array: string): Section => ({
  chapter: "memory",
  write(writer) {
    writer.writeLine("/** The element type of the arena. */");
    writer.writeLine(`export type Numbers = ${array};`).blankLine();
    writeArena(writer, parts.plan, arena, placeOrigins(parts.programs, parts.graphs));
  },
});

const kernelSections = ({ functions }: EmittedKernels): Section[] =>
  functions.map(({ chapter, text }) => ({ chapter, write: (writer) => writer.writeMarked(text) }));

/** The call of the only kernel of a program that returns nothing. Such a program needs no function. */
function onlyCallOf(program: string, { programs }: EmittedKernels): string | undefined {
  const [first, ...others] = programs.get(program)?.calls ?? [];
  const isOnly = first !== undefined && others.length === 0 && !lossPrograms.includes(program);
  return isOnly ? first.text.replace(/;$/, "") : undefined;
}

function programSection(
  program: string,
  name: string,
  { programs }: EmittedKernels,
  { placeOf }: ArenaNames,
): Section {
  const { calls, takes } = programs.get(program) ?? { calls: [], takes: [] };
  const [about, chapter] = programFacts[program] ?? [program, "step" as const];
  const returnsLoss = lossPrograms.includes(program);
  return {
    chapter,
    write(writer) {
      writer.writeLine(`/** ${about} */`);
      const type = returnsLoss ? "number" : "void";
      writer.write(`function ${name}(${typedParameters(takes)}): ${type}`).block(() => {
        for (const { text, origin } of calls) writer.marked(origin, () => writer.writeLine(text));
        if (returnsLoss) writer.writeLine(`return f[${placeOf("", lossStorage)}]!;`);
      });
    },
  };
}
