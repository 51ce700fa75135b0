/**
 * Divides a kernel into several kernels around some of its loops. Each new kernel gets a copy of the
 * definitions that it needs.
 */
import { storageLabel } from "../../ir/storage.ts";
import { accessesOf, intersects } from "../../loop/accesses.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { For, Kernel, Provenance, Statement } from "../../loop/types.ts";
import { cyclesOf } from "./estimate-cycles.ts";

/**
 * Statements that become one kernel. `loop` is set if they consist of a loop around which the kernel is
 * divided.
 */
export interface Segment {
  readonly statements: readonly Statement[];
  readonly loop: For | undefined;
}

/** Returns one segment for each of the loops, and one for each run of statements between them. */
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

/** The definitions in `body` that the statements need, directly or through other definitions, in order. */
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
 * Returns the segments around the loops, in order. Returns undefined if a segment needs a value of another
 * segment that cannot be recomputed.
 */
export function cutAround(body: readonly Statement[], loops: readonly For[]): readonly Segment[] | undefined {
  const { stored } = accessesOf(body);
  const isConstant = (s: Statement): boolean =>
    s.kind === "let" && !s.mutable && !intersects(accessesOf([s]).loaded, stored);
  const segments = segmentsOf(body, loops).map(({ statements, loop }) => {
    const definitions = definitionsFor(statements, body);
    const isWhole = definitions.every(isConstant) && !assignsOthers(statements);
    return isWhole ? { statements: [...definitions, ...statements], loop } : undefined;
  });
  if (segments.includes(undefined)) return undefined;
  // A segment that contains only definitions is dropped, because every segment that needs them has a copy.
  return segments
    .flatMap((segment) => segment ?? [])
    .filter(({ statements }) => statements.some((s) => s.kind !== "let"));
}

// The provenance of each part of a divided kernel, and the name of the part.

interface PartLabel {
  /** The base of the part's name; undefined for the main part, which keeps the name of the kernel. */
  readonly base: string | undefined;
  readonly provenance: readonly Provenance[];
}

/** The lines of the values that the statements compute. */
function linesOf(statements: readonly Statement[]): ReadonlySet<Provenance> {
  const lines = new Set<Provenance>();
  visitStatements(statements, (s) => s.kind !== "for" && s.line !== undefined && lines.add(s.line));
  return lines;
}

const isLoopAlongTime = (part: readonly Statement[]): boolean =>
  part.some((s) => s.kind === "for" && s.role === "sequential");

/** The index of the greatest value; the first one if several are equal. */
const greatest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

export function divideProvenance(
  kernel: Kernel,
  parts: readonly (readonly Statement[])[],
  batchSize: number,
): readonly PartLabel[] {
  const main = greatest(parts.map((body) => cyclesOf({ ...kernel, body }, batchSize)));
  const computed = parts.map(linesOf);
  const lines = parts.map((): Provenance[] => []);
  // Lines that follow the heading of a loop along time belong to the part with that loop.
  const alongTime = parts.findIndex(isLoopAlongTime);
  let otherwise = main;
  for (const line of kernel.provenance) {
    if (line.value === undefined && alongTime >= 0) otherwise = alongTime;
    const own = computed.findLastIndex((lines) => lines.has(line));
    lines[own < 0 ? otherwise : own].push(line);
  }
  return parts.map((part, index) => ({
    base: index === main ? undefined : nameOf(part, lines[index], kernel),
    provenance: lines[index],
  }));
}

/**
 * Returns the name of the last value that a line computes. Without lines, returns the name of the last value
 * that the part stores.
 */
function nameOf(part: readonly Statement[], lines: readonly Provenance[], kernel: Kernel): string {
  const stored: string[] = [];
  visitStatements(part, (s) => s.kind === "store" && stored.push(storageLabel(s.buffer)));
  const names = [...stored, ...lines.flatMap(({ value }) => value ?? [])];
  return names.findLast((name) => /^[A-Za-z_][\w.-]*$/.test(name)) ?? kernel.name;
}
