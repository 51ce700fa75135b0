/**
 * Assembles WebAssembly text with wabt, by the WebAssembly community group, as AssemblyScript packages it for npm.
 * A file of its own: pages replace it (`studio/web/playground-code.ts`).
 */
import type createWabt from "wabt";
import { InternalError } from "../../diagnostics/errors.ts";

type Wabt = ReturnType<typeof createWabt>;

/** The assembler (wabt, by the WebAssembly community group) starts slowly, and is the same for all modules. */
const started = new WeakMap<typeof createWabt, Wabt>();

/** It is loaded with the first module: most compilations need none. */
async function assembler(): Promise<Awaited<Wabt>> {
  const { default: create } = await import("wabt");
  const known = started.get(create) ?? create();
  started.set(create, known);
  return known;
}

const features = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true };

/**
 * The bytes of modules, one for each text.
 *
 * @throws InternalError for an invalid text; the message has the assembler's, with the line.
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
        `the assembler refused a module: ${error instanceof Error ? error.message : error}`,
      );
    }
  });
}
