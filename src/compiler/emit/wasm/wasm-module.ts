/**
 * Assembles loop programs to a WebAssembly module: its text, its bytes, and the positions of the bytes that
 * differ for relaxed SIMD and for shared memory.
 */
import { invariant } from "../../diagnostics/errors.ts";
import type { FunctionName } from "../../loop/expressions.ts";
import type { MemoryPlan } from "../../loop/types.ts";
import type { LoopProgram } from "../../loop/types.ts";
import { assemble } from "./assemble.ts";
import { fusedPositions } from "./expressions.ts";
import { layOut } from "./memory-layout.ts";
import { inputRegion, moduleText } from "./module-text.ts";
import { controlBytes } from "./threads.ts";
import type { Float } from "./value-types.ts";

export interface WasmModule {
  /** The text of the plain module. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /**
   * The positions of the three-byte instructions that `relaxedBytes` of the runtime replaces for relaxed
   * SIMD.
   */
  readonly relaxedAt: readonly number[];
  /** The position of the byte that declares the memory: 1 in this module, 3 for shared memory. */
  readonly sharedAt: number;
  readonly mathImports: readonly FunctionName[];
  /** The byte offset of the arena. */
  readonly base: number;
  /** The size of guard, arena and slack in bytes, a multiple of 64. Scratch memory follows. */
  readonly memoryBytes: number;
  /** The size of each thread's scratch memory in bytes, a multiple of 64. */
  readonly scratchBytes: number;
  /** The size of the control block of threads in bytes, a multiple of 64; 0 without parallel kernels. */
  readonly controlBytes: number;
  /** The offset and the size of the batch in bytes. */
  readonly inputAt: number;
  readonly inputBytes: number;
}

export interface WasmOptions {
  readonly float: Float;
  readonly batchSize: number;
}

/**
 * Assembles programs whose offsets are in bytes.
 *
 * @throws InternalError for programs that cannot be printed, and for text that the assembler rejects.
 */
export async function assembleWasm(
  programs: readonly LoopProgram[],
  plan: MemoryPlan,
  { float, batchSize }: WasmOptions,
): Promise<WasmModule> {
  const layout = layOut(programs, plan, batchSize);
  const parts = { programs, plan, layout, float, batchSize };
  const { text, mathImports, isShared } = moduleText(parts, false);
  const [bytes, relaxedBytes] = await assemble(text, moduleText(parts, true).text);
  return {
    text,
    bytes,
    relaxedAt: fusedPositions(bytes, relaxedBytes),
    sharedAt: limitsOfMemory(bytes),
    mathImports,
    base: layout.base,
    memoryBytes: layout.bytes,
    scratchBytes: layout.scratchBytes,
    controlBytes: isShared ? controlBytes : 0,
    ...inputRegion(plan, layout.base),
  };
}

/**
 * The position of the byte that declares the limits of the memory. It is the last byte of the import, which
 * consists of two names, each preceded by its length, the number 2 for a memory, and the limits.
 */
function limitsOfMemory(bytes: Uint8Array): number {
  const named = ["env", "memory"].flatMap((name) => [name.length, ...new TextEncoder().encode(name)]);
  const pattern = [...named, 2, 1];
  const at = bytes.findIndex((_, start) => pattern.every((byte, i) => bytes[start + i] === byte));
  invariant(at >= 0, "the module imports no memory");
  return at + pattern.length - 1;
}
