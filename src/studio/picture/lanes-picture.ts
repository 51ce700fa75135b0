/**
 * Arranges groups in lanes: the forward pass runs downwards, next to it the backward pass runs upwards, and
 * the update is on the right. Each layer is at the same height as its gradients, because the backward lane
 * mirrors the layout of the forward lane.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import type { Picture, PictureBox } from "../explanation.ts";
import { groupTexts, valueTexts } from "./box-texts.ts";
import type { LayerName } from "./box-texts.ts";
import type { LayOut } from "./elk-layout.ts";
import type { Group, Link } from "./choose-boxes.ts";
import { insidePicture, type Border } from "./inside-picture.ts";
import { linkSides, placeLanes } from "./place-lanes.ts";
import type { LaneLayout, LanePlan, SidedLink } from "./place-lanes.ts";

/** The box of a group, before it has a position. */
type Block = Omit<PictureBox, "x" | "y">;

const padding = [46, 24] as const;
const rowGap = 44;

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
 * Makes a box for each group, with its inside laid out. The forward and backward boxes of a layer have the
 * same size, so that they can face each other.
 */
async function blocksOf(
  plans: readonly LanePlan[],
  links: readonly SidedLink[],
  layers: readonly LayerName[],
  layOut: LayOut,
): Promise<Map<Group, Block>> {
  const borders = bordersOf(links);
  const groups = plans.flatMap((plan) => plan.groups);
  const list = await Promise.all(
    groups.map(async (group): Promise<Block> => {
      const { id, region, members } = group;
      const [only] = members;
      if (members.length === 1)
        return { ...valueTexts(only), id, region, kind: only.kind, nodes: only.nodes };
      const inside = await insidePicture(group, borders.get(group) ?? { entering: [], leaving: [] }, layOut);
      const nodes = [...new Set(members.flatMap((member) => member.nodes))];
      return { ...groupTexts(group, layers), id, region, kind: "group", nodes, inside };
    }),
  );
  const sizes = new Map<string, { width: number; height: number }>();
  groups.forEach(({ key }, index) => {
    const { width, height } = list[index];
    const largest = sizes.get(key) ?? { width, height };
    sizes.set(key, { width: Math.max(largest.width, width), height: Math.max(largest.height, height) });
  });
  return new Map(groups.map((group, index) => [group, { ...list[index], ...sizes.get(group.key) }]));
}

function bordersOf(links: readonly SidedLink[]): Map<Group, Border> {
  const entering = new Map<Group, Map<string, Border["entering"][number]>>();
  const leaving = new Map<Group, Map<string, Border["leaving"][number]>>();
  const note = (of: typeof entering, group: Group, node: string, side: SidedLink["leaves"]) => {
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
  const listOf = (of: typeof entering, group: Group) => [...(of.get(group)?.values() ?? [])];
  return new Map(
    [...groups].map((group) => [
      group,
      { entering: listOf(entering, group), leaving: listOf(leaving, group) },
    ]),
  );
}

const blockOf = (blocks: ReadonlyMap<Group, Block>, group: Group): Block => {
  const block = blocks.get(group);
  invariant(block !== undefined, `${group.id} has no box`);
  return block;
};

async function laneLayout(
  { groups }: LanePlan,
  blocks: ReadonlyMap<Group, Block>,
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
    wires: within.map(({ from, to }) => ({ from: from.id, to: to.id, isMain: from.members.length > 1 })),
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
  blocks: ReadonlyMap<Group, Block>,
  links: readonly SidedLink[],
): LaneLayout {
  const places = new Map([...forward.boxes].map(([{ key }, box]) => [key, box]));
  const boxes = new Map<Group, PictureBox>();
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
  const width = Math.max(forward.width, x);
  return { width, height: Math.max(forward.height, bottom + padding[1]), boxes, routes: new Map(routes) };
}
