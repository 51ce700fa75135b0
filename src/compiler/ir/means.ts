/** Recognises means. There is no op for a mean: it is a sum divided by the number of its terms. */
import type { Axes, Node } from "./nodes.ts";
import type { Shape } from "./types.ts";

/** Both operands of a commutative op, in both orders. */
const bothOrders = ({ x, y }: { readonly x: Node; readonly y: Node }) => [
  [x, y],
  [y, x],
];

const unrepeated = (x: Node): Node => (x.op === "broadcast" ? unrepeated(x.operands.x) : x);

const isNumber = (x: Node, value: number): boolean => x.op === "constant" && x.attributes.value === value;

/** The sum Σ y in a mean Σ y / N or Σ y · (1 / N), where N is the number of terms. */
function sumOfMean(mean: Node) {
  if (mean.op !== "divide" && mean.op !== "multiply") return undefined;
  for (const [sum, other] of mean.op === "divide"
    ? [[mean.operands.x, mean.operands.y]]
    : bothOrders(mean.operands)) {
    if (sum.op !== "reduceSum") continue;
    const factor = unrepeated(other);
    const count = mean.op === "divide" ? factor : reciprocalOf(factor);
    const { shape } = sum.operands.x.type;
    const sizes = sum.attributes.axes.map((axis) => shape[axis]);
    if (count !== undefined && isCount(count, sizes)) return sum;
  }
  return undefined;
}

/** x, if the node is 1 / x. */
const reciprocalOf = (x: Node): Node | undefined =>
  x.op === "divide" && isNumber(x.operands.x, 1) ? x.operands.y : undefined;

/** Whether a scalar node is the number of elements of a shape. */
function isCount(count: Node, sizes: Shape): boolean {
  const fixed = sizes.reduce<number>((product, size) => (size === "n" ? product : product * size), 1);
  if (!sizes.includes("n")) return isNumber(count, fixed);
  if (count.op === "batchSize") return fixed === 1;
  if (count.op !== "multiply") return false;
  return bothOrders(count.operands).some(
    ([times, rows]) => isNumber(times, fixed) && rows.op === "batchSize",
  );
}

export const isMean = (node: Node): boolean => sumOfMean(node) !== undefined;

/** Whether `mean` is the mean of x over these axes. */
export function isMeanOf(mean: Node, x: Node, axes: Axes): boolean {
  const sum = sumOfMean(mean);
  return sum?.operands.x === x && sum.attributes.axes.toSorted().join() === axes.toSorted().join();
}
