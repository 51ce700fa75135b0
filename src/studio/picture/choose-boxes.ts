/**
 * Selects the nodes to draw: named values, leaves, and outputs of the graph. Other nodes (constants, views,
 * pointwise values with a single user) are written inline in the formula of their user and belong to its box.
 * Every name in a formula therefore has its own box, with a wire from that box to the formula.
 */
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

/**
 * A group of drawn nodes: a layer, the loss or the optimizer, within one region. The forward and the backward
 * group of a layer share a `key`, so that they can be placed side by side.
 */
export interface Group {
  /** An id such as `group:forward/dense1`. A group of a single node has the id of that node. */
  readonly id: string;
  readonly key: string;
  readonly region: RegionName;
  readonly members: readonly Drawn[];
}

/** Values that flow from one group to another. */
export interface Link {
  readonly from: Group;
  readonly to: Group;
  readonly nodes: readonly NodeId[];
}

interface Grouped {
  readonly groups: readonly Group[];
  readonly links: readonly Link[];
}

export function groupBoxes(drawn: readonly Drawn[]): Grouped {
  const names = placesOf(drawn);
  const members = new Map<string, Drawn[]>();
  for (const box of drawn) {
    const place = names.get(box.node.id) ?? "";
    members.set(place, [...(members.get(place) ?? []), box]);
  }
  const groups = [...members].map(([place, list]): Group => groupAt(place, list));
  const groupOf = new Map(
    groups.flatMap((group) => group.members.map(({ node }) => [node.id, group] as const)),
  );
  return { groups, links: linksOf(drawn, groupOf) };
}

function groupAt(place: string, members: readonly Drawn[]): Group {
  const [{ node }] = members;
  const key = place.slice(place.indexOf("/") + 1);
  // A group with only one box would hide that box and show nothing else, so the box is drawn without a group.
  const id = members.length === 1 ? node.id : `group:${place}`;
  return { id, key, region: node.region, members };
}

/** The group of each drawn node, as `region/group`. */
function placesOf(drawn: readonly Drawn[]): Map<NodeId, string> {
  const places = new Map<NodeId, string>();
  const readers = new Map<NodeId, Drawn[]>();
  for (const box of drawn) for (const id of box.reads) readers.set(id, [...(readers.get(id) ?? []), box]);
  for (const { node, kind } of drawn)
    if (kind !== "leaf" || node.layer !== undefined) places.set(node.id, `${node.region}/${groupName(node)}`);
  // An input has its own group. Any other leaf joins the group of its users, if all of its users are in the
  // same group and in the region of the leaf.
  for (const { node, kind } of drawn) {
    if (kind !== "leaf" || node.layer !== undefined) continue;
    const around = new Set((readers.get(node.id) ?? []).map((reader) => places.get(reader.node.id)));
    const [only] = around;
    const isOwn =
      node.op !== "input" && around.size === 1 && only !== undefined && only.startsWith(node.region);
    places.set(node.id, isOwn ? only : `${node.region}/=${node.name}`);
  }
  return places;
}

/** The name of a node's group. Nodes without a layer are grouped by their purpose in training. */
function groupName({ layer, region, composite, program }: ExplainedNode): string {
  if (layer !== undefined) return layer;
  if (region === "forward" || region === "backward")
    return program === "gradient" ? "loss" : (composite ?? program);
  return composite ?? (region === "update" ? "step count" : program);
}

function linksOf(drawn: readonly Drawn[], groupOf: ReadonlyMap<NodeId, Group>): Link[] {
  const found = new Map<string, { from: Group; to: Group; nodes: Set<NodeId> }>();
  for (const { node, reads } of drawn)
    for (const id of reads) {
      const from = groupOf.get(id);
      const to = groupOf.get(node.id);
      if (from === undefined || to === undefined || from === to) continue;
      const key = JSON.stringify([from.id, to.id]);
      const link = found.get(key) ?? { from, to, nodes: new Set() };
      link.nodes.add(id);
      found.set(key, link);
    }
  return [...found.values()].map(({ nodes, ...ends }) => ({ ...ends, nodes: [...nodes] }));
}
