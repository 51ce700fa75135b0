/**
 * Purpose   Flush subnormal optimizer states to 0. A moving average that decays by a factor ends in subnormal
 *           numbers, where rounding stops the decay. Many processors compute about a hundred times more
 *           slowly with subnormal numbers, and WebAssembly has no mode that flushes them.
 * Requires  kernels with one index per axis.
 * Ensures   vectors stored to optimizer state are 0 in lanes that would be subnormal. A number changes by
 *           less than 2⁻¹²⁶.
 * Example   mean[i ..+4] = m   =>   let s = m ; mean[i ..+4] = |s| < 2⁻¹²⁶ ? 0 : s
 */
import { binary, call, lanesOf, number, variableOf } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { define, withBody } from "../../loop/statements.ts";
import type { Buffer, Statement } from "../../loop/types.ts";
import { defineKernelStage } from "../../stages/loops.ts";
import type { Fresh } from "../../stages/loops.ts";

/** The smallest normal number of f32. */
const smallestNormal = 2 ** -126;

const splatOf = (value: number, lanes: number): Expression => ({
  kind: "splat",
  x: number(value, "f32"),
  lanes,
  type: "f32",
});

function flushed(
  statements: readonly Statement[],
  buffers: ReadonlyMap<string, Buffer>,
  fresh: Fresh,
): readonly Statement[] {
  return statements.flatMap((statement): readonly Statement[] => {
    if (statement.kind === "for") return [withBody(statement, flushed(statement.body, buffers, fresh))];
    if (statement.kind !== "store" || lanesOf(statement.value) === 1) return [statement];
    const buffer = buffers.get(statement.buffer);
    if (buffer?.region !== "state" || buffer.element !== "f32") return [statement];
    const lanes = lanesOf(statement.value);
    const isNamed = statement.value.kind === "variable";
    const name = isNamed ? "" : fresh(statement.buffer);
    const value = isNamed ? statement.value : variableOf(name, statement.value);
    const isSubnormal = binary("<", call("absolute", [value], "f32"), splatOf(smallestNormal, lanes));
    const kept: Expression = {
      kind: "select",
      condition: isSubnormal,
      x: splatOf(0, lanes),
      y: value,
      type: "f32",
    };
    return [...(isNamed ? [] : [define(name, statement.value)]), { ...statement, value: kept }];
  });
}

export const flushSubnormals = defineKernelStage("flush-subnormals", (kernel, { buffers, fresh }) => ({
  ...kernel,
  body: flushed(kernel.body, buffers, fresh),
}));
