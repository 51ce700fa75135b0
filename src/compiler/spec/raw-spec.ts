// Looking into a spec that may be anything: the checks below run even where the schema found faults, so that
// one go tells all.

/** The own property or list element, or undefined. */
export function member(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, step)?.value;
}

/** The own keys of an object, `__proto__` included; nothing for anything else. */
export function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Whether a layer is a function of a TypeScript spec, alone or under `build`: then it needs no type. */
export const isCustomLayer = (value: unknown): boolean =>
  typeof value === "function" || typeof member(value, "build") === "function";

/** The `type` of a variant in its long or short form. */
export const typeOf = (value: unknown): string | undefined => textOf(value) ?? textOf(member(value, "type"));
