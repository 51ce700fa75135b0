/**
 * Lays out the inside of a group: its values, and the wires that enter and leave the group. Each wire crosses
 * the border on the side that faces its other end.
 */
import type { NodeId, Picture, PictureBox, Wire } from "../explanation.ts";
import { valueTexts } from "./box-texts.ts";
import type { Drawn, Group } from "./choose-boxes.ts";
import type { LayOut, LayoutProblem, Side } from "./elk-layout.ts";

/** A value that crosses the border of a group. */
export interface Crossing {
  readonly node: NodeId;
  readonly side: Side;
}

export interface Border {
  readonly entering: readonly Crossing[];
  readonly leaving: readonly Crossing[];
}

/** The padding above, with space for the name of the group, and on the other three sides. */
const padding = [38, 22] as const;

interface Plan {
  readonly problem: LayoutProblem;
  /** The ends and nodes of each wire of the problem, in the same order. */
  readonly wires: readonly Omit<Wire, "points">[];
}

export async function insidePicture(group: Group, border: Border, layOut: LayOut): Promise<Picture> {
  const texts = group.members.map(valueTexts);
  const { problem, wires } = planOf(group, texts, border);
  const { width, height, corners, routes } = await layOut(problem);
  const boxes = group.members.map(({ node, kind, nodes }, index): PictureBox => ({
    id: node.id,
    region: node.region,
    kind,
    nodes,
    x: corners[index][0],
    y: corners[index][1],
    ...texts[index],
  }));
  return {
    width,
    height,
    lanes: [],
    boxes,
    wires: wires.map((wire, index) => ({ ...wire, points: routes[index] })),
  };
}

/** Identifies boxes by position, so that groups of equal structure have equal layout problems. */
function planOf(
  { members, region }: Group,
  sizes: readonly { width: number; height: number }[],
  border: Border,
): Plan {
  const places = new Map(members.map(({ node }, index) => [node.id, `box${index}`]));
  const sides = new Map(border.entering.map(({ node, side }) => [node, side]));
  const ports = new Map<string, { id: string; side: Side }>();
  const portAt = (side: Side, what: string): string => {
    const port = ports.get(`${side} ${what}`) ?? { id: `port${ports.size}`, side };
    ports.set(`${side} ${what}`, port);
    return port.id;
  };
  const wires: (Omit<Wire, "points"> & { ends: { from: string; to: string } })[] = [];
  for (const reader of members) {
    const { node, reads } = reader;
    const to = places.get(node.id) ?? "";
    for (const id of reads) {
      const from = places.get(id);
      if (from !== undefined) wires.push({ from: id, to: node.id, nodes: [id], ends: { from, to } });
    }
    for (const { side, nodes, name } of entrances(reader, sides))
      wires.push({ from: undefined, to: node.id, nodes, ends: { from: portAt(side, name), to } });
  }
  for (const { node, side } of border.leaving)
    wires.push({
      from: node,
      to: undefined,
      nodes: [node],
      ends: { from: places.get(node) ?? "", to: portAt(side, `out ${node}`) },
    });
  return {
    problem: {
      direction: region === "backward" ? "UP" : "DOWN",
      boxes: sizes.map(({ width, height }, index) => ({ id: `box${index}`, width, height })),
      ports: [...ports.values()],
      wires: wires.map(({ ends }) => ends),
      padding,
      rowGap: 34,
    },
    wires: wires.map(({ from, to, nodes }) => ({ from, to, nodes })),
  };
}

/**
 * Returns the wires that enter a box from outside its group. If the box is a leaf that represents many
 * values, such as the flat tensor of all gradients, the wires on each side share one entrance.
 */
function entrances({ node, kind, reads }: Drawn, sides: ReadonlyMap<NodeId, Side>) {
  const outside = reads.flatMap((id) => {
    const side = sides.get(id);
    return side === undefined ? [] : [{ side, nodes: [id], name: id }];
  });
  if (kind !== "leaf") return outside;
  const all = [...new Set(outside.map(({ side }) => side))];
  return all.map((side) => ({
    side,
    nodes: outside.filter((each) => each.side === side).flatMap(({ nodes }) => nodes),
    name: node.id,
  }));
}
