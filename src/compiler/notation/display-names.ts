/**
 * How formulas call values. In the step of a recurrence, a sequence and what is stacked stand with their
 * place in time, a carried value with that of the step before, and a whole operand under its own name: h[t] =
 * tanh(x[t] + h[t − 1] · w).
 */
import type { Graph, Node } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { named } from "./formula.ts";
import type { Formula } from "./formula.ts";
import { nodeFormula } from "./node-formula.ts";
import { textOf } from "./text.ts";

type NameOf = (node: Node) => string | undefined;

/** Gives what stands for each node that is spoken of by name; others are written out where they are read. */
export function spokenFormulas(
  graph: Graph,
  isNamed: (node: Node) => boolean,
  nameOf: NameOf,
): (node: Node) => Formula | undefined {
  const inSteps = new Map<Node, () => Formula>();
  const layers = new Set(
    [graph, ...stepsOf(graph).map(({ step }) => step)].flatMap(({ nodes }) =>
      nodes.flatMap(({ origin }) => origin.layer ?? []),
    ),
  );
  const own = (node: Node, otherwise = "?"): Formula => {
    const name = nameOf(node) ?? otherwise;
    return named(name, layerOf(name, layers) ?? node.origin.layer);
  };
  const spoken = (node: Node): Formula | undefined => {
    const inStep = inSteps.get(node);
    if (inStep !== undefined) return inStep();
    return isNamed(node) && nameOf(node) !== undefined ? own(node) : undefined;
  };
  const enter = (part: Graph): void => {
    for (const [recurrence, scans] of recurrencesOf(part)) {
      const given: Readonly<Record<string, Node>> = scans[0].operands;
      const before = recurrence.reverse ? "t + 1" : "t − 1";
      for (const scan of [...scans].reverse()) inSteps.set(scan.attributes.value, () => at(own(scan), "t"));
      for (const { name, role, argument, next } of recurrence.operands) {
        const whole = () => spoken(given[name]) ?? nodeFormula(given[name], spoken);
        if (role === "whole") inSteps.set(argument, whole);
        if (role === "each") inSteps.set(argument, () => at(whole(), "t"));
        if (next !== undefined) {
          const stack = scans.find(({ attributes }) => attributes.value === next);
          const called = stack !== undefined && nameOf(stack) !== undefined ? stack : argument;
          inSteps.set(argument, () => at(own(called, name), before));
        }
      }
      enter(stepGraph(recurrence, scans));
    }
  };
  enter(graph);
  return spoken;
}

/**
 * The layer whose value a name is, or that a derivative is by: `d_dense1` comes from the rule of the layer
 * behind dense1.
 */
function layerOf(name: string, layers: ReadonlySet<string>): string | undefined {
  const value = name.replace(/^d_/, "");
  for (let end = value.length; end > 0; end = value.lastIndexOf("_", end - 1))
    if (layers.has(value.slice(0, end))) return value.slice(0, end);
  return undefined;
}

/** The same as text. */
export function spokenNames(graph: Graph, isNamed: (node: Node) => boolean, nameOf: NameOf): NameOf {
  const spoken = spokenFormulas(graph, isNamed, nameOf);
  return (node) => {
    const formula = spoken(node);
    return formula && textOf(formula);
  };
}

const at = (formula: Formula, time: string): Formula =>
  formula.kind === "name" && formula.time === undefined
    ? { ...formula, time }
    : { kind: "rows", x: formula, indices: named(time) };
