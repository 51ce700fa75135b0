/**
 * Handles a spec before any check: copies it to plain data and functions, and reads single values from it.
 */
import type { DiagnosticCode } from "../diagnostics/codes.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { errorText } from "../util/message-text.ts";

// Reads values of a spec that is not validated. The checks run even if the schema finds errors, so that all
// errors are reported together.

/** The own property or list element `step`; undefined if there is none. */
export function member(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, step)?.value;
}

/** The own keys of an object, including `__proto__`; empty for any other value. */
export function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Whether a layer is a TypeScript function, either alone or as `build`. Such a layer needs no type. */
export const isCustomLayer = (value: unknown): boolean =>
  typeof value === "function" || typeof member(value, "build") === "function";

/** The `type` of a choice, in its long or short form. */
export const typeOf = (value: unknown): string | undefined => textOf(value) ?? textOf(member(value, "type"));

// Copies a spec to plain data and functions. A spec in TypeScript may have getters, proxies, holes in lists,
// and cycles. Later stages require values that do not change between reads, and trees of limited size.

/** Limits far above any real spec. The readers of JSON and YAML use the same ones. */
export const deepest = 100;
export const mostValues = 250_000;

/** The number of path steps that a message shows. */
const mostSteps = 8;

interface CopyError {
  readonly path: SpecPath;
  readonly code: DiagnosticCode;
  readonly message: string;
}

/** The copy, and the error of the first value that could not be copied. The copy ends at that value. */
interface PlainSpec {
  readonly value: unknown;
  readonly error?: CopyError | undefined;
  /** The error of the first part that is nested too deeply. The copy is undefined only there. */
  readonly tooDeep?: CopyError | undefined;
}

/**
 * Own enumerable properties become data, and holes in lists become undefined. An object that occurs several
 * times is copied for each occurrence.
 */
export function plainSpec(spec: unknown): PlainSpec {
  const path: (string | number)[] = [];
  let error: CopyError | undefined;
  let tooDeep: CopyError | undefined;
  let left = mostValues;

  const errorHere = (code: DiagnosticCode, reason: string): CopyError => ({
    path: [...path],
    code,
    message: `${formatPath(path.slice(0, mostSteps))}${path.length > mostSteps ? "…" : ""} ${reason}`,
  });

  const fail = (code: DiagnosticCode, reason: string): undefined => {
    error ??= errorHere(code, reason);
  };

  const guarded = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      return fail("T1009", `cannot be read: ${errorText(error)}`);
    }
  };

  const copyAt = (owner: object, key: string | number): unknown => {
    path.push(key);
    const value = guarded(() => Reflect.get(owner, key));
    const copied = error === undefined ? copy(value) : undefined;
    path.pop();
    return copied;
  };

  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (path.length > deepest) {
      tooDeep ??= errorHere("T1006", `is nested deeper than ${deepest} levels`);
      return undefined;
    }
    const isList = guarded(() => Array.isArray(value)) ?? false;
    const size =
      isList || ArrayBuffer.isView(value) ? (guarded(() => Number(Reflect.get(value, "length"))) ?? 0) : 0;
    // The size is checked before the keys are listed, because a list may have billions of them.
    const keys = size > left ? [] : (guarded(() => Object.keys(value)) ?? []);
    const count = Math.max(size, keys.length);
    if (count > left)
      return fail("T1006", `has ${count} members; the limit for a spec is ${mostValues} values`);
    left -= count;
    if (isList) return Array.from({ length: size }, (_, index) => copyAt(value, index));
    // fromEntries defines own properties, so a key `__proto__` stays an ordinary key.
    return Object.fromEntries(keys.map((key) => [key, copyAt(value, key)]));
  };

  return { value: copy(spec), error, tooDeep };
}
