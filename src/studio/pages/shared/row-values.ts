/**
 * The numbers of one row, for pages that show formulas: each value as a small matrix of coloured cells, and buttons
 * that step through the values.
 */
import type { ExplainedNumbers, ExplainedRow, RoundedNumber } from "../../explanation.ts";
import { matrixSize, numbersText, numberText, rangeText } from "../../row-numbers.ts";
import { element, svgElement } from "./element.ts";
import "./row-values.css";

/** Small values have room for their numbers in the cells. Sizes are in CSS pixels. */
const maxWritten = 12;
const writtenCell = { width: 70, height: 22 };
const plainCell = { width: 14, height: 14 };

/**
 * Draws a value as a matrix: blue cells are positive, orange ones negative, and the strongest colour is the largest
 * number in magnitude. The number of a cell is shown while the pointer is over it.
 */
export function valueMatrix(numbers: ExplainedNumbers): HTMLElement {
  const { corner } = numbers;
  const [rows, columns] = matrixSize(numbers.shape);
  const isWritten = corner.flat().length <= maxWritten && rows * columns <= maxWritten;
  const cell = isWritten ? writtenCell : plainCell;
  const width = Math.max(...corner.map((row) => row.length)) * cell.width;
  const height = corner.length * cell.height;
  const largest = Math.max(...[numbers.min, numbers.max].map((bound) => Math.abs(Number(bound))));
  const drawing = svgElement("svg", {
    class: isWritten ? "matrix is-written" : "matrix",
    role: "img",
    "aria-label": numbersText(numbers),
    width: width + 1,
    height: height + 1,
    viewBox: `-0.5 -0.5 ${width + 1} ${height + 1}`,
  });
  for (const [i, row] of corner.entries())
    for (const [j, value] of row.entries()) {
      const [x, y] = [j * cell.width, i * cell.height];
      drawing.append(svgElement("rect", { x, y, ...cell, ...paintOf(value, largest, isWritten) }));
      if (isWritten) {
        const middle = { x: x + cell.width / 2, y: y + 15, "text-anchor": "middle" };
        drawing.append(svgElement("text", middle, numberText(value)));
      }
    }
  const about = aboutText(numbers);
  const caption = element("figcaption", {}, about);
  drawing.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    // On a narrow page, the drawing is scaled down.
    const scale = (width + 1) / drawing.getBoundingClientRect().width;
    const [i, j] = [(offsetY * scale) / cell.height, (offsetX * scale) / cell.width].map(Math.floor);
    const value = corner[i]?.[j];
    caption.textContent = value === undefined ? about : `row ${i}, column ${j}: ${numberText(value)}`;
  });
  drawing.addEventListener("pointerleave", () => (caption.textContent = about));
  return element("figure", { class: "value" }, drawing, caption);
}

/** A cell with a number in it is paler, so that the number is legible. */
const mostOpaque = { written: 0.45, plain: 1 };

function paintOf(
  value: RoundedNumber,
  largest: number,
  isWritten: boolean,
): Readonly<Record<string, string | number>> {
  const most = isWritten ? mostOpaque.written : mostOpaque.plain;
  if (typeof value === "string") return { class: "odd", "fill-opacity": most };
  const strength = largest > 0 && largest < Infinity ? Math.abs(value) / largest : 0;
  return { class: value < 0 ? "negative" : "positive", "fill-opacity": (most * strength).toFixed(3) };
}

/** The shape of the value, how much of it is drawn, and its range. */
function aboutText(numbers: ExplainedNumbers): string {
  const { corner, shape } = numbers;
  const [rows, columns] = matrixSize(shape);
  const [shownRows, shownColumns] = [corner.length, corner[0]?.length ?? 0];
  const parts = [
    `[${shape.join(", ")}]`,
    ...(shownRows < rows ? [`the first ${shownRows} of ${rows} rows`] : []),
    ...(shownColumns < columns ? [`the first ${shownColumns} of ${columns} columns`] : []),
    ...(rows * columns > 1 ? [rangeText(numbers)] : []),
  ];
  return parts.join(", ");
}

/** Which row the numbers are of, and its loss. */
export const rowTitle = ({ source, parameters, loss }: ExplainedRow): HTMLElement =>
  element(
    "p",
    { class: "row-title" },
    `Numbers of ${source}, with the ${parameters}: `,
    element("strong", {}, `loss ${numberText(loss)}`),
  );

/** The inputs and targets of the row. */
export const rowFields = ({ fields, numbers }: ExplainedRow): HTMLElement =>
  element(
    "div",
    { class: "operands row-fields" },
    ...fields.map(({ name, node }) => namedValue(element("code", {}, name), numbers[node])),
  );

/** A value with its name above it. */
export const namedValue = (name: Element, numbers: ExplainedNumbers): HTMLElement =>
  element("div", { class: "named-value" }, name, valueMatrix(numbers));

// Buttons that step through a list of values.

export interface Stepper {
  readonly element: HTMLElement;
  /** Shows the place, counted from 0; undefined if no value of the list is selected. */
  show(place: number | undefined, count: number): void;
  /** Moves by a number of values. Without a selected value, it selects the first or the last one. */
  step(by: number): void;
  /** Handles the arrow keys. Returns whether the key was one of them. */
  onKey(event: Pick<KeyboardEvent, "key">): boolean;
}

/** `go` selects a place. It must call `show` with the new place. */
export function stepper(go: (place: number) => void): Stepper {
  let place: number | undefined;
  let count = 0;
  const state = element("span", { class: "stepper-place", "aria-live": "polite" });
  const step = (by: number) => {
    const from = place ?? (by > 0 ? -1 : count);
    const next = Math.max(0, Math.min(count - 1, from + by));
    if (count > 0 && next !== place) go(next);
  };
  const buttons = [
    { label: "First value", text: "|◀", to: () => go(0) },
    { label: "Previous value", text: "◀", to: () => step(-1) },
    { label: "Next value", text: "▶", to: () => step(1) },
    { label: "Last value", text: "▶|", to: () => go(count - 1) },
  ].map(({ label, text, to }) => {
    const button = element("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", to);
    return button;
  });
  return {
    element: element("div", { class: "stepper", role: "group", "aria-label": "Steps" }, ...buttons, state),
    show(next, total) {
      place = next;
      count = total;
      state.textContent = place === undefined ? `${count} values` : `${place + 1} of ${count}`;
      const [isFirst, isLast] = [place === 0 || count === 0, place === count - 1 || count === 0];
      for (const [i, button] of buttons.entries()) button.disabled = i < 2 ? isFirst : isLast;
    },
    step,
    onKey({ key }) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (by !== undefined) step(by);
      return by !== undefined;
    },
  };
}
