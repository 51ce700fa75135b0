/** Tables whose rows can be selected. Long lists are drawn as they scroll into view. */
import { element } from "../shared/element.ts";
import type { Pick } from "./context.ts";
import { samePick } from "./selection.ts";

// A long list, drawn in chunks of about two screens as they scroll into view. Before it is drawn, a chunk has
// an estimated height. After that, it remains drawn.

interface LazyOptions {
  readonly count: number;
  readonly draw: (index: number) => HTMLElement;
  /** The scrolling element. */
  readonly root: HTMLElement;
  /** The expected height of one item in CSS pixels. */
  readonly height: number;
  /** The element of a chunk; a table needs `tbody`. */
  readonly part?: "div" | "tbody";
}

export interface LazyList {
  readonly parts: readonly HTMLElement[];
  /** Returns the element of the item, and draws it if necessary. */
  item(index: number): HTMLElement | undefined;
  /** The items that are already drawn. */
  drawn(): Iterable<readonly [index: number, item: HTMLElement]>;
}

const partHeight = 1800;

export function lazyList({ count, draw, root, height, part = "div" }: LazyOptions): LazyList {
  const partSize = Math.max(8, Math.round(partHeight / height));
  const items = new Map<number, HTMLElement>();
  const parts = Array.from({ length: Math.ceil(count / partSize) }, () => element(part));
  const places = new Map<Element, number>(parts.map((each, place) => [each, place]));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) fill(places.get(target) ?? 0);
    },
    { root, rootMargin: "600px" },
  );
  const sizeOf = (place: number) => Math.min(partSize, count - place * partSize);
  const fill = (place: number): void => {
    const target = parts[place];
    if (items.has(place * partSize)) return;
    observer.unobserve(target);
    for (let i = place * partSize; i < place * partSize + sizeOf(place); i++) items.set(i, draw(i));
    const made = Array.from({ length: sizeOf(place) }, (_, i) => items.get(place * partSize + i));
    target.replaceChildren(...made.filter((each) => each !== undefined));
  };
  for (const [place, target] of parts.entries()) {
    target.append(spaceOf(part, sizeOf(place) * height));
    observer.observe(target);
  }
  if (count > 0) fill(0);
  // Before printing, all chunks are drawn, except those of a very long list.
  addEventListener("beforeprint", () => {
    if (count <= maxPrinted && root.isConnected) for (const place of parts.keys()) fill(place);
  });
  return {
    parts,
    item: (index) => {
      if (index >= 0 && index < count) fill(Math.floor(index / partSize));
      return items.get(index);
    },
    drawn: () => items,
  };
}

const maxPrinted = 5000;

function spaceOf(part: "div" | "tbody", height: number): HTMLElement {
  const space = element(part === "tbody" ? "tr" : "div");
  space.style.height = `${height}px`;
  return space;
}

// Tables of selectable rows; the arrow keys move from row to row.

interface TableOptions {
  /** The scrolling element. */
  readonly root: HTMLElement;
  /** The titles of the columns. A title that begins with # marks a column of numbers. */
  readonly titles: readonly string[];
  readonly count: number;
  readonly pickOf: (index: number) => Pick;
  readonly cellsOf: (index: number) => readonly (Node | string)[];
  readonly foot?: readonly (readonly string[])[];
}

export interface Table {
  readonly body: HTMLTableElement;
  /** Marks the row of the selection and scrolls to it. */
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
    // A click on a row follows its first link.
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

/** A summary row. A title spans the empty cells after it. */
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
