/**
 * Runs a list of passes over a graph. After each one the graph is verified; a fault is a bug of the pass, and
 * says so. Every pass can be skipped, timed, watched, and be the last. A pass works on the steps of
 * recurrences before the graph around them.
 */
import { InternalError } from "../diagnostics/errors.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph } from "../ir/nodes.ts";
import { rewriteSteps } from "../ir/recurrence.ts";
import { verifyGraph } from "../ir/verify.ts";
import { ops } from "../ops/index.ts";
import type { Pass } from "./define.ts";

/** What a pass made of a graph, and how long it took. */
export interface PassReport {
  readonly pass: string;
  /** The rules that it applied, and how often. */
  readonly rules: ReadonlyMap<string, number>;
  readonly before: Graph;
  readonly after: Graph;
  readonly milliseconds: number;
}

export interface RunOptions {
  readonly exact: boolean;
  readonly skip: ReadonlySet<string>;
  readonly stopAfter?: string;
  /** Sees every step; costs nothing when absent. */
  readonly watch?: (report: PassReport) => void;
}

export function checkGraph(graph: Graph, after: string): void {
  const faults = verifyGraph(ops, graph);
  if (faults.length > 0)
    throw new InternalError(
      `after ${after}, graph ${graph.name} is malformed:\n${faults.map(({ node, message }) => `  ${node}: ${message}`).join("\n")}`,
    );
}

export function runPasses(
  graph: Graph,
  passes: readonly Pass[],
  g: GraphBuilder,
  options: RunOptions,
): Graph {
  let current = graph;
  for (const pass of passes) {
    if (options.skip.has(pass.name)) continue;
    const start = performance.now();
    const rules = new Map<string, number>();
    const applied = options.watch && ((rule: string) => void rules.set(rule, (rules.get(rule) ?? 0) + 1));
    const apply = (part: Graph) => pass.run(part, g, { exact: options.exact, applied });
    const next = apply(rewriteSteps(current, g, apply));
    const milliseconds = performance.now() - start;
    if (next !== current) checkGraph(next, pass.name);
    options.watch?.({ pass: pass.name, rules, before: current, after: next, milliseconds });
    current = next;
    if (pass.name === options.stopAfter) break;
  }
  return current;
}
