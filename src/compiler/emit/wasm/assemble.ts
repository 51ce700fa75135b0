/**
 * Assembles WebAssembly text with wabt, the toolkit of the WebAssembly community group, from the npm package
 * `wabt` of the AssemblyScript project. This file is separate because the playground replaces it
 * (`studio/web/playground-code.ts`).
 */
import type createWabt from "wabt";
import { InternalError } from "../../diagnostics/errors.ts";

type Wabt = ReturnType<typeof createWabt>;

/** The running assembler. Starting it is slow, so all modules share it. */
const started = new WeakMap<typeof createWabt, Wabt>();

/** Loads wabt when the first module is assembled, because most compilations need no assembler. */
async function assembler(): Promise<Awaited<Wabt>> {
  const { default: create } = await import("wabt");
  const known = started.get(create) ?? create();
  started.set(create, known);
  return known;
}

const features = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true };

/**
 * Assembles each text to the bytes of a module.
 *
 * @throws InternalError for an invalid text. Its message includes the assembler's message, with the line.
 */
export async function assemble(...texts: readonly string[]): Promise<Uint8Array[]> {
  const { parseWat } = await assembler();
  return texts.map((text) => {
    try {
      const module = parseWat("trainer.wat", text, features);
      module.validate();
      const { buffer } = module.toBinary({});
      module.destroy();
      return buffer;
    } catch (error) {
      throw new InternalError(
        `the assembler rejected a module: ${error instanceof Error ? error.message : error}`,
      );
    }
  });
}
