/**
 * Selects the nodes to draw: named values, leaves, and outputs of the graph. Other nodes (constants, views,
 * pointwise values with a single user) are written inline in the formula of their user and belong to its box.
 * Every name in a formula therefore has its own box, with a wire from that box to the formula.
 */
import { seedStorage, stepStorage } from "../../compiler/ir/storage.ts";
import type { ExplainedNode, NodeId, PictureBox, RegionName } from "../explanation.ts";

/** A box before layout. */
export interface Drawn {
  readonly node: ExplainedNode;
  readonly kind: PictureBox["kind"];
  readonly nodes: readonly NodeId[];
  /** The drawn nodes that the formula reads, each once. */
  readonly reads: readonly NodeId[];
}

const isLeaf = ({ op }: ExplainedNode): boolean => ["input", "parameter", "state", "argument"].includes(op);

const isDrawn = (node: ExplainedNode): boolean =>
  isLeaf(node) || node.isNamed || node.outputs.length > 0 || node.users.length === 0;

export function chooseBoxes(nodes: readonly ExplainedNode[]): Drawn[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return nodes.filter(isDrawn).map((node): Drawn => {
    const { folded, reads } = within(node, byId);
    const kind = isLeaf(node) ? "leaf" : node.outputs.length > 0 ? "result" : "value";
    return { node, kind, nodes: [node.id, ...folded], reads };
  });
}

/** Returns the nodes that a formula writes inline, and those that it refers to by name. */
function within(node: ExplainedNode, byId: ReadonlyMap<NodeId, ExplainedNode>) {
  const folded = new Set<NodeId>();
  const reads = new Set<NodeId>();
  const waiting = [...node.operands].reverse();
  while (waiting.length > 0) {
    const operand = byId.get(waiting.pop() ?? "");
    if (operand === undefined || folded.has(operand.id) || operand === node) continue;
    if (isDrawn(operand)) reads.add(operand.id);
    else {
      folded.add(operand.id);
      waiting.push(...[...operand.operands].reverse());
    }
  }
  return { folded: [...folded], reads: [...reads] };
}

// The boxes of a picture form a tree: a block contains layers, and a layer contains values. The loss, the
// optimizer and other composites are groups too.

interface Placed {
  /** Unique within a picture. */
  readonly id: string;
  /** The path of a layer or block, or the purpose of a group. Forward and backward boxes of a layer share it. */
  readonly key: string;
  readonly region: RegionName;
}

/** The box of one value. Its id is the id of its node; copies of a value have ids of their own. */
export interface ValueBox extends Placed, Drawn {}

/** A group of at least two boxes. Its id is for instance `group:forward/dense1`. */
export interface Group extends Placed {
  readonly members: readonly Member[];
}

export type Member = ValueBox | Group;

export const isGroup = (member: Member): member is Group => "members" in member;

/** All values of a box, in order. */
export const valuesOf = (member: Member): readonly ValueBox[] =>
  isGroup(member) ? member.members.flatMap(valuesOf) : [member];

/** Values that flow from one box to another. */
export interface Link {
  readonly from: Member;
  readonly to: Member;
  readonly nodes: readonly NodeId[];
}

interface Grouped {
  readonly groups: readonly Member[];
  readonly links: readonly Link[];
}

export function groupBoxes(drawn: readonly Drawn[]): Grouped {
  const groups = treeOf(placed(drawn));
  return { groups, links: linksBetween(groups) };
}

/** Returns the links between boxes that have a common parent. */
export function linksBetween(members: readonly Member[]): Link[] {
  const sources = new Map(
    members.flatMap((member) => valuesOf(member).map((value) => [value.id, { member, value }] as const)),
  );
  const found = new Map<string, { from: Member; to: Member; nodes: Set<NodeId> }>();
  for (const to of members)
    for (const id of valuesOf(to).flatMap(({ reads }) => reads)) {
      const source = sources.get(id);
      if (source === undefined || source.member === to) continue;
      const key = JSON.stringify([source.member.id, to.id]);
      const link = found.get(key) ?? { from: source.member, to, nodes: new Set() };
      link.nodes.add(source.value.node.id);
      found.set(key, link);
    }
  return [...found.values()].map(({ nodes, ...ends }) => ({ ...ends, nodes: [...nodes] }));
}

// The place of each value in the tree.

/** A value and the names of the groups that contain it, outermost first. */
interface Place {
  readonly value: Drawn & { readonly id: string };
  readonly path: readonly string[];
}

/**
 * Places each value in the group of its layer or purpose. A leaf without a layer joins its users if all of
 * them are in one group. Values that depend on no data, such as the random seed, would otherwise look like
 * connections between the layers that read them, so each other group has its own copy of them.
 */
