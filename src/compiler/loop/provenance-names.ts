/** Matches lines of provenance with statements by name, to find the node that a statement computes. */
import { storageParts } from "../ir/storage.ts";
import type { Provenance, Statement } from "./types.ts";

/**
 * The displayed name of a variable or a buffer: without the suffix that makes it unique, and without its space.
 */
export const plainName = (name: string): string => storageParts(name.replace(/[#$~@].*$/, "")).name;

/** A line of provenance. */
export type ProvenanceLine = Pick<Provenance, "text" | "value" | "reads" | "isCopy">;

/** `memory` of `memory[t]`. */
const withoutTime = (name: string): string => name.replace(/\[[^\]]*\]$/, "");

/**
 * The line of a value and its formula, which names the values that it `reads`; all names as they are displayed.
 */
export const formulaLine = (value: string, formula: string, reads: Iterable<string>): ProvenanceLine => ({
  text: `${value} = ${formula}`,
  value: withoutTime(value),
  reads: Array.from(reads, withoutTime),
  // The names differ only in the number that makes them unique.
  isCopy: value.replace(/_\d+$/, "") === formula,
});

/** A heading for the lines that follow: `For t = 0 … 9:`. */
export const headLine = (text: string): ProvenanceLine => ({
  text,
  value: undefined,
  reads: [],
  isCopy: false,
});

/** The names that a line may use for the value that a statement defines or stores. */
export function namesMadeBy(statement: Statement): readonly string[] {
  if (statement.kind !== "let" && statement.kind !== "store") return [];
  const name = statement.kind === "let" ? statement.name : statement.buffer;
  const plain = plainName(name);
  return [
    ...(storageParts(name).space === "gradient" ? [`d_${plain}`] : []),
    ...(statement.kind === "store" ? [`next_${plain}`] : []),
    plain,
  ];
}
