/**
 * How formulas call values. In the step of a recurrence, a sequence and what is stacked stand with their place in time, a carried value
 * with that of the step before, and a whole operand under its own name: h[t] = tanh(x[t] + h[t − 1] · w).
 */
import type { Graph, Node } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph } from "../ir/recurrence.ts";
import { formulaOf } from "./formula.ts";

/** Gives the name of each node that is spoken of by name; others are written out where they are read. */
export function spokenNames(
  graph: Graph,
  isNamed: (node: Node) => boolean,
  nameOf: (node: Node) => string | undefined,
): (node: Node) => string | undefined {
  const inSteps = new Map<Node, () => string | undefined>();
  const spoken = (node: Node): string | undefined => {
    const inStep = inSteps.get(node);
    if (inStep !== undefined) return inStep();
    return isNamed(node) ? nameOf(node) : undefined;
  };
  const enter = (part: Graph): void => {
    for (const [recurrence, scans] of recurrencesOf(part)) {
      const given: Readonly<Record<string, Node>> = scans[0].operands;
      const before = recurrence.reverse ? "t + 1" : "t − 1";
      for (const scan of [...scans].reverse())
        inSteps.set(scan.attributes.value, () => `${nameOf(scan) ?? "?"}[t]`);
      for (const { name, role, argument, next } of recurrence.operands) {
        const whole = () => spoken(given[name]) ?? formulaOf(given[name], spoken);
        if (role === "whole") inSteps.set(argument, whole);
        if (role === "each") inSteps.set(argument, () => `${whole()}[t]`);
        if (next !== undefined) {
          const stack = scans.find(({ attributes }) => attributes.value === next);
          inSteps.set(argument, () => `${(stack && nameOf(stack)) ?? nameOf(argument) ?? name}[${before}]`);
        }
      }
      enter(stepGraph(recurrence, scans));
    }
  };
  enter(graph);
  return spoken;
}
