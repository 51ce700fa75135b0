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

/** Converts each position to the difference from the previous one, as the runtime's `WasmFacts` requires. */
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

/**
 * Describes how each kernel uses vectors, program by program. A line that several programs share appears
 * once.
 */
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
    `The same programs as a WebAssembly module, which has ${bytes.length} bytes and is encoded in base64. ` +
      "A host without",
    "WebAssembly SIMD runs the TypeScript functions above instead. The command",
    "`tapeless inspect SPEC --show kernels --target wasm`",
    `prints the source of the ${kernels} kernels. This list shows how each kernel uses vectors:`,
    "",
    '  "4 lanes": computes 4 numbers at a time',
    '  "2 × 16 sums at once": computes the sums for 2 rows and 16 columns together',
    '  "panels of x": first copies x in the order in which the sums read it',
    '  "the rest of x": the other loops of the kernel that computes x',
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
