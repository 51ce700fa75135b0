/**
 * Decides which nodes are materialised in a buffer and which are computed where they are read. The rules:
 *
 * - Graph outputs and nodes that need loops of their own (sums, contractions) are materialised.
 * - A pointwise value with one reader is computed in that reader. It is materialised, however, if each
 *   element would be computed many times: if a contraction or a recurrence reads it, or if the value is
 *   expensive and a view such as a window or a broadcast repeats it.
 * - A contraction whose results are only scattered is not materialised. Each result is added to its
 *   destination directly.
 * - A view that selects the source of each element (concatenation, padding) is materialised if a contraction
 *   reads it.
 * - A value with several readers is materialised, unless recomputing it costs less than loading it
 *   (`recomputeLimit`).
 * - If a chain of cheap ops, such as bias and relu, follows a contraction, the last value of the chain is
 *   materialised. Its readers then do not recompute it from the contraction.
 *
 * If all readers of a materialised value end up in the loop that computes it, `scalar-replacement.ts` makes
 * it a local variable.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { hasTrait } from "../ops/index.ts";
import { scatteredSum } from "./lower-nodes.ts";

/** The largest cost of a recomputed value, in units of one addition. A load costs about two units. */
const recomputeLimit = 2;
const costOfFunction = 20;
/**
 * The maximum depth of an expression. Deeper expressions are unreadable, and recursive traversals would
 * overflow the stack.
 */
const maxDepth = 100;

interface Reader {
  readonly node: Node | "output";
  /** Whether the reader reads each element more than once, directly or through a view. */
  readonly repeats: boolean;
}

/**
 * The readers of each node. A view that is not materialised is skipped: its readers are treated as readers of
 * its operand.
 */
function readersOf(graph: Graph): Map<Node, Reader[]> {
  const readers = new Map<Node, Reader[]>(graph.nodes.map((node) => [node, []]));
  for (const { node } of graph.outputs) readers.get(node)?.push({ node: "output", repeats: false });
  for (const node of [...graph.nodes].reverse()) {
    const own = readers.get(node) ?? [];
    const isTransparent = hasTrait(node, "view") && !isStoredView(node, own);
    for (const operand of operandsOf(node)) {
      const grows = repeatsElements(node);
      const through: readonly Reader[] = isTransparent
        ? own.map((reader) => ({ ...reader, repeats: reader.repeats || grows }))
        : [{ node, repeats: readsOften(node) }];
      readers.get(operand)?.push(...through);
    }
  }
  return readers;
}

/**
 * Whether the node is a view to materialise: a contraction that reads it would select the source of each
 * element repeatedly.
 */
const isStoredView = (node: Node, readers: readonly Reader[]): boolean =>
  hasTrait(node, "chooses") &&
  readers.some((reader) => reader.node !== "output" && hasTrait(reader.node, "contraction"));

/** Whether the node is a view that repeats elements of its operand. */
const repeatsElements = (node: Node): boolean =>
  hasTrait(node, "view") && operandsOf(node).every((x) => volume(x) < volume(node));

/** Whether the node reads each element many times. A contraction does, and a recurrence may. */
const readsOften = (node: Node): boolean => hasTrait(node, "contraction") || hasTrait(node, "recurrence");

const volume = (node: Node): number => node.type.shape.reduce<number>((v, d) => v * (d === "n" ? 2 : d), 1);

/** The cost of the node itself for one element, without its operands. */
const ownCost = (node: Node): number =>
  hasTrait(node, "view") || operandsOf(node).length === 0 ? 0 : hasTrait(node, "cheap") ? 1 : costOfFunction;

const takesLoops = (node: Node): boolean => hasTrait(node, "reduction") || hasTrait(node, "recurrence");

/** Whether the only reader of a contraction adds up its results. Each result can then be added directly. */
function isScattered(node: Node, readers: ReadonlyMap<Node, readonly Reader[]>): boolean {
  const [reader, ...others] = readers.get(node) ?? [];
  if (reader === undefined || reader.node === "output" || others.length > 0) return false;
  return scatteredSum(reader.node)?.contraction === node;
}

/**
 * Whether the node is the end of a chain of cheap values that follow a sum, each with a single reader. The
 * end is computed once, directly after the sum, and replaces the sum in memory.
 */
function finishesSum(node: Node, readers: ReadonlyMap<Node, readonly Reader[]>): boolean {
  const isNext = (x: Node, of: Node): boolean => {
    const list = readers.get(x) ?? [];
    return volume(x) === volume(of) && list.length > 0 && list.every((reader) => reader.node === of);
  };
  const isCheap = (of: Node): boolean => hasTrait(of, "pointwise") && hasTrait(of, "cheap");
  const follows = (of: Node): boolean =>
    isCheap(of) && operandsOf(of).some((x) => isNext(x, of) && (hasTrait(x, "contraction") || follows(x)));
  if (!follows(node)) return false;
  const [reader, ...others] = readers.get(node) ?? [];
  if (reader === undefined || reader.node === "output" || others.length > 0) return true;
  // The node is not the end if the next value continues the chain.
  return !(isNext(node, reader.node) && isCheap(reader.node));
}

export function chooseMaterialised(graph: Graph): Set<Node> {
  const readers = readersOf(graph);
  const stored = new Set<Node>();
  const isOutput = new Set(graph.outputs.map(({ node }) => node));
  for (const node of graph.nodes)
    if ((isOutput.has(node) && !hasTrait(node, "leaf")) || (takesLoops(node) && !isScattered(node, readers)))
      stored.add(node);
  // The cost of computing one element from materialised values. The costs of operands are known, because
  // operands come first.
  const costs = new Map<Node, number>();
  const depths = new Map<Node, number>();
  for (const node of graph.nodes) {
    const parts = operandsOf(node).map((x) => (stored.has(x) ? 0 : (costs.get(x) ?? 0)));
    const cost = parts.reduce((sum, part) => sum + part, ownCost(node));
    costs.set(node, cost);
    const within = operandsOf(node).map((x) => (stored.has(x) ? 0 : (depths.get(x) ?? 0)));
    const depth = Math.max(0, ...within) + 1;
    depths.set(node, depth);
    const list = readers.get(node) ?? [];
    if (isStoredView(node, list)) stored.add(node);
    if (stored.has(node) || hasTrait(node, "view") || operandsOf(node).length === 0) continue;
    const several = new Set(list.map((reader) => reader.node)).size > 1;
    const repeated = list.some(
      (reader) =>
        reader.repeats && (cost > recomputeLimit || (reader.node !== "output" && readsOften(reader.node))),
    );
    const isDeep = depth > maxDepth;
    if (isDeep || repeated || (several && cost > recomputeLimit) || finishesSum(node, readers))
      stored.add(node);
  }
  return stored;
}
