// Random left-hand sides of the rules in src/compiler/passes/rules/arithmetic.ts.
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import type { Draw } from "../draw.ts";

/** Functions that draw a left-hand side, by the name of the rule. */
export type Instances = Readonly<Record<string, (d: Draw) => Node>>;

const factors = [2, 0.1, -3, 0.5, 1e5, -1.7, 7e-4];

const scaled = (d: Draw, x: Node, shape: Shape): Node =>
  d.either("multiply", x, d.constant(d.pick(factors), shape));

export const arithmeticInstances: Instances = {
  "add-zero": (d) => {
    const shape = d.shape();
    return d.either("add", d.leaf(shape), d.constant(d.pick([0, -0]), shape));
  },
  "subtract-zero": (d) => {
    const shape = d.shape();
    return d.g.subtract(d.leaf(shape), d.constant(0, shape));
  },
  "subtract-from-zero": (d) => {
    const shape = d.shape();
    return d.g.subtract(d.constant(d.pick([0, -0]), shape), d.leaf(shape));
  },
  "multiply-by-one": (d) => {
    const shape = d.shape();
    return d.either("multiply", d.leaf(shape), d.constant(1, shape));
  },
  "multiply-by-zero": (d) => {
    const shape = d.shape();
    return d.either("multiply", d.leaf(shape), d.constant(d.pick([0, -0]), shape));
  },
  "multiply-by-minus-one": (d) => {
    const shape = d.shape();
    return d.either("multiply", d.leaf(shape), d.constant(-1, shape));
  },
  "divide-by-one": (d) => {
    const shape = d.shape();
    return d.g.divide(d.leaf(shape), d.constant(1, shape));
  },
  "divide-by-scalar": (d) => {
    const shape = [...d.shape(0, 2), d.pick([2, 3])];
    return d.g.divide(d.leaf(shape), d.over(shape, []));
  },
  "negate-negate": (d) => d.g.negate(d.g.negate(d.leaf(d.shape()))),
  "add-negated": (d) => {
    const shape = d.shape();
    return d.either("add", d.leaf(shape), d.g.negate(d.leaf(shape)));
  },
  "subtract-negated": (d) => {
    const shape = d.shape();
    return d.g.subtract(d.leaf(shape), d.g.negate(d.leaf(shape)));
  },
  "negate-factor": (d) => {
    const shape = d.shape();
    return d.either("multiply", d.g.negate(d.leaf(shape)), d.leaf(shape));
  },
  "negate-dividend": (d) => {
    const shape = d.shape();
    return d.g.divide(d.g.negate(d.leaf(shape)), d.leaf(shape));
  },
  "negate-difference": (d) => {
    const shape = d.shape();
    return d.g.negate(d.g.subtract(d.leaf(shape), d.leaf(shape)));
  },
  double: (d) => {
    const x = d.leaf(d.shape());
    return d.g.add(x, x);
  },
  "double-term": (d) => {
    const shape = d.shape();
    const [x, y] = [d.leaf(shape), d.leaf(shape)];
    return d.chance(0.5) ? d.either("add", d.either("add", x, y), x) : d.g.subtract(d.g.subtract(y, x), x);
  },
  "multiply-constants": (d) => {
    const shape = d.shape();
    return scaled(d, scaled(d, d.leaf(shape), shape), shape);
  },
  "constant-outward": (d) => {
    const shape = d.shape();
    const x = d.leaf(shape);
    return d.either("multiply", d.chance(0.5) ? x : scaled(d, x, shape), scaled(d, d.leaf(shape), shape));
  },
  "scale-before-repeating": (d) => {
    const shape = d.shape(2);
    const axes = d.someOf(d.axes(shape), 1);
    return scaled(d, d.either("multiply", d.over(shape, axes), d.leaf(shape)), shape);
  },
  "power-of-two": (d) => {
    const shape = d.shape(3, 4); // few: powers round differently from products
    return d.g.power(d.leaf(shape), d.constant(2, shape));
  },
  "power-of-constant": (d) => {
    const shape = d.shape();
    return d.g.power(d.constant(d.pick([2, 0.5, 1, 10, 0.999, 1e-30, 1e-30, 1e30]), shape), d.leaf(shape));
  },
  "power-of-one": (d) => {
    const shape = d.shape();
    return d.g.power(d.leaf(shape), d.constant(1, shape));
  },
  "cast-same": (d) => {
    const element = d.pick([d.g.float, d.g.float, "bool", "i32"] as const);
    return d.g.cast(d.leaf(d.shape(), element), { element });
  },
};
