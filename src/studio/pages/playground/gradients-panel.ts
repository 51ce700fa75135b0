/**
 * The derivation of each gradient: the steps from the loss to the parameter, each with its rule. On demand, also the
 * numbers of one training row, from the inputs to the loss and back to the parameter.
 */
import "./gradients-panel.css";
import type { ExplainedGraphs, NoNumbers } from "../../browser/messages.ts";
import type { ExplainedRow, NodeId } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import { rowFields, rowTitle, stepper } from "../shared/row-values.ts";
import type { ExplanationPanel, GoTo } from "./explanation-panels.ts";
import { valueCard } from "./parts.ts";

export interface GradientsPanel extends ExplanationPanel {
  /** The number of the chosen training row, counted from 1. */
  row(): number;
  /** Shows the numbers of a row, which replace those of an earlier one. */
  showNumbers(numbers: ExplainedRow | NoNumbers): void;
}

/** @param onWanted the user wants to see the numbers of the chosen row */
export function gradientsPanel(goTo: GoTo, onWanted: () => void): GradientsPanel {
  const choice = element("select", {});
  const place = element("input", { type: "number", min: 1, value: "1", "aria-label": "Training row" });
  const ask = element("button", { type: "button" }, "Show its numbers");
  const about = element("div", { class: "row-of-numbers", role: "status" });
  const cards = element("ol", { class: "steps" });
  let shown: ExplainedGraphs | undefined;
  let row: ExplainedRow | undefined;
  const steps = stepper((at) => {
    const items = [...cards.children];
    items.forEach((item, i) => item.toggleAttribute("data-current", i === at));
    items[at]?.scrollIntoView({ block: "nearest" });
    steps.show(at, items.length);
  });
  const draw = () => {
    cards.replaceChildren(...(shown === undefined ? [] : cardsOf(shown, choice.value, row, goTo)));
    steps.element.hidden = row === undefined;
    steps.show(undefined, cards.children.length);
  };
  choice.addEventListener("change", draw);
  ask.addEventListener("click", onWanted);
  return {
    element: element(
      "div",
      { class: "gradients" },
      element("label", { class: "chooser" }, "Gradient of the loss with respect to ", choice),
      element("div", { class: "controls" }, element("label", {}, "Training row ", place), ask, steps.element),
      about,
      cards,
    ),
    needs: "graphs",
    row: () => place.valueAsNumber,
    showNumbers(numbers) {
      row = "problem" in numbers ? undefined : numbers;
      about.replaceChildren(
        ...("problem" in numbers ? [numbers.problem] : [rowTitle(numbers), rowFields(numbers)]),
      );
      draw();
    },
    show({ graphs }) {
      if (graphs === undefined || graphs === shown) return;
      shown = graphs;
      row = undefined;
      about.replaceChildren();
      const names = graphs.derivations.map(({ parameter }) => parameter);
      const before = choice.value;
      choice.replaceChildren(...names.map((name) => element("option", {}, name)));
      // Derivations start at the loss, so the parameters of the last layer come first. The current selection
      // is preserved if that parameter still exists.
      choice.value = names.includes(before) ? before : (names.at(-2) ?? names.at(-1) ?? "");
      draw();
    },
  };
}

/** The steps of a derivation. With the numbers of a row, all forward values come first. */
function cardsOf(
  { nodes, derivations, forward }: ExplainedGraphs,
  parameter: string,
  row: ExplainedRow | undefined,
  goTo: GoTo,
): readonly HTMLElement[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const cardOf = (id: NodeId, through: readonly NodeId[], number?: number): HTMLElement[] => {
    const node = known.get(id);
    if (node === undefined) return [];
    const inner = through.flatMap((each) => known.get(each) ?? []);
    const attributes = number === undefined ? { class: "forward-value" } : { value: String(number) };
    return [element("li", attributes, valueCard(node, goTo, inner, row?.numbers[id]))];
  };
  const steps = derivations.find((each) => each.parameter === parameter)?.steps ?? [];
  return [
    ...(row === undefined ? [] : forward.flatMap((id) => cardOf(id, []))),
    ...steps.flatMap(({ number, node, through }) => cardOf(node, through, number)),
  ];
}
