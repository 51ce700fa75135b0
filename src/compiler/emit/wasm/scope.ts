/**
 * The context that the enclosing function provides to the printers of expressions and statements, and helpers
 * that build text.
 */
import { mapChildren } from "../../loop/expressions.ts";
import type { Expression, FunctionName } from "../../loop/expressions.ts";
import type { Ranges } from "../../loop/intervals.ts";
import { mapExpressions } from "../../loop/statements.ts";
import type { Statement } from "../../loop/types.ts";
import type { Float, ValueType } from "./value-types.ts";

export interface Scope {
  /** The float type of the model. Lanes of masks are as wide as this type. */
  readonly float: Float;
  /** Whether sums of products use fused multiply-add. */
  readonly isFused: boolean;
  readonly ranges: Ranges;
  /** The byte offset of a buffer; 0 if the kernel's offsets are already addresses, as for scratch buffers. */
  baseOf(buffer: string): number;
  /** The size of a buffer's element in bytes. */
  bytesOf(buffer: string): 4 | 8;
  /** The local of a variable, declared on its first use. */
  localOf(name: string, type: ValueType): string;
  /** A local for a value that the current statement reads several times. */
  temporary(type: ValueType): string;
  /** Ends a statement, so that its temporaries can be reused. */
  endStatement(): void;
  /** Called for each library function that the text uses. */
  uses(name: FunctionName, type: "f32" | "f64"): void;
}

/** Prints one expression. */
export type Print = (x: Expression) => string;

export const get = (local: string): string => `(local.get $${local})`;

/** An operation with its operands: `(f32.add x y)`. */
export const operation = (name: string, ...operands: readonly string[]): string =>
  `(${[name, ...operands].join(" ")})`;

const isSimple = (text: string): boolean => /^\(((local|global)\.get|\w+\.const) [^()]*\)$/.test(text);

/**
 * The text of a value that is read several times: `first` computes the value, and `again` reads it again.
 */
export function repeated(
  text: string,
  type: ValueType,
  scope: Scope,
): readonly [first: string, again: string] {
  if (isSimple(text)) return [text, text];
  const local = scope.temporary(type);
  return [`(local.tee $${local} ${text})`, get(local)];
}

/**
 * Renames the variables of a kernel so that each name occurs once. In the loop IR, blocks that are not
 * nested may share names, but the scope of a WebAssembly local is the whole function.
 */
export function uniqueVariables(body: readonly Statement[]): readonly Statement[] {
  const used = new Set<string>();
  const fresh = (name: string): string => {
    let result = name;
    // Code that parses names ignores `$` and the characters after it.
    for (let k = 2; used.has(result); k++) result = `${name}$${k}`;
    used.add(result);
    return result;
  };
  const renamed = (x: Expression, names: ReadonlyMap<string, string>): Expression => {
    const name = x.kind === "variable" ? names.get(x.name) : undefined;
    if (x.kind === "variable") return name === undefined ? x : { ...x, name };
    return mapChildren(x, (part) => renamed(part, names));
  };
  const block = (
    statements: readonly Statement[],
    outer: ReadonlyMap<string, string>,
  ): readonly Statement[] => {
    const names = new Map(outer);
    return statements.map((statement) => {
      const mapped = mapExpressions(statement, (x) => renamed(x, names));
      switch (mapped.kind) {
        case "for": {
          const variable = fresh(mapped.variable);
          return {
            ...mapped,
            variable,
            body: block(mapped.body, new Map([...names, [mapped.variable, variable]])),
          };
        }
        case "let": {
          const name = fresh(mapped.name);
          names.set(mapped.name, name);
          return { ...mapped, name };
        }
        case "assign":
          return { ...mapped, name: names.get(mapped.name) ?? mapped.name };
        case "store":
          return mapped;
      }
    });
  };
  return block(body, new Map());
}
