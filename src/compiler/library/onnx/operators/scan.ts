/**
 * Scan: a step that is repeated along sequences, built as a recurrence. The step has the inputs of the body: the states
 * first, and then one element of each sequence. Its outputs are the next states, and then the values that are stacked.
 *
 *     (s₁ … s_N, y₁ … y_K) = body(s₁ … s_N, x₁ … x_M)
 *
 * The step of a recurrence reads nothing from the enclosing graph, so every value of it that the body reads becomes an
 * operand. Elements and stacks have their time axis where recurrences have it, after the batch axis.
 */
import type { GraphBuilder } from "../../../ir/builder.ts";
import { rewriteGraph } from "../../../ir/builder.ts";
import { leafName, makeGraph } from "../../../ir/nodes.ts";
import type { Node, Recurrence, StepOperand } from "../../../ir/nodes.ts";
import { argumentNode, scanOf, stepType, timeAxisOf } from "../../../ir/recurrence.ts";
import type { TensorType } from "../../../ir/types.ts";
import { capturedBy } from "../cut-model.ts";
import type { ModelGraph } from "../model.ts";
import { axisOf, required, staticSize } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";
import { isKnown } from "../values.ts";
import type { Value } from "../values.ts";
import { part, reversed } from "./views.ts";

/** An operand of the recurrence, with its value. */
interface Operand extends StepOperand {
  readonly given: Node;
}

interface Facts {
  readonly body: ModelGraph;
  /** The number of states. */
  readonly states: number;
  readonly length: number;
  /** Whether the steps run from the end of the first sequence to its start. */
  readonly reverse: boolean;
}

const scan: Operator = {
  build: (context, inputs) => {
    const { g } = context;
    if (context.opset < 9) return context.refuse("has the form of opset 8, which is not supported");
    const values = inputs.map((_, index) => context.node(required(context, inputs, index)));
    const facts = factsOf(context, values);
    const { body, states, length, reverse } = facts;
    const operands = [
      ...values.slice(0, states).map((given, i) => operandOf(g, "carried", `state${i}`, given, given.type)),
      ...values.slice(states).map((x, i) => {
        const given = inTimeOrder(context, x, i, facts);
        return operandOf(g, "each", `element${i}`, given, stepType(given.type, length));
      }),
    ];
    const captured = capturedBy(body).flatMap((name, i) => {
      const value = context.value(name);
      return isKnown(value) ? [] : [{ name, operand: operandOf(g, "whole", `value${i}`, value, value.type) }];
    });
    const given = new Map<string, Value>([
      ...body.inputs.map(({ name }, i) => [name, operands[i].argument] as const),
      ...captured.map(({ name, operand }) => [name, operand.argument] as const),
    ]);
    const made = context.outputsOf(body, given).map((value) => context.node(value));
    const step = closed(g, made, [...operands, ...captured.map(({ operand }) => operand)]);
    const recurrence: Recurrence = {
      length,
      reverse,
      operands: step.operands.map(({ given: _, ...operand }, i) =>
        i < states ? { ...operand, next: step.results[i] } : operand,
      ),
    };
    const stacked = step.results.map((value) =>
      scanOf(
        g,
        recurrence,
        value,
        step.operands.map((operand) => operand.given),
      ),
    );
    return stacked.map((stack, i) =>
      i < states
        ? lastOf(g, stack, made[i].type, facts)
        : inFileOrder(context, stack, made[i].type, i - states, facts),
    );
  },
};

function factsOf(context: OperatorContext, values: readonly Node[]): Facts {
  const body = context.graph("body") ?? context.refuse("has no body");
  const states = values.length - context.integer("num_scan_inputs", 0);
  const fits =
    states >= 0 &&
    states < values.length &&
    body.inputs.length === values.length &&
    body.outputs.length === context.outputs &&
    body.outputs.length >= states;
  if (!fits) return context.refuse("has a body with other inputs and outputs");
  const lengths = values
    .slice(states)
    .map((x, i) => staticSize(context, x.type.shape[inputAxis(context, x, i)], "number of steps"));
  if (lengths.some((length) => length !== lengths[0]))
    return context.refuse(`reads sequences of different lengths: ${lengths.join(", ")}`);
  return { body, states, length: lengths[0], reverse: isBackward(context, "scan_input_directions", 0) };
}

const operandOf = (
  g: GraphBuilder,
  role: StepOperand["role"],
  name: string,
  given: Node,
  type: TensorType,
): Operand => ({ name, role, argument: argumentNode(g, name, type), given });

const isBackward = (context: OperatorContext, name: string, index: number): boolean =>
  (context.integers(name)?.[index] ?? 0) !== 0;

const inputAxis = (context: OperatorContext, { type }: Node, index: number): number =>
  axisOf(context, context.integers("scan_input_axes")?.[index] ?? 0, type.shape.length);

/** A sequence with its time axis where the recurrence reads it, in the direction of the first sequence. */
function inTimeOrder(context: OperatorContext, x: Node, index: number, { reverse }: Facts): Node {
  const axis = inputAxis(context, x, index);
  const isTurned = isBackward(context, "scan_input_directions", index) !== reverse;
  const directed = isTurned ? reversed(context, x, axis) : x;
  return moved(context.g, directed, axis, timeAxisOf(x.type.shape.toSpliced(axis, 1)));
}

/** A stack with its time axis where the file has it, in the direction of the file. */
function inFileOrder(
  context: OperatorContext,
  stack: Node,
  step: TensorType,
  index: number,
  { reverse }: Facts,
): Node {
  const time = timeAxisOf(step.shape);
  const isTurned = isBackward(context, "scan_output_directions", index) !== reverse;
  const directed = isTurned ? reversed(context, stack, time) : stack;
  const axis = axisOf(context, context.integers("scan_output_axes")?.[index] ?? 0, stack.type.shape.length);
  return moved(context.g, directed, time, axis);
}

/** The state after the last step. */
function lastOf(g: GraphBuilder, stack: Node, { shape }: TensorType, { length, reverse }: Facts): Node {
  const last = reverse ? 0 : length - 1;
  return g.reshape(part(g, stack, timeAxisOf(shape), last, last + 1), { shape });
}

function moved(g: GraphBuilder, x: Node, from: number, to: number): Node {
  if (from === to) return x;
  const axes = x.type.shape.map((_, axis) => axis);
  return g.transpose(x, { permutation: axes.toSpliced(from, 1).toSpliced(to, 0, from) });
}

/** The results without leaves of the enclosing graph, such as constants of the body: these become operands. */
function closed(
  g: GraphBuilder,
  results: readonly Node[],
  operands: readonly Operand[],
): { readonly results: readonly Node[]; readonly operands: readonly Operand[] } {
  const step = makeGraph(
    "step",
    results.map((node, i) => ({ storage: String(i), node })),
  );
  const leaves = step.nodes.filter((node) => leafName(node) !== undefined);
  const added = leaves.map((leaf, i) => operandOf(g, "whole", `constant${i}`, leaf, leaf.type));
  const images = new Map<Node, Node>(leaves.map((leaf, i) => [leaf, added[i].argument]));
  const { outputs } = rewriteGraph(step, g, (node) => images.get(node) ?? node);
  return { results: outputs.map(({ node }) => node), operands: [...operands, ...added] };
}

export const scanOperators: Operators = { Scan: scan };
