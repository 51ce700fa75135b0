/** What a module brings beside its kernels: imports, constants and functions, each once, in the order that WebAssembly asks for. */
import type { FunctionName } from "../../loop/expressions.ts";
import { functions } from "./functions/index.ts";
import { constantsOf } from "./functions/text.ts";
import type { Float } from "./value-types.ts";

/** The functions that kernels call, by name and type. */
export class Library {
  private readonly used = new Map<string, { readonly name: FunctionName; readonly type: Float }>();
  use(name: FunctionName, type: Float): void {
    this.used.set(`${name} ${type}`, { name, type });
  }
  private texts(): { readonly name: FunctionName; readonly text: string }[] {
    return [...this.used.values()].flatMap(({ name, type }) => {
      const found = functions[name][type];
      return "text" in found ? [{ name, text: found.text }] : [];
    });
  }
  /** What must stand first, and the names of what is imported of JavaScript's. */
  imports(): { readonly texts: readonly string[]; readonly names: readonly FunctionName[] } {
    const imports = new Map(
      this.texts().flatMap(({ name, text }) => (text.startsWith("(import ") ? [[text, name] as const] : [])),
    );
    return { texts: [...imports.keys()], names: [...imports.values()] };
  }
  /** Functions, and the constants of these and of `code`. */
  definitions(code: readonly string[]): string[] {
    const texts = new Set(this.texts().flatMap(({ text }) => (text.startsWith("(import ") ? [] : [text])));
    return [...constantsOf([...texts, ...code].join("\n")), ...texts];
  }
}
