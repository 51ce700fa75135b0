/**
 * The parts of a module other than its kernels: imports, constants and functions, without duplicates, in the
 * order that WebAssembly requires.
 */
import type { FunctionName } from "../../loop/expressions.ts";
import { functions } from "./functions/index.ts";
import type { Implementation } from "./functions/index.ts";
import { constantsOf } from "./functions/text.ts";
import type { Float } from "./value-types.ts";

const isImport = (text: string): boolean => text.startsWith("(import ");

const importsOf = (found: Implementation): readonly string[] => {
  if (found.kind === "vector") return found.imports === undefined ? [] : [found.imports];
  return found.kind === "scalar" && isImport(found.text) ? [found.text] : [];
};

const definitionsOf = (found: Implementation): readonly string[] =>
  "text" in found && !isImport(found.text) ? [found.text] : [];

/** The functions that kernels call, by name and type. */
export class Library {
  private readonly used = new Map<string, { readonly name: FunctionName; readonly type: Float }>();
  use(name: FunctionName, type: Float): void {
    this.used.set(`${name} ${type}`, { name, type });
  }
  private found(): { readonly name: FunctionName; readonly implementation: Implementation }[] {
    return [...this.used.values()].map(({ name, type }) => ({ name, implementation: functions[name][type] }));
  }
  /** The imports, which must come first in a module, and the JavaScript names of the imported functions. */
  imports(): { readonly texts: readonly string[]; readonly names: readonly FunctionName[] } {
    const imports = new Map<string, FunctionName>();
    for (const { name, implementation } of this.found())
      for (const text of importsOf(implementation)) imports.set(text, name);
    return { texts: [...imports.keys()], names: [...imports.values()] };
  }
  /** The library functions, preceded by the constants that they and `code` use. */
  definitions(code: readonly string[]): string[] {
    const texts = new Set(this.found().flatMap(({ implementation }) => definitionsOf(implementation)));
    return [...constantsOf([...texts, ...code].join("\n")), ...texts];
  }
}
