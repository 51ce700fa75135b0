/**
 * Lays out the inside of a group: its boxes, and the wires that enter and leave the group. Each wire crosses
 * the border on the side that faces its other end. A box in a group may be a group too.
 */
import type { NodeId, Picture, PictureBox, Wire } from "../explanation.ts";
import { isGroup, layerPath, linksBetween, valuesOf } from "./choose-boxes.ts";
import type { Group, Link, Member } from "./choose-boxes.ts";
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

/** The box of a value or group, before it has a position. */
export type Block = Omit<PictureBox, "x" | "y">;

/**
 * Makes the box of a value or group; a group gets its content, laid out. `around` is the path of the block around
 * the box; it is empty in other groups, and undefined for a box that is in no group.
 */
export type MakeBlock = (member: Member, border: Border, around?: string) => Promise<Block>;

/** The padding above, with space for the name of the group, and on the other three sides. */
const padding = [38, 20] as const;

export async function insidePicture(
  group: Group,
  border: Border,
  makeBlock: MakeBlock,
  layOut: LayOut,
): Promise<Picture> {
  const { members, key } = group;
  // A layer has the path of its block; the boxes of a block have the path of the block itself.
  const around = members.some(isGroup) ? key : blockOf(key);
  const outer = new Map(members.map((member) => [member, crossingsOf(member, border)]));
  const links = linksBetween(members);
  const blocks = await Promise.all(
    members.map((member) => makeBlock(member, innerBorder(group, member, links, outer.get(member)), around)),
  );
  const { problem, wires } = planOf(group, blocks, outer);
  const { width, height, corners, routes } = await layOut(problem);
  return {
    width,
    height,
    lanes: [],
    boxes: blocks.map((block, index) => ({ ...block, x: corners[index][0], y: corners[index][1] })),
    wires: wires.map((wire, index) => ({ ...wire, points: routes[index] })),
  };
}

/** The path of the block that contains a layer. The number of a copy belongs to the name of the block. */
const blockOf = (key: string): string => layerPath(key).slice(0, -1).join(".");

// The borders of the boxes in a group.

/** Returns the values that cross the border of the group on their way to or from one of its boxes. */
function crossingsOf(member: Member, { entering, leaving }: Border): Border {
  const values = valuesOf(member);
  const own = new Set(values.map(({ id }) => id));
  const read = new Set(values.flatMap(({ reads }) => reads));
  return {
    entering: entering.filter(({ node }) => read.has(node)),
    leaving: leaving.filter(({ node }) => own.has(node)),
  };
}

/** The direction of the layout of a group, and the sides through which values flow from box to box. */
const flowIn = ({ region }: Group) =>
  region === "backward"
    ? ({ direction: "UP", enters: "SOUTH", leaves: "NORTH" } as const)
    : ({ direction: "DOWN", enters: "NORTH", leaves: "SOUTH" } as const);

/**
 * Returns the border of a box in a group. Within a group, all values enter a box on one side and leave it on the
 * opposite one, even if their other end is outside the group.
 */
function innerBorder(
  group: Group,
  member: Member,
  links: readonly Link[],
  outer: Border | undefined,
): Border {
  const { enters, leaves } = flowIn(group);
  const on = (side: Side, near: readonly Link[], far: readonly Crossing[] = []): Crossing[] => {
    const nodes = [...near.flatMap((link) => link.nodes), ...far.map(({ node }) => node)];
    return [...new Set(nodes)].map((node) => ({ node, side }));
  };
  return {
    entering: on(
      enters,
      links.filter(({ to }) => to === member),
      outer?.entering,
    ),
    leaving: on(
      leaves,
      links.filter(({ from }) => from === member),
      outer?.leaving,
    ),
  };
}

interface Plan {
  readonly problem: LayoutProblem;
  /** The ends and nodes of each wire of the problem, in the same order. */
  readonly wires: readonly Omit<Wire, "points">[];
}

/** Identifies boxes by position, so that groups of equal structure have equal layout problems. */
function planOf(
  group: Group,
  sizes: readonly { width: number; height: number }[],
  outer: ReadonlyMap<Member, Border>,
): Plan {
  const { members } = group;
  const places = new Map(members.map((member, index) => [member, `box${index}`]));
  const ports = new Map<string, { id: string; side: Side }>();
  const portAt = (side: Side, what: string): string => {
    const port = ports.get(`${side} ${what}`) ?? { id: `port${ports.size}`, side };
    ports.set(`${side} ${what}`, port);
    return port.id;
  };
  const placeOf = (member: Member): string => places.get(member) ?? "";
  const within = linksBetween(members).map(({ from, to, nodes }) => ({
    wire: { from: from.id, to: to.id, nodes },
    ends: { from: placeOf(from), to: placeOf(to) },
  }));
  const across = [...outer].flatMap(([member, { entering, leaving }]) => [
    ...passages(member, entering).map(({ side, nodes, name }) => ({
      wire: { from: undefined, to: member.id, nodes },
      ends: { from: portAt(side, `in ${name}`), to: placeOf(member) },
    })),
    ...passages(member, leaving).map(({ side, nodes, name }) => ({
      wire: { from: member.id, to: undefined, nodes },
      ends: { from: placeOf(member), to: portAt(side, `out ${name}`) },
    })),
  ]);
  const wires = [...within, ...across];
  return {
    problem: {
      direction: flowIn(group).direction,
      boxes: sizes.map(({ width, height }, index) => ({ id: `box${index}`, width, height })),
      ports: [...ports.values()],
      wires: wires.map(({ ends }) => ends),
      padding,
      rowGap: 34,
    },
    wires: wires.map(({ wire }) => wire),
  };
}

/**
 * Returns the wires between a box and the border of its group. If the box stands for many values, as a group does and
 * the flat tensor of all gradients, the values on each side share one wire.
 */
function passages(member: Member, crossings: readonly Crossing[]) {
  const isShared = isGroup(member) || member.kind === "leaf";
  if (!isShared) return crossings.map(({ side, node }) => ({ side, nodes: [node], name: node }));
  const sides = [...new Set(crossings.map(({ side }) => side))];
  return sides.map((side) => ({
    side,
    nodes: crossings.filter((each) => each.side === side).map(({ node }) => node),
    name: member.id,
  }));
}
