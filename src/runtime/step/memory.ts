// Views of the arena by parameter, the search for values that are not finite, and a base64 decoder.
import type { Numbers } from "./machine.ts";
import { sizeOf } from "../model/facts.ts";
import type { ModelFacts } from "../model/facts.ts";

/** Creates a live view of each tensor, by name. The tensors are consecutive and begin at `start`. */
export function viewsOf(
  f: Numbers,
  start: number,
  tensors: ModelFacts["parameters"],
): Record<string, Numbers> {
  const view = ({ shape }: { shape: number[] }) => f.subarray(start, (start += sizeOf(shape)));
  return Object.fromEntries(tensors.map((tensor) => [tensor.name, view(tensor)]));
}

/**
 * Returns the name of the first range that has an infinity or a NaN in its first `rows` rows. A range
 * consists of a name, an offset and the length of a row.
 */
export function firstNotFinite(
  values: Numbers,
  rows: number,
  ranges: readonly (readonly [string, number, number])[],
): string | undefined {
  for (const [name, start, length] of ranges)
    if (!values.subarray(start, start + rows * length).every(Number.isFinite)) return name;
  return undefined;
}

/** Decodes base64 to a string with one character per byte. All hosts have had this function since 2022. */
declare function atob(text: string): string;

/** Decodes base64; line breaks are ignored. */
export function bytesIn(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
}
