// How much a graph computes, as far as rewriting can tell before anything is lowered.
import { operandsOf } from "../../src/compiler/ir/nodes.ts";
import type { Graph } from "../../src/compiler/ir/nodes.ts";
import { sizeOf } from "../../src/compiler/ir/types.ts";
import { hasTrait } from "../../src/compiler/ops/index.ts";

/** For a batch of as many rows. */
const rows = 32;

/**
 * Elements computed, each by what its op costs: cheap ones little, divisions and functions much. Views cost
 * nothing.
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

/** Elements of results of reductions, which are always stored. */
export const stored = (graph: Graph): number =>
  graph.nodes
    .filter((node) => hasTrait(node, "reduction"))
    .reduce((sum, node) => sum + sizeOf(node.type.shape, rows), 0);
