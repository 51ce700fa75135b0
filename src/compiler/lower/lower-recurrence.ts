/**
 * Lowers a recurrence to a loop along time. Before the loop, the initial values of the carried operands are
 * stored. The body of the loop contains the nests of the step and then assigns the carried values. A value
 * that a scan stacks is stored directly at its time index.
 *
 *     for i: h[i] = h0[i]
 *     for t: { for i: y[i, t] = tanh(x[i, t] + Σ_k h[k] · w[k, i]) ; for i: h[i] = y[i, t] }
 */
import type { Node, NodeOf, Recurrence } from "../ir/nodes.ts";
import { atTime } from "../ir/recurrence.ts";
import { convert, integer, minus, variable } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { define, loop } from "../loop/statements.ts";
import type { For, Statement } from "../loop/types.ts";
import type { Read } from "../ops/define.ts";
import { hasTrait } from "../ops/index.ts";
import { copyNest } from "./lower-nodes.ts";
import type { Nest } from "./nests.ts";
import { readerOf, storedElement } from "./scope.ts";
import type { BufferLocation, Scope } from "./scope.ts";

/** The functions of the enclosing program's lowering that the lowering of a step needs. */
export interface StepHost {
  /** The buffer of a value of a step. The buffer of an argument contains the carried value. */
  temporaryOf(node: Node): string;
  /** Lowers the nodes of the step to nests. */
  lowerStep(scope: Scope): readonly Nest[];
}

/**
 * The statements before the loop, the loop along time, and the nests of its step. In the loop's body, the
 * nests come after the statements.
 */
interface LoweredRecurrence {
  readonly before: readonly Statement[];
  readonly loop: For;
  readonly step: readonly Nest[];
}

/** The location in the stack over all steps where a step stores its value. */
const stackedLocation = (
  { buffer, index }: BufferLocation,
  { type: { shape } }: Node,
  time: Expression,
): BufferLocation => ({
  buffer,
  index: (at) => index(atTime(shape, at, time)),
});

const plainPlace = (buffer: string): BufferLocation => ({ buffer, index: (at) => at });

export function lowerRecurrence(
  recurrence: Recurrence,
  scans: readonly NodeOf<"scan">[],
  outer: Scope,
  host: StepHost,
): LoweredRecurrence {
  const { length, reverse, operands } = recurrence;
  const step = variable(outer.fresh(reverse ? "step" : "t"), "i32");
  const time = reverse ? variable(outer.fresh("t"), "i32") : step;
  const given: Readonly<Record<string, Node>> = scans[0].operands;

  const carried = operands.flatMap((operand) =>
    operand.next === undefined
      ? []
      : [{ ...operand, next: operand.next, buffer: host.temporaryOf(operand.argument) }],
  );
  const reads = new Map<Node, Read>(
    operands.map(({ name, role, argument }): [Node, Read] => {
      const { shape, element } = argument.type;
      if (role !== "carried") {
        const read = readerOf(given[name], outer);
        return [argument, role === "whole" ? read : (at) => read(atTime(shape, at, time))];
      }
      const buffer = host.temporaryOf(argument);
      const type = storedElement(argument, outer.float);
      return [argument, (at) => convert({ kind: "load", buffer, at, type }, element)];
    }),
  );
  // If several scans stack the same value, it is computed for the first scan and copied for the others.
  const stacks = new Map<Node, BufferLocation>();
  const copies: { readonly value: Node; readonly place: BufferLocation }[] = [];
  for (const scan of scans) {
    const { value } = scan.attributes;
    const place = stackedLocation(outer.locationOf(scan), value, time);
    if (hasTrait(value, "leaf") || stacks.has(value)) copies.push({ value, place });
    else stacks.set(value, place);
  }
  const scope: Scope = {
    ...outer,
    locationOf: (node) => stacks.get(node) ?? plainPlace(host.temporaryOf(node)),
    argument: (node) => reads.get(node) ?? outer.argument(node),
  };

  // If a carried value is the next value of another one, it is copied to a separate buffer before either of
  // them changes.
  const moved = carried.filter(({ next, argument }) => next.op === "argument" && next !== argument);
  const aside = new Map<Node, BufferLocation>(
    moved.map(({ next }) => [next, plainPlace(host.temporaryOf({ ...next }))]),
  );
  const copied = [
    ...copies.map(({ value, place }) => copyNest(value, place, scope)),
    ...[...aside].map(([node, place]) => copyNest(node, place, scope)),
    ...carried
      .filter(({ next, argument }) => next !== argument)
      .map(({ next, buffer }) => {
        const from = aside.get(next);
        const read = from === undefined ? scope : { ...scope, argument: () => loadsFrom(from, next, outer) };
        return copyNest(next, plainPlace(buffer), read);
      }),
  ];
  const nests = host.lowerStep(scope);
  const backwards = reverse ? [define(nameOf(time), minus(integer(length - 1), step))] : [];
  return {
    before: carried.flatMap(({ name, buffer }) => copyNest(given[name], plainPlace(buffer), outer)),
    loop: loop(nameOf(step), length, "sequential", backwards),
    step: [...nests, ...copied.map((statements) => ({ statements, labels: [] }))],
  };
}

const loadsFrom =
  ({ buffer, index }: BufferLocation, node: Node, { float }: Scope): Read =>
  (at) =>
    convert({ kind: "load", buffer, at: index(at), type: storedElement(node, float) }, node.type.element);

const nameOf = (x: Expression): string => {
  if (x.kind !== "variable") throw new Error("internal: time must be a variable");
  return x.name;
};
