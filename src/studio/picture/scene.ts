/**
 * Computes a scene: a picture in which some groups are open. The axes are stretched to make room for open
 * groups, and every box and wire gets its position, in drawing order.
 */
import type { Lane, NodeId, Picture, PictureBox, Point, Rectangle, Wire } from "../explanation.ts";
import { wireEnd } from "./wire-ends.ts";
import type { Moved, WireEnd } from "./wire-ends.ts";

// The axes of a picture, stretched to make room for open groups. An open group grows to the left, to the
// right and downwards.

type Axis = (place: number) => number;

interface Axes {
  readonly x: Axis;
  /**
   * Returns the vertical axis for an element. A lane with `hasOwnAxis` has its own axis; all other lanes
   * share one.
   */
  readonly y: (what: Rectangle | undefined) => Axis;
}

const middleOf = ({ x, width }: Rectangle): number => x + width / 2;

function axesOf(picture: Picture, isOpen: (id: string) => boolean): Axes {
  const { width, lanes, boxes, wires } = picture;
  const open = boxes.filter((box) => box.inside !== undefined && isOpen(box.id));
  const xs = [...lanes, ...boxes].flatMap((each) => [each.x, middleOf(each), each.x + each.width]);
  const points = wires.flatMap((wire) => wire.points);
  const apart = lanes.filter((lane) => lane.hasOwnAxis);
  const laneOf = (what: Rectangle | undefined) =>
    apart.find((lane) => what !== undefined && isWithin(what, lane));
  const yAxis = (of: Lane | undefined): Axis => {
    const own = boxes.filter((box) => laneOf(box) === of);
    const ys = [...lanes, ...own].flatMap((each) => [each.y, each.y + each.height]);
    const needs = open.filter((box) => laneOf(box) === of).map(heightNeed);
    return stretch([...ys, ...points.map(([, y]) => y)], needs);
  };
  const shared = yAxis(undefined);
  const axes = new Map(apart.map((lane) => [lane, yAxis(lane)]));
  return {
    x: stretch([0, width, ...xs, ...points.map(([x]) => x)], open.flatMap(widthNeeds)),
    y: (what) => {
      const lane = laneOf(what);
      return (lane && axes.get(lane)) ?? shared;
    },
  };
}

const isWithin = (what: Rectangle, lane: Rectangle): boolean =>
  what.x >= lane.x && what.x < lane.x + lane.width;

const heightNeed = ({ y, height, inside }: PictureBox): Need => ({
  first: y,
  last: y + height,
  length: inside?.height ?? height,
  at: "last",
});

function widthNeeds(box: PictureBox): readonly Need[] {
  const half = (box.inside?.width ?? box.width) / 2;
  return [
    { first: box.x, last: middleOf(box), length: half, at: "first" },
    { first: middleOf(box), last: box.x + box.width, length: half, at: "last" },
  ];
}

// One axis of a picture, stretched for open groups. It maps old positions to new positions. No gap becomes
// smaller, so boxes never start to overlap.

/**
 * Requires a distance of at least `length` from `first` to `last`. If the distance is too small, space is
 * added at the end that `at` names.
 */
interface Need {
  readonly first: number;
  readonly last: number;
  readonly length: number;
  readonly at: "first" | "last";
}

function stretch(places: readonly number[], needs: readonly Need[]): (place: number) => number {
  if (needs.length === 0) return (place) => place;
  const sorted = [...new Set([...places, ...needs.flatMap(({ first, last }) => [first, last])])].sort(
    (a, b) => a - b,
  );
  // To add space at the first end, add it at the last end of the reversed axis.
  const backwards = needs
    .filter(({ at }) => at === "first")
    .map(({ first, last, length }) => ({ first: -last, last: -first, length }));
  const behind = grown(
    sorted.map((place) => -place).reverse(),
    sorted.map((place) => -place).reverse(),
    backwards,
  );
  const widened = behind.map((place) => -place).reverse();
  const all = grown(sorted, widened, needs);
  const shift = all[0] - sorted[0];
  const placed = new Map(sorted.map((place, index) => [place, all[index] - shift]));
  return (place) => placed.get(place) ?? between(place, sorted, placed);
}

/**
 * Returns the new positions of the sorted keys. A gap keeps its size, unless it ends a need that requires
 * more space.
 */
function grown(
  keys: readonly number[],
  places: readonly number[],
  needs: readonly Omit<Need, "at">[],
): number[] {
  const ending = new Map<number, Omit<Need, "at">[]>();
  for (const need of needs) ending.set(need.last, [...(ending.get(need.last) ?? []), need]);
  const found = new Map<number, number>();
  const result: number[] = [];
  keys.forEach((key, index) => {
    const kept = index === 0 ? places[0] : result[index - 1] + places[index] - places[index - 1];
    const needed = (ending.get(key) ?? []).map(({ first, length }) => (found.get(first) ?? kept) + length);
    result.push(Math.max(kept, ...needed));
    found.set(key, result[index]);
  });
  return result;
}

/** Maps a position that is not in the list. It moves as far as the nearest listed position before it. */
function between(place: number, sorted: readonly number[], placed: ReadonlyMap<number, number>): number {
  const before = sorted.findLast((each) => each <= place) ?? sorted[0];
  return (placed.get(before) ?? before) + place - before;
}

