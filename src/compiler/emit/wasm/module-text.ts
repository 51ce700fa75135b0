/**
 * A whole module as WebAssembly text: what it imports, kernels under their formulas, programs that call them
 * in order, and many steps in one call.
 */
import { lossStorage } from "../../ir/storage.ts";
import type { FunctionName } from "../../loop/expressions.ts";
import type { Kernel, LoopProgram, MemoryPlan } from "../../loop/types.ts";
import { kernelFunctions } from "./kernel-functions.ts";
import { Library } from "./library.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { operation } from "./scope.ts";
import { stepsFunction } from "./steps.ts";
import { sharingFields } from "./threads.ts";
import type { Float } from "./value-types.ts";

export interface ModuleParts {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly layout: MemoryLayout;
  readonly float: Float;
  readonly batchSize: number;
}

export interface ModuleText {
  readonly text: string;
  /** Functions of JavaScript's that the module imports. */
  readonly mathImports: readonly FunctionName[];
  /** The function of each kernel. */
  readonly functions: ReadonlyMap<Kernel, string>;
  /** Whether threads may share any of its kernels. */
  readonly isShared: boolean;
}

/** `gradient` gives the loss that it has stored. */
function programFunction(
  { name, kernels }: LoopProgram,
  callOf: ReadonlyMap<Kernel, string>,
  parts: ModuleParts,
): string {
  const loss = name === "gradient" ? parts.plan.storage.get(lossStorage) : undefined;
  const type = loss?.buffer.element;
  const result = type === undefined ? "" : ` (result ${type})`;
  const calls = kernels.map((kernel) => `  ${callOf.get(kernel)}`);
  const given =
    loss === undefined
      ? []
      : [`  ${operation(`${type}.load offset=${parts.layout.base + loss.offset}`, "(i32.const 0)")}`];
  return [`(func $${name} (export "${name}") (param $n i32)${result}`, ...calls, ...given].join("\n") + ")";
}

const pageBytes = 65536;

/** Fused: with the instructions of relaxed SIMD, else with those that every engine with SIMD has. */
export function moduleText(parts: ModuleParts, isFused: boolean): ModuleText {
  const { programs, layout } = parts;
  const library = new Library();
  const { texts, functions, calls, shared } = kernelFunctions(parts, isFused, library);
  const runs = programs.map((program) => programFunction(program, calls, parts));
  const steps = stepsFunction(parts);
  const code = [...texts, ...runs, ...(steps === undefined ? [] : [steps]), ...sharingFields(shared)];
  const { texts: imports, names: mathImports } = library.imports();
  const pages = Math.ceil((layout.bytes + layout.scratchBytes) / pageBytes);
  const fields = [
    `(import "env" "memory" (memory ${pages} ${pageBytes}))`,
    ...["scratch", "threads", "control"].map((name) => `(import "env" "${name}" (global $${name} i32))`),
    ...imports,
    ...library.definitions(code),
    ...code,
  ];
  const text = `(module\n\n${fields.join("\n\n")}\n\n)\n`;
  return { text, mathImports, functions, isShared: shared.length > 0 };
}
