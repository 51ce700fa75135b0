/**
 * The module of WebAssembly in emitted code: its bytes as text, under what it is, and what the runtime needs
 * to know of it.
 */
import type CodeBlockWriter from "code-block-writer";
import type { LoopProgram, MemoryPlan } from "../../loop/types.ts";
import { base64Lines } from "../typescript/parameter-texts.ts";
import type { WasmModule } from "./wasm-module.ts";

/**
 * The programs once more, as a module of WebAssembly with an arena of its own: storage lies as in that of
 * TypeScript.
 */
export interface WasmPrograms {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly module: WasmModule;
}

/** Places as the runtime's `WasmFacts` has them: each counted from the one before. */
export const stepsBetween = (places: readonly number[]): number[] =>
  places.map((place, i) => place - (places[i - 1] ?? 0));

/** What the runtime's `WasmFacts` has as the module has it. */
const facts = [
  "sharedAt",
  "base",
  "memoryBytes",
  "scratchBytes",
  "controlBytes",
  "inputAt",
  "inputBytes",
] as const;

/** Whether threads can share the work of a module: not where it has no kernel that is worth it. */
export const sharesWork = ({ module }: WasmPrograms): boolean => module.controlBytes > 0;

/**
 * How the loops of each kernel run, program by program; those without a choice, and those that were told
 * before, are not.
 */
function scheduleLines(programs: WasmPrograms["programs"]): string[] {
  const known = new Set<string>();
  return programs.flatMap(({ name, kernels }) => {
    const lines = kernels
      .flatMap(({ name, schedule }) => (schedule === undefined ? [] : [`  ${name}: ${schedule}`]))
      .filter((line) => !known.has(line));
    for (const line of lines) known.add(line);
    return lines.length === 0 ? [] : ["", `${name}:`, ...lines];
  });
}

export function writeWasm(writer: CodeBlockWriter, { module, programs }: WasmPrograms): void {
  const { bytes, relaxedAt, mathImports } = module;
  const kernels = new Set(programs.flatMap((program) => program.kernels)).size;
  const lines = [
    `The same programs as WebAssembly: ${kernels} kernels, ${bytes.length} bytes in base64. \`tapeless ` +
      `inspect SPEC --show kernels --target wasm\``,
    "shows the text that they were assembled from. Where a host has no WebAssembly, the functions above do their work.",
  ];
  writer.blankLine().writeLine("/**");
  for (const line of lines) writer.writeLine(` * ${line}`);
  for (const line of scheduleLines(programs)) writer.writeLine(` * ${line}`);
  writer.writeLine(" */");
  writer
    .write("const kernels: WasmFacts = ")
    .inlineBlock(() => {
      writer.writeLine(`module: \`\n${base64Lines(bytes)}\n\`,`);
      writer.writeLine(`relaxedAt: [${stepsBetween(relaxedAt).join(", ")}],`);
      for (const name of facts) writer.writeLine(`${name}: ${module[name]},`);
    })
    .write(";")
    .newLine();
  writer.blankLine().writeLine("/** Functions that the module calls. */");
  writer.writeLine(`const math = { ${mathImports.join(", ")} };`);
}
