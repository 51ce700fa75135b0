/**
 * By which names lines of provenance and statements know the same value: how to find the node that a
 * statement computes.
 */
import type { Provenance, Statement } from "./types.ts";

/** A variable's or a buffer's name as readers know it: without what tells it apart, and without the region in front. */
export const plainName = (name: string): string => name.replace(/[#$~@].*$/, "").replace(/^[a-z]+:/, "");

/** `memory` of the line "memory[t] = …"; nothing of one that heads others. */
export const subjectOf = ({ text }: Provenance): string | undefined => {
  const [subject, formula] = text.split(" = ");
  return formula === undefined || text.endsWith(":") ? undefined : subject.replace(/\[[^\]]*\]$/, "");
};

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
