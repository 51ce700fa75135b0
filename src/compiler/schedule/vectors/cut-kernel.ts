/** A kernel cut into kernels around some of its loops, each with the definitions that it needs. */
import { accessesOf, meets } from "../../loop/accesses.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { For, Statement } from "../../loop/types.ts";

/** Statements that become one kernel; the loop, if it is one of those that were cut out. */
export interface Segment {
  readonly statements: readonly Statement[];
  readonly loop: For | undefined;
}

/** The statements between those loops, and these. */
function segmentsOf(body: readonly Statement[], loops: readonly For[]): readonly Segment[] {
  const segments: { statements: Statement[]; loop: For | undefined }[] = [];
  for (const statement of body) {
    const loop = statement.kind === "for" && loops.includes(statement) ? statement : undefined;
    const last = segments.at(-1);
    if (loop !== undefined || last === undefined || last.loop !== undefined)
      segments.push({ statements: [statement], loop });
    else last.statements.push(statement);
  }
  return segments;
}

/** The definitions of the body that statements need of others, and those that these need, in order. */
function definitionsFor(statements: readonly Statement[], body: readonly Statement[]): readonly Statement[] {
  const needed: Statement[] = [];
  const names = new Set(accessesOf(statements).reads);
  for (const s of [...body].reverse())
    if (s.kind === "let" && names.has(s.name) && !statements.includes(s)) {
      needed.unshift(s);
      for (const name of accessesOf([s]).reads) names.add(name);
    }
  return needed;
}

function assignsOthers(statements: readonly Statement[]): boolean {
  const own = new Set<string>();
  const assigned: string[] = [];
  visitStatements(statements, (s) => {
    if (s.kind === "let") own.add(s.name);
    if (s.kind === "assign") assigned.push(s.name);
  });
  return assigned.some((name) => !own.has(name));
}

/**
 * Segments around the loops, in order. Nothing where one needs a value of another that is not the same
 * wherever it is computed.
 */
export function cutAround(body: readonly Statement[], loops: readonly For[]): readonly Segment[] | undefined {
  const { stored } = accessesOf(body);
  const isConstant = (s: Statement): boolean =>
    s.kind === "let" && !s.mutable && !meets(accessesOf([s]).loaded, stored);
  const segments = segmentsOf(body, loops).map(({ statements, loop }) => {
    const definitions = definitionsFor(statements, body);
    const isWhole = definitions.every(isConstant) && !assignsOthers(statements);
    return isWhole ? { statements: [...definitions, ...statements], loop } : undefined;
  });
  if (segments.includes(undefined)) return undefined;
  // Of definitions alone nothing is left to do: whoever needs them has made them.
  return segments
    .flatMap((segment) => segment ?? [])
    .filter(({ statements }) => statements.some((s) => s.kind !== "let"));
}
