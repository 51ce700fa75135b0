/**
 * Purpose   Recompute cheap values after the memory peak instead of keeping them alive across it.
 * Requires  a graph after all passes.
 * Ensures   the same values. The peak memory, as estimated from the graph, is lower, or the graph is
 *           unchanged. Only pointwise values without function calls are recomputed, and only from values that
 *           are alive at that point anyway.
 * Example   the forward part and a weight's gradient read y = x · f; other gradients keep x and f alive
 *           =>   the weight's gradient reads y_again = x · f, and y is freed after the forward part
 *
 * (Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016, restricted to cheap
 * values.)
 */
import { withOperands } from "../ir/builder.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { nameHint } from "../ir/names.ts";
import { makeGraph, operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { checkGraph } from "../ir/verify.ts";
import { hasTrait, ops } from "../ops/index.ts";
import { defineStage } from "../stages/define.ts";
import type { Representation } from "../stages/define.ts";
import { chooseMaterialised } from "./choose-materialised.ts";
import { valueLifetimes, peakOf } from "./value-lifetimes.ts";
import type { ValueLifetimes } from "./value-lifetimes.ts";

/**
 * If the temporaries are smaller than this, rematerialisation has no benefit. They stay in a cache, where a
 * load costs no more than a recomputation.
 */
const freeBytes = 1 << 20;

/**
 * The maximum number of rounds of the search. Removing values from the peak may make another point the peak,
 * so the search is repeated.
 */
const rounds = 4;

const isPlain = (node: Node): boolean =>
  hasTrait(node, "pointwise") && (hasTrait(node, "cheap") || node.op === "divide");

/** Whether the node is computed from materialised values by plain pointwise ops alone. */
function isPlainBetween(node: Node, stored: ReadonlySet<Node>): boolean {
  const inner = (x: Node): boolean =>
    stored.has(x) ||
    hasTrait(x, "leaf") ||
    operandsOf(x).length === 0 ||
    ((hasTrait(x, "view") || isPlain(x)) && operandsOf(x).every(inner));
  return isPlain(node) && operandsOf(node).every(inner);
}

export interface Rematerialised {
  readonly graph: Graph;
  /** The recomputed values. Each must be computed directly before its first reader. */
  readonly copies: ReadonlySet<Node>;
}

export const rematerialisedGraphs: Representation<Rematerialised> = {
  check: ({ graph }, after) => checkGraph(ops, graph, after),
  snapshots: ({ graph }) => [graph],
};

/**
 * The values that are alive across the peak and can be recomputed from other values that remain alive after
 * it.
 */
function candidates(graph: Graph, lifetimes: ValueLifetimes, at: number): Set<Node> {
  const { stored, madeAt, readAt, sourcesOf } = lifetimes;
  const outputs = new Set(graph.outputs.map(({ node }) => node));
  const chosen = new Set<Node>();
  for (const node of graph.nodes) {
    if (!stored.has(node) || outputs.has(node) || (madeAt.get(node) ?? at) >= at) continue;
    const late = readAt.get(node)?.filter((position) => position > at) ?? [];
    if (late.length === 0 || !isPlainBetween(node, stored)) continue;
    const staysFor = (source: Node): boolean =>
      hasTrait(source, "leaf") ||
      (!chosen.has(source) && (readAt.get(source)?.at(-1) ?? 0) >= (late.at(-1) ?? 0));
    if ([...(sourcesOf.get(node) ?? [])].every(staysFor)) chosen.add(node);
  }
  return chosen;
}

/** The graph in which all readers after the peak read copies of the chosen values. */
function withCopies(
  { graph, copies: before }: Rematerialised,
  g: GraphBuilder,
  { stored, madeAt }: ValueLifetimes,
  chosen: ReadonlySet<Node>,
  at: number,
): Rematerialised {
  const early = new Map<Node, Node>();
  const late = new Map<Node, Node>();
  const copies = new Set<Node>();
  const rebuilt = (node: Node, isLate: boolean): Node => {
    const operands = operandsOf(node);
    const images = operands.map((operand) => imageOf(operand, isLate));
    if (images.some((image, i) => image !== operands[i])) return withOperands(g, node, images);
    // A value that is not materialised is duplicated: each side of the peak computes its own copy. If both
    // sides shared the value, it could become materialised.
    return isLate && !stored.has(node) && operands.length > 0 ? { ...node } : node;
  };
  const imageOf = (node: Node, isLate: boolean): Node => {
    const isCopied = isLate && chosen.has(node);
    // A materialised value is computed at its original position, and its copy after the memory peak. Any
    // other value is computed on the same side of the peak as its reader.
    const side = isCopied || (!stored.has(node) && isLate) ? late : early;
    const known = side.get(node);
    if (known !== undefined) return known;
    const image = isCopied
      ? g.named(`${nameHint(node)}_again`, rebuilt(node, true))
      : rebuilt(node, side === late || (madeAt.get(node) ?? 0) > at);
    side.set(node, image);
    if (isCopied || before.has(node)) copies.add(image);
    return image;
  };
  // Visiting the nodes in graph order keeps the recursion shallow.
  for (const node of graph.nodes) if (stored.has(node)) imageOf(node, false);
  const outputs = graph.outputs.map(({ storage, node }) => ({ storage, node: imageOf(node, false) }));
  return { graph: withCopiesLate(makeGraph(graph.name, outputs), copies), copies };
}

/**
 * The same graph with each copy moved directly before the first materialised value that reads it, directly or
 * through other values.
 */
function withCopiesLate(graph: Graph, copies: ReadonlySet<Node>): Graph {
  const stored = chooseMaterialised(graph);
  const done = new Set<Node>();
  const nodes: Node[] = [];
  const place = (node: Node): void => {
    if (done.has(node)) return;
    done.add(node);
    operandsOf(node).forEach(place);
    nodes.push(node);
  };
  for (const node of graph.nodes) if (stored.has(node) && !copies.has(node)) place(node);
  for (const { node } of graph.outputs) place(node);
  return { ...graph, nodes };
}

interface Context {
  readonly g: GraphBuilder;
  readonly batchSize: number;
}

function rematerialised(given: Rematerialised, { g, batchSize }: Context): Rematerialised {
  let current = given;
  for (let round = 0; round < rounds; round++) {
    const lifetimes = valueLifetimes(current.graph);
    const peak = peakOf(current.graph, lifetimes, batchSize);
    if (peak.bytes <= freeBytes) break;
    const chosen = candidates(current.graph, lifetimes, peak.at);
    if (chosen.size === 0) break;
    const next = withCopies(current, g, lifetimes, chosen, peak.at);
    if (peakOf(next.graph, valueLifetimes(next.graph), batchSize).bytes >= peak.bytes) break;
    current = next;
  }
  return current;
}

export const rematerialise = defineStage("rematerialise", rematerialisedGraphs, { each: rematerialised });
