/** How the gradient of each parameter was derived: the steps from the loss to it, each with the rule that gave it. */
import type { Explanation } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import type { ExplanationPanel, GoTo } from "./explanation-panels.ts";
import { valueCard } from "./parts.ts";

export function gradientsPanel(goTo: GoTo): ExplanationPanel {
  const choice = element("select", {});
  const steps = element("ol", { class: "steps" });
  let shown: Explanation | undefined;
  const draw = () => {
    if (shown === undefined) return;
    const nodes = new Map(shown.nodes.map((node) => [node.id, node]));
    const found = shown.derivations.find(({ parameter }) => parameter === choice.value);
    const values = (found?.steps ?? []).flatMap((id) => nodes.get(id) ?? []);
    steps.replaceChildren(...values.map((node) => element("li", {}, valueCard(node, goTo))));
  };
  choice.addEventListener("change", draw);
  return {
    element: element(
      "div",
      { class: "gradients" },
      element("label", { class: "chooser" }, "Gradient of the loss with respect to ", choice),
      steps,
    ),
    show(explanation) {
      if (explanation === shown) return;
      shown = explanation;
      const names = explanation.derivations.map(({ parameter }) => parameter);
      const before = choice.value;
      choice.replaceChildren(...names.map((name) => element("option", {}, name)));
      // The last layer's come first to who follows them from the loss; the same one again where it is still there.
      choice.value = names.includes(before) ? before : (names.at(-2) ?? names.at(-1) ?? "");
      draw();
    },
  };
}
