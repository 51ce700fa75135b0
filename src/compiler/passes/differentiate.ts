/**
 * Purpose   Derive the gradient of a scalar with respect to any nodes, as nodes: reverse accumulation at compile time.
 * Requires  a verified graph.
 * Ensures   every cotangent is Σ over the uses of a node of what the use's vjp gives; only nodes between the leaves
 *           asked for and the scalar are visited, so what is frozen costs nothing. Cotangent nodes carry the forward
 *           node and the rule in their origin. Running it on its own result gives higher derivatives.
 * Example   %y = multiply %x, %x ; output "loss" = %y   =>   … ; %d_x = add (multiply %d_y, %x), (multiply %d_y, %x)
 */
import { gradientStorage, lossStorage } from "../ir/storage.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { invariant } from "../diagnostics/errors.ts";
import { wish } from "../ir/names.ts";
import { collectNodes, makeGraph, operandsOf } from "../ir/nodes.ts";
import type { Graph, Node, Output } from "../ir/nodes.ts";
import { isFloat } from "../ir/types.ts";
import type { Reverse } from "../ops/define.ts";
import { hasTrait, vjpOf } from "../ops/index.ts";

/** The nodes through which some leaf influences the graph, in graph order. */
function influenced(nodes: readonly Node[], leaves: ReadonlySet<Node>): Set<Node> {
  const active = new Set<Node>();
  for (const node of nodes) {
    const passes = isFloat(node.type.element) && !hasTrait(node, "opaque");
    if (leaves.has(node) || (passes && operandsOf(node).some((operand) => active.has(operand))))
      active.add(node);
  }
  return active;
}

/** Names of a layer's values say more than those of what the loss makes of them, and those more than none. */
const worthOfName = ({ name, origin }: Node): number =>
  name === undefined ? 0 : origin.layer === undefined ? 1 : 2;

/**
 * The cotangents of `leaves`, in their order, given those of the `seeds`; undefined where no seed depends on
 * a leaf. `nodes` are those that compute the seeds, operands first.
 */
function cotangentsOf(
  seeds: ReadonlyMap<Node, Node>,
  leaves: readonly Node[],
  nodes: readonly Node[],
  g: GraphBuilder,
): (Node | undefined)[] {
  const ends = new Set(leaves);
  const active = influenced(nodes, ends);
  const cotangents = new Map(seeds);
  // One cotangent may be that of several values, if they only add something: the one that says most gives the name.
  const worths = new Map<Node, number>();
  const named = (of: Node, cotangent: Node): Node => {
    const worth = worthOfName(of);
    const mayName = cotangent.name === undefined || worth > (worths.get(cotangent) ?? Infinity);
    if (cotangent.origin.forward === undefined || !mayName) return cotangent;
    const result = g.named(`d_${wish(of)}`, cotangent);
    worths.set(result, worth);
    return result;
  };
  const accumulate = (operand: Node, share: Node) => {
    const before = cotangents.get(operand);
    // What turned out to be a part of the sum leaves the name to the whole.
    const isOwn = before?.name === `d_${wish(operand)}`;
    const part = before !== undefined && isOwn ? g.named(`${before.name}_part`, before) : before;
    cotangents.set(operand, named(operand, part === undefined ? share : g.add(part, share)));
  };
  for (const z of [...nodes].reverse()) {
    const dz = cotangents.get(z);
    if (dz === undefined || !active.has(z) || ends.has(z)) continue;
    const { path, layer } = z.origin;
    g.within({ path, layer, composite: undefined, forward: z, rule: `${z.op}.vjp` }, () => {
      const operands: Readonly<Record<string, Node>> = z.operands;
      for (const [name, share] of Object.entries(vjpOf(z, dz, g, reverse)))
        if (share !== null && active.has(operands[name])) accumulate(operands[name], share);
    });
  }
  return leaves.map((leaf) => cotangents.get(leaf));
}

const reverse: Reverse = {
  pullback: (seeds, leaves, g) => {
    const outputs = [...seeds.keys()].map((node, i) => ({ storage: String(i), node }));
    return cotangentsOf(seeds, leaves, collectNodes(outputs), g);
  },
  hasTrait,
};

/**
 * The gradients of scalar `y` with respect to `leaves`, in their order; undefined where `y` does not depend on a leaf.
 * `nodes` are those of the graph that computes y, operands first.
 */
export const gradientsOf = (
  y: Node,
  leaves: readonly Node[],
  nodes: readonly Node[],
  g: GraphBuilder,
): (Node | undefined)[] => cotangentsOf(new Map([[y, g.number(1, y.type.element)]]), leaves, nodes, g);

export interface Differentiated {
  readonly graph: Graph;
  /** Parameters on which the loss does not depend. */
  readonly without: readonly string[];
}

/** Adds an output `gradient:NAME` for each parameter asked for; the scalar is the output `result:loss`. */
export function differentiate(graph: Graph, parameters: readonly string[], g: GraphBuilder): Differentiated {
  const loss = graph.outputs.find(({ storage }) => storage === lossStorage)?.node;
  invariant(loss !== undefined, "a graph to differentiate must have the output result:loss");
  const leaves = new Map<string, Node>();
  for (const node of graph.nodes) if (node.op === "parameter") leaves.set(node.attributes.name, node);
  const known = parameters.filter((name) => leaves.has(name));
  const wanted = known.flatMap((name) => leaves.get(name) ?? []);
  const gradients = gradientsOf(loss, wanted, graph.nodes, g);
  const found = known.flatMap((name, i): Output[] => {
    const node = gradients[i];
    return node === undefined ? [] : [{ storage: gradientStorage(name), node }];
  });
  // The last layer's come first, as the backward part reaches them: what only they read need not be kept any longer.
  const outputs = [...graph.outputs, ...found.reverse()];
  const storages = new Set(outputs.map(({ storage }) => storage));
  return {
    graph: makeGraph(graph.name, outputs),
    without: parameters.filter((name) => !storages.has(gradientStorage(name))),
  };
}
