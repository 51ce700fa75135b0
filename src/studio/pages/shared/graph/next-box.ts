/** Which box an arrow key goes to: the nearest in its direction, rather straight ahead than far to the side. */
import type { SceneBox } from "../../../picture/scene.ts";

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
