/**
 * Arranges groups in lanes: the forward pass runs downwards, next to it the backward pass runs upwards, and
 * the update is on the right. Each layer is at the same height as its gradients, because the backward lane
 * mirrors the layout of the forward lane.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import type { Picture, PictureBox, Point } from "../explanation.ts";
import { groupTexts, valueTexts } from "./box-texts.ts";
import type { LayerName } from "./box-texts.ts";
import type { LayOut } from "./elk-layout.ts";
import { isGroup, valuesOf } from "./choose-boxes.ts";
import type { Link, Member } from "./choose-boxes.ts";
import { insidePicture } from "./inside-picture.ts";
import type { Block, Border, MakeBlock } from "./inside-picture.ts";
import { linkSides, placeLanes } from "./place-lanes.ts";
import type { LaneLayout, LanePlan, SidedLink } from "./place-lanes.ts";

const padding = [44, 16] as const;
const rowGap = 40;

export async function lanesPicture(
  plans: readonly LanePlan[],
  links: readonly Link[],
  layers: readonly LayerName[],
  layOut: LayOut,
): Promise<Picture> {
  const sided = linkSides(plans, links);
  const blocks = await blocksOf(plans, sided, layers, layOut);
  const layouts: LaneLayout[] = [];
  for (const plan of plans)
    layouts.push(
      plan.isMirror
        ? mirrored(plan, layouts[0], blocks, sided)
        : await laneLayout(plan, blocks, sided, layOut),
    );
  return placeLanes(plans, layouts, sided);
}

/**
 * Makes the boxes of all lanes. The forward and backward boxes of a layer have the same size, so that they can
 * face each other.
 */
async function blocksOf(
  plans: readonly LanePlan[],
  links: readonly SidedLink[],
  layers: readonly LayerName[],
  layOut: LayOut,
): Promise<Map<Member, Block>> {
  const borders = bordersOf(links);
  const groups = plans.flatMap((plan) => plan.groups);
  const makeBlock: MakeBlock = async (member, border, around) => {
    const { id, region } = member;
    if (!isGroup(member))
      return { ...valueTexts(member, around), id, region, kind: member.kind, nodes: member.nodes };
    const inside = await insidePicture(member, border, makeBlock, layOut);
    const nodes = [...new Set(valuesOf(member).flatMap((value) => value.nodes))];
    return { ...groupTexts(member, layers, around), id, region, kind: "group", nodes, inside };
  };
  const list = await Promise.all(
    groups.map((group) => makeBlock(group, borders.get(group) ?? { entering: [], leaving: [] })),
  );
  const sizes = new Map<string, { width: number; height: number }>();
  groups.forEach(({ key }, index) => {
    const { width, height } = list[index];
    const largest = sizes.get(key) ?? { width, height };
    sizes.set(key, { width: Math.max(largest.width, width), height: Math.max(largest.height, height) });
  });
  return new Map(groups.map((group, index) => [group, { ...list[index], ...sizes.get(group.key) }]));
}

function bordersOf(links: readonly SidedLink[]): Map<Member, Border> {
  const entering = new Map<Member, Map<string, Border["entering"][number]>>();
  const leaving = new Map<Member, Map<string, Border["leaving"][number]>>();
  const note = (of: typeof entering, group: Member, node: string, side: SidedLink["leaves"]) => {
    const crossings = of.get(group) ?? new Map();
    of.set(group, crossings.set(`${side} ${node}`, { node, side }));
  };
  for (const {
    link: { from, to, nodes },
    leaves,
    enters,
  } of links)
    for (const node of nodes) {
      note(leaving, from, node, leaves);
      note(entering, to, node, enters);
    }
  const groups = new Set([...entering.keys(), ...leaving.keys()]);
  const listOf = (of: typeof entering, group: Member) => [...(of.get(group)?.values() ?? [])];
  return new Map(
    [...groups].map((group) => [
      group,
      { entering: listOf(entering, group), leaving: listOf(leaving, group) },
    ]),
  );
}

const blockOf = (blocks: ReadonlyMap<Member, Block>, group: Member): Block => {
  const block = blocks.get(group);
  invariant(block !== undefined, `${group.id} has no box`);
  return block;
};

async function laneLayout(
  { groups }: LanePlan,
  blocks: ReadonlyMap<Member, Block>,
  links: readonly SidedLink[],
  layOut: LayOut,
): Promise<LaneLayout> {
  const within = links.flatMap(({ link, leaves }) =>
    leaves === "SOUTH" && groups.includes(link.from) ? [link] : [],
  );
  const { width, height, corners, routes } = await layOut({
    direction: "DOWN",
    boxes: groups.map((group) => blockOf(blocks, group)),
    ports: [],
    wires: within.map(({ from, to }) => ({ from: from.id, to: to.id, isMain: isGroup(from) })),
    padding,
    rowGap,
  });
  const boxes = groups.map((group, index) => {
    const [x, y] = corners[index];
    return [group, { ...blockOf(blocks, group), x, y }] as const;
  });
  return {
    width,
    height,
    boxes: new Map(boxes),
    routes: new Map(within.map((link, index) => [link, routes[index]])),
  };
}

/**
 * Places each group next to its layer in the forward lane, and groups without such a layer at the bottom.
 * Wires follow the forward routes backwards.
 */
function mirrored(
  { groups }: LanePlan,
  forward: LaneLayout,
  blocks: ReadonlyMap<Member, Block>,
  links: readonly SidedLink[],
): LaneLayout {
  const places = new Map([...forward.boxes].map(([{ key }, box]) => [key, box]));
  const boxes = new Map<Member, PictureBox>();
  let [x, y] = [padding[1], forward.height];
  for (const group of groups) {
    const block = blockOf(blocks, group);
    const place = places.get(group.key);
    boxes.set(group, { ...block, x: place?.x ?? x, y: place?.y ?? y });
    if (place === undefined) x += block.width + padding[1];
  }
  const bottom = Math.max(...[...boxes.values()].map((box) => box.y + box.height));
  const routes = links.flatMap(({ link, along }) => {
    const way = along && forward.routes.get(along);
    return way === undefined ? [] : [[link, [...way].reverse()] as const];
  });
  const height = Math.max(forward.height, bottom + padding[1]);
  return trimmed({ width: 0, height, boxes, routes: new Map(routes) });
}

/** Removes the empty space on both sides of a lane, where the lane that it mirrors has boxes without gradients. */
function trimmed({ height, boxes, routes }: LaneLayout): LaneLayout {
  const places = [...boxes.values()].flatMap((box) => [box.x, box.x + box.width]);
  const xs = [...places, ...[...routes.values()].flatMap((points) => points.map(([x]) => x))];
  const shift = padding[1] - Math.min(...xs);
  return {
    width: Math.max(...xs) + shift + padding[1],
    height,
    boxes: new Map([...boxes].map(([group, box]) => [group, { ...box, x: box.x + shift }])),
    routes: new Map(
      [...routes].map(([link, points]) => [link, points.map(([x, y]): Point => [x + shift, y])]),
    ),
  };
}
