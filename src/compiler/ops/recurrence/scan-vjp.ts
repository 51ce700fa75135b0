/**
 * The derivative of a recurrence: a recurrence that runs in the opposite direction.
 *
 * Its step is the derivative of the forward step, and reads values of that step. Sequences and whole operands
 * are read again. Views, and pointwise values that cost less than a load, are recomputed. Every other value
 * is saved as an additional stacked value of the forward recurrence. Thus no expensive value is computed
 * twice, and only values that the derivative reads are saved.
 */
import { withOperands } from "../../ir/builder.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { nameHint } from "../../ir/names.ts";
import { collectNodes, operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf, Recurrence, StepOperand } from "../../ir/nodes.ts";
import { argumentNode, scanOf, stepType, timeAxisOf, varyingNodes } from "../../ir/recurrence.ts";
import { isFloat } from "../../ir/types.ts";
import type { TensorType } from "../../ir/types.ts";
import type { OpDefinition, Reverse } from "../define.ts";
import { sumOverTime } from "./sum-over-time.ts";

/** Collects the operands of a new recurrence, each with the node that provides it. */
class Operands {
  readonly list: { readonly operand: StepOperand; readonly node: Node }[] = [];
  private readonly g: GraphBuilder;
  constructor(g: GraphBuilder) {
    this.g = g;
  }
  argument(base: string, role: StepOperand["role"], type: TensorType, node: Node): NodeOf<"argument"> {
    const taken = this.list.filter(({ operand }) => operand.name.replace(/_\d+$/, "") === base).length;
    const name = taken === 0 ? base : `${base}_${taken + 1}`;
    const argument = argumentNode(this.g, name, type);
    this.list.push({ operand: { name, role, argument }, node });
    return argument;
  }
}

/** Translates nodes of the derivative into nodes of the backward recurrence's step. */
function imagesIn(
  z: NodeOf<"scan">,
  operands: Operands,
  g: GraphBuilder,
  hasTrait: Reverse["hasTrait"],
): (node: Node) => Node {
  const { recurrence, value } = z.attributes;
  const made = [value, ...recurrence.operands.flatMap(({ next }) => next ?? [])];
  const nodes = collectNodes(made.map((node, i) => ({ storage: String(i), node })));
  const forward = new Set(nodes);
  const varying = varyingNodes(nodes, recurrence.operands);
  const byArgument = new Map<Node, StepOperand>(recurrence.operands.map((o) => [o.argument, o]));
  const given: Readonly<Record<string, Node>> = z.operands;
  const keep = (node: Node): Node => {
    const origin = { forward: undefined, rule: undefined, ...node.origin };
    const stack = g.within(origin, () => scanOf(g, recurrence, node, operandsOf(z)));
    // The saved value of an argument is its value before the step.
    const name = node.op === "argument" ? `${nameHint(node)}_before` : nameHint(node);
    return operands.argument(name, "each", node.type, g.named(name, stack));
  };
  const fresh = (node: Node): Node => {
    const operand = byArgument.get(node);
    if (operand !== undefined && operand.role !== "carried")
      return operands.argument(operand.name, operand.role, node.type, given[operand.name]);
    const parts = operandsOf(node);
    const isCheap = hasTrait(node, "view") || (hasTrait(node, "pointwise") && hasTrait(node, "cheap"));
    const again = !forward.has(node) || !varying.has(node) || isCheap;
    if (operand === undefined && again)
      return parts.length === 0 ? node : withOperands(g, node, parts.map(image));
    return keep(node);
  };
  const images = new Map<Node, Node>();
  const image = (node: Node): Node => {
    const known = images.get(node) ?? fresh(node);
    images.set(node, known);
    return known;
  };
  return image;
}

export const scanVjp: OpDefinition<"scan">["vjp"] = (z, dz, g, { pullback, hasTrait }) => {
  const { recurrence, value } = z.attributes;
  const { length, reverse } = recurrence;
  const operands = new Operands(g);

  // The derivative of the forward step. Its seeds are the carried values after the step and the stacked
  // value.
  const seeds = new Map<Node, Node>();
  const seed = (node: Node, cotangent: Node) => {
    const before = seeds.get(node);
    seeds.set(node, before === undefined ? cotangent : g.add(before, cotangent));
  };
  const carriedCotangents = new Map<string, NodeOf<"argument">>();
  for (const { name, argument, next } of recurrence.operands)
    if (next !== undefined && isFloat(next.type.element)) {
      const zero = g.broadcastTo(g.number(0, next.type.element), next.type.shape);
      const cotangent = operands.argument(`d_${nameHint(argument)}`, "carried", next.type, zero);
      carriedCotangents.set(name, cotangent);
      seed(next, cotangent);
    }
  seed(value, operands.argument("d_value", "each", stepType(dz.type, length), dz));
  const cotangents = pullback(
    seeds,
    recurrence.operands.map(({ argument }) => argument),
    g,
  );

  const image = imagesIn(z, operands, g, hasTrait);
  const images = new Map<string, Node>();
  recurrence.operands.forEach(({ name }, i) => {
    const cotangent = cotangents[i];
    if (cotangent !== undefined) images.set(name, image(cotangent));
  });
  const next = ({ name, next: made }: StepOperand): Node | undefined =>
    made && (images.get(name) ?? g.broadcastTo(g.number(0, made.type.element), made.type.shape));
  const carriedNext = new Map<Node, Node>();
  for (const operand of recurrence.operands) {
    const cotangent = carriedCotangents.get(operand.name);
    const made = next(operand);
    if (cotangent !== undefined && made !== undefined) carriedNext.set(cotangent, made);
  }
  const backward: Recurrence = {
    length,
    reverse: !reverse,
    operands: operands.list.map(({ operand }) =>
      operand.role === "carried" ? { ...operand, next: carriedNext.get(operand.argument) } : operand,
    ),
  };
  const given = operands.list.map(({ node }) => node);
  const stack = (node: Node): Node => scanOf(g, backward, node, given);

  const cotangentOf = ({ name, role, argument }: StepOperand): Node | null => {
    const cotangent = images.get(name);
    if (cotangent === undefined) return null;
    if (role === "each") return stack(cotangent);
    if (role === "whole") return sumOverTime(cotangent, backward, given, g, hasTrait);
    // The cotangent of the initial value comes from the last backward step, which is the first forward step.
    return atStep(g, stack(cotangent), argument.type, reverse ? length - 1 : 0);
  };
  return Object.fromEntries(recurrence.operands.map((operand) => [operand.name, cotangentOf(operand)]));
};

/** The element of a stack at one step. */
function atStep(g: GraphBuilder, stack: Node, { shape }: TensorType, t: number): Node {
  const axis = timeAxisOf(shape);
  const start = stack.type.shape.map((_, i) => (i === axis ? t : 0));
  const box = stack.type.shape.map((size, i) => (i === axis ? 1 : size));
  return g.reshape(g.slice(stack, { start, shape: box }), { shape });
}
