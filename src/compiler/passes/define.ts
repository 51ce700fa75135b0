/**
 * What a pass is: a stage from graph to graph. It works on the steps of recurrences before the graph around them,
 * since a step is a graph of its own.
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

/** What all passes of a compilation share. */
export interface PassContext {
  readonly g: GraphBuilder;
  /** Leave out what may change rounding. */
  readonly exact: boolean;
}

export interface PassOptions {
  readonly exact: boolean;
  readonly applied?: Applied;
}

export interface Pass extends StageOn<Graph, PassContext> {
  /** On one graph, the steps in it left alone. */
  readonly run: (graph: Graph, g: GraphBuilder, options: PassOptions) => Graph;
}

export const definePass = (name: string, run: Pass["run"]): Pass => {
  const each = (graph: Graph, { g, exact }: PassContext, applied: Applied) => {
    const apply = (part: Graph) => run(part, g, { exact, applied });
    return apply(rewriteSteps(graph, g, apply));
  };
  return { ...defineStage(name, graphs, { each }), run };
};
