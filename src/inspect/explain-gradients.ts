/** The derivation of each gradient: the values of the backward part on which it depends, from the loss on. */
import { invariant } from "../diagnostics/errors.ts";
import { collectNodes } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import type { Derivation } from "./explanation.ts";
import { spellingOf, withSteps } from "./spelling.ts";
import type { Subject } from "./view.ts";

/** Of every trainable parameter on which the loss depends; the gradient itself is the last step. */
export function explainGradients({ compilation }: Pick<Subject, "compilation">): Derivation[] {
  const graph = compilation.lean.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const spelling = spellingOf(graph);
  return compilation.built.parameters
    .filter(({ trainable }) => trainable)
    .flatMap(({ name }): Derivation[] => {
      const output = graph.outputs.find(({ storage }) => storage === `gradient:${name}`);
      if (output === undefined) return [];
      const steps = stepsTo(output.node).filter((node) => spelling.isNamed(node) || node === output.node);
      return [{ parameter: name, steps: steps.map((node) => `gradient/${spelling.nameOf(node)}`) }];
    });
}

/** Nodes of the backward part on which the gradient depends; those of the steps of a recurrence before the first value that they make. */
export function stepsTo(gradient: Node): Node[] {
  const nodes = withSteps(collectNodes([{ storage: "gradient", node: gradient }]));
  const backward = nodes.filter(({ origin }) => origin.forward !== undefined);
  // A gradient that simplified to a forward value still is a step.
  return backward.includes(gradient) ? backward : [...backward, gradient];
}
