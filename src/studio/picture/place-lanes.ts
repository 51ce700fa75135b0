/**
 * Places lanes next to each other. Chooses the sides where values leave and enter groups, and routes the
 * wires in the gaps between the lanes.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import type { ExplainedPicture, Lane, Picture, PictureBox, Point, RegionName, Wire } from "../explanation.ts";
import { labelSize, textWidth } from "./box-texts.ts";
import type { Member, Link } from "./choose-boxes.ts";
import type { Side } from "./elk-layout.ts";
import { channelCount, gapWidth, routeAcross } from "./route-across.ts";
import type { Across } from "./route-across.ts";

// The sides of groups at which wires leave and enter: top and bottom within a lane, left and right between
// lanes.

export interface SidedLink {
  readonly link: Link;
  readonly leaves: Side;
  readonly enters: Side;
  /** In a mirrored lane, the forward link whose route this link follows backwards. */
  readonly along: Link | undefined;
}

/** The groups of one lane. The second of three lanes may mirror the first. */
interface LaneGroups {
  readonly groups: readonly Member[];
  readonly isMirror: boolean;
}

export function linkSides(lanes: readonly LaneGroups[], links: readonly Link[]): SidedLink[] {
  const laneOf = new Map(
    lanes.flatMap(({ groups }, index) => groups.map((group) => [group, index] as const)),
  );
  const within = links.filter(({ from, to }) => laneOf.get(from) === 0 && laneOf.get(to) === 0);
  const byEnds = new Map(within.map((link) => [endsOf(link.from.key, link.to.key), link]));
  return links.map((link): SidedLink => {
    const [from, to] = [laneOf.get(link.from) ?? 0, laneOf.get(link.to) ?? 0];
    if (from < to) return { link, leaves: "EAST", enters: "WEST", along: undefined };
    if (from > to) return { link, leaves: "WEST", enters: "EAST", along: undefined };
    if (!lanes[from].isMirror) return { link, leaves: "SOUTH", enters: "NORTH", along: undefined };
    // The gradient dL/dx flows to the layer that computed x, against the direction of a forward link.
    const along = byEnds.get(endsOf(link.to.key, link.from.key));
    return along === undefined
      ? { link, leaves: "EAST", enters: "EAST", along }
      : { link, leaves: "NORTH", enters: "SOUTH", along };
  });
}

const endsOf = (from: string, to: string): string => JSON.stringify([from, to]);

// Places the lanes next to each other, and the wires in the gaps between them.

export interface LanePlan extends LaneGroups {
  readonly region: RegionName;
  readonly label: string;
}

/** A lane before it has a position next to the others. */
export interface LaneLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<Member, PictureBox>;
  /** The routes of the links within the lane. */
  readonly routes: ReadonlyMap<Link, readonly Point[]>;
}

type Boxes = ReadonlyMap<Member, PictureBox>;

/** The margin around the lanes, around their names, and between neighbouring lanes without wires. */
const margin = 16;

export function placeLanes(
  plans: readonly LanePlan[],
  layouts: readonly LaneLayout[],
  links: readonly SidedLink[],
): Picture {
  const crossing = layouts.map(({ boxes }) => crossingFrom(boxes, links));
  const unplaced = new Map(layouts.flatMap(({ boxes }) => [...boxes]));
  const gaps = crossing.map((list) =>
    list.length === 0 ? margin : gapWidth(channelCount(list.map((sided) => acrossOf(sided, unplaced)))),
  );
  const height = Math.max(...layouts.map((layout) => layout.height));
  const lanes: Lane[] = [];
  let x = margin;
  plans.forEach(({ region, label }, index) => {
    const width = Math.max(layouts[index].width, textWidth(label, labelSize) + 2 * margin);
    lanes.push({ region, label, hasOwnAxis: region === "update", x, y: margin, width, height });
    x += width + gaps[index];
  });
  const boxes = new Map(
    lanes.flatMap((lane, index) =>
      [...layouts[index].boxes].map(([group, box]) => [group, moved(box, lane)]),
    ),
  );
  const wires = lanes.flatMap((lane, index) => [
    ...wiresWithin(layouts[index], lane),
    ...wiresAcross(lanes.slice(index, index + 2), crossing[index], layouts.slice(index, index + 2), boxes),
  ]);
  return { width: x, height: height + 2 * margin, lanes, boxes: [...boxes.values()], wires };
}

/** The links that go through the gap to the right of a lane. */
const crossingFrom = (boxes: Boxes, links: readonly SidedLink[]): SidedLink[] =>
  links.filter(({ link, leaves }) =>
    leaves === "EAST" ? boxes.has(link.from) : leaves === "WEST" && boxes.has(link.to),
  );

const moved = (box: PictureBox, by: { x: number; y: number }): PictureBox => ({
  ...box,
  x: box.x + by.x,
  y: box.y + by.y,
});

const wireOf = ({ from, to, nodes }: Link, points: readonly Point[]): Wire => ({
  from: from.id,
  to: to.id,
  nodes,
  points,
});

const wiresWithin = ({ routes }: LaneLayout, { x, y }: Lane): Wire[] =>
  [...routes].map(([link, points]) =>
    wireOf(
      link,
      points.map(([px, py]) => [px + x, py + y]),
    ),
  );

function wiresAcross(
  [{ x, width }, next]: readonly Lane[],
  links: readonly SidedLink[],
  [before, after]: readonly LaneLayout[],
  boxes: Boxes,
): Wire[] {
  const inLane = (layout: LaneLayout | undefined) =>
    [...(layout?.boxes.keys() ?? [])].map((group) => boxOf(group, boxes));
  const routes = routeAcross({
    hasOwnAxis: next?.hasOwnAxis ?? false,
    left: x + width,
    wires: links.map((sided) => acrossOf(sided, boxes)),
    before: inLane(before),
    after: inLane(after),
  });
  return links.map(({ link, leaves }, index) =>
    wireOf(link, leaves === "WEST" ? [...routes[index]].reverse() : routes[index]),
  );
}

/** The ends of a link between lanes; `from` is in the lane on the left. */
function acrossOf({ link: { from, to }, leaves, enters }: SidedLink, boxes: Boxes): Across {
  if (leaves === "WEST") return { from: boxOf(to, boxes), to: boxOf(from, boxes), enters: "WEST" };
  return { from: boxOf(from, boxes), to: boxOf(to, boxes), enters: enters === "EAST" ? "EAST" : "WEST" };
}

function boxOf(group: Member, boxes: Boxes): PictureBox {
  const box = boxes.get(group);
  invariant(box !== undefined, `${group.id} has no position`);
  return box;
}

/** The plan of a picture, before its boxes have positions. */
export interface PicturePlan {
  readonly name: ExplainedPicture["name"];
  readonly title: string;
  readonly lanes: readonly LanePlan[];
  readonly links: readonly Link[];
}
