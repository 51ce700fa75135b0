/**
 * Verifies a graph against the rules of the IR. It runs after every pass and collects all errors. An error
 * here is a bug of the compiler, not of the user's spec.
 */
import { InternalError } from "../diagnostics/errors.ts";
import { inferType } from "./builder.ts";
import type { RuleTable } from "./builder.ts";
import { operandsOf, syntax } from "./nodes.ts";
import type { Graph, Node, Recurrence } from "./nodes.ts";
import { nodeText, graphNames } from "./text.ts";
import type { GraphNames } from "./text.ts";
import { recurrencesOf, stepGraph } from "./recurrence.ts";
import { sameType, TypeRefusal, typeText } from "./types.ts";

export interface GraphError {
  readonly node: string;
  readonly message: string;
}

function typeErrorOf(rules: RuleTable, node: Node): string | undefined {
  const types = Object.fromEntries(
    Object.entries(node.operands).map(([name, operand]) => [name, operand.type]),
  );
  try {
    const inferred = inferType(rules, node.op, types, node.attributes);
    return sameType(inferred, node.type) ? undefined : `its type should be ${typeText(inferred)}`;
  } catch (error) {
    if (error instanceof TypeRefusal) return error.message;
    throw error;
  }
}

/** All errors in the graph and in the steps of its recurrences. */
export const verifyGraph = (rules: RuleTable, graph: Graph): GraphError[] =>
  errorsIn(rules, graph, undefined, graphNames(graph));

/** All errors in one graph. `within` is the recurrence if the graph is the step of one. */
function errorsIn(
  rules: RuleTable,
  graph: Graph,
  within: Recurrence | undefined,
  names: GraphNames,
): GraphError[] {
  const errors: GraphError[] = [];
  const report = (node: Node, message: string) => errors.push({ node: nodeText(node, names), message });
  const bound = new Set<Node>(within?.operands.map(({ argument }) => argument));
  const seen = new Set<Node>();
  const leaves = new Map<string, Node>();
  for (const node of graph.nodes) {
    if (seen.has(node)) report(node, "the graph contains it twice");
    for (const operand of operandsOf(node))
      if (!seen.has(operand)) report(node, `operand %${names.node(operand)} does not come before it`);
    if (node.op === "argument" && !bound.has(node))
      report(node, "it is not an argument of the enclosing step");
    const missing = syntax[node.op].attributes.filter((key) => !Object.hasOwn(node.attributes, key));
    if (missing.length > 0) report(node, `attributes are missing: ${missing.join(", ")}`);
    const typeError = typeErrorOf(rules, node);
    if (typeError !== undefined) report(node, typeError);
    if (node.op === "input" || node.op === "parameter" || node.op === "state") {
      const other = leaves.get(node.attributes.name);
      if (other !== undefined && !sameType(other.type, node.type))
        report(node, "another leaf of this storage has a different type");
      leaves.set(node.attributes.name, node);
    }
    seen.add(node);
  }
  const stored = new Set<string>();
  for (const { storage, node } of graph.outputs) {
    if (!seen.has(node)) report(node, `output ${storage} is not in the graph`);
    if (stored.has(storage)) report(node, `output ${storage} is written twice`);
    stored.add(storage);
  }
  for (const [recurrence, scans] of recurrencesOf(graph)) {
    const given = scans.map((scan) => operandsOf(scan));
    if (given.some((list) => list.some((operand, i) => operand !== given[0][i])))
      report(scans[0], "scans of its recurrence have different operands");
    errors.push(...errorsIn(rules, stepGraph(recurrence, scans), recurrence, names));
  }
  return errors;
}

/** @throws InternalError with all errors; `after` names the stage that ran last. */
export function checkGraph(rules: RuleTable, graph: Graph, after: string): void {
  const errors = verifyGraph(rules, graph);
  if (errors.length === 0) return;
  const list = errors.map(({ node, message }) => `  ${node}: ${message}`).join("\n");
  throw new InternalError(`after ${after}, graph ${graph.name} is malformed:\n${list}`);
}
