/**
 * Purpose   Remove loops that run exactly once. An axis of one element needs no loop, and the loops around it
 *           become a perfect nest.
 * Requires  kernels with one index per axis.
 * Ensures   the same statements in the same order, with the loop variable replaced by its only value. Names
 *           that other blocks of the kernel also define are renamed.
 * Example   for i<1: for j<32: y[i, j] = x[i, j]   =>   for j<32: y[0, j] = x[0, j]
 */
import { renameVariables, substituteVariables, visitStatements, withBody } from "../../loop/statements.ts";
import type { For, Statement } from "../../loop/types.ts";
import { defineKernelStage } from "../../stages/loops.ts";

const runsOnce = ({ from, to, step }: For): boolean =>
  from.kind === "number" && to.kind === "number" && from.value < to.value && from.value + step >= to.value;

/** The names that more than one block defines. */
function sharedNames(statements: readonly Statement[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  visitStatements(statements, (s) => {
    if (s.kind !== "let") return;
    if (seen.has(s.name)) shared.add(s.name);
    seen.add(s.name);
  });
  return shared;
}

export const dropUnitLoops = defineKernelStage("drop-unit-loops", (kernel, { fresh }) => {
  const shared = sharedNames(kernel.body);
  /** The statements, renamed so that their names differ from those of the enclosing blocks. */
  const withOwnNames = (statements: readonly Statement[]): readonly Statement[] => {
    const names = statements.flatMap((s): [string, string][] =>
      s.kind === "let" && shared.has(s.name) ? [[s.name, fresh(s.name)]] : [],
    );
    return names.length === 0 ? statements : renameVariables(statements, new Map(names));
  };
  const drop = (statements: readonly Statement[]): readonly Statement[] =>
    statements.flatMap((s) => {
      if (s.kind !== "for") return [s];
      const body = drop(s.body);
      if (!runsOnce(s)) return [withBody(s, body)];
      return withOwnNames(substituteVariables(body, new Map([[s.variable, s.from]])));
    });
  return { ...kernel, body: drop(kernel.body) };
});
