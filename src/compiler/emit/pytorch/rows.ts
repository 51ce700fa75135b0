/**
 * Sums over the rows of a batch. Several processes share the rows of a batch, so such a sum is the sum, over all
 * processes, of the sums over their own rows. The trainer adds the sums of a loss or a metric over all processes. Any
 * other sum over rows, such as those of batch-norm, is added where it is computed.
 */
import { makeGraph, operandsOf } from "../../ir/nodes.ts";
import type { Node, OpName } from "../../ir/nodes.ts";
import { stepsOf } from "../../ir/recurrence.ts";

const rowAxes = ({ type: { shape } }: Node): number => shape.filter((size) => size === "n").length;

/** Whether the value combines all rows: it has no axis of rows, although an operand has one. */
const combinesRows = (node: Node): boolean =>
  node.op === "batchSize" ||
  (node.op !== "scan" && rowAxes(node) === 0 && operandsOf(node).some((operand) => rowAxes(operand) > 0));

const sums: ReadonlySet<OpName> = new Set<OpName>(["batchSize", "reduceSum", "contract", "scatterAdd"]);

/** Whether the value is a sum over all rows. */
export const isRowSum = (node: Node): boolean => sums.has(node.op) && combinesRows(node);

const isConstant = (node: Node): boolean =>
  node.op === "constant" || (node.op === "broadcast" && isConstant(node.operands.x));

/** The operands of which the value is a linear function; none if it is not linear. */
function linearOperands(node: Node): readonly Node[] {
  switch (node.op) {
    case "cast":
    case "negate":
    case "reshape":
    case "transpose":
      return [node.operands.x];
    case "add":
    case "subtract":
      return [node.operands.x, node.operands.y];
    case "multiply":
    case "divide": {
      const { x, y } = node.operands;
      if (isConstant(y)) return [x];
      return node.op === "multiply" && isConstant(x) ? [y] : [];
    }
    default:
      return [];
  }
}

/**
 * The nodes that the sums of a loss or a metric consist of: sums over rows, and linear functions of them. Undefined if
 * a sum is anything else.
 */
export function ownSums(results: readonly Node[]): ReadonlySet<Node> | undefined {
  const own = new Set<Node>();
  const open = [...results];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (own.has(node)) continue;
    own.add(node);
    if (isRowSum(node)) continue;
    const operands = linearOperands(node);
    if (operands.length === 0) return undefined;
    open.push(...operands);
  }
  const { nodes } = graphOf(results);
  const isShared = nodes.some(
    (node) => !own.has(node) && operandsOf(node).some((operand) => own.has(operand)),
  );
  return isShared ? undefined : own;
}

const graphOf = (roots: readonly Node[]) =>
  makeGraph(
    "values",
    roots.map((node) => ({ storage: "", node })),
  );

/** The reasons why several processes cannot compute the values of the model, and sums of losses and metrics. */
export function rowRefusals(
  values: readonly Node[],
  measures: readonly (readonly Node[])[],
): readonly string[] {
  const graph = graphOf([...values, ...measures.flat()]);
  const nodes = [...graph.nodes, ...stepsOf(graph).flatMap(({ step }) => step.nodes)];
  const mixed = nodes.flatMap((node) => {
    const where = node.origin.layer === undefined ? "the loss or a metric" : `the layer ${node.origin.layer}`;
    if (rowAxes(node) > 1) return [`${where} combines each row with each other row of the batch`];
    return combinesRows(node) && !isRowSum(node)
      ? [`${where} computes ${node.op} over the rows of the batch`]
      : [];
  });
  const isOther = measures.some((results) => ownSums(results) === undefined);
  return [
    ...new Set([
      ...mixed,
      ...(isOther ? ["the loss or a metric uses the sum over a whole batch in each row"] : []),
    ]),
  ];
}