function placed(drawn: readonly Drawn[]): Place[] {
  const groupOf = new Map<NodeId, readonly string[]>();
  for (const { node, kind } of drawn)
    if (kind !== "leaf" || node.layer !== undefined) groupOf.set(node.id, groupPath(node));
  const without = valuesWithoutData(drawn);
  const readers = new Map<NodeId, Drawn[]>();
  for (const box of drawn) for (const id of box.reads) readers.set(id, [...(readers.get(id) ?? []), box]);
  const keyOf = ({ node }: Drawn): string | undefined => {
    const path = groupOf.get(node.id);
    return path && `${node.region}/${path.join(".")}`;
  };
  const copies = new Map<string, Place>();
  /** Returns the id of the box that a value reads: the box of its operand, or the copy in its own group. */
  const readBy = (reader: Drawn, id: NodeId): string => {
    const [read, path] = [without.get(id), groupOf.get(reader.node.id)];
    const isNear = groupOf.get(id)?.join(".") === path?.join(".");
    if (read === undefined || path === undefined || isNear) return id;
    const copy = `${id}@${keyOf(reader)}`;
    const node = { ...read.node, region: reader.node.region };
    copies.set(copy, { path, value: { id: copy, node, kind: "leaf", nodes: [id], reads: [] } });
    return copy;
  };
  const places = drawn.flatMap((box): Place[] => {
    const { node } = box;
    const value = { ...box, id: node.id, reads: box.reads.map((id) => readBy(box, id)) };
    const path = groupOf.get(node.id);
    if (path !== undefined) return [{ value, path }];
    const around = [...new Set((readers.get(node.id) ?? []).map(keyOf))];
    if (without.has(node.id) && around.length > 0) return []; // each group that reads it has a copy
    const only = around.length === 1 && node.op !== "input" ? readers.get(node.id)?.[0] : undefined;
    const isOwn = only !== undefined && only.node.region === node.region;
    return [{ value, path: (isOwn && groupOf.get(only.node.id)) || [`=${node.name}`] }];
  });
  return [...copies.values(), ...places];
}

/**
 * Returns the values of the network that depend on nothing but constants, the random seed and the number of
 * steps. In the update, the number of steps is data: the learning rate depends on it.
 */
function valuesWithoutData(drawn: readonly Drawn[]): ReadonlyMap<NodeId, Drawn> {
  const fixed: readonly string[] = [seedStorage, stepStorage];
  const found = new Map<NodeId, Drawn>();
  for (const box of drawn) {
    const { node, kind, reads } = box;
    const isFixed = kind === "leaf" ? fixed.includes(node.name) : reads.every((id) => found.has(id));
    if (isFixed && kind !== "result" && node.region !== "update") found.set(node.id, box);
  }
  return found;
}

/** The names of the groups that contain a node. Nodes without a layer are grouped by their purpose in training. */
function groupPath({ layer, region, composite, program }: ExplainedNode): readonly string[] {
  if (layer !== undefined) return layerPath(layer);
  if (region === "forward" || region === "backward")
    return [program === "gradient" ? "loss" : (composite ?? program)];
  return [composite ?? (region === "update" ? "step count" : program)];
}

/**
 * Splits the name of a layer at the names of the blocks that contain it. The number of a copy belongs to the
 * name of its block: `block.1.mlp.hidden` is in `block.1` and there in `mlp`.
 */
export const layerPath = (layer: string): readonly string[] => layer.split(/\.(?!\d+(?:\.|$))/);

/** Builds the tree of groups from the places of all values. The order of boxes is that of their first values. */
function treeOf(places: readonly Place[]): readonly Member[] {
  const regions = new Map<RegionName, Folder>();
  for (const place of places) {
    const { region } = place.value.node;
    const folder = regions.get(region) ?? { places: new Map() };
    regions.set(region, folder);
    put(folder, place, place.path);
  }
  return [...regions].flatMap(([region, folder]) => membersOf(folder, region, []));
}

/** The content of a group that is being built: its values, and the folders of the groups in it. */
interface Folder {
  readonly places: Map<string, Place | Folder>;
}

function put(folder: Folder, place: Place, [first, ...rest]: readonly string[]): void {
  if (first === undefined) return void folder.places.set(`value ${place.value.id}`, place);
  const key = `group ${first}`;
  const known = folder.places.get(key);
  const inner: Folder = known !== undefined && "places" in known ? known : { places: new Map() };
  folder.places.set(key, inner);
  put(inner, place, rest);
}

const membersOf = ({ places }: Folder, region: RegionName, path: readonly string[]): readonly Member[] =>
  [...places].map(([name, content]): Member => {
    if (!("places" in content)) return { ...content.value, key: path.join("."), region };
    const inner = [...path, name.slice("group ".length)];
    const members = membersOf(content, region, inner);
    // A group with only one box would hide that box and show nothing else, so the box is drawn without a group.
    if (members.length === 1) return members[0];
    const key = inner.join(".");
    return { id: `group:${region}/${key}`, key, region, members };
  });
