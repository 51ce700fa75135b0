/**
 * z is uniform in [0, 1): a pure function of seed, step, salt and index. The forward pass and the backward
 * pass therefore draw the same numbers, on every target. Different draws in one step have different salts.
 * See `runtime/numbers/random.ts`.
 */
import { tensorType, TypeRefusal } from "../../ir/types.ts";
import type { Shape } from "../../ir/types.ts";
import { add, call, integer, multiply } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { randomKey, randomUnit } from "../../../runtime/numbers/random.ts";
import { defineOp, integers } from "../define.ts";
import { positionOf, tensorOf } from "../tensor.ts";

/** The row-major position of an element. The batch axis comes first, so its size is not needed. */
function position(shape: Shape, at: readonly Expression[]): Expression {
  return at.reduce<Expression>(
    (sum, i, axis) => add(multiply(sum, integer(Number(axis === 0 ? 1 : shape[axis]))), i),
    integer(0),
  );
}

export const random = defineOp({
  name: "random",
  traits: [],
  infer: ({ seed, step }, { shape, element }) => {
    if (seed.element !== "i32" || step.element !== "i32")
      throw new TypeRefusal("seed and step must be integers (i32)");
    if (shape.lastIndexOf("n") > 0) throw new TypeRefusal("the batch axis must come first");
    return tensorType(element, shape);
  },
  vjp: () => ({ seed: null, step: null }),
  lower: {
    kind: "element",
    element: ({ attributes: { shape, salt, element } }, at, read) => {
      const key = call("randomKey", [read.seed([]), read.step([]), integer(salt)], "i32");
      return call("randomUnit", [key, position(shape, at)], element);
    },
  },
  evaluate: ({ seed, step }, { attributes }, shape) => {
    const key = randomKey(seed.data[0], step.data[0], attributes.salt);
    return tensorOf(shape, (at) => randomUnit(key, positionOf(shape, at)));
  },
  samples: [
    {
      operands: { seed: integers([], [7]), step: integers([], [3]) },
      attributes: { shape: ["n", 4], salt: 1, element: "f64" },
    },
  ],
});
