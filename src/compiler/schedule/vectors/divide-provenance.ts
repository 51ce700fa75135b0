/** Which part of a kernel that is cut computes which of the graph's nodes, and what the parts are called. */
import { namesMadeBy, plainName } from "../../loop/provenance-names.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { Kernel, Provenance, Statement } from "../../loop/types.ts";
import { cyclesOf } from "./estimate.ts";

export interface PartLabel {
  /** What to call the part after; nothing for the main part, which has the kernel's name. */
  readonly base: string | undefined;
  readonly provenance: readonly Provenance[];
}

/** The names that lines of provenance may have for what the statements define. */
function namesMade(statements: readonly Statement[]): ReadonlySet<string> {
  const names = new Set<string>();
  visitStatements(statements, (s) => namesMadeBy(s).forEach((name) => names.add(name)));
  return names;
}

const isLoopAlongTime = (part: readonly Statement[]): boolean =>
  part.some((s) => s.kind === "for" && s.role === "sequential");

/** The index of the greatest, the first of equals. */
const greatest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

export function divideProvenance(
  kernel: Kernel,
  parts: readonly (readonly Statement[])[],
  batchSize: number,
): readonly PartLabel[] {
  const main = greatest(parts.map((body) => cyclesOf({ ...kernel, body }, batchSize)));
  const made = parts.map(namesMade);
  const lines = parts.map((): Provenance[] => []);
  // The lines under the head of a loop along time are its step's.
  const alongTime = parts.findIndex(isLoopAlongTime);
  let otherwise = main;
  for (const line of kernel.provenance) {
    const { value } = line;
    if (value === undefined && alongTime >= 0) otherwise = alongTime;
    const own = value === undefined ? -1 : made.findLastIndex((names) => names.has(value));
    lines[own < 0 ? otherwise : own].push(line);
  }
  return parts.map((part, index) => ({
    base: index === main ? undefined : nameOf(part, lines[index], kernel),
    provenance: lines[index],
  }));
}

/** The last value that a line names, else the last that is stored, if it is a plain name. */
function nameOf(part: readonly Statement[], lines: readonly Provenance[], kernel: Kernel): string {
  const stored: string[] = [];
  visitStatements(part, (s) => s.kind === "store" && stored.push(plainName(s.buffer)));
  const names = [...stored, ...lines.flatMap(({ value }) => value ?? [])];
  return names.findLast((name) => /^[A-Za-z_][\w.-]*$/.test(name)) ?? kernel.name;
}
