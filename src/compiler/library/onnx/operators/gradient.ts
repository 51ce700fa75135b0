/**
 * The operator Gradient of `ai.onnx.preview.training`: the derivatives of y with respect to the values `xs`. Its inputs
 * are the points at which the derivatives are computed. Here they are the values themselves, as in every model that
 * ONNX has as an example.
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
        "computes a derivative at other values than those of its graph, which is not supported",
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
