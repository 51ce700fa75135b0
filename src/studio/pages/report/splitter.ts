/** The bar between two panes, which divides the space of both: with the pointer, or with the arrow keys. */
import { element } from "../shared/element.ts";
import "./splitter.css";

/** A pane keeps at least this fraction of the size of both. */
const least = 0.1;
const keyStep = 0.03;

interface Panes {
  /** Neighbours in a flex container: side by side in a `row`, or one above the other in a `column`. */
  readonly before: HTMLElement;
  readonly after: HTMLElement;
  readonly direction: "row" | "column";
}

/** A double click restores the first sizes. */
export function splitter(label: string, { before, after, direction }: Panes): HTMLElement {
  const isRow = direction === "row";
  const bar = element("div", {
    class: `splitter ${direction}`,
    role: "separator",
    tabindex: 0,
    "aria-orientation": isRow ? "vertical" : "horizontal",
    "aria-label": label,
    "aria-valuemin": 100 * least,
    "aria-valuemax": 100 * (1 - least),
  });
  const sizes = () =>
    [before, after]
      .map((pane) => pane.getBoundingClientRect())
      .map(({ width, height }) => (isRow ? width : height));
  const fractionNow = () => {
    const [first, second] = sizes();
    return first / (first + second || 1);
  };
  const say = () => bar.setAttribute("aria-valuenow", String(Math.round(100 * fractionNow())));
  const divide = (fraction: number) => {
    const grow = [before, after].reduce((sum, pane) => sum + Number(getComputedStyle(pane).flexGrow), 0);
    const own = Math.max(least, Math.min(1 - least, fraction));
    before.style.flex = `${grow * own} 1 0`;
    after.style.flex = `${grow * (1 - own)} 1 0`;
    say();
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
    bar.focus();
  });
  bar.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
    if (!bar.hasPointerCapture(pointerId)) return;
    const [first, second] = sizes();
    const { left, top } = before.getBoundingClientRect();
    divide((isRow ? clientX - left : clientY - top) / (first + second || 1));
  });
  bar.addEventListener("dblclick", () => {
    for (const pane of [before, after]) pane.style.flex = "";
    say();
  });
  bar.addEventListener("focus", say);
  bar.addEventListener("keydown", (event) => {
    const [less, more] = isRow ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const target = {
      Home: least,
      End: 1 - least,
      [less]: fractionNow() - keyStep,
      [more]: fractionNow() + keyStep,
    };
    const fraction = Object.entries(target).find(([key]) => key === event.key)?.[1];
    if (fraction === undefined) return;
    divide(fraction);
    event.preventDefault();
    event.stopPropagation();
  });
  return bar;
}
