/**
 * What is left of a kernel when the names of its variables and buffers are forgotten: kernels that agree in
 * it are one function.
 */
import { rowsVariable } from "./expressions.ts";
import { visitExpressions, visitStatements } from "./statements.ts";
import type { Kernel } from "./types.ts";

/** The names of the buffers that a kernel touches, in order of first appearance in its text. */
export function buffersOf(kernel: Kernel): string[] {
  const found = new Set<string>();
  const note = (buffer: string) => found.add(buffer);
  visitExpressions(kernel.body, (x) => x.kind === "load" && note(x.buffer));
  visitStatements(kernel.body, (s) => s.kind === "store" && note(s.buffer));
  return [...found];
}

/** A call names a function, which is no variable: kernels that differ in it are different. */
const isCall = (value: unknown): value is { readonly kind: "call"; readonly name: string } =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "call";

/** JSON knows no infinities, and no negative zero. */
const numberKey = (value: number): number | string =>
  Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);

/**
 * The text of the loops, with variables and buffers numbered by first appearance. `slots`: the buffers, and
 * what must be equal of each.
 */
export function skeletonOf(
  { body }: Kernel,
  slots: readonly { readonly buffer: string; readonly facts: string }[],
): string {
  const numbers = new Map<string, string>([[rowsVariable, "n"]]);
  slots.forEach(({ buffer, facts }, i) => numbers.set(buffer, `buffer${i}:${facts}`));
  const number = (name: string): string => {
    const known = numbers.get(name) ?? `v${numbers.size}`;
    numbers.set(name, known);
    return known;
  };
  return JSON.stringify(body, (key, value: unknown) => {
    const isName = key === "name" || key === "variable" || key === "buffer";
    if (typeof value === "string" && isName) return number(value);
    if (isCall(value)) {
      const { name: function_, ...rest } = value;
      return { ...rest, function_ };
    }
    return typeof value === "number" ? numberKey(value) : value;
  });
}
