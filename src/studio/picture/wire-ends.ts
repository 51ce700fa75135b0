/**
 * Computes the ends of a wire after boxes have moved or opened. At a closed box, the wire ends at the same
 * relative position as before. At an open group, it ends a little outside the border. From there, joints
 * connect it to the inner wires that carry the same values.
 */
import type { NodeId, PictureBox, Point, Rectangle } from "../explanation.ts";

/** A box in the original layout, and at its current position. */
export interface Moved {
  readonly old: PictureBox;
  readonly now: Rectangle & { readonly isOpen: boolean };
}

/**
 * A wire inside an open group that crosses the border of the group. It leads outwards if it has a source box.
 */
interface Crossing {
  readonly from: string | undefined;
  readonly nodes: readonly NodeId[];
  readonly points: readonly Point[];
}

export interface WireEnd {
  /** The points of the wire, starting from the box. */
  readonly points: readonly Point[];
  readonly joints: readonly { readonly nodes: readonly NodeId[]; readonly points: readonly Point[] }[];
}

/** The distance from the border of a box at which a wire turns. */
const turnDistance = 9;

/** The outward direction at a point on the border of a box. */
function outward([x, y]: Point, box: Rectangle): Point {
  const sides: readonly (readonly [distance: number, direction: Point])[] = [
    [Math.abs(y - box.y), [0, -1]],
    [Math.abs(y - box.y - box.height), [0, 1]],
    [Math.abs(x - box.x), [-1, 0]],
    [Math.abs(x - box.x - box.width), [1, 0]],
  ];
  return sides.reduce((nearest, side) => (side[0] < nearest[0] ? side : nearest))[1];
}

/**
 * The position on the border of the moved box that corresponds to `point` on the border of the box in the
 * original layout.
 */
function anchorOf([x, y]: Point, [dx, dy]: Point, { old, now }: Moved): Point {
  if (dy !== 0) {
    const fromMiddle = x - old.x - old.width / 2;
    return [now.x + now.width / 2 + fromMiddle, dy < 0 ? now.y : now.y + now.height];
  }
  return [dx < 0 ? now.x : now.x + now.width, now.y + y - old.y];
}

const moved = ([x, y]: Point, [dx, dy]: Point, by: number): Point => [x + dx * by, y + dy * by];

/**
 * Computes one end of a wire: `point` is the end in the original layout, and `now` is its position on the
 * stretched axes. From its end, the wire first goes straight outwards.
 */
export function wireEnd(
  point: Point,
  now: Point,
  box: Moved,
  nodes: readonly NodeId[],
  crossing: readonly Crossing[],
): WireEnd {
  const direction = outward(point, box.old);
  const anchor = anchorOf(point, direction, box);
  const turn = moved(anchor, direction, turnDistance);
  // The point at which the wire turns: outside the border, and in line with the rest of the wire.
  const aligned: Point = direction[1] === 0 ? [turn[0], now[1]] : [now[0], turn[1]];
  const inner = box.now.isOpen ? meeting(direction, box, nodes, crossing) : [];
  if (inner.length > 0)
    return {
      points: [aligned],
      joints: inner.map(({ end, nodes: carried }) => {
        const outside = moved(end, direction, turnDistance);
        return { nodes: carried, points: [end, outside, aligned] };
      }),
    };
  const isStraight = Math.abs(aligned[0] - turn[0]) + Math.abs(aligned[1] - turn[1]) < 0.5;
  return { points: isStraight ? [anchor] : [anchor, turn, aligned], joints: [] };
}

/** Finds the ends of inner wires on this side of the group that carry at least one of the values. */
function meeting(direction: Point, { now }: Moved, nodes: readonly NodeId[], crossing: readonly Crossing[]) {
  const wanted = new Set(nodes);
  return crossing.flatMap(({ from, points, nodes: carried }) => {
    if (points.length === 0) return [];
    const common = carried.filter((node) => wanted.has(node));
    const end = from === undefined ? points[0] : points[points.length - 1];
    const [dx, dy] = outward(end, now);
    return common.length > 0 && dx === direction[0] && dy === direction[1] ? [{ end, nodes: common }] : [];
  });
}

// A wire as an SVG path: straight lines with rounded corners.

const radius = 7;

const short = (value: number): string => String(Math.round(value * 10) / 10 + 0);
const at = ([x, y]: Point): string => `${short(x)} ${short(y)}`;

/**
 * A point on the line from the first point to the second. Its distance from the first is at most `radius` and
 * at most half the line.
 */
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
