/** Small functions that several views of a model share. */
import { classColours } from "../../palette.ts";
import type { ExplainedNode, ExplainedNumbers } from "../../explanation.ts";
import { rewritesOf, rulesOf } from "../../step-rules.ts";
import { element } from "../shared/element.ts";
import { equation, math } from "../shared/math.ts";
import { valueMatrix } from "../shared/row-values.ts";

/** The range of one column of row-major numbers, extended by a twentieth at each end. */
export function fieldRange(
  numbers: ArrayLike<number>,
  column: number,
  width: number,
): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = column; i < numbers.length; i += width) {
    low = Math.min(low, numbers[i]);
    high = Math.max(high, numbers[i]);
  }
  const room = 0.05 * (high - low || 1);
  return { low: low - room, high: high + room };
}

/** The legend: for each class, a mark in its colour and its name. */
export const legend = (classes: readonly (string | number)[]): HTMLElement[] =>
  classes.map((name, index) => {
    const mark = element("i", { class: "mark" });
    mark.style.backgroundColor = cssColour(index);
    return element("span", {}, mark, String(name));
  });

export const classColour = (index: number) => classColours[index % classColours.length];

export const cssColour = (index: number): string => `rgb(${classColour(index).join(" ")})`;

// The details of a value: its formula, the rule that produced it, and its simplifications.

/**
 * @param goTo moves to the location in the spec from which the value comes
 * @param through the unnamed values in the formula of the node, whose rules are shown as well
 * @param numbers the numbers of the value for one row
 */
export function valueCard(
  node: ExplainedNode,
  goTo: (line: number, column: number) => void,
  through: readonly ExplainedNode[] = [],
  numbers?: ExplainedNumbers,
): HTMLElement {
  const { name, type, location } = node;
  const card = element(
    "div",
    { class: "value-card" },
    element("div", { class: "quiet" }, element("code", {}, `${name}: ${type}`)),
    element("div", { class: "equation" }, equation(node)),
    ...(numbers === undefined ? [] : [valueMatrix(numbers)]),
  );
  for (const { rule, general, forward } of rulesOf([...through, node])) {
    const inGeneral = [math(general.forward), " ⇒ ", math(general.derivative)];
    card.append(
      element("div", {}, "by the rule ", element("code", {}, rule), ": ", ...inGeneral),
      element("div", {}, "applied to ", math(forward)),
    );
  }
  for (const { rule, equation: what } of rewritesOf([...through, node]))
    card.append(element("div", {}, "simplified by ", element("code", {}, rule), ": ", math(what)));
  if (location !== undefined) {
    const lead = element("button", { type: "button", class: "lead" }, `line ${location.line} of the spec`);
    lead.addEventListener("click", () => goTo(location.line, location.column));
    card.append(element("div", {}, lead));
  }
  return card;
}
