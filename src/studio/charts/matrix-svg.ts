/**
 * Draws a confusion matrix: a row for each true class, a column for each predicted class. Darker cells
 * contain a larger fraction of their row.
 */
import type { Confusion } from "./agreement.ts";
import { element, roundedText, textAt } from "./svg.ts";
import type { Attributes, Block } from "./svg.ts";

const left = 150;
const side = 480;
const head = 76;
/** The minimum size of a cell, in pixels, that has room for a count. */
const minCellWithCount = 22;
const maxLabelLength = 14;

export function matrixBlock(title: string, confusion: Confusion): Block {
  const cell = Math.min(44, side / confusion.classes.length);
  const span = cell * confusion.classes.length;
  return {
    height: head + span + 40,
    svg: (top) =>
      element(
        "g",
        {},
        textAt(72, top + 16, title, { class: "panel" }),
        ...(cell < 10 ? [] : labelsOf(confusion, cell, top + head)),
        ...cellsOf(confusion, cell, top + head),
        element("rect", { class: "axis", x: left, y: top + head, width: span, height: span }),
        textAt(left + span / 2, top + head + span + 22, "predicted", { "text-anchor": "middle" }),
        turned(40, top + head + span / 2, -90, "true", { "text-anchor": "middle" }),
      ),
  };
}

/** Draws a cell for each pair of classes that occurs, with its count if there is room. */
function cellsOf({ counts, perClass }: Confusion, cell: number, top: number): string[] {
  return counts.flatMap((row, i) =>
    row.flatMap((count, j) => {
      if (count === 0) return [];
      const fraction = count / perClass[i].support;
      const [x, y] = [left + j * cell, top + i * cell];
      const box = { class: "cell", x, y, width: cell, height: cell, "fill-opacity": 0.08 + 0.92 * fraction };
      const attributes = { class: fraction > 0.5 ? "over" : undefined, "text-anchor": "middle" };
      const text = textAt(x + cell / 2, y + cell / 2 + 4, String(count), attributes);
      return [element("rect", box), ...(cell < minCellWithCount ? [] : [text])];
    }),
  );
}

/** Draws the class names to the left of the rows and above the columns. */
function labelsOf({ classes }: Confusion, cell: number, top: number): string[] {
  return classes.flatMap((name, i) => {
    const at = (i + 0.5) * cell;
    const letters = [...name];
    const text = letters.length > maxLabelLength ? `${letters.slice(0, maxLabelLength - 1).join("")}…` : name;
    return [
      textAt(left - 8, top + at + 4, text, { class: "quiet", "text-anchor": "end" }),
      turned(left + at + 3, top - 6, -40, text, { class: "quiet" }),
    ];
  });
}

const turned = (x: number, y: number, degrees: number, text: string, more: Attributes): string =>
  textAt(0, 0, text, {
    ...more,
    transform: `translate(${roundedText(x)} ${roundedText(y)}) rotate(${degrees})`,
  });
