/** Operators that select what is built: branches with a constant condition, and dropout. */
import { known, shapeOf } from "../values.ts";
import { bounded, elementwise, required, staticShape } from "../operator.ts";
import type { Operator, Operators } from "../operator.ts";

/** Builds the branch that the condition selects. The condition must be constant. */
const branch: Operator = {
  build: (context, inputs) => {
    const [condition] = context.list(required(context, inputs, 0), "condition");
    const chosen = context.graph(condition !== 0 ? "then_branch" : "else_branch");
    return context.outputsOf(chosen ?? context.refuse("has no branches"));
  },
};

/** Outside training, dropout keeps every element. The second output is the mask, which is then true everywhere. */
const dropout: Operator = elementwise((context, inputs) => {
  const x = required(context, inputs, 0);
  if (context.opset < 7 && context.integer("is_test", 0) === 0)
    return context.refuse("draws random numbers; use a dropout layer of the spec");
  const isTraining = inputs[2] !== undefined && context.list(inputs[2], "training_mode")[0] !== 0;
  const ratio = (): number =>
    inputs[1] === undefined ? context.real("ratio", 0.5) : Number(context.list(inputs[1], "ratio")[0]);
  if (isTraining && ratio() !== 0)
    return context.refuse("draws random numbers; use a dropout layer of the spec");
  if (context.outputs < 2) return [x];
  const shape = staticShape(context, shapeOf(x), "size of the mask");
  const count = bounded(
    context,
    shape.reduce((product, size) => product * size, 1),
  );
  const all = Array.from({ length: count }, () => 1);
  return [x, known("boolean", shape, all)];
});

export const controlOperators: Operators = { If: branch, Dropout: dropout };
