/** The statements of reductions: they define the accumulators and accumulate one element. */
import type { Dimension, ElementType } from "../ir/types.ts";
import {
  add,
  binary,
  call,
  integer,
  less,
  multiply,
  number,
  rows,
  select,
  variable,
} from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { assign, define } from "../loop/statements.ts";
import type { Statement } from "../loop/types.ts";

export interface ReductionSteps {
  readonly definitions: readonly Statement[];
  /** The statements that accumulate the element with these indices along the reduced axes. */
  steps(along: readonly Expression[]): readonly Statement[];
}

interface Reduced {
  /** The variable that contains the result after the loop. */
  readonly name: string;
  elementAt(along: readonly Expression[]): Expression;
}

/** name = name + x, or name = max(name, x) */
export function combination(
  kind: "sum" | "maximum",
  { name, element, elementAt }: Reduced & { readonly element: ElementType },
): ReductionSteps {
  const before = variable(name, element);
  return {
    definitions: [define(name, number(kind === "sum" ? 0 : -Infinity, element), true)],
    steps: (along) => {
      const x = elementAt(along);
      return [assign(name, kind === "sum" ? binary("+", before, x) : call("maximum", [before, x], element))];
    },
  };
}

/**
 * name = largest < x ? k : name ; largest = largest < x ? x : largest, where k is the row-major index of the
 * element
 */
export function positionOfMaximum({
  name,
  largest,
  extents,
  elementAt,
}: Reduced & { readonly largest: string; readonly extents: readonly Dimension[] }): ReductionSteps {
  const { type } = elementAt(extents.map(() => integer(0)));
  const before = variable(largest, type);
  const [, ...sizes] = extents.map((extent) => (extent === "n" ? rows : integer(extent)));
  const placeOf = ([first = integer(0), ...rest]: readonly Expression[]): Expression =>
    rest.reduce((place, i, axis) => add(multiply(place, sizes[axis]), i), first);
  return {
    definitions: [define(name, integer(0), true), define(largest, number(-Infinity, type), true)],
    steps: (along) => {
      const x = elementAt(along);
      const isLarger = less(before, x);
      return [
        assign(name, select(isLarger, placeOf(along), variable(name, "i32"))),
        assign(largest, select(isLarger, x, before)),
      ];
    },
  };
}
