/**
 * z = max(x, y). dx = dz · [x > y] + dz/2 · [x = y], dy likewise: half for each side of a tie, as in PyTorch.
 */
import type { Node } from "../../ir/nodes.ts";
import { call } from "../../loop/expressions.ts";
import { defineOp, uniform, values } from "../define.ts";
import { binaryOp } from "./pointwise.ts";

export const maximum = defineOp({
  name: "maximum",
  ...binaryOp({
    traits: ["commutative", "cheap"],
    lower: (x, y) => call("maximum", [x, y], x.type),
    f: Math.max,
  }),
  vjp: ({ operands: { x, y } }, dz, g) => {
    // Only strict comparisons are used. Because `equal` rounds its operands, x could be both equal to y and
    // less than y.
    const cotangent = (winner: Node, loser: Node) =>
      g.select(g.less(winner, loser), 0, g.select(g.less(loser, winner), dz, g.multiply(dz, 0.5)));
    return { x: cotangent(x, y), y: cotangent(y, x) };
  },
  samples: [
    { operands: { x: uniform(["n", 4]), y: uniform(["n", 4]) }, attributes: {} },
    {
      operands: { x: values([2], [0, 2]), y: values([2], [0, -3]) },
      attributes: {},
      kink: { x: [0.5, 1], y: [0.5, 0] },
    },
  ],
});
