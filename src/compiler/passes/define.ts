/**
 * The definition of a pass: a stage from graph to graph. The step of a recurrence is a separate graph, which
 * a pass transforms before the graph that contains the recurrence.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph } from "../ir/nodes.ts";
import { rewriteSteps } from "../ir/recurrence.ts";
import { checkGraph } from "../ir/verify.ts";
import { ops } from "../ops/index.ts";
import { defineStage } from "../stages/define.ts";
import type { Applied, Representation, StageOn } from "../stages/define.ts";

export const graphs: Representation<Graph> = {
  check: (graph, after) => checkGraph(ops, graph, after),
  snapshots: (graph) => [graph],
};

/** The context that all passes of a compilation share. */
export interface PassContext {
  readonly g: GraphBuilder;
  /** Whether rewrites that may change rounding are omitted. */
  readonly exact: boolean;
}

export interface PassOptions {
  readonly exact: boolean;
  readonly applied?: Applied;
}

export interface Pass extends StageOn<Graph, PassContext> {
  /** Transforms one graph, but not the steps of its recurrences. */
  readonly run: (graph: Graph, g: GraphBuilder, options: PassOptions) => Graph;
}

export const definePass = (name: string, run: Pass["run"]): Pass => {
  const each = (graph: Graph, { g, exact }: PassContext, applied: Applied) => {
    const apply = (part: Graph) => run(part, g, { exact, applied });
    return apply(rewriteSteps(graph, g, apply));
  };
  return { ...defineStage(name, graphs, { each }), run };
};
