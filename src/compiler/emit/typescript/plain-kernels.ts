/** The kernels of a trainer without WebAssembly: the TypeScript functions, with their own memory. */
import type CodeBlockWriter from "code-block-writer";
import type { TrainerKernels } from "./module-parts.ts";

/** Writes the views `f`, `integers` and `doubles` of a memory. */
export function writeViews(writer: CodeBlockWriter, array: string, memory: string): void {
  writer.writeLine(`const f = new ${array}(${memory});`);
  writer.writeLine(`const integers = new Int32Array(${memory});`);
  writer.writeLine(`const doubles = new Float64Array(${memory});`);
}

export const plainKernels: TrainerKernels = {
  ownNames: [],
  roots: [],
  optionsType: "{ seed?: number | undefined; selfCheck?: boolean | undefined }",
  arenaStart: "0",
  sections: () => [],
  writeMemory(writer, { plan }, { array }) {
    writer.writeLine(`const memory = new ArrayBuffer(${plan.bytes});`);
    writeViews(writer, array, "memory");
  },
  callOf: (program, names) => names.callOf(program),
};
