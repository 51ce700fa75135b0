/** What a pass is: a named pure function from graph to graph. Its name is given once, here; logs and flags use it. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph } from "../ir/nodes.ts";

export interface Pass {
  readonly name: string;
  /** `exact`: leave out what may change rounding. */
  run(graph: Graph, g: GraphBuilder, options: { readonly exact: boolean }): Graph;
}

export const definePass = (name: string, run: Pass["run"]): Pass => ({ name, run });
