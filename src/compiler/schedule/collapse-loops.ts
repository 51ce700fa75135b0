/**
 * Purpose   Collapse two nested loops of a sum into one, if together they traverse memory without gaps.
 * Requires  kernels with one index per axis; the shapes of buffers.
 * Ensures   the same accesses in the same order. Short inner loops, such as over the channels of a window,
 *           become longer. Loops that store are not changed, because an index past the end of its axis would
 *           refer to an element of another row.
 * Example   for q<5: for c<6: sum += x[i, j + q, c] · w[q, c]   =>   for c<30: sum += x[i, j, c] · w[0, c]
 *           where c continues past its axis into the next row, which contains the next elements
 */
import { children, integer } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { expressionsOf, substituteVariables, visitStatements, withBody } from "../loop/statements.ts";
import type { Buffer, For, Statement } from "../loop/types.ts";
import { factorOf, positionIn } from "../loop/linear.ts";
import { defineKernelStage } from "../stages/loops.ts";

interface Surroundings {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly batchSize: number;
}

/**
 * Whether one step of `outer` moves every access of the body by the same distance as all steps of `inner`
 * together.
 */
function isContiguous(outer: For, inner: For, extent: number, { buffers, batchSize }: Surroundings): boolean {
  const names = [outer.variable, inner.variable];
  let holds = true;
  const access = (name: string, at: readonly Expression[]) => {
    const buffer = buffers.get(name);
    const position = buffer && positionIn(buffer, at, batchSize);
    const [far, near] = names.map((variable) => position && factorOf(position, variable));
    if (far === undefined || near === undefined || far !== near * extent) holds = false;
  };
  const walk = (x: Expression): void => {
    if (x.kind === "load") access(x.buffer, x.at);
    else if (x.kind === "variable" && names.includes(x.name)) holds = false;
    else children(x).forEach(walk);
  };
  visitStatements(inner.body, (statement) => {
    if (statement.kind === "store") holds = false;
    else expressionsOf(statement).forEach(walk);
  });
  return holds;
}

const limitOf = ({ from, to, step }: For): number | undefined =>
  from.kind === "number" && from.value === 0 && to.kind === "number" && step === 1 ? to.value : undefined;

function collapse(outer: For, options: Surroundings): For {
  const [inner, ...others] = outer.body;
  if (inner?.kind !== "for" || others.length > 0) return outer;
  if (outer.role !== "reduction" || inner.role !== "reduction") return outer;
  const [steps, extent] = [limitOf(outer), limitOf(inner)];
  if (steps === undefined || extent === undefined || !isContiguous(outer, inner, extent, options))
    return outer;
  const values = new Map([[outer.variable, integer(0)]]);
  return { ...inner, to: integer(steps * extent), body: substituteVariables(inner.body, values) };
}

const collapseAll = (statements: readonly Statement[], options: Surroundings): readonly Statement[] =>
  statements.map((statement) => {
    if (statement.kind !== "for") return statement;
    return collapse(withBody(statement, collapseAll(statement.body, options)), options);
  });

export const collapseLoops = defineKernelStage("collapse-loops", (kernel, { buffers, batchSize }) => ({
  ...kernel,
  body: collapseAll(kernel.body, { buffers, batchSize }),
}));
