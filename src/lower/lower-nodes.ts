/**
 * From graph to loops: each stored node becomes a nest of loops over its elements, in graph order; everything between
 * stored nodes is computed inside. Nests are naive here: one node, one nest. Fusion and blocking come later.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import type { Dimension } from "../ir/types.ts";
import { binary, call, convert, integer, number, variable } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { assign, define, loop, store } from "../loop/statements.ts";
import type { LoopRole, Statement } from "../loop/types.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";
import type { Read } from "../ops/define.ts";

/** A nest and the node that it computes. */
export interface Nest {
  readonly node: Node;
  readonly statements: readonly Statement[];
}

export interface Naming {
  /** The buffer of a stored node or leaf. */
  bufferOf(node: Node): string;
  /** A loop variable or accumulator that no other has. */
  fresh(base: string): string;
}

/** The value as memory holds it: a bool as 0 or 1 in the element type of its buffer. */
export const storedElement = (node: Node, float: "f32" | "f64"): "f32" | "f64" | "i32" =>
  node.type.element === "bool" ? float : node.type.element;

/** How an element of `node` is read: from its buffer, or computed on the spot. */
function readerOf(node: Node, stored: ReadonlySet<Node>, naming: Naming, float: "f32" | "f64"): Read {
  if (stored.has(node) || hasTrait(node, "leaf")) {
    const buffer = naming.bufferOf(node);
    const type = storedElement(node, float);
    return (at) => convert({ kind: "load", buffer, at, type }, node.type.element);
  }
  const lowering = loweringOf(node);
  if (lowering.kind !== "element") throw new Error(`internal: ${node.op} must be stored`);
  const read = operandReaders(node, stored, naming, float);
  return (at) => lowering.element(at, read);
}

const operandReaders = (
  node: Node,
  stored: ReadonlySet<Node>,
  naming: Naming,
  float: "f32" | "f64",
): Record<string, Read> => {
  const names = Object.keys(node.operands);
  return Object.fromEntries(
    operandsOf(node).map((operand, i) => [names[i], readerOf(operand, stored, naming, float)]),
  );
};

/** Loops over `shape` around what `body` makes of their variables; an axis of size one needs no loop. */
function nestOver(
  shape: readonly Dimension[],
  role: LoopRole,
  naming: Naming,
  body: (at: readonly Expression[]) => readonly Statement[],
): readonly Statement[] {
  const names = shape.map((dimension) => (dimension === 1 ? undefined : naming.fresh("i")));
  const inner = body(names.map((name) => (name === undefined ? integer(0) : variable(name, "i32"))));
  return shape.reduceRight<readonly Statement[]>((statements, dimension, axis) => {
    const name = names[axis];
    return name === undefined ? statements : [loop(name, dimension, role, statements)];
  }, inner);
}

export function lowerNode(node: Node, stored: ReadonlySet<Node>, naming: Naming, float: "f32" | "f64"): Nest {
  const lowering = loweringOf(node);
  const { shape, element } = node.type;
  const buffer = naming.bufferOf(node);
  const memory = storedElement(node, float);
  const keep = (at: readonly Expression[], value: Expression) => store(buffer, at, convert(value, memory));
  const read = operandReaders(node, stored, naming, float);
  switch (lowering.kind) {
    case "leaf":
      throw new Error("internal: a leaf is not lowered");
    case "element":
      return {
        node,
        statements: nestOver(shape, "parallel", naming, (at) => [keep(at, lowering.element(at, read))]),
      };
    case "reduce": {
      const isSum = lowering.combine === "sum";
      const role = hasTrait(node, "contraction") && shape.length > 0 ? "output" : "parallel";
      // Sums of products are many and short-lived; other results are known by the name of what they are.
      const name = naming.fresh(role === "output" ? "sum" : buffer);
      const accumulator = variable(name, element);
      const combine = (x: Expression) =>
        isSum ? binary("+", accumulator, x) : call("maximum", [accumulator, x], element);
      const statements = nestOver(shape, role, naming, (at) => [
        define(name, number(isSum ? 0 : -Infinity, element), true),
        ...nestOver(lowering.extents, "reduction", naming, (along) => [
          assign(name, combine(lowering.element(at, along, read))),
        ]),
        keep(at, accumulator),
      ]);
      return { node, statements };
    }
    case "scatter": {
      const zero = nestOver(shape, "parallel", naming, (at) => [keep(at, number(0, element))]);
      const scatter = nestOver(lowering.extents, "reduction", naming, (along) => {
        const target = lowering.target(along, read);
        const before: Expression = { kind: "load", buffer, at: target, type: memory };
        return [store(buffer, target, binary("+", before, lowering.element(along, read)))];
      });
      return { node, statements: [...zero, ...scatter] };
    }
  }
}

/** Leaves a stored value, or a leaf, in a place of storage. */
export const copyNest = (node: Node, buffer: string, naming: Naming, float: "f32" | "f64"): Nest => ({
  node,
  statements: nestOver(node.type.shape, "parallel", naming, (at) => [
    store(buffer, at, { kind: "load", buffer: naming.bufferOf(node), at, type: storedElement(node, float) }),
  ]),
});
