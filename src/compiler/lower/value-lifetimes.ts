/**
 * The lifetimes of the materialised values of a graph, and an estimate of the peak memory that they need.
 * Both use the graph alone, before lowering.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { recurrencesOf } from "../ir/recurrence.ts";
import { sizeOf } from "../ir/types.ts";
import { hasTrait } from "../ops/index.ts";
import { chooseMaterialised } from "./choose-materialised.ts";

/** The positions in the graph's list of nodes at which each materialised value is computed and read. */
export interface ValueLifetimes {
  readonly stored: ReadonlySet<Node>;
  readonly madeAt: ReadonlyMap<Node, number>;
  /** The positions of the materialised values that read the node, in order. */
  readonly readAt: ReadonlyMap<Node, readonly number[]>;
  /** The materialised values and leaves from which each materialised value is computed. */
  readonly sourcesOf: ReadonlyMap<Node, ReadonlySet<Node>>;
}

export function valueLifetimes(graph: Graph): ValueLifetimes {
  const stored = chooseMaterialised(graph);
  const madeAt = new Map(graph.nodes.map((node, position) => [node, position]));
  // All scans of a recurrence become one loop, so their values are computed at the same position.
  for (const scans of recurrencesOf(graph).values()) {
    const first = Math.min(...scans.map((scan) => madeAt.get(scan) ?? 0));
    for (const scan of scans) madeAt.set(scan, first);
  }
  const readAt = new Map<Node, number[]>();
  const through = new Map<Node, ReadonlySet<Node>>();
  const sourcesOf = new Map<Node, ReadonlySet<Node>>();
  graph.nodes.forEach((node, position) => {
    const sources = new Set<Node>();
    for (const operand of operandsOf(node))
      for (const source of through.get(operand) ?? []) sources.add(source);
    const isKept = stored.has(node) || hasTrait(node, "leaf");
    through.set(node, isKept ? new Set([node]) : sources);
    if (!stored.has(node)) return;
    sourcesOf.set(node, sources);
    for (const source of sources) readAt.set(source, [...(readAt.get(source) ?? []), position]);
  });
  return { stored, madeAt, readAt, sourcesOf };
}

const bytesOf = (node: Node, batchSize: number): number =>
  sizeOf(node.type.shape, batchSize) * (node.type.element === "f64" ? 8 : 4);

/**
 * The position at which the most bytes are live, and their number. Outputs are excluded: they have their own
 * memory.
 */
export function peakOf(
  graph: Graph,
  { stored, madeAt, readAt }: ValueLifetimes,
  batchSize: number,
): { at: number; bytes: number } {
  const change = new Array<number>(graph.nodes.length + 1).fill(0);
  const outputs = new Set(graph.outputs.map(({ node }) => node));
  for (const node of stored) {
    if (outputs.has(node)) continue;
    const made = madeAt.get(node) ?? 0;
    const last = readAt.get(node)?.at(-1) ?? made;
    change[made] += bytesOf(node, batchSize);
    change[last + 1] -= bytesOf(node, batchSize);
  }
  let live = 0;
  let peak = { at: 0, bytes: 0 };
  change.forEach((delta, at) => {
    live += delta;
    if (live > peak.bytes) peak = { at, bytes: live };
  });
  return peak;
}
