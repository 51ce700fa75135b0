// Where numbers went wrong: looks through named stretches of the arena.
import type { Numbers } from "./machine.ts";

/**
 * The name of the first stretch (name, start, length of a row) that holds an infinity or a NaN in its first
 * `rows` rows.
 */
export function firstNotFinite(
  values: Numbers,
  rows: number,
  stretches: readonly (readonly [string, number, number])[],
): string | undefined {
  for (const [name, start, length] of stretches)
    for (let i = start; i < start + rows * length; i++) if (!Number.isFinite(values[i])) return name;
  return undefined;
}
