/** The values of a program that are still in the arena when it ends. */
import type { MemoryPlan, Placement } from "../../loop/memory.ts";

/** In the order in which they are computed: those whose memory no later value overwrites. */
export function survivors(plan: MemoryPlan, program: string, float: "f32" | "f64"): Placement[] {
  const made = [...(plan.temporaries.get(program)?.values() ?? [])];
  const firstOf = ({ lifetime }: Placement) => lifetime?.[0] ?? 0;
  const overlaps = (a: Placement, b: Placement) =>
    a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  const lasting = made.filter((a) => !made.some((b) => b !== a && overlaps(a, b) && firstOf(b) > firstOf(a)));
  return lasting.filter(({ buffer }) => buffer.element === float).sort((a, b) => firstOf(a) - firstOf(b));
}
