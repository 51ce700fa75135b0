// Estimates how much a graph computes, for comparison of graphs before lowering.
import { operandsOf } from "../../src/compiler/ir/nodes.ts";
import type { Graph } from "../../src/compiler/ir/nodes.ts";
import { sizeOf } from "../../src/compiler/ir/types.ts";
import { hasTrait } from "../../src/compiler/ops/index.ts";

/** The number of rows of the batch. */
const rows = 32;

/**
 * The number of computed elements, each weighted by the cost of its op: low for cheap ops, high for divisions
 * and functions. Views cost nothing.
 */
export const work = (graph: Graph): number =>
  graph.nodes
    .filter((node) => !hasTrait(node, "view") && !hasTrait(node, "leaf") && operandsOf(node).length > 0)
    .map((node) => {
      const inputs = hasTrait(node, "reduction") ? operandsOf(node) : [node];
      const size = Math.max(...inputs.map(({ type }) => sizeOf(type.shape, rows)));
      if (node.op === "power") return size * 40; // a logarithm and an exponential
      return size * (hasTrait(node, "cheap") || hasTrait(node, "reduction") ? 1 : 20);
    })
    .reduce((sum, cost) => sum + cost, 0);

/** The number of elements in results of reductions, which are always materialised. */
export const stored = (graph: Graph): number =>
  graph.nodes
    .filter((node) => hasTrait(node, "reduction"))
    .reduce((sum, node) => sum + sizeOf(node.type.shape, rows), 0);
