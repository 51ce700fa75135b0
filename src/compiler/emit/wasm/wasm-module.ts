/**
 * Loop programs as one WebAssembly module: its text, its bytes, and where the bytes differ for relaxed SIMD
 * and for shared memory.
 */
import { invariant } from "../../diagnostics/errors.ts";
import type { FunctionName } from "../../loop/expressions.ts";
import type { LoopProgram, MemoryPlan } from "../../loop/types.ts";
import { assemble } from "./assemble.ts";
import { fusedPlaces } from "./fused-sums.ts";
import { layOut } from "./memory-layout.ts";
import { moduleText } from "./module-text.ts";
import { inputRegion } from "./steps.ts";
import { controlBytes } from "./threads.ts";
import type { Float } from "./value-types.ts";

export interface WasmModule {
  /** Of the plain module. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /**
   * Where instructions of three bytes begin that relaxed SIMD exchanges; `relaxedBytes` of the runtime says
   * for what.
   */
  readonly relaxedAt: readonly number[];
  /** The byte that says of the memory whether threads share it: 1 as it is, 3 where they do. */
  readonly sharedAt: number;
  readonly mathImports: readonly FunctionName[];
  /** Where the arena begins, in bytes. */
  readonly base: number;
  /** Guard, arena and slack, in bytes: behind them comes scratch. A multiple of 64. */
  readonly memoryBytes: number;
  /** Of each thread. A multiple of 64. */
  readonly scratchBytes: number;
  /** What threads agree by, in bytes; 0 where they have no work to share. A multiple of 64. */
  readonly controlBytes: number;
  /** Where the batch stands, and how many bytes it takes there. */
  readonly inputAt: number;
  readonly inputBytes: number;
}

export interface WasmOptions {
  readonly float: Float;
  readonly batchSize: number;
}

/**
 * Assembles programs whose places are in bytes.
 *
 * @throws InternalError for programs that cannot be printed, and for text that the assembler refuses.
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
    relaxedAt: fusedPlaces(bytes, relaxedBytes),
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
 * Names stand in a module behind their lengths; behind that of the memory, 2 says that it is one, and the
 * byte after it how it is limited.
 */
function limitsOfMemory(bytes: Uint8Array): number {
  const named = ["env", "memory"].flatMap((name) => [name.length, ...new TextEncoder().encode(name)]);
  const pattern = [...named, 2, 1];
  const at = bytes.findIndex((_, start) => pattern.every((byte, i) => bytes[start + i] === byte));
  invariant(at >= 0, "the module imports no memory");
  return at + pattern.length - 1;
}
