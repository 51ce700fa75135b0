/**
 * By which names lines of provenance and statements know the same value: how to find the node that a
 * statement computes.
 */
import type { Provenance, Statement } from "./types.ts";

/** A variable's or a buffer's name as readers know it: without what tells it apart, and without the region in front. */
export const plainName = (name: string): string => name.replace(/[#$~@].*$/, "").replace(/^[a-z]+:/, "");

/** What a line of provenance says. */
type Said = Pick<Provenance, "text" | "value" | "reads" | "isCopy">;

/** `memory` of `memory[t]`. */
const withoutTime = (name: string): string => name.replace(/\[[^\]]*\]$/, "");

/** The line of a value and its formula, which names what it `reads`; all names as they are displayed. */
export const formulaLine = (value: string, formula: string, reads: Iterable<string>): Said => ({
  text: `${value} = ${formula}`,
  value: withoutTime(value),
  reads: Array.from(reads, withoutTime),
  // Only the number differs that tells names apart.
  isCopy: value.replace(/_\d+$/, "") === formula,
});

/** A line that heads others: `For t = 0 … 9:`. */
export const headLine = (text: string): Said => ({ text, value: undefined, reads: [], isCopy: false });

/** The names that a line may have for what a statement defines or stores. */
export function namesMadeBy(statement: Statement): readonly string[] {
  if (statement.kind !== "let" && statement.kind !== "store") return [];
  const name = statement.kind === "let" ? statement.name : statement.buffer;
  const plain = plainName(name);
  return [
    ...(name.startsWith("gradient:") ? [`d_${plain}`] : []),
    ...(statement.kind === "store" ? [`next_${plain}`] : []),
    plain,
  ];
}
