/** Lanes beside one another, and the wires between them in the gaps. */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import type { Lane, Picture, PictureBox, Point, RegionName, Wire } from "../explanation.ts";
import { labelSize, textWidth } from "./box-texts.ts";
import type { Group, Link } from "./choose-boxes.ts";
import type { LaneGroups, SidedLink } from "./link-sides.ts";
import { channelCount, gapWidth, routeAcross, type Across } from "./route-across.ts";

export interface LanePlan extends LaneGroups {
  readonly region: RegionName;
  readonly label: string;
}

/** A lane before it has a place beside the others. */
export interface LaneLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<Group, PictureBox>;
  /** Of the links within the lane. */
  readonly routes: ReadonlyMap<Link, readonly Point[]>;
}

type Boxes = ReadonlyMap<Group, PictureBox>;

/** Around the lanes, between them where no wire passes, and around their names. */
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
    lanes.push({ region, label, isApart: region === "update", x, y: margin, width, height });
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
    isApart: next?.isApart ?? false,
    left: x + width,
    wires: links.map((sided) => acrossOf(sided, boxes)),
    before: inLane(before),
    after: inLane(after),
  });
  return links.map(({ link, leaves }, index) =>
    wireOf(link, leaves === "WEST" ? [...routes[index]].reverse() : routes[index]),
  );
}

/** As seen from the lane to the left. */
function acrossOf({ link: { from, to }, leaves, enters }: SidedLink, boxes: Boxes): Across {
  if (leaves === "WEST") return { from: boxOf(to, boxes), to: boxOf(from, boxes), enters: "WEST" };
  return { from: boxOf(from, boxes), to: boxOf(to, boxes), enters: enters === "EAST" ? "EAST" : "WEST" };
}

function boxOf(group: Group, boxes: Boxes): PictureBox {
  const box = boxes.get(group);
  invariant(box !== undefined, `${group.id} has a place`);
  return box;
}
