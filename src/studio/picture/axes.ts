/** The axes of a picture, stretched for the groups that are open: they grow to both sides, and downwards. */
import type { Lane, Picture, PictureBox, Rectangle } from "../explanation.ts";
import { stretch, type Need } from "./stretch.ts";

export type Axis = (place: number) => number;

export interface Axes {
  readonly x: Axis;
  /** Of the lane that something stands in: a lane that is apart has heights of its own. */
  readonly y: (what: Rectangle | undefined) => Axis;
}

export const middleOf = ({ x, width }: Rectangle): number => x + width / 2;

export function axesOf(picture: Picture, isOpen: (id: string) => boolean): Axes {
  const { width, lanes, boxes, wires } = picture;
  const open = boxes.filter((box) => box.inside !== undefined && isOpen(box.id));
  const xs = [...lanes, ...boxes].flatMap((each) => [each.x, middleOf(each), each.x + each.width]);
  const points = wires.flatMap((wire) => wire.points);
  const apart = lanes.filter((lane) => lane.isApart);
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
