/** Many steps of training in one call: batches that lie in memory are brought to their place one after the other. */
import { lossStorage } from "../../ir/storage.ts";
import type { LoopProgram, MemoryPlan } from "../../loop/types.ts";
import type { MemoryLayout } from "./memory-layout.ts";

interface Parts {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly layout: MemoryLayout;
}

/**
 * Where in memory a batch stands for the programs, in bytes; its size is a multiple of 16, as regions of the
 * plan are.
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
 * `steps(count, staged, slot, slots, n, lastRows, losses)`: takes `count` steps on the batches that lie at
 * `staged`, the first of them that of `slot`; after the last slot comes the first. Batches have n rows, that
 * of the last slot lastRows. Writes the loss of each step to `losses`, as f64, and gives the number of steps
 * taken: fewer than `count` after a loss that is not finite, which changes nothing. Undefined for programs
 * that do not train.
 */
export function stepsFunction({ programs, plan, layout }: Parts): string | undefined {
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
    ;; the difference of a number with itself is 0, that of an infinity or of NaN is NaN
    (br_if $end (f64.ne (f64.sub (local.get $loss) (local.get $loss)) (f64.const 0)))
    (call $update (local.get $rows))
    (local.set $taken (i32.add (local.get $taken) (i32.const 1)))
    (br $step)))
  (local.get $taken))`;
}
