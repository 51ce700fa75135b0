/**
 * Replaces `emit/wasm/assemble.ts` in a page: the assembler is as large as the compiler, and the page trains
 * with TypeScript.
 */
import { Unsupported } from "../../compiler/diagnostics/errors.ts";

/** @throws Unsupported */
export function assemble(): Promise<Uint8Array[]> {
  throw new Unsupported("the playground compiles to TypeScript only");
}
