/**
 * z is x, padded on every axis with `before` and `after` elements of one value. dx is dz without the padding.
 */
import { tensorType, TypeRefusal } from "../../ir/types.ts";
import { add, and, integer, less, lessEqual, number, select } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { defineOp, uniform } from "../define.ts";
import { elementAt, tensorOf } from "../tensor.ts";

export const pad = defineOp({
  name: "pad",
  traits: ["view", "fills", "chooses"],
  infer: ({ x }, { before, after }) => {
    if (before.length !== x.shape.length || after.length !== x.shape.length)
      throw new TypeRefusal("the padding must have a size for every axis");
    return tensorType(
      x.element,
      x.shape.map((size, axis) => {
        if (before[axis] < 0 || after[axis] < 0) throw new TypeRefusal("padding cannot be negative");
        if (size !== "n") return before[axis] + size + after[axis];
        if (before[axis] + after[axis] > 0) throw new TypeRefusal("the batch axis cannot be padded");
        return size;
      }),
    );
  },
  vjp: ({ operands: { x }, attributes }, dz, g) => ({
    x: g.slice(dz, { start: attributes.before, shape: x.type.shape }),
  }),
  lower: {
    kind: "element",
    element: ({ operands: { x }, attributes: { before, after, value } }, at, read) => {
      let inside: Expression = number(1, "bool");
      at.forEach((i, axis) => {
        const size = x.type.shape[axis];
        if (before[axis] > 0) inside = and(inside, lessEqual(integer(before[axis]), i));
        if (after[axis] > 0 && size !== "n") inside = and(inside, less(i, integer(before[axis] + size)));
      });
      const element = read.x(at.map((i, axis) => add(i, integer(-before[axis]))));
      return select(inside, element, number(value, x.type.element));
    },
  },
  evaluate: ({ x }, { attributes: { before, value } }, shape) =>
    tensorOf(shape, (at) => {
      const from = at.map((i, axis) => i - before[axis]);
      return from.every((i, axis) => i >= 0 && i < x.shape[axis]) ? elementAt(x, from) : value;
    }),
  samples: [
    { operands: { x: uniform(["n", 3, 2]) }, attributes: { before: [0, 1, 0], after: [0, 2, 1], value: 0 } },
    { operands: { x: uniform([2]) }, attributes: { before: [1], after: [0], value: -7 } },
  ],
});
