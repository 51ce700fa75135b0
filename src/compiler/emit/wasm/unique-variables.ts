/**
 * Variables of a kernel, each by a name that no other has. In the loop IR, blocks that do not nest may use a
 * name twice; locals of a function are there for all of it, and a name that is good in one place may hide
 * another in the other.
 */
import { mapChildren } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { mapExpressions } from "../../loop/statements.ts";
import type { Statement } from "../../loop/types.ts";

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
