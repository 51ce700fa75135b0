/**
 * Writes the WebAssembly module into emitted code: its bytes as text, and the facts that the runtime needs.
 */
import type CodeBlockWriter from "code-block-writer";
import type { LoopProgram, MemoryPlan } from "../../loop/types.ts";
import { base64Lines } from "../typescript/parameter-texts.ts";
import { kernelRole, roleName } from "../kernel-roles.ts";
import type { WasmModule } from "./wasm-module.ts";

/** The programs as a WebAssembly module with its own arena. Storage has the same layout as in TypeScript. */
export interface WasmPrograms {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly module: WasmModule;
}

/**
 * Each position as the difference from the previous one, the form that the runtime's `WasmFacts` requires.
 */
export const stepsBetween = (places: readonly number[]): number[] =>
  places.map((place, i) => place - (places[i - 1] ?? 0));

/** The members of the runtime's `WasmFacts` that are copied from the module. */
const facts = [
  "sharedAt",
  "base",
  "memoryBytes",
  "scratchBytes",
  "controlBytes",
  "inputAt",
  "inputBytes",
] as const;

/** Whether the module has parallel kernels. */
export const sharesWork = ({ module }: WasmPrograms): boolean => module.controlBytes > 0;

/** How each kernel uses vectors, program by program, without repeated lines. */
function scheduleLines(programs: WasmPrograms["programs"], optimizer: string | undefined): string[] {
  const known = new Set<string>();
  return programs.flatMap((program) => {
    const lines = program.kernels
      .flatMap((kernel) =>
        kernel.schedule === undefined
          ? []
          : [`  ${roleName(kernelRole(program.name, kernel, optimizer))}: ${kernel.schedule}`],
      )
      .filter((line) => !known.has(line));
    for (const line of lines) known.add(line);
    return lines.length === 0 ? [] : ["", `${program.name}:`, ...lines];
  });
}

export function writeWasm(
  writer: CodeBlockWriter,
  { module, programs }: WasmPrograms,
  optimizer: string | undefined,
): void {
  const { bytes, relaxedAt, mathImports } = module;
  const kernels = new Set(programs.flatMap((program) => program.kernels)).size;
  const lines = [
    `The same programs as WebAssembly: ${kernels} kernels, ${bytes.length} bytes in base64. \`tapeless ` +
      `inspect SPEC --show kernels --target wasm\``,
    "prints their source. A host without WebAssembly SIMD runs the functions above instead.",
  ];
  writer.writeLine("/**");
  for (const line of lines) writer.writeLine(` * ${line}`);
  for (const line of scheduleLines(programs, optimizer)) writer.writeLine(` * ${line}`);
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
  writer.blankLine().writeLine("/** The JavaScript functions that the module imports. */");
  writer.writeLine(`const math = { ${mathImports.join(", ")} };`);
}
