/**
 * Tables of things that can be picked: long ones are drawn as they come into sight, and the arrow keys go
 * from row to row.
 */
import { element } from "../shared/element.ts";
import type { Pick } from "./context.ts";
import { lazyList } from "./lazy-list.ts";
import { samePick } from "./selection.ts";

export interface TableOptions {
  /** What scrolls. */
  readonly root: HTMLElement;
  /** One that begins with # is of numbers. */
  readonly titles: readonly string[];
  readonly count: number;
  readonly pickOf: (index: number) => Pick;
  readonly cellsOf: (index: number) => readonly (Node | string)[];
  readonly foot?: readonly (readonly string[])[];
}

export interface Table {
  readonly body: HTMLTableElement;
  /** Marks the row of what is picked, and brings it into sight. */
  show(pick: Pick | undefined): void;
}

export function tableOf({ root, titles, count, pickOf, cellsOf, foot = [] }: TableOptions): Table {
  const isNumber = titles.map((title) => title.startsWith("#"));
  const places = new Map(Array.from({ length: count }, (_, i) => [keyOf(pickOf(i)), i]));
  let picked: Pick | undefined;
  const draw = (i: number) => {
    const row = element(
      "tr",
      {},
      ...cellsOf(i).map((cell, c) => element("td", { class: isNumber[c] && "number" }, cell)),
    );
    mark(row, samePick(pickOf(i), picked));
    // The whole row leads where its first link leads.
    row.addEventListener("click", ({ target }) => {
      if (target instanceof Element && target.closest("a") === null) row.querySelector("a")?.click();
    });
    return row;
  };
  const list = lazyList({ count, draw, root, height: 29, part: "tbody" });
  const head = element(
    "tr",
    {},
    ...titles.map((title, c) =>
      element("th", { scope: "col", class: isNumber[c] && "number" }, title.replace("#", "")),
    ),
  );
  const feet = foot.map((cells) => footRow(cells, isNumber));
  const body = element("table", {}, element("thead", {}, head), ...list.parts);
  if (feet.length > 0) body.append(element("tfoot", {}, ...feet));
  body.addEventListener("keydown", (event) => {
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    const place = [...list.drawn()].find(([, item]) => item === row)?.[0];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (place === undefined || step === undefined) return;
    list
      .item(place + step)
      ?.querySelector("a")
      ?.focus();
    event.preventDefault();
  });
  const show = (pick: Pick | undefined) => {
    picked = pick;
    const place = pick && places.get(keyOf(pick));
    if (place !== undefined) list.item(place)?.scrollIntoView({ block: "nearest" });
    for (const [i, row] of list.drawn()) mark(row, i === place);
  };
  return { body, show };
}

/** A title takes the width of the empty cells after it. */
function footRow([title, ...cells]: readonly string[], isNumber: readonly boolean[]): HTMLElement {
  const first = cells.findIndex((cell) => cell !== "");
  const rest = cells
    .slice(first)
    .map((cell, c) => element("td", { class: isNumber[c + first + 1] && "number" }, cell));
  return element("tr", {}, element("td", { colspan: first + 1 }, title), ...rest);
}

const keyOf = ({ kind, key }: Pick): string => `${kind}/${key}`;

function mark(row: HTMLElement, isPicked: boolean): void {
  if (isPicked) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}
