/**
 * The operator Gradient of `ai.onnx.preview.training`: the derivatives of y with respect to the values `xs`. The inputs
 * are the points at which the derivatives are computed. Only the values `xs` themselves are supported as inputs, as in
 * all examples of ONNX.
 */
import { isKnown } from "../values.ts";
import type { Operator, Operators } from "../operator.ts";

const gradient: Operator = {
  build: (context, inputs) => {
    const xs = context.texts("xs") ?? context.refuse("has no xs");
    const zs = context.texts("zs") ?? [];
    const own = [...xs, ...zs].map((name) => context.value(name));
    if (own.some((value, i) => value !== inputs[i]))
      return context.refuse(
        "computes a derivative at values other than those of the graph, which is not supported",
      );
    if (xs.some((name) => isKnown(context.value(name))))
      return context.refuse("computes a derivative with respect to a constant, which is not supported");
    const y = context.node(context.value(context.text("y", "")));
    return context.gradients(
      y,
      xs.map((name) => context.node(context.value(name))),
    );
  },
};

export const gradientOperators: Operators = { Gradient: gradient };
