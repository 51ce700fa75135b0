/** The axes of a picture, stretched for the groups that are open: they grow to both sides, and downwards. */
import type { Lane, Picture, PictureBox, Rectangle } from "../explanation.ts";

type Axis = (place: number) => number;

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

// One axis of a picture, stretched so that what opens has room: a map from old places to new ones that keeps
// their order and no gap shrinks, so that boxes that stood apart still do.

/** From `first` to `last` there must be room for `length`. What is missing is put in at the one end or at the other. */
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
  // Room at the first end is room at the last one, seen from behind.
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
 * New places from the old ones, in rising order: each gap as it was, or as large as a need that ends there
 * asks for.
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

/** A place that was not named moves with the one before it. */
function between(place: number, sorted: readonly number[], placed: ReadonlyMap<number, number>): number {
  const before = sorted.findLast((each) => each <= place) ?? sorted[0];
  return (placed.get(before) ?? before) + place - before;
}
