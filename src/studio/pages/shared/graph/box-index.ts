/**
 * The location of each node in a picture: the box that shows the node, and the groups that contain the box.
 */
import type { Picture } from "../../../explanation.ts";
import type { Scene, SceneBox, SceneWire } from "../../../picture/scene.ts";
import type { Lit } from "./canvas.ts";

interface BoxLocation {
  readonly box: string;
  /** The groups that contain the box, outermost first. */
  readonly groups: readonly string[];
}

/** Maps the id of each node and each box to its location. */
export function boxIndex(picture: Picture): ReadonlyMap<string, BoxLocation> {
  const drawn = locations(picture, []);
  const places = new Map<string, BoxLocation>();
  for (const { nodes, location } of drawn)
    for (const id of nodes) if (!places.has(id)) places.set(id, location);
  // A node with its own box is located in that box, even if other boxes write the node inline.
  for (const { location } of drawn) places.set(location.box, location);
  return places;
}

/** All boxes of a picture. The nodes of a group are located in the boxes of the group. */
const locations = (
  { boxes }: Picture,
  groups: readonly string[],
): { readonly location: BoxLocation; readonly nodes: readonly string[] }[] =>
  boxes.flatMap(({ id, nodes, inside }) => {
    const location = { box: id, groups };
    return inside === undefined
      ? [{ location, nodes }]
      : [{ location, nodes: [] }, ...locations(inside, [...groups, id])];
  });

/** The ids of all groups of a picture. */
export const groupsOf = ({ boxes }: Picture): string[] =>
  boxes.flatMap(({ id, inside }) => (inside === undefined ? [] : [id, ...groupsOf(inside)]));

// Finds the target of an arrow key: the nearest box in the direction of the key. Boxes straight ahead are
// preferred over boxes at an angle.

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

export const directionOf = (key: string): readonly [number, number] | undefined => directions[key];

/** The weight of a sideways distance, relative to a distance straight ahead. */
const sideways = 2.5;

/** The position of a box for keyboard navigation; for an open group, the position of its name. */
const placeOf = ({ x, y, width, height, isOpen }: SceneBox): readonly [number, number] => [
  x + width / 2,
  isOpen ? y + 14 : y + height / 2,
];

export function nextBox(
  from: SceneBox,
  [dx, dy]: readonly [number, number],
  boxes: readonly SceneBox[],
): SceneBox | undefined {
  const [x, y] = placeOf(from);
  const costs = boxes.flatMap((box) => {
    const [toX, toY] = placeOf(box);
    const ahead = (toX - x) * dx + (toY - y) * dy;
    const aside = Math.abs((toX - x) * dy) + Math.abs((toY - y) * dx);
    return box.id !== from.id && ahead > 4 ? [{ box, cost: ahead + sideways * aside }] : [];
  });
  if (costs.length === 0) return undefined;
  return costs.reduce((best, each) => (each.cost < best.cost ? each : best)).box;
}

/** The box nearest to a point. */
export function nearestBox(
  [x, y]: readonly [number, number],
  boxes: readonly SceneBox[],
): SceneBox | undefined {
  const costs = boxes.map((box) => ({ box, cost: Math.hypot(placeOf(box)[0] - x, placeOf(box)[1] - y) }));
  return costs.length === 0
    ? undefined
    : costs.reduce((best, each) => (each.cost < best.cost ? each : best)).box;
}

/**
 * Returns the parts to highlight for a box: the wires that lead to it, all wires that carry its value, and
 * the boxes at their ends.
 */
export function litBy(id: string, { boxes, wires }: Scene): Lit {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const around = groupsAround(id, byId);
  const isValue = byId.get(id)?.kind !== "group";
  const lit = new Set<SceneWire>();
  const arriving = new Set<string>();
  for (const wire of wires) {
    if (wire.to === id) for (const node of wire.nodes) arriving.add(node);
    if (wire.to === id || wire.from === id || (isValue && wire.nodes.includes(id))) lit.add(wire);
  }
  // If a wire enters through the borders of groups, its parts outside these groups are highlighted too.
  for (const wire of wires) {
    const isOnTheWay = wire.to === undefined ? !around.has(wire.group) : around.has(wire.to);
    if (around.size > 0 && isOnTheWay && wire.nodes.some((node) => arriving.has(node))) lit.add(wire);
  }
  const ends = [...lit].flatMap(({ from, to }) => [from, to]).filter((end) => end !== undefined);
  return { wires: lit, boxes: new Set([id, ...ends]) };
}

/** The open groups that contain a box, innermost first. */
function groupsAround(id: string, boxes: ReadonlyMap<string, SceneBox>): ReadonlySet<string | undefined> {
  const around = new Set<string>();
  for (let group = boxes.get(id)?.group; group !== undefined; group = boxes.get(group)?.group)
    around.add(group);
  return around;
}
