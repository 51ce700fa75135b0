/**
 * A picture with some of its groups open, flat: every box and every wire at its place, in the order in which
 * they are drawn. Pages and files draw the same scene.
 */
import type { Lane, NodeId, Picture, PictureBox, Point, Wire } from "../explanation.ts";
import { axesOf, middleOf } from "./axes.ts";
import type { Axes } from "./axes.ts";
import { wireEnd } from "./wire-ends.ts";
import type { Moved, WireEnd } from "./wire-ends.ts";

export interface SceneBox extends PictureBox {
  readonly isOpen: boolean;
  /** The open group that it is in. */
  readonly group: string | undefined;
}

export interface SceneWire {
  /** The boxes at its ends; where one is inside of an open group, of that group there is nothing. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly nodes: readonly NodeId[];
  readonly points: readonly Point[];
  /** Whether it ends at a box, and not at another wire. */
  readonly hasHead: boolean;
  /** Whether it goes from the border of a box to another wire only. */
  readonly isJoint: boolean;
  /** The group that it is in, or whose border it crosses. */
  readonly group: string | undefined;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly Lane[];
  /** Open groups before what is in them. */
  readonly boxes: readonly SceneBox[];
  readonly wires: readonly SceneWire[];
}

/** Around the lanes. */
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

/** A wire at its new place, and what joins it to the wires inside of the open groups at its ends. */
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
 * Up to the gap between their lanes a wire moves with the box that it comes from, then with the one that it
 * goes to.
 */
function movedPoints(points: readonly Point[], axes: Axes, from?: PictureBox, to?: PictureBox): Point[] {
  const [early, late] = [axes.y(from), axes.y(to)];
  const right = from === undefined ? 0 : from.x + from.width;
  const inGap = points.findIndex(([x], index) => x > right && points[index + 1]?.[0] === x);
  const isLate = (index: number) => early !== late && index > inGap;
  return points.map(([x, y], index): Point => [axes.x(x), isLate(index) ? late(y) : early(y)]);
}
