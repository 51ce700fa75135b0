/**
 * Softmax as exporters write it that have no such operator, among them that of tapeless:
 *
 *     e = exp(x − max x),   z = e / Σ e
 *
 * These nodes become one node, so that patterns find it in attention and in activations.
 */
import type { Shape } from "../../compiler/ir/types.ts";
import type { ModelNode } from "../../compiler/library/onnx/model.ts";

/** What is known about the values of the nodes. */
interface Facts {
  shape(name: string): Shape;
  /** The numbers of a value that does not depend on the data. */
  numbers(name: string): readonly number[] | undefined;
  /** Whether other nodes, too, may read a value: it is the output of the model. */
  isOutput(name: string): boolean;
}

/** The nodes, in order, with one node for each composed softmax. */
export function fuseSoftmax(nodes: readonly ModelNode[], facts: Facts): readonly ModelNode[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Map(
    nodes.flatMap((node) => {
      const softmax = softmaxAt(node, producers, facts);
      const inner = softmax?.parts.slice(1).flatMap(({ outputs }) => outputs) ?? [];
      const isRead = (name: string): boolean =>
        facts.isOutput(name) ||
        nodes.some((other) => other.inputs.includes(name) && !softmax?.parts.includes(other));
      return softmax === undefined || inner.some(isRead) ? [] : [[node, softmax] as const];
    }),
  );
  const parts = new Set([...found.values()].flatMap((softmax) => softmax.parts));
  return nodes.flatMap((node) => found.get(node)?.node ?? (parts.has(node) ? [] : [node]));
}

/** The softmax of which a node computes the quotient, and its nodes, this one first. */
function softmaxAt(
  quotient: ModelNode,
  producers: ReadonlyMap<string, ModelNode>,
  facts: Facts,
): { readonly node: ModelNode; readonly parts: readonly ModelNode[] } | undefined {
  const producer = (name: string | undefined, operator: string): ModelNode | undefined => {
    const node = producers.get(name ?? "");
    return node?.operator === operator ? node : undefined;
  };
  /** The reduction whose result, with an axis of size 1, is the value. */
  const reduction = (name: string | undefined, operator: string): readonly ModelNode[] | undefined => {
    const inserted = producer(name, "Unsqueeze");
    const node = producer(inserted?.inputs[0] ?? name, operator);
    return node && [node, ...(inserted ? [inserted] : [])];
  };
  if (quotient.operator !== "Div") return undefined;
  const powers = producer(quotient.inputs[0], "Exp");
  const difference = producer(powers?.inputs[0], "Sub");
  const total = reduction(quotient.inputs[1], "ReduceSum");
  const maximum = reduction(difference?.inputs[1], "ReduceMax");
  if (!powers || !difference || !total || !maximum) return undefined;
  const [x] = difference.inputs;
  const shape = facts.shape(x);
  const axis = axisOf(maximum[0], shape.length, facts);
  if (axis === undefined || axisOf(total[0], shape.length, facts) !== axis) return undefined;
  const kept = String(shape.with(axis, 1));
  const isAlong = [quotient.inputs[1], difference.inputs[1]].every(
    (name) => String(facts.shape(name)) === kept,
  );
  const isSame = maximum[0].inputs[0] === x && total[0].inputs[0] === quotient.inputs[0];
  if (!isAlong || !isSame) return undefined;
  return {
    node: { ...quotient, operator: "Softmax", inputs: [x], attributes: new Map([["axis", axis]]) },
    parts: [quotient, powers, difference, ...total, ...maximum],
  };
}

/** The only axis of a reduction. */
function axisOf({ attributes, inputs }: ModelNode, rank: number, { numbers }: Facts): number | undefined {
  const given = attributes.get("axes") ?? numbers(inputs[1] ?? "");
  const [axis, ...others] = Array.isArray(given) ? given.map(Number) : [];
  if (axis === undefined || others.length > 0) return undefined;
  return axis < 0 ? axis + rank : axis;
}
