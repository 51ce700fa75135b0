/**
 * A pad for drawing points of two classes, the data set "drawn points". By mouse or touch, drag over the pad. By
 * keyboard, the arrow keys move the cross, Enter adds a point, and Backspace removes the last one.
 */
import "./draw-points.css";
import { element } from "../shared/element.ts";
import { cssColour } from "./parts.ts";
import type { PlanePoint } from "./planes.ts";

/** The classes of drawn points, in the order of their colours. */
export const drawnClasses: readonly string[] = ["blue", "orange"];

/** More points would make a link too long. */
export const maxDrawn = 400;

/** The pad shows the plane from −range to range in both directions. */
const range = 1.5;
const size = 180;
/** The least distance of two points of one stroke. */
const stride = 0.08;

export interface DrawPad {
  readonly element: HTMLElement;
  points(): readonly PlanePoint[];
  /** Shows other points. */
  show(points: readonly PlanePoint[]): void;
}

export function drawPad(onChange: () => void): DrawPad {
  let points: readonly PlanePoint[] = [];
  const cross = { x: 0, y: 0 };
  const canvas = element("canvas", {
    width: 2 * size,
    height: 2 * size,
    class: "draw-pad",
    tabindex: 0,
    role: "application",
    "aria-label":
      "Pad for points. Arrow keys move the cross, Enter adds a point, Backspace removes the last point",
  });
  const label = element(
    "select",
    { "aria-label": "Class of new points" },
    ...drawnClasses.map((name) => element("option", { value: name }, name)),
  );
  const clear = element("button", { type: "button" }, "Clear");
  const count = element("output", { class: "field-note" });
  const redraw = () => {
    paint(canvas, points, document.activeElement === canvas ? cross : undefined);
    count.textContent = `${points.length} of ${maxDrawn} points`;
  };
  const change = (next: readonly PlanePoint[]) => {
    points = next.slice(0, maxDrawn);
    redraw();
    onChange();
  };
  const add = (x: number, y: number) =>
    change([...points, { x: rounded(x), y: rounded(y), label: label.value }]);
  const at = ({ offsetX, offsetY }: PointerEvent) => ({
    x: (offsetX / canvas.clientWidth) * 2 * range - range,
    y: range - (offsetY / canvas.clientHeight) * 2 * range,
  });
  let last: { x: number; y: number } | undefined;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    add(last.x, last.y);
  });
  canvas.addEventListener("pointermove", (event) => {
    const next = at(event);
    if (last === undefined || Math.hypot(next.x - last.x, next.y - last.y) < stride) return;
    last = next;
    add(next.x, next.y);
  });
  canvas.addEventListener("pointerup", () => (last = undefined));
  canvas.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ] ?? [0, 0];
    const isKnown = dx !== 0 || dy !== 0 || ["Enter", "Backspace"].includes(event.key);
    if (!isKnown) return;
    event.preventDefault();
    cross.x = Math.max(-range, Math.min(range, cross.x + 0.1 * dx));
    cross.y = Math.max(-range, Math.min(range, cross.y + 0.1 * dy));
    if (event.key === "Enter") add(cross.x, cross.y);
    else if (event.key === "Backspace") change(points.slice(0, -1));
    else redraw();
  });
  for (const kind of ["focus", "blur"]) canvas.addEventListener(kind, redraw);
  clear.addEventListener("click", () => change([]));
  return {
    element: element(
      "div",
      { class: "drawing", hidden: true },
      canvas,
      element("div", { class: "controls" }, label, clear),
      count,
    ),
    points: () => points,
    show(next) {
      points = next;
      redraw();
    },
  };
}

/** Points in a link are short numbers. */
const rounded = (value: number): number => Math.round(value * 100) / 100;

function paint(
  canvas: HTMLCanvasElement,
  points: readonly PlanePoint[],
  cross: { readonly x: number; readonly y: number } | undefined,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const place = (x: number, y: number): [number, number] => [
    ((x + range) / (2 * range)) * canvas.width,
    ((range - y) / (2 * range)) * canvas.height,
  ];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const { x, y, label } of points) {
    context.beginPath();
    context.arc(...place(x, y), 6, 0, 2 * Math.PI);
    context.fillStyle = cssColour(Math.max(0, drawnClasses.indexOf(label)));
    context.fill();
  }
  if (cross === undefined) return;
  const [left, top] = place(cross.x, cross.y);
  context.strokeStyle = "#000";
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(left - 10, top);
  context.lineTo(left + 10, top);
  context.moveTo(left, top - 10);
  context.lineTo(left, top + 10);
  context.stroke();
}

/** The points in a link: x, y and the index of the class of each. @throws Error if they are invalid */
export function readDrawn(value: unknown): readonly PlanePoint[] {
  if (
    !Array.isArray(value) ||
    value.length > 3 * maxDrawn ||
    value.length % 3 !== 0 ||
    !value.every(Number.isFinite)
  )
    throw new Error("the link is damaged");
  return Array.from({ length: value.length / 3 }, (_, i) => {
    const [x, y, of] = value.slice(3 * i, 3 * i + 3).map(Number);
    return { x, y, label: drawnClasses[of] ?? drawnClasses[0] };
  });
}

export const writeDrawn = (points: readonly PlanePoint[]): number[] =>
  points.flatMap(({ x, y, label }) => [x, y, Math.max(0, drawnClasses.indexOf(label))]);
