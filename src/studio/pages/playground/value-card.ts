/** What one value is, and why it is there: its formula, the rule that gave it, and what was simplified in it. */
import type { ExplainedNode } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import { equation, math } from "../shared/math.ts";

/** @param goTo leads to the place in the spec that the value comes from */
export function valueCard(node: ExplainedNode, goTo: (line: number, column: number) => void): HTMLElement {
  const { name, type, derivation, rewrites, place } = node;
  const card = element(
    "div",
    { class: "value-card" },
    element("div", { class: "quiet" }, element("code", {}, `${name}: ${type}`)),
    element("div", { class: "equation" }, equation(node)),
  );
  if (derivation !== undefined) {
    const { forward, derivative } = derivation.general;
    card.append(
      element(
        "div",
        {},
        "by the rule ",
        element("code", {}, derivation.rule),
        ": ",
        math(forward),
        " ⇒ ",
        math(derivative),
      ),
      element("div", {}, "of ", math(derivation.forward)),
    );
  }
  for (const { rule, equation: what } of rewrites)
    card.append(element("div", {}, "simplified by ", element("code", {}, rule), ": ", math(what)));
  if (place !== undefined) {
    const lead = element("button", { type: "button", class: "lead" }, `line ${place.line} of the spec`);
    lead.addEventListener("click", () => goTo(place.line, place.column));
    card.append(element("div", {}, lead));
  }
  return card;
}
