/** Matches provenance lines with statements by name, to find the node that a statement computes. */
import { storageParts } from "../ir/storage.ts";
import type { Provenance, Statement } from "./types.ts";

/**
 * The display name of a variable or buffer: the name without its storage space and without the suffix that
 * makes it unique.
 */
export const plainName = (name: string): string => storageParts(name.replace(/[#$~@].*$/, "")).name;

/** One line of provenance: the formula of a value, or a heading. */
export type ProvenanceLine = Pick<Provenance, "text" | "value" | "reads" | "isCopy">;

/** The name without a time index: `memory` for `memory[t]`. */
const withoutTime = (name: string): string => name.replace(/\[[^\]]*\]$/, "");

/**
 * The line `value = formula`. `reads` are the values that the formula names. All names are display names.
 */
export const formulaLine = (value: string, formula: string, reads: Iterable<string>): ProvenanceLine => ({
  text: `${value} = ${formula}`,
  value: withoutTime(value),
  reads: Array.from(reads, withoutTime),
  // The value and the formula differ only in the number that makes names unique.
  isCopy: value.replace(/_\d+$/, "") === formula,
});

/** A heading for the lines that follow, such as `For t = 0 … 9:`. */
export const headLine = (text: string): ProvenanceLine => ({
  text,
  value: undefined,
  reads: [],
  isCopy: false,
});

/** The names that provenance may use for the value that a statement defines or stores. */
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
