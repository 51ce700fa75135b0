/**
 * A long list of which only what has come into sight is there: items are drawn in parts about as high as two
 * screens, and before that only their height is known. What was drawn stays.
 */
import { element } from "../shared/element.ts";

export interface LazyOptions {
  readonly count: number;
  readonly draw: (index: number) => HTMLElement;
  /** What scrolls. */
  readonly root: HTMLElement;
  /** Of one item, in CSS pixels: as near as can be known. */
  readonly height: number;
  /** A table's parts are bodies of rows. */
  readonly part?: "div" | "tbody";
}

export interface LazyList {
  readonly parts: readonly HTMLElement[];
  /** Draws the item if it is not there. */
  item(index: number): HTMLElement | undefined;
  /** Those that are there. */
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
  // On paper everything is in sight, up to what anybody would print.
  addEventListener("beforeprint", () => {
    if (count <= mostPrinted && root.isConnected) for (const place of parts.keys()) fill(place);
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

const mostPrinted = 5000;

function spaceOf(part: "div" | "tbody", height: number): HTMLElement {
  const space = element(part === "tbody" ? "tr" : "div");
  space.style.height = `${height}px`;
  return space;
}
