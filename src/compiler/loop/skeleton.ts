/**
 * The skeleton of a kernel: its loops without the names of variables and buffers. Kernels with equal
 * skeletons can become one function.
 */
import { rowsVariable } from "./expressions.ts";
import { visitExpressions, visitStatements } from "./statements.ts";
import { groupBy } from "../util/collections.ts";
import type { Buffer, Kernel } from "./types.ts";

/**
 * The names of the buffers that a kernel accesses. Loads come first, then stores, each in order of
 * appearance.
 */
export function buffersOf(kernel: Kernel): string[] {
  const found = new Set<string>();
  const note = (buffer: string) => found.add(buffer);
  visitExpressions(kernel.body, (x) => x.kind === "load" && note(x.buffer));
  visitStatements(kernel.body, (s) => s.kind === "store" && note(s.buffer));
  return [...found];
}

/**
 * Names in calls are functions, not variables. Kernels that call different functions must have different
 * skeletons.
 */
const isCall = (value: unknown): value is { readonly kind: "call"; readonly name: string } =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "call";

/** JSON cannot represent infinities and negative zero. */
const numberKey = (value: number): number | string =>
  Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);

/**
 * The loops as text without provenance, with variables and buffers numbered by first appearance. `slots`
 * lists the buffers, with those properties of each buffer that must be equal.
 */
function skeletonOf(
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
    if (key === "line") return undefined;
    const isName = key === "name" || key === "variable" || key === "buffer";
    if (typeof value === "string" && isName) return number(value);
    if (isCall(value)) {
      const { name: function_, ...rest } = value;
      return { ...rest, function_ };
    }
    return typeof value === "number" ? numberKey(value) : value;
  });
}

/** A kernel and its buffers, in the order of `buffersOf`. */
export interface SlottedKernel {
  readonly kernel: Kernel;
  readonly slots: readonly Buffer[];
}

/** Kernels that can become one function. */
export interface EqualKernels<Each> {
  readonly instances: readonly Each[];
  /** The slots in which the instances differ. The function takes their offsets as arguments. */
  readonly parameters: readonly number[];
}

export interface Equality<Each> {
  /** The properties of a buffer that must be equal, as a string. */
  readonly factsOf: (buffer: Buffer) => string;
  /** Whether the slot refers to the same memory in both kernels. */
  readonly isSame: (a: Each, b: Each, slot: number) => boolean;
}

/**
 * Groups kernels with equal loops, so that two hundred equal layers become two hundred calls of one function.
 */
export function equalKernels<Each extends SlottedKernel>(
  all: readonly Each[],
  { factsOf, isSame }: Equality<Each>,
): EqualKernels<Each>[] {
  const keyOf = ({ kernel, slots }: Each): string => {
    const facts = slots.map((buffer) => ({ buffer: buffer.name, facts: factsOf(buffer) }));
    return `${kernel.split?.multiple} ${skeletonOf(kernel, facts)}`;
  };
  return [...groupBy(all, keyOf).values()].map((instances) => {
    const [first] = instances;
    const differs = (slot: number) => !instances.every((other) => isSame(first, other, slot));
    return { instances, parameters: [...first.slots.keys()].filter(differs) };
  });
}
