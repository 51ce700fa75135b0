/**
 * z = xʸ. dx = dz · y · x^(y − 1), and 0 for x = 0 and y < 1, where the formula is 0 · ∞ or infinite.
 * dy = dz · z · ln x, and 0 for x = 0 and y ≥ 0, as in PyTorch. If y is constant, dy is not computed.
 */
import { isConstant } from "../../ir/builder.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { call } from "../../loop/expressions.ts";
import { defineOp, uniform, values } from "../define.ts";
import { binaryOp } from "./pointwise.ts";

/** The value of a constant or of a broadcast constant; undefined for any other node. */
const numberOf = (x: Node): number | undefined =>
  x.op === "broadcast" ? numberOf(x.operands.x) : isConstant(x) ? x.attributes.value : undefined;

/** ∂z/∂x */
function slope(g: GraphBuilder, x: Node, y: Node): Node {
  const smooth = g.multiply(y, g.power(x, g.subtract(y, 1)));
  const exponent = numberOf(y);
  if (exponent !== undefined && exponent >= 1) return smooth;
  const belowOne = g.select(g.equal(x, 0), 0, smooth);
  return exponent !== undefined ? belowOne : g.select(g.less(y, 1), belowOne, smooth);
}

/** ∂z/∂y */
const growth = (g: GraphBuilder, z: Node, x: Node, y: Node): Node => {
  const smooth = g.multiply(z, g.log(x));
  return g.select(g.equal(x, 0), g.select(g.lessEqual(0, y), 0, smooth), smooth);
};

export const power = defineOp({
  name: "power",
  ...binaryOp({ lower: (x, y) => call("power", [x, y], x.type), f: Math.pow }),
  vjp: (z, dz, g) => {
    const { x, y } = z.operands;
    return {
      x: g.multiply(dz, slope(g, x, y)),
      y: numberOf(y) !== undefined ? null : g.multiply(dz, growth(g, z, x, y)),
    };
  },
  samples: [
    { operands: { x: uniform(["n", 4], 0.3, 2), y: uniform(["n", 4]) }, attributes: {} },
    {
      operands: { x: values([5], [0, 0, 0, 0, 2]), y: values([5], [0, 0.5, 1, 2, 0]) },
      attributes: {},
      kink: { x: [0, 0, 1, 0, 0], y: [0, 0, 0, 0, Math.LN2] },
    },
  ],
});
