/** A wire as the path of an SVG: straight lines, their corners rounded. */
import type { Point } from "../explanation.ts";

const radius = 7;

const short = (value: number): string => String(Math.round(value * 10) / 10 + 0);
const at = ([x, y]: Point): string => `${short(x)} ${short(y)}`;

/** Between two points, at most `radius` and half the way from the first. */
function towards([x, y]: Point, [toX, toY]: Point): Point {
  const length = Math.hypot(toX - x, toY - y);
  if (length === 0) return [x, y];
  const part = Math.min(radius, length / 2) / length;
  return [x + (toX - x) * part, y + (toY - y) * part];
}

export function wirePath(points: readonly Point[]): string {
  const corners = points.slice(1, -1).map((corner, index) => {
    const entry = towards(corner, points[index]);
    const exit = towards(corner, points[index + 2]);
    return `L${at(entry)}Q${at(corner)} ${at(exit)}`;
  });
  return points.length < 2 ? "" : `M${at(points[0])}${corners.join("")}L${at(points[points.length - 1])}`;
}
