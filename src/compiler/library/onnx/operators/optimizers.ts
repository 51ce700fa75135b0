/**
 * The optimizers of `ai.onnx.preview.training`. They compute new parameters and states from a rate R, a step count T,
 * and the value x, gradient g and states of each parameter. Inputs and outputs are grouped by role, not by parameter.
 */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import { computed } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";

interface Step {
  readonly rate: Node;
  readonly count: Node;
  readonly x: Node;
  readonly gradient: Node;
  readonly states: readonly Node[];
}

/**
 * An optimizer with this number of states per parameter. `update` returns the new parameter, followed by its new
 * states.
 */
const optimizer = (
  states: number,
  update: (context: OperatorContext, step: Step) => readonly Node[],
): Operator =>
  computed((context, inputs) => {
    const { g } = context;
    const nodes = inputs.map((node) => node ?? context.refuse("has too few inputs"));
    const [rate, steps, ...rest] = nodes.map((node, i) => (i < 2 ? g.reshape(node, { shape: [] }) : node));
    const count = g.cast(steps, { element: g.float });
    const parameters = rest.length / (2 + states);
    if (!Number.isInteger(parameters))
      return context.refuse(`has ${nodes.length} inputs, but needs 2 and ${2 + states} per parameter`);
    const role = (r: number, i: number): Node => rest[r * parameters + i];
    const updated = Array.from({ length: parameters }, (_, i) =>
      update(context, {
        rate,
        count,
        x: role(0, i),
        gradient: role(1, i),
        states: Array.from({ length: states }, (_, s) => role(2 + s, i)),
      }),
    );
    return Array.from({ length: 1 + states }, (_, r) => updated.map((values) => values[r])).flat();
  });

/** g + λ · x, the gradient with the penalty λ/2 · ‖x‖² added to the loss. */
const regularised = (context: OperatorContext, { x, gradient }: Step): Node => {
  const { g } = context;
  const factor = context.real("norm_coefficient", 0);
  return factor === 0 ? gradient : g.add(gradient, g.multiply(factor, x));
};

const square = (g: GraphBuilder, x: Node): Node => g.multiply(x, x);

/** Duchi, Hazan and Singer 2011: h ← h + g², x ← x − r · g / (√h + ε), r = R / (1 + T · decay). */
const adagrad = optimizer(1, (context, step) => {
  const { g } = context;
  const gradient = regularised(context, step);
  const rate = g.divide(step.rate, g.add(1, g.multiply(step.count, context.real("decay_factor", 0))));
  const squares = g.add(step.states[0], square(g, gradient));
  const divisor = g.add(g.sqrt(squares), context.real("epsilon", 1e-6));
  return [g.subtract(step.x, g.divide(g.multiply(rate, gradient), divisor)), squares];
});

/**
 * Kingma and Ba 2015: v ← α v + (1 − α) g, h ← β h + (1 − β) g², x ← x − r · v / (√h + ε). In the first step, r = R. In
 * later steps, r corrects the bias: r = R · √(1 − βᵀ) / (1 − αᵀ).
 */
const adam = optimizer(2, (context, step) => {
  const { g } = context;
  const gradient = regularised(context, step);
  const [alpha, beta] = [context.real("alpha", 0.9), context.real("beta", 0.999)];
  const [v, h] = step.states;
  const mean = g.add(g.multiply(alpha, v), g.multiply(1 - alpha, gradient));
  const squares = g.add(g.multiply(beta, h), g.multiply(1 - beta, square(g, gradient)));
  const isFirst = g.lessEqual(step.count, 0);
  const count = g.select(isFirst, 1, step.count);
  const corrected = g.divide(
    g.multiply(step.rate, g.sqrt(g.subtract(1, g.power(beta, count)))),
    g.subtract(1, g.power(alpha, count)),
  );
  const rate = g.select(isFirst, step.rate, corrected);
  const divisor = g.add(g.sqrt(squares), context.real("epsilon", 1e-6));
  const x = g.subtract(step.x, g.divide(g.multiply(rate, mean), divisor));
  return [g.multiply(1 - context.real("norm_coefficient_post", 0), x), mean, squares];
});

/** v ← α v + β g, with β = 1 in the first step. Then x ← x − R · v, or x ← x − R · (g + α v) for Nesterov momentum. */
const momentum = optimizer(1, (context, step) => {
  const { g } = context;
  const gradient = regularised(context, step);
  const alpha = context.real("alpha", 0);
  const beta = g.select(g.less(0, step.count), context.real("beta", 0), g.number(1));
  const v = g.add(g.multiply(alpha, step.states[0]), g.multiply(beta, gradient));
  const direction =
    context.text("mode", "standard") === "nesterov" ? g.add(gradient, g.multiply(alpha, v)) : v;
  return [g.subtract(step.x, g.multiply(step.rate, direction)), v];
});

export const optimizerOperators: Operators = { Adagrad: adagrad, Adam: adam, Momentum: momentum };
