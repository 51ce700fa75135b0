/**
 * Lowers nodes to loops. Each materialised node becomes a nest of loops over its elements. The nest also
 * computes the values between the node and other materialised nodes. Nests are not optimised: fusion and
 * blocking come later.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Axes, Node } from "../ir/nodes.ts";
import type { Dimension } from "../ir/types.ts";
import { add, binary, convert, integer, number, variable } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { loop, store } from "../loop/statements.ts";
import type { LoopRole, Statement } from "../loop/types.ts";
import type { BoundLowering, Piece } from "../ops/define.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";
import { combination, positionOfMaximum } from "./reduction-steps.ts";
import { operandReaders, readerOf, storedElement } from "./scope.ts";
import type { BufferLocation, Scope } from "./scope.ts";

/**
 * Loops over `shape` around `body`, which receives the loop variables. An axis of size 1 needs no loop.
 * `order` lists the axes from the outermost loop to the innermost.
 */
function nestOver(
  shape: readonly Dimension[],
  role: LoopRole,
  scope: Scope,
  body: (at: readonly Expression[]) => readonly Statement[],
  order: Axes = shape.map((_, axis) => axis),
): readonly Statement[] {
  const names = shape.map((dimension) => (dimension === 1 ? undefined : scope.fresh("i")));
  const inner = body(names.map((name) => (name === undefined ? integer(0) : variable(name, "i32"))));
  return order.reduceRight<readonly Statement[]>((statements, axis) => {
    const name = names[axis];
    return name === undefined ? statements : [loop(name, shape[axis], role, statements)];
  }, inner);
}

/** The nest of a reduction. `use` returns the statement that uses the result at the given indices. */
function reductionNest(
  node: Node,
  lowering: Extract<BoundLowering, { kind: "reduce" }>,
  accumulatorName: string,
  scope: Scope,
  use: (at: readonly Expression[], result: Expression) => Statement,
): readonly Statement[] {
  const { shape, element } = node.type;
  const role = hasTrait(node, "contraction") && shape.length > 0 ? "output" : "parallel";
  // The accumulators of contractions are many and short-lived, so all are called `sum`. Others are named
  // after their value.
  const name = scope.fresh(role === "output" ? "sum" : accumulatorName);
  const largest = scope.fresh("largest");
  const read = operandReaders(node, scope);
  const body = (at: readonly Expression[]) => {
    const elementAt = (along: readonly Expression[]) => lowering.element(at, along, read);
    const { definitions, steps } =
      lowering.combine === "place of maximum"
        ? positionOfMaximum({ name, largest, extents: lowering.extents, elementAt })
        : combination(lowering.combine, { name, element, elementAt });
    return [
      ...definitions,
      ...nestOver(lowering.extents, "reduction", scope, steps),
      use(at, variable(name, element)),
    ];
  };
  return nestOver(shape, role, scope, body, lowering.order);
}

export function lowerNode(node: Node, scope: Scope): readonly Statement[] {
  const lowering = loweringOf(node);
  const { shape, element } = node.type;
  const { buffer, index } = scope.locationOf(node);
  const memory = storedElement(node, scope.float);
  const keep = (at: readonly Expression[], value: Expression) =>
    store(buffer, index(at), convert(value, memory));
  const read = operandReaders(node, scope);
  switch (lowering.kind) {
    case "leaf":
    case "recurrence":
      throw new Error(`internal: ${node.op} cannot be a nest of its own`);
    case "element":
      if (lowering.pieces !== undefined)
        return piecesOf(node, scope).flatMap((piece) =>
          copyNest(piece.node, locationWithin({ buffer, index }, piece.start), scope),
        );
      return nestOver(shape, "parallel", scope, (at) => [keep(at, lowering.element(at, read))]);
    case "reduce":
      return reductionNest(node, lowering, buffer, scope, keep);
    case "scatter": {
      const zero = nestOver(shape, "parallel", scope, (at) => [keep(at, number(0, element))]);
      const add = (along: readonly Expression[], added: Expression) => {
        const target = index(lowering.target(along, read));
        const before: Expression = { kind: "load", buffer, at: target, type: memory };
        return store(buffer, target, convert(binary("+", before, added), memory));
      };
      const sum = scatteredSum(node);
      if (sum !== undefined && !scope.stored.has(sum.contraction))
        return [...zero, ...scatteredNest(sum, buffer, scope, add)];
      const scatter = nestOver(lowering.extents, "reduction", scope, (along) => [
        add(along, lowering.element(along, read)),
      ]);
      return [...zero, ...scatter];
    }
  }
}

/** A contraction that is not materialised. It adds each result to its destination directly. */
function scatteredNest(
  { contraction, permutation }: ScatteredSum,
  buffer: string,
  scope: Scope,
  add: (along: readonly Expression[], added: Expression) => Statement,
): readonly Statement[] {
  const lowering = loweringOf(contraction);
  if (lowering.kind !== "reduce") throw new Error(`internal: ${contraction.op} is not a contraction`);
  return reductionNest(contraction, lowering, buffer, scope, (at, sum) =>
    add(
      permutation.map((axis) => at[axis]),
      sum,
    ),
  );
}

/** The pieces that a node joins, such as the operands of a concatenation. Nested joins are flattened. */
function piecesOf(node: Node, scope: Scope): readonly Piece[] {
  const found: Piece[] = [];
  // A join of many pieces is a deep chain of joins, so a work list replaces recursion. It is a stack.
  const open = [...ownPieces(node)].reverse();
  for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
    const { node: part, start } = piece;
    const inner = scope.stored.has(part) ? [] : ownPieces(part);
    if (inner.length === 0) found.push(piece);
    for (const { node: each, start: within } of inner.toReversed())
      open.push({ node: each, start: within.map((at, axis) => at + start[axis]) });
  }
  return found;
}

function ownPieces(node: Node): readonly Piece[] {
  const lowering = loweringOf(node);
  return (lowering.kind === "element" ? lowering.pieces : undefined) ?? [];
}

const locationWithin = ({ buffer, index }: BufferLocation, start: readonly number[]): BufferLocation => ({
  buffer,
  index: (at) => index(at.map((i, axis) => add(i, integer(start[axis])))),
});

/** A nest that copies a value to another buffer. */
export function copyNest(node: Node, { buffer, index }: BufferLocation, scope: Scope): readonly Statement[] {
  const read = readerOf(node, scope);
  const memory = storedElement(node, scope.float);
  return nestOver(node.type.shape, "parallel", scope, (at) => [
    store(buffer, index(at), convert(read(at), memory)),
  ]);
}

// Contractions whose results are only added to another value, as in fold (a · b) and scatter-add (a · b).

interface ScatteredSum {
  readonly contraction: Node;
  /** Axis i of the scattered value is axis `permutation[i]` of the contraction. */
  readonly permutation: Axes;
}

/** The contraction whose results `node` scatters, if there is one. Its axes may be transposed. */
export function scatteredSum(node: Node): ScatteredSum | undefined {
  if (loweringOf(node).kind !== "scatter") return undefined;
  let [x] = operandsOf(node);
  let permutation: Axes = x.type.shape.map((_, axis) => axis);
  while (x.op === "transpose") {
    const from = x.attributes.permutation;
    permutation = permutation.map((axis) => from[axis]);
    x = x.operands.x;
  }
  return hasTrait(x, "contraction") ? { contraction: x, permutation } : undefined;
}
