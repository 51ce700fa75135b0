// Running error analysis: for each element of each node an upper bound of |computed − exact|, for nodes that
// are each rounded once (N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, sections 3.3 and
// 4.2). With E for bounds and u for the unit:
//
//     z = x ± y       Ez = Ex + Ey + u |z|
//     z = x y         Ez = |x| Ey + |y| Ex + Ex Ey + u |z|     + tiny, for underflow
//     z = x / y       Ez = (Ex + |z| Ey) / (|y| − Ey) + u |z|  + tiny
//     z = Σ x         Ez = Σ Ex + n u Σ (|x| + Ex)             of n terms in any order
//     z = exp x       Ez = |z| (exp Ex − 1) + 4 u |z|          functions are within 2 units in the last place
import { operandNamesOf, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import { evaluateOp, hasTrait } from "../../../src/compiler/ops/index.ts";
import type { Tensor } from "../../../src/compiler/ops/tensor.ts";

export interface Arithmetic {
  /** The largest relative error of one rounding. */
  readonly unit: number;
  /** The largest absolute error from underflow; 0 to ignore underflow. */
  readonly tiny: number;
  /** The error of a constant, given its value in the graph. */
  constant(value: number): number;
}

/** 0 · ∞ is 0 here, because an exact operand adds no error. */
const times = (x: number, y: number): number => (x === 0 || y === 0 ? 0 : x * y);

export function roundingBounds(
  nodes: readonly Node[],
  values: ReadonlyMap<Node, Tensor>,
  rows: number,
  arithmetic: Arithmetic,
): Map<Node, Float64Array> {
  const bounds = new Map<Node, Float64Array>();
  for (const node of nodes) bounds.set(node, boundOf(node, values, bounds, rows, arithmetic));
  return bounds;
}

function boundOf(
  node: Node,
  values: ReadonlyMap<Node, Tensor>,
  bounds: ReadonlyMap<Node, Float64Array>,
  rows: number,
  { unit, tiny, constant }: Arithmetic,
): Float64Array {
  const none: Tensor = { shape: [], data: new Float64Array(0) };
  const z = values.get(node) ?? none;
  const operands = operandsOf(node);
  const tensors = operands.map((operand) => values.get(operand) ?? none);
  const [x, y] = tensors.map(({ data }) => data);
  const errors = operands.map((operand) => bounds.get(operand) ?? new Float64Array(0));
  const [ex, ey] = errors;
  const each = (bound: (i: number, size: number) => number) =>
    z.data.map((value, i) => bound(i, Math.abs(value)));
  /** The op evaluated on other numbers. */
  const applied = (lists: readonly Float64Array[], of = node): Float64Array => {
    const names = operandNamesOf(node.op, node.attributes);
    const record = lists.map((data, i): [string, Tensor] => [names[i], { shape: tensors[i].shape, data }]);
    return evaluateOp(of, Object.fromEntries(record), z.shape, rows).data;
  };
  switch (node.op) {
    case "constant":
      return each(() => constant(node.attributes.value));
    case "negate":
    case "stopGradient":
    case "cast": // of a bool, or to the same type
      return ex;
    case "add":
    case "subtract":
      return each((i, size) => ex[i] + ey[i] + times(unit, size));
    case "multiply":
      return each(
        (i, size) =>
          times(Math.abs(x[i]), ey[i]) +
          times(Math.abs(y[i]), ex[i]) +
          times(ex[i], ey[i]) +
          times(unit, size) +
          tiny,
      );
    case "divide":
      return each((i, size) => {
        const room = Math.abs(y[i]) - ey[i];
        const own = times(unit, size) + tiny;
        if (ex[i] === 0 && ey[i] === 0) return own;
        // The divisions come first. In doubles, the product of a quotient and the error of a subnormal
        // divisor would be 0.
        return room > 0 ? ex[i] / room + times(size, ey[i] / room) + own : Infinity;
      });
    case "exp":
      return each((i, size) => times(size, Math.expm1(ex[i])) + times(4 * unit, size) + tiny);
    case "select":
      return each((i) => (tensors[0].data[i] !== 0 ? errors[1][i] : errors[2][i]));
    case "reduceSum":
    case "fold": {
      const count = applied([x.map(() => 1)]);
      const sizes = applied([x.map((value, i) => Math.abs(value) + ex[i])]);
      const inherited = applied([ex]);
      return each((i) => inherited[i] + times(count[i] * unit, sizes[i]));
    }
    default:
      if (hasTrait(node, "view"))
        return applied(
          errors,
          node.op === "pad" ? { ...node, attributes: { ...node.attributes, value: 0 } } : node,
        );
      if (operands.length === 0) return each(() => 0);
      return each((i, size) =>
        errors.every((error) => error[i] === 0) ? times(4 * unit, size) + tiny : Infinity,
      );
  }
}
