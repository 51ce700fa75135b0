/** What the printers of expressions and statements must be told about the function around them. */
import { mapChildren } from "../../loop/expressions.ts";
import type { Expression, FunctionName } from "../../loop/expressions.ts";
import type { Ranges } from "../../loop/intervals.ts";
import { mapExpressions } from "../../loop/statements.ts";
import type { Statement } from "../../loop/types.ts";
import type { Float, ValueType } from "./value-types.ts";

export interface Scope {
  /** What the model computes in: masks are as wide. */
  readonly float: Float;
  /** Whether a sum of products is rounded once, by the instructions of relaxed SIMD. */
  readonly isFused: boolean;
  readonly ranges: Ranges;
  /** The byte where a buffer begins; 0 of scratch, whose places are addresses. */
  baseOf(buffer: string): number;
  /** The bytes of a buffer's element. */
  bytesOf(buffer: string): 4 | 8;
  /** The local that holds a variable, declared on its first use. */
  localOf(name: string, type: ValueType): string;
  /** A local for a value that its own statement needs again. */
  temporary(type: ValueType): string;
  /** From here on, temporaries may be used again. */
  endStatement(): void;
  /** A function of the library is called. */
  uses(name: FunctionName, type: "f32" | "f64"): void;
}

/** Prints one expression. */
export type Print = (x: Expression) => string;

export const get = (local: string): string => `(local.get $${local})`;

/** The operation with its operands: `(f32.add x y)`. */
export const operation = (name: string, ...operands: readonly string[]): string =>
  `(${[name, ...operands].join(" ")})`;

const isSimple = (text: string): boolean => /^\(((local|global)\.get|\w+\.const) [^()]*\)$/.test(text);

/**
 * A value that is needed several times: the text that computes it, which must run first, and the one that has
 * it again.
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
 * Variables of a kernel, each by a name that no other has. In the loop IR, blocks that do not nest may use a
 * name twice; locals of a function are there for all of it, and a name that is good in one place may hide
 * another in the other.
 */
export function uniqueVariables(body: readonly Statement[]): readonly Statement[] {
  const used = new Set<string>();
  const fresh = (name: string): string => {
    let result = name;
    // The mark behind a name is none that its reader sees.
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
