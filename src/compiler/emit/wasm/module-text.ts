/**
 * The text of a WebAssembly module: imports, kernels under their formulas, programs that call the kernels in
 * order, and a function that takes many steps in one call.
 */
import { lossStorage } from "../../ir/storage.ts";
import type { FunctionName } from "../../loop/expressions.ts";
import type { Kernel, LoopProgram, MemoryPlan } from "../../loop/types.ts";
import { kernelFunctions } from "./kernel-functions.ts";
import { Library } from "./library.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { operation } from "./scope.ts";
import { sharingFields } from "./threads.ts";
import type { Float } from "./value-types.ts";

interface Parts {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly layout: MemoryLayout;
}

/**
 * The byte offset and the size of a batch. The size is rounded up to a multiple of 16, the alignment of
 * regions.
 */
export function inputRegion(
  plan: MemoryPlan,
  base: number,
): { readonly inputAt: number; readonly inputBytes: number } {
  const inputs = [...plan.storage.values()].filter(({ buffer }) => buffer.region === "input");
  if (inputs.length === 0) return { inputAt: base, inputBytes: 0 };
  const start = Math.min(...inputs.map(({ offset }) => offset));
  const end = Math.max(...inputs.map(({ offset, bytes }) => offset + bytes));
  return { inputAt: base + start, inputBytes: Math.ceil((end - start) / 16) * 16 };
}

/**
 * `steps(count, staged, slot, slots, n, lastRows, losses)` takes `count` steps on the batches stored at
 * `staged`. It starts with the batch in `slot`; after the last slot it continues with the first. Batches have
 * n rows, but the batch in the last slot has `lastRows`. It writes the loss of each step to `losses`, as f64,
 * and returns the number of steps taken. If a loss is not finite, it stops before the update and returns
 * fewer than `count`. Programs that do not train have no such function.
 */
function stepsFunction({ programs, plan, layout }: Parts): string | undefined {
  const has = (program: string) => programs.some(({ name }) => name === program);
  const loss = plan.storage.get(lossStorage);
  if (!has("gradient") || !has("update") || loss === undefined) return undefined;
  const { inputAt, inputBytes } = inputRegion(plan, layout.base);
  const before = ["begin", "measure"].filter(has).map((name) => `    (call $${name} (local.get $rows))`);
  const lossText = "(call $gradient (local.get $rows))";
  const wide = loss.buffer.element === "f32" ? `(f64.promote_f32 ${lossText})` : lossText;
  return `(func $steps (export "steps")
  (param $count i32) (param $staged i32) (param $slot i32) (param $slots i32)
  (param $n i32) (param $lastRows i32) (param $losses i32)
  (result i32)
  (local $taken i32)
  (local $rows i32)
  (local $loss f64)
  (block $end (loop $step
    (br_if $end (i32.ge_s (local.get $taken) (local.get $count)))
    (memory.copy
      (i32.const ${inputAt})
      (i32.add (local.get $staged) (i32.mul (local.get $slot) (i32.const ${inputBytes})))
      (i32.const ${inputBytes}))
    (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
    (local.set $rows (select (local.get $n) (local.get $lastRows) (i32.lt_s (local.get $slot) (local.get $slots))))
    (local.set $slot (select (local.get $slot) (i32.const 0) (i32.lt_s (local.get $slot) (local.get $slots))))
${before.join("\n")}${before.length > 0 ? "\n" : ""}    (local.set $loss ${wide})
    (f64.store (i32.add (local.get $losses) (i32.mul (local.get $taken) (i32.const 8))) (local.get $loss))
    ;; a finite number minus itself is 0; an infinity or NaN minus itself is NaN
    (br_if $end (f64.ne (f64.sub (local.get $loss) (local.get $loss)) (f64.const 0)))
    (call $update (local.get $rows))
    (local.set $taken (i32.add (local.get $taken) (i32.const 1)))
    (br $step)))
  (local.get $taken))`;
}

interface ModuleParts {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly layout: MemoryLayout;
  readonly float: Float;
  readonly batchSize: number;
}

interface ModuleText {
  readonly text: string;
  /** The JavaScript functions that the module imports. */
  readonly mathImports: readonly FunctionName[];
  /** The text of each kernel's function. */
  readonly functions: ReadonlyMap<Kernel, string>;
  /** Whether any kernel is parallel. */
  readonly isShared: boolean;
}

/** The function of a program. The function of `gradient` returns the loss. */
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

/** The text of the module. A fused module uses relaxed SIMD; a plain one runs on every engine with SIMD. */
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
