/** Where each node is in a picture: its own box, or the one that stands for it, and the group that is in. */
import type { Picture, PictureBox } from "../../../explanation.ts";
import type { Scene, SceneBox, SceneWire } from "../../../picture/scene.ts";
import type { Lit } from "./canvas.ts";

interface BoxPlace {
  readonly box: string;
  readonly group: string | undefined;
}

/** By the ids of nodes and of boxes. */
export function boxIndex({ boxes }: Picture): ReadonlyMap<string, BoxPlace> {
  const places = new Map<string, BoxPlace>();
  const drawn = boxes.flatMap((box): { box: PictureBox; group: string | undefined }[] =>
    box.inside === undefined
      ? [{ box, group: undefined }]
      : box.inside.boxes.map((inner) => ({ box: inner, group: box.id })),
  );
  for (const { box, group } of drawn)
    for (const id of box.nodes) if (!places.has(id)) places.set(id, { box: box.id, group });
  // What has a box of its own is shown there, though others write it out too.
  for (const { box, group } of drawn) places.set(box.id, { box: box.id, group });
  for (const { id, inside } of boxes) if (inside !== undefined) places.set(id, { box: id, group: undefined });
  return places;
}

// Which box an arrow key goes to: the nearest in its direction, rather straight ahead than far to the side.

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

export const directionOf = (key: string): readonly [number, number] | undefined => directions[key];

/** Off the straight way counts so much more than along it. */
const sideways = 2.5;

/** Where a box is entered by keys; of an open group it is its name. */
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

/** What is lit when one looks at a box: the ways that lead to it, and all ways that its value takes. */
export function litBy(id: string, { boxes, wires }: Scene): Lit {
  const box = boxes.find((each) => each.id === id);
  const group = box?.group;
  const lit = new Set<SceneWire>();
  const arriving = new Set<string>();
  for (const wire of wires) {
    if (wire.to === id) for (const node of wire.nodes) arriving.add(node);
    if (wire.to === id || wire.from === id || (box?.kind !== "group" && wire.nodes.includes(id)))
      lit.add(wire);
  }
  // What comes in through the border of its group, from where it is made.
  for (const wire of wires) {
    const isOnTheWay = wire.to === group || (wire.to === undefined && wire.group !== group);
    if (group !== undefined && isOnTheWay && wire.nodes.some((node) => arriving.has(node))) lit.add(wire);
  }
  const ends = [...lit].flatMap(({ from, to }) => [from, to]).filter((end) => end !== undefined);
  return { wires: lit, boxes: new Set([id, ...ends]) };
}
