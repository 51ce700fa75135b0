// Random left-hand sides of the rules in src/compiler/passes/rules/choices.ts.
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

/** Two operands in random order. */
const onSides = (d: Draw, x: Node, y: Node): [Node, Node] => (d.chance(0.5) ? [x, y] : [y, x]);

export const choiceInstances: Instances = {
  "select-same": (d) => {
    const shape = d.shape();
    const x = d.leaf(shape);
    return d.g.select(d.condition(shape), x, x);
  },
  "choose-once": (d) => {
    const shape = d.shape();
    const condition = d.condition(shape);
    const inner = () => d.g.select(condition, d.leaf(shape), d.leaf(shape));
    const within = (x: Node): Node =>
      d.pick([
        () => x,
        () => d.g.negate(x),
        () => d.either("multiply", x, d.leaf(shape)),
        () => d.g.make("divide", d.shuffled([x, d.leaf(shape)]), {}),
      ])();
    return d.g.select(condition, ...onSides(d, within(within(inner())), d.leaf(shape)));
  },
  "join-choices": (d) => {
    const shape = d.shape();
    const condition = d.condition(shape);
    const zero = d.constant(d.pick([0, -0]), shape);
    const choices = [zero, d.leaf(shape)].map((x) => d.g.select(condition, ...onSides(d, x, d.leaf(shape))));
    return d.g.make(d.pick(["add", "subtract"]), d.shuffled(choices), {});
  },
  "negate-choice": (d) => {
    const shape = d.shape();
    const sides = onSides(d, d.g.negate(d.leaf(shape)), d.constant(d.pick([0, -0]), shape));
    return d.g.select(d.condition(shape), ...sides);
  },
  "choose-nonzero": (d) => {
    const shape = d.shape(2, 3);
    const c = d.constant(d.pick([1, 1e-5, 1e-30]), shape);
    const square = (x: Node) => d.g.multiply(x, x);
    const x = d.pick([
      () => d.g.sqrt(d.either("add", square(d.leaf(shape)), c)),
      () => d.either("add", d.g.absolute(d.leaf(shape)), c),
      () => d.g.broadcastTo(d.g.add(d.g.exp(d.leaf([])), 1e-5), shape),
      () => d.either("add", d.g.divide(square(d.leaf(shape)), d.constant(3, shape)), c),
    ])();
    const zero = d.constant(d.pick([0, -0]), shape);
    return d.g.select(d.either("equal", x, zero), d.leaf(shape), d.leaf(shape));
  },
};
