/**
 * Replaces `emit/wasm/assemble.ts` in a web page. The assembler is as large as the compiler, and the page
 * does not need it, because it trains with TypeScript.
 */
import { Unsupported } from "../../compiler/diagnostics/errors.ts";

/** @throws Unsupported on every call */
export function assemble(): Promise<Uint8Array[]> {
  throw new Unsupported("the playground compiles to TypeScript only");
}
