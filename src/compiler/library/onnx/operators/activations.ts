/** Activation functions. The formulas are those of the layer library, but some defaults of ONNX differ. */
import type { Node } from "../../../ir/nodes.ts";
import { activate } from "../../activations/index.ts";
import type { ActivationChoice } from "../../activations/index.ts";
import { computed, elementwise } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";
import * as compositions from "../../compositions.ts";

type Build = (context: OperatorContext, x: Node) => Node;

const of = (build: Build): Operator =>
  elementwise(computed((context, [x]) => build(context, x ?? context.refuse("has no input"))).build);

/** An activation of the layer library. `keys` reads its options from the attributes of the node. */
const ours = (keys: (context: OperatorContext) => ActivationChoice): Operator =>
  of((context, x) => activate(context.g, x, keys(context)));

/** min(x, 0) and max(x, 0). At 0, the derivative is that of the negative side, as in PyTorch. */
const parts = ({ g }: OperatorContext, x: Node) => {
  const isPositive = g.less(0, x);
  return { isPositive, negative: g.select(isPositive, 0, x), positive: g.relu(x) };
};

const elu = (context: OperatorContext, x: Node, alpha: number, steepness = 1): Node => {
  const { g } = context;
  const { negative, positive } = parts(context, x);
  return g.add(positive, g.multiply(alpha, g.expm1(g.multiply(steepness, negative))));
};

/** max(0, min(1, α · x + β)) */
const hardSigmoid = ({ g }: OperatorContext, x: Node, alpha: number, beta: number): Node =>
  g.maximum(0, g.minimum(1, g.add(g.multiply(alpha, x), beta)));

export const activationOperators: Operators = {
  Relu: of(({ g }, x) => (x.type.element === "i32" ? g.maximum(x, 0) : g.relu(x))),
  LeakyRelu: ours((context) => ({ type: "leaky-relu", slope: context.real("alpha", 0.01) })),
  PRelu: computed((context, [x, slope]) => {
    if (x === undefined || slope === undefined) return context.refuse("needs an input and a slope");
    const { g } = context;
    const { shape } = x.type;
    // Before opset 7, a list with one slope per channel does not follow NumPy's broadcasting rule.
    const isPerChannel =
      context.opset < 7 && slope.type.shape.length === 1 && slope.type.shape[0] === shape[1];
    const slopes = isPerChannel
      ? g.repeatAlong(
          slope,
          shape.flatMap((_, i) => (i === 1 ? [] : [i])),
          shape,
        )
      : slope;
    return g.select(g.less(0, x), x, g.multiply(slopes, x));
  }),
  Elu: ours((context) => ({ type: "elu", alpha: context.real("alpha", 1) })),
  Selu: of((context, x) => {
    const [alpha, gamma] = [
      context.real("alpha", 1.67326319217681884765625),
      context.real("gamma", 1.05070102214813232421875),
    ];
    return context.g.multiply(gamma, elu(context, x, alpha));
  }),
  // celu(x) = max(x, 0) + α · (e^(min(x, 0) / α) − 1)
  Celu: of((context, x) => {
    const alpha = context.real("alpha", 1);
    return elu(context, x, alpha, 1 / alpha);
  }),
  Gelu: of((context, x) =>
    context.text("approximate", "none") === "tanh"
      ? compositions.geluTanh(context.g, x)
      : compositions.gelu(context.g, x),
  ),
  Mish: ours(() => ({ type: "mish" })),
  Softplus: of(({ g }, x) => compositions.softplus(g, x)),
  Softsign: of(({ g }, x) => g.divide(x, g.add(1, g.absolute(x)))),
  Sigmoid: of(({ g }, x) => g.sigmoid(x)),
  Tanh: of(({ g }, x) => g.tanh(x)),
  HardSigmoid: of((context, x) =>
    hardSigmoid(context, x, context.real("alpha", 0.2), context.real("beta", 0.5)),
  ),
  HardSwish: of((context, x) => context.g.multiply(x, hardSigmoid(context, x, 1 / 6, 0.5))),
  ThresholdedRelu: of((context, x) => {
    const { g } = context;
    return g.select(g.less(context.real("alpha", 1), x), x, 0);
  }),
  Shrink: of((context, x) => {
    const { g } = context;
    const [bias, threshold] = [context.real("bias", 0), context.real("lambd", 0.5)];
    const below = g.select(g.less(x, -threshold), g.add(x, bias), 0);
    return g.select(g.less(threshold, x), g.subtract(x, bias), below);
  }),
  Clip: computed((context, [x, low, high]) => {
    if (x === undefined) return context.refuse("has no input");
    const { g } = context;
    const least = low ?? (context.has("min") ? g.number(context.real("min", 0)) : undefined);
    const most = high ?? (context.has("max") ? g.number(context.real("max", 0)) : undefined);
    const raised = least === undefined ? x : g.maximum(x, least);
    return most === undefined ? raised : g.minimum(raised, most);
  }),
};
