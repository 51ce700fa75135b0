/** A confusion matrix as a picture: a row for each true class, a column for each predicted one, darker the larger the share of the row. */
import type { Confusion } from "./confusion.ts";
import type { Block } from "./svg-page.ts";
import { element, textAt } from "./svg.ts";

const left = 150;
const side = 480;
const head = 76;
/** Where cells are smaller than this, no count fits into them. */
const readable = 22;
const longest = 18;

export function matrixBlock(title: string, { classes, counts, perClass }: Confusion): Block {
  const cell = Math.min(44, side / classes.length);
  const span = cell * classes.length;
  return { height: head + span + 40, svg: (top) => matrix(top) };

  function matrix(top: number): string {
    const y = top + head;
    const cells = counts.flatMap((row, i) =>
      row.flatMap((count, j) => {
        const share = count === 0 ? 0 : count / perClass[i].support;
        const [cx, cy] = [left + j * cell, y + i * cell];
        return count === 0
          ? []
          : [
              element("rect", {
                class: "cell",
                x: cx,
                y: cy,
                width: cell,
                height: cell,
                "fill-opacity": 0.08 + 0.92 * share,
              }),
              ...(cell < readable
                ? []
                : [
                    textAt(cx + cell / 2, cy + cell / 2 + 4, String(count), {
                      class: share > 0.5 ? "over" : undefined,
                      "text-anchor": "middle",
                    }),
                  ]),
            ];
      }),
    );
    const labels = classes.flatMap((name, i) => {
      const at = (i + 0.5) * cell;
      const text = [...name].length > longest ? `${[...name].slice(0, longest - 1).join("")}…` : name;
      return [
        textAt(left - 8, y + at + 4, text, { class: "quiet", "text-anchor": "end" }),
        textAt(0, 0, text, { class: "quiet", transform: `translate(${left + at + 3} ${y - 6}) rotate(-40)` }),
      ];
    });
    return element(
      "g",
      {},
      textAt(72, top + 16, title, { class: "panel" }),
      ...(cell < 10 ? [] : labels),
      ...cells,
      element("rect", { class: "axis", x: left, y, width: span, height: span }),
      textAt(left + span / 2, y + span + 22, "predicted", { "text-anchor": "middle" }),
      textAt(0, 0, "true", {
        "text-anchor": "middle",
        transform: `translate(40 ${y + span / 2}) rotate(-90)`,
      }),
    );
  }
}
