/** What a pass is: a named pure function from graph to graph. Its name is given once, here; logs and flags use it. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph } from "../ir/nodes.ts";

export interface PassOptions {
  /** Leave out what may change rounding. */
  readonly exact: boolean;
  /** Is told of every use of a rule; costs nothing when absent. */
  readonly applied?: ((rule: string) => void) | undefined;
}

export interface Pass {
  readonly name: string;
  run(graph: Graph, g: GraphBuilder, options: PassOptions): Graph;
}

export const definePass = (name: string, run: Pass["run"]): Pass => ({ name, run });
