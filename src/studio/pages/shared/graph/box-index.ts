/** Where each node is in a picture: its own box, or the one that stands for it, and the group that is in. */
import type { Picture, PictureBox } from "../../../explanation.ts";

export interface BoxPlace {
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
