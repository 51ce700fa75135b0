/**
 * Kernels with equal loops become one function that takes its offsets: two hundred equal layers are two hundred calls,
 * not two hundred bodies. Equal means: the same statements when names of variables and buffers are forgotten.
 */
import { rowsVariable } from "../../loop/expressions.ts";
import { visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { Buffer, Kernel } from "../../loop/types.ts";

/** A kernel of one program, with its buffers resolved to places. */
export interface PlacedKernel {
  readonly program: string;
  readonly kernel: Kernel;
  /** The buffers in the order in which the kernel first names them. */
  readonly slots: readonly Buffer[];
  /** The module's constant for each slot. */
  readonly places: readonly string[];
}

export interface KernelGroup {
  readonly instances: readonly PlacedKernel[];
  /** Slots that differ between instances, which become parameters. */
  readonly parameters: readonly number[];
}

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

/** The kernel's text with variables and buffers numbered by first appearance. */
function skeletonOf({ kernel, slots }: PlacedKernel): string {
  const numbers = new Map<string, string>([[rowsVariable, "n"]]);
  slots.forEach((buffer, i) => numbers.set(buffer.name, `buffer${i}:${buffer.element}`));
  const number = (name: string): string => {
    const known = numbers.get(name) ?? `v${numbers.size}`;
    numbers.set(name, known);
    return known;
  };
  return JSON.stringify(kernel.body, (key, value: unknown) => {
    const isName = key === "name" || key === "variable" || key === "buffer";
    if (typeof value === "string" && isName) return number(value);
    if (isCall(value)) {
      const { name: function_, ...rest } = value;
      return { ...rest, function_ };
    }
    return typeof value === "number" ? numberKey(value) : value;
  });
}

export function shareKernels(kernels: readonly PlacedKernel[]): KernelGroup[] {
  const groups = new Map<string, PlacedKernel[]>();
  for (const kernel of kernels) {
    const key = skeletonOf(kernel);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [kernel]);
    else group.push(kernel);
  }
  return [...groups.values()].map((instances) => ({
    instances,
    parameters: instances[0].places.flatMap((place, slot) =>
      instances.every((other) => other.places[slot] === place) ? [] : [slot],
    ),
  }));
}
