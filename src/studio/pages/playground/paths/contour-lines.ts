/** The surface as a map shows land: bands between heights, the stronger in colour the lower they are. */
import { quantileSorted } from "d3-array";
import { contours } from "d3-contour";
import type { ScaleLinear } from "d3-scale";
import { svgElement } from "../../shared/element.ts";

const bands = 18;

/**
 * One path for each level: all that lies above it. They are drawn one upon the other, from the lowest up.
 * @param heights row by row, from the lowest y up, `side` × `side`
 */
export function contourBands(
  heights: Float64Array,
  side: number,
  x: ScaleLinear<number, number>,
  y: ScaleLinear<number, number>,
): SVGPathElement[] {
  const sorted = [...heights.filter(Number.isFinite).sort()];
  if (sorted.length === 0) return [];
  // Heights that a share of the plane lies below, closer to each other at the bottom: so valleys have lines,
  // however steep the rest is.
  const levels = Array.from({ length: bands }, (_, i) => quantileSorted(sorted, (i / bands) ** 1.8) ?? 0);
  const [left, right] = x.range();
  const [bottom, top] = y.range();
  const across = (column: number) => (left + ((column - 0.5) / (side - 1)) * (right - left)).toFixed(1);
  const up = (row: number) => (bottom + ((row - 0.5) / (side - 1)) * (top - bottom)).toFixed(1);
  const made = contours()
    .size([side, side])
    .thresholds([...new Set(levels)])(
    [...heights].map((height) => (Number.isFinite(height) ? height : Infinity)),
  );
  return made.map(({ coordinates }, level) => {
    const d = coordinates
      .flat()
      .map((ring) => `M${ring.map(([column, row]) => `${across(column)},${up(row)}`).join("L")}Z`)
      .join("");
    const band = svgElement("path", { d, class: "band" });
    band.style.setProperty("--height", String(level / (made.length - 1 || 1)));
    return band;
  });
}
