/**
 * Routes wires between lanes. A wire leaves its box sideways, follows a vertical channel in the gap, and
 * enters a box of the other lane. All wires from one box share a channel, and so do all wires into a box with
 * many sources. Channels that would overlap are placed side by side.
 */
import type { Point, Rectangle } from "../explanation.ts";

export interface Across {
  readonly from: Rectangle;
  readonly to: Rectangle;
  /** `EAST` means that the wire enters a box of the same lane on its right side. */
  readonly enters: "WEST" | "EAST";
}

export interface Gap {
  /** Whether the lanes on both sides have independent vertical axes. If so, no wire is a straight line. */
  readonly hasOwnAxis: boolean;
  /** The left edge of the gap. */
  readonly left: number;
  readonly wires: readonly Across[];
  /** The boxes of the lanes on the left and on the right, which wires must not cross. */
  readonly before: readonly Rectangle[];
  readonly after: readonly Rectangle[];
}

const channelWidth = 10;
const firstChannel = 16;
/** The distance between a row of boxes and a wire that goes around them. */
const detour = 9;

/** The path of a wire from a box to its channel, and the height at which it meets the channel. */
interface End {
  readonly points: readonly Point[];
  readonly y: number;
}

export const gapWidth = (channels: number): number =>
  2 * firstChannel + channelWidth * Math.max(channels - 1, 0);

export function channelCount(wires: readonly Across[]): number {
  return Math.max(0, ...[...channelsOf(wires).values()].map((channel) => channel + 1));
}

export function routeAcross({ hasOwnAxis, left, wires, before, after }: Gap): Point[][] {
  const channels = channelsOf(wires);
  const channelBox = channelBoxes(wires);
  const slots = entrySlots(wires);
  return wires.map((wire, index) => {
    const { from, to, enters } = wire;
    const start = exitOf(from, before);
    const end = entryOf(to, slots[index], enters, enters === "EAST" ? before : after);
    if (start.y === end.y && !hasOwnAxis) return [...start.points, ...end.points];
    const x = left + firstChannel + channelWidth * (channels.get(channelBox(wire)) ?? 0);
    return [...start.points, [x, start.y], [x, end.y], ...end.points];
  });
}

const middle = ({ y, height }: Rectangle): number => y + height / 2;

/**
 * Returns the box whose wires share a channel with this wire: the target if it has more than three incoming
 * wires, otherwise the source.
 */
function channelBoxes(wires: readonly Across[]): (wire: Across) => Rectangle {
  const arriving = new Map<Rectangle, number>();
  for (const { to } of wires) arriving.set(to, (arriving.get(to) ?? 0) + 1);
  return ({ from, to }) => ((arriving.get(to) ?? 0) > 3 ? to : from);
}

/**
 * Assigns a channel to the vertical interval of each box, from top to bottom. An interval takes the first
 * free channel.
 */
function channelsOf(wires: readonly Across[]): Map<Rectangle, number> {
  const channelBox = channelBoxes(wires);
  const intervals = new Map<Rectangle, { first: number; last: number }>();
  for (const wire of wires) {
    const ends = [wire.from.y, wire.to.y, wire.from.y + wire.from.height, wire.to.y + wire.to.height];
    const { first, last } = intervals.get(channelBox(wire)) ?? { first: ends[0], last: ends[0] };
    intervals.set(channelBox(wire), { first: Math.min(first, ...ends), last: Math.max(last, ...ends) });
  }
  const ends: number[] = [];
  const channels = new Map<Rectangle, number>();
  for (const [box, { first, last }] of [...intervals].sort(([, a], [, b]) => a.first - b.first)) {
    const free = ends.findIndex((end) => end < first);
    const channel = free === -1 ? ends.length : free;
    ends[channel] = last;
    channels.set(box, channel);
  }
  return channels;
}

/**
 * The height at which each wire enters its target, relative to the target: 0 is the top and 1 the bottom.
 * Wires from above enter above the middle, and wires from below enter below it.
 */
function entrySlots(wires: readonly Across[]): number[] {
  const slots = wires.map(() => 0.5);
  const channelBox = channelBoxes(wires);
  const byTarget = new Map<Rectangle, number[]>();
  wires.forEach((wire, index) => {
    if (channelBox(wire) !== wire.to) byTarget.set(wire.to, [...(byTarget.get(wire.to) ?? []), index]);
  });
  for (const [to, indices] of byTarget) {
    const above = indices.filter((index) => middle(wires[index].from) < middle(to));
    const below = indices.filter((index) => middle(wires[index].from) > middle(to));
    const order = (a: number, b: number) => middle(wires[a].from) - middle(wires[b].from);
    above.sort(order).forEach((wire, i) => (slots[wire] = (0.5 * (i + 1)) / (above.length + 1)));
    below.sort(order).forEach((wire, i) => (slots[wire] = 0.5 + (0.5 * (i + 1)) / (below.length + 1)));
  }
  return slots;
}

const overlaps = (a: Rectangle, b: Rectangle): boolean => a.y < b.y + b.height && b.y < a.y + a.height;

function exitOf(box: Rectangle, lane: readonly Rectangle[]): End {
  const right = box.x + box.width;
  const row = lane.filter((other) => overlaps(other, box));
  if (row.every((other) => other.x < right)) return { points: [[right, middle(box)]], y: middle(box) };
  const y = Math.max(...row.map((other) => other.y + other.height)) + detour;
  return {
    points: [
      [right - 14, box.y + box.height],
      [right - 14, y],
    ],
    y,
  };
}

function entryOf(box: Rectangle, slot: number, enters: "WEST" | "EAST", lane: readonly Rectangle[]): End {
  const y = box.y + box.height * slot;
  const row = lane.filter((other) => overlaps(other, box));
  const isEast = enters === "EAST";
  const x = isEast ? box.x + box.width : box.x;
  const isFree = row.every((other) => (isEast ? other.x < x : other.x >= x));
  if (isFree) return { points: [[x, y]], y };
  const above = Math.min(...row.map((other) => other.y)) - detour;
  const inside = isEast ? x - 14 : x + 14;
  return {
    points: [
      [inside, above],
      [inside, box.y],
    ],
    y: above,
  };
}
