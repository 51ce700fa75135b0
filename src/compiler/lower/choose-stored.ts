/**
 * Which nodes get a buffer, and which are computed where they are read. The cost model, in one place:
 *
 * - what takes a loop of its own (sums, products) and what leaves the graph is stored;
 * - a pointwise value with one reader is computed there, unless the reader would compute it many times over: a
 *   contraction, a window, or a repetition of something costly;
 * - a product that only another node adds up is neither: its results go where they belong one by one;
 * - a view that has to choose where an element comes from (a joining, a padding) is stored if a product reads it;
 * - with several readers it is stored, unless computing it again costs less than loading it (`recomputeLimit`); but
 *   what finishes a product (a bias, a relu) is stored in the product's place, not computed from it again and again.
 *
 * A stored value whose readers all end up in its own loop becomes a local variable later (`scalar-replacement.ts`).
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { hasTrait } from "../ops/index.ts";
import { scatteredSum } from "./lower-nodes.ts";

/** In units of one addition; a load counts about as much as two. */
const recomputeLimit = 2;
const costOfFunction = 20;
/** No expression is deeper: nobody could read it, and whatever walks it would run out of stack in the end. */
const deepest = 100;

interface Reader {
  readonly node: Node | "output";
  /** Each element is read, or the path repeats it, more than once. */
  readonly repeats: boolean;
}

/** Who reads each node, views looked through. A view that is stored itself is read like anything else. */
function readersOf(graph: Graph): Map<Node, Reader[]> {
  const readers = new Map<Node, Reader[]>(graph.nodes.map((node) => [node, []]));
  for (const { node } of graph.outputs) readers.get(node)?.push({ node: "output", repeats: false });
  for (const node of [...graph.nodes].reverse()) {
    const own = readers.get(node) ?? [];
    const passesOn = hasTrait(node, "view") && !isStoredView(node, own);
    for (const operand of operandsOf(node)) {
      const grows = repeatsElements(node);
      const through: readonly Reader[] = passesOn
        ? own.map((reader) => ({ ...reader, repeats: reader.repeats || grows }))
        : [{ node, repeats: readsOften(node) }];
      readers.get(operand)?.push(...through);
    }
  }
  return readers;
}

/** A view that would choose, for every product that reads it, where an element comes from. */
const isStoredView = (node: Node, readers: readonly Reader[]): boolean =>
  hasTrait(node, "chooses") &&
  readers.some((reader) => reader.node !== "output" && hasTrait(reader.node, "contraction"));

/** A view that shows an element of its operand more than once. */
const repeatsElements = (node: Node): boolean =>
  hasTrait(node, "view") && operandsOf(node).every((x) => volume(x) < volume(node));

/** What reads each element many times: a product, and a recurrence, which may do anything with what it is given. */
const readsOften = (node: Node): boolean => hasTrait(node, "contraction") || hasTrait(node, "recurrence");

const volume = (node: Node): number => node.type.shape.reduce<number>((v, d) => v * (d === "n" ? 2 : d), 1);

/** What a node itself adds to the work of computing one element. */
const ownCost = (node: Node): number =>
  hasTrait(node, "view") || operandsOf(node).length === 0 ? 0 : hasTrait(node, "cheap") ? 1 : costOfFunction;

const takesLoops = (node: Node): boolean => hasTrait(node, "reduction") || hasTrait(node, "recurrence");

/** Whether all that happens to a product is that another node adds its results up: then it does so as they come. */
function isScattered(node: Node, readers: ReadonlyMap<Node, readonly Reader[]>): boolean {
  const [reader, ...others] = readers.get(node) ?? [];
  if (reader === undefined || reader.node === "output" || others.length > 0) return false;
  return scatteredSum(reader.node)?.contraction === node;
}

/**
 * Whether the node is the end of a chain of cheap values, each read by the next alone, behind a sum: it takes
 * the sum's place in memory, and is computed once, where the sum is at hand.
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
  // Not yet the end, if the next one takes its place.
  return !(isNext(node, reader.node) && isCheap(reader.node));
}

export function chooseStored(graph: Graph): Set<Node> {
  const readers = readersOf(graph);
  const stored = new Set<Node>();
  const isOutput = new Set(graph.outputs.map(({ node }) => node));
  for (const node of graph.nodes)
    if ((isOutput.has(node) && !hasTrait(node, "leaf")) || (takesLoops(node) && !isScattered(node, readers)))
      stored.add(node);
  // The work of computing one element from what is stored, which grows on the way: operands stand first.
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
    const isDeep = depth > deepest;
    if (isDeep || repeated || (several && cost > recomputeLimit) || finishesSum(node, readers))
      stored.add(node);
  }
  return stored;
}
