/** The legend of a panel: a stroke or dot and a name for each series, in as many rows as they take. */
import type { Series } from "./chart.ts";
import { colourCount } from "./svg-style.ts";
import { element, textAt } from "./svg.ts";

const rowHeight = 18;
const swatch = 26;

/** About how wide a name is; nobody here measures letters. */
const widthOf = ({ name }: Series): number => swatch + 7 * [...name].length + 16;

/** Where each entry begins. One series needs no legend: the axis says what it is. */
function placesOf(series: readonly Series[], width: number): { readonly x: number; readonly row: number }[] {
  let [x, row] = [0, 0];
  return series.map((each) => {
    if (x > 0 && x + widthOf(each) > width) [x, row] = [0, row + 1];
    const place = { x, row };
    x += widthOf(each);
    return place;
  });
}

export const legendHeight = (series: readonly Series[], width: number): number =>
  series.length < 2 ? 0 : ((placesOf(series, width).at(-1)?.row ?? 0) + 1) * rowHeight + 6;

export function legend(series: readonly Series[], left: number, top: number, width: number): string[] {
  if (series.length < 2) return [];
  return placesOf(series, width).flatMap(({ x, row }, i) => {
    const [startX, y] = [left + x, top + row * rowHeight];
    const colour = i % colourCount;
    const dashed = i < colourCount ? "" : " dashed";
    return [
      series[i].as === "dots"
        ? element("circle", { class: `dot dot${colour}`, cx: startX + 10, cy: y, r: 4 })
        : element("line", {
            class: `line line${colour}${dashed}`,
            x1: startX,
            x2: startX + 20,
            y1: y,
            y2: y,
          }),
      textAt(startX + swatch, y + 4, series[i].name),
    ];
  });
}
