/**
 * Computes a scene: a picture in which some groups are open. The axes are stretched to make room for open
 * groups, and every box and wire gets its position, in drawing order. The content of an open group is a scene
 * itself, so groups can be open within groups.
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

/** The sizes of the content of open groups. */
type Insides = ReadonlyMap<string, { readonly width: number; readonly height: number }>;

function axesOf({ width, height, lanes, boxes, wires }: Picture, insides: Insides): Axes {
  const open = boxes.flatMap((box) => {
    const inside = insides.get(box.id);
    return inside === undefined ? [] : [{ box, inside }];
  });
  const xs = [...lanes, ...boxes].flatMap((each) => [each.x, middleOf(each), each.x + each.width]);
  const points = wires.flatMap((wire) => wire.points);
  const apart = lanes.filter((lane) => lane.hasOwnAxis);
  const laneOf = (what: Rectangle | undefined) =>
    apart.find((lane) => what !== undefined && isWithin(what, lane));
  const yAxis = (of: Lane | undefined): Axis => {
    const own = boxes.filter((box) => laneOf(box) === of);
    const ys = [...lanes, ...own].flatMap((each) => [each.y, each.y + each.height]);
    const needs = open.filter(({ box }) => laneOf(box) === of).map(heightNeed);
    return stretch([0, height, ...ys, ...points.map(([, y]) => y)], needs);
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

interface Open {
  readonly box: Rectangle;
  readonly inside: { readonly width: number; readonly height: number };
}

const heightNeed = ({ box: { y, height }, inside }: Open): Need => ({
  first: y,
  last: y + height,
  length: inside.height,
  at: "last",
});

function widthNeeds({ box, inside }: Open): readonly Need[] {
  return [
    { first: box.x, last: middleOf(box), length: inside.width / 2, at: "first" },
    { first: middleOf(box), last: box.x + box.width, length: inside.width / 2, at: "last" },
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
  /** The innermost open group that contains the box. */
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
  /** The innermost open group that contains the wire, or whose border the wire crosses. */
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

export function sceneOf(picture: Picture, isOpen: (id: string) => boolean): Scene {
  const insides = new Map(
    picture.boxes.flatMap(({ id, inside }) =>
      inside !== undefined && isOpen(id) ? [[id, sceneOf(inside, isOpen)] as const] : [],
    ),
  );
  const axes = axesOf(picture, insides);
  const boxes = new Map(
    picture.boxes.map((old) => [old.id, { old, now: movedBox(old, axes, insides.get(old.id)) }]),
  );
  const contents = [...boxes.values()].flatMap(({ now }) => {
    const inside = insides.get(now.id);
    return inside === undefined ? [] : [contentOf(now, inside)];
  });
  const crossing = new Map(
    contents.map(({ id, wires }) => [
      id,
      wires.filter(
        ({ from, to, group, isJoint }) =>
          (from === undefined || to === undefined) && group === id && !isJoint,
      ),
    ]),
  );
  const height = Math.max(
    axes.y(undefined)(picture.height),
    ...picture.lanes.map((lane) => axes.y(lane)(picture.height)),
  );
  return {
    width: axes.x(picture.width),
    height,
    lanes: picture.lanes.map((lane) => {
      const x = axes.x(lane.x);
      return {
        ...lane,
        x,
        width: axes.x(lane.x + lane.width) - x,
        height: lane.height + height - picture.height,
      };
    }),
    boxes: [...[...boxes.values()].map(({ now }) => now), ...contents.flatMap((content) => content.boxes)],
    wires: [
      ...picture.wires.flatMap((wire) => rerouted(wire, axes, boxes, crossing)),
      ...contents.flatMap((content) => content.wires),
    ],
  };
}

function movedBox(box: PictureBox, axes: Axes, inside: Scene | undefined): SceneBox {
  const { width, height } = inside ?? box;
  const x = axes.x(middleOf(box)) - width / 2;
  const y = axes.y(box)(box.y);
  return { ...box, x, y, width, height, isOpen: inside !== undefined, group: undefined };
}

/** Moves the content of an open group to the position of the group. */
function contentOf({ id, x, y }: SceneBox, { boxes, wires }: Scene) {
  return {
    id,
    boxes: boxes.map((box): SceneBox => ({ ...box, x: box.x + x, y: box.y + y, group: box.group ?? id })),
    wires: wires.map((wire): SceneWire => ({
      ...wire,
      points: wire.points.map(([px, py]): Point => [px + x, py + y]),
      group: wire.group ?? id,
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
    { ...shared, nodes, points: whole, hasHead: to !== undefined && end.joints.length === 0, isJoint: false },
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