// The flat scene: every box and wire in drawing order. Pages and SVG files draw the same scene.

export interface SceneBox extends PictureBox {
  readonly isOpen: boolean;
  /** The open group that contains the box. */
  readonly group: string | undefined;
}

export interface SceneWire {
  /**
   * The ids of the boxes at both ends. An end where the wire crosses the border of its group is undefined.
   */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly nodes: readonly NodeId[];
  readonly points: readonly Point[];
  /** Whether the wire ends at a box, with an arrow head, rather than at another wire. */
  readonly hasHead: boolean;
  /** Whether the wire only connects the border of a box to another wire. */
  readonly isJoint: boolean;
  /** The group that contains the wire, or whose border the wire crosses. */
  readonly group: string | undefined;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly Lane[];
  /** An open group comes before its content. */
  readonly boxes: readonly SceneBox[];
  readonly wires: readonly SceneWire[];
}

/** The margin around the lanes. */
const margin = 16;

export function sceneOf(picture: Picture, isOpen: (id: string) => boolean): Scene {
  const axes = axesOf(picture, isOpen);
  const boxes = new Map(
    picture.boxes.map((old) => [old.id, { old, now: movedBox(old, isOpen(old.id), axes) }]),
  );
  const inside = [...boxes.values()].flatMap(({ now }) => (now.isOpen ? [insideOf(now)] : []));
  const crossing = new Map(
    inside.map(({ id, wires }) => [
      id,
      wires.filter(({ from, to }) => from === undefined || to === undefined),
    ]),
  );
  const bottom = Math.max(0, ...picture.lanes.map((lane) => axes.y(lane)(lane.y + lane.height)));
  return {
    width: axes.x(picture.width),
    height: bottom + margin,
    lanes: picture.lanes.map((lane) => {
      const x = axes.x(lane.x);
      return { ...lane, x, width: axes.x(lane.x + lane.width) - x, height: bottom - lane.y };
    }),
    boxes: [...[...boxes.values()].map(({ now }) => now), ...inside.flatMap((part) => part.boxes)],
    wires: [
      ...picture.wires.flatMap((wire) => rerouted(wire, axes, boxes, crossing)),
      ...inside.flatMap((part) => part.wires),
    ],
  };
}

function movedBox(box: PictureBox, isWanted: boolean, axes: Axes): SceneBox {
  const { inside } = box;
  const isOpen = isWanted && inside !== undefined;
  const { width, height } = isOpen ? inside : box;
  const x = axes.x(middleOf(box)) - width / 2;
  return { ...box, x, y: axes.y(box)(box.y), width, height, isOpen, group: undefined };
}

function insideOf({ id, x, y, inside }: SceneBox): { id: string; boxes: SceneBox[]; wires: SceneWire[] } {
  if (inside === undefined) return { id, boxes: [], wires: [] };
  return {
    id,
    boxes: inside.boxes.map((box) => ({ ...box, x: box.x + x, y: box.y + y, isOpen: false, group: id })),
    wires: inside.wires.map((wire) => ({
      ...wire,
      points: wire.points.map(([px, py]): Point => [px + x, py + y]),
      hasHead: wire.to !== undefined,
      isJoint: false,
      group: id,
    })),
  };
}

/**
 * Returns a wire at its new position, and the joints that connect it to wires inside the open groups at its
 * ends.
 */
function rerouted(
  { from, to, nodes, points: laidOut }: Wire,
  axes: Axes,
  boxes: ReadonlyMap<string, Moved>,
  crossing: ReadonlyMap<string, readonly SceneWire[]>,
): SceneWire[] {
  const points = movedPoints(laidOut, axes, boxes.get(from ?? "")?.old, boxes.get(to ?? "")?.old);
  const endAt = (id: string | undefined, index: number): WireEnd => {
    const box = boxes.get(id ?? "");
    if (box === undefined) return { points: [points[index]], joints: [] };
    return wireEnd(laidOut[index], points[index], box, nodes, crossing.get(box.old.id) ?? []);
  };
  if (points.length < 2) return [];
  const start = endAt(from, 0);
  const end = endAt(to, points.length - 1);
  const whole = [...start.points, ...points.slice(1, -1), ...[...end.points].reverse()];
  const shared = { from, to, group: undefined };
  return [
    { ...shared, nodes, points: whole, hasHead: end.joints.length === 0, isJoint: false },
    ...[...start.joints, ...end.joints].map((joint) => ({
      ...shared,
      ...joint,
      hasHead: false,
      isJoint: true,
    })),
  ];
}

/**
 * Moves the points of a wire. The points up to the gap between the lanes move with the source box, and the
 * points after the gap move with the target box.
 */
function movedPoints(points: readonly Point[], axes: Axes, from?: PictureBox, to?: PictureBox): Point[] {
  const [early, late] = [axes.y(from), axes.y(to)];
  const right = from === undefined ? 0 : from.x + from.width;
  const inGap = points.findIndex(([x], index) => x > right && points[index + 1]?.[0] === x);
  const isLate = (index: number) => early !== late && index > inGap;
  return points.map(([x, y], index): Point => [axes.x(x), isLate(index) ? late(y) : early(y)]);
}
