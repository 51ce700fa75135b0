/** The derivation of each gradient: the values of the backward part on which it depends, from the loss on. */
import { gradientStorage } from "../../compiler/ir/storage.ts";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { collectNodes } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import type { Derivation } from "../explanation.ts";
import { spellingOf, withSteps } from "./spelling.ts";
import type { Spelling } from "./spelling.ts";
import type { Subject } from "./subject.ts";

/** Of every trainable parameter on which the loss depends; the gradient itself is the last step. */
export function explainGradients({ compilation }: Pick<Subject, "compilation">): Derivation[] {
  const graph = compilation.lean.find(({ name }) => name === "gradient");
  invariant(graph !== undefined, "no program computes gradients");
  const spelling = spellingOf(graph);
  return compilation.built.parameters
    .filter(({ trainable }) => trainable)
    .flatMap(({ name }): Derivation[] => {
      const output = graph.outputs.find(({ storage }) => storage === gradientStorage(name));
      if (output === undefined) return [];
      const steps = stepsTo(output.node, spelling).map((node) => `gradient/${spelling.nameOf(node)}`);
      return [{ parameter: name, steps }];
    });
}

/**
 * The values with names of the backward part on which the gradient depends; those of the steps of a
 * recurrence before the first value that they make. What such a step is given (a forward value, say) is read
 * and not derived, so it is none. The gradient itself always is one: it may have simplified to a forward
 * value.
 */
export function stepsTo(gradient: Node, spelling: Spelling): Node[] {
  const isDerived = (node: Node): boolean =>
    node.origin.forward !== undefined && spelling.isNamed(node) && !hasTrait(node, "leaf");
  const nodes = withSteps(collectNodes([{ storage: "gradient", node: gradient }]));
  return nodes.filter((node) => node === gradient || isDerived(node));
}
