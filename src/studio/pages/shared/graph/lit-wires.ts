/** What is lit when one looks at a box: the ways that lead to it, and all ways that its value takes. */
import type { Scene, SceneWire } from "../../../picture/scene.ts";
import type { Lit } from "./canvas.ts";

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
