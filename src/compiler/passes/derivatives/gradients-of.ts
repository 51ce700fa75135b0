/**
 * Reverse accumulation as nodes. The cotangent of a node is the sum, over its uses, of the vjp of each use:
 *
 *     d_x = Σ over uses z of x of  vjp(z, d_z) at x
 *
 * Only nodes between the leaves and the seeds are visited, so no cotangents are computed for frozen
 * parameters. The origin of each cotangent contains the forward node and the rule.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { nameHint } from "../../ir/names.ts";
import { collectNodes, operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { isFloat } from "../../ir/types.ts";
import type { Reverse } from "../../ops/define.ts";
import { hasTrait, vjpOf } from "../../ops/index.ts";

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

/**
 * The priority of a name: names of layer values come first, then names of values of the loss, then nodes
 * without a name.
 */
const namePriority = ({ name, origin }: Node): number =>
  name === undefined ? 0 : origin.layer === undefined ? 1 : 2;

/**
 * Computes the cotangents of `leaves`, in their order, from the cotangents of `seeds`. If no seed depends on
 * a leaf, its cotangent is undefined. `nodes` compute the seeds and are sorted, operands first.
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
  // The terms of a sum share one cotangent, which is named after the term whose name has the highest
  // priority.
  const priorities = new Map<Node, number>();
  const named = (of: Node, cotangent: Node): Node => {
    const priority = namePriority(of);
    const mayName = cotangent.name === undefined || priority > (priorities.get(cotangent) ?? Infinity);
    if (cotangent.origin.forward === undefined || !mayName) return cotangent;
    const result = g.named(`d_${nameHint(of)}`, cotangent);
    priorities.set(result, priority);
    return result;
  };
  const accumulate = (operand: Node, share: Node) => {
    const before = cotangents.get(operand);
    // A cotangent that becomes a term of a sum passes its name to that sum.
    const isOwn = before?.name === `d_${nameHint(operand)}`;
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
 * Computes the gradients of the scalar `y` with respect to `leaves`, in their order. If `y` does not depend
 * on a leaf, its gradient is undefined. `nodes` compute `y` and are sorted, operands first.
 */
export const gradientsOf = (
  y: Node,
  leaves: readonly Node[],
  nodes: readonly Node[],
  g: GraphBuilder,
): (Node | undefined)[] => cotangentsOf(new Map([[y, g.number(1, y.type.element)]]), leaves, nodes, g);

/**
 * Computes the gradients of the sum of y with respect to values from which it is computed; 0 where y does not depend on
 * one of them.
 */
export function gradientsOfSum(g: GraphBuilder, y: Node, xs: readonly Node[]): readonly Node[] {
  const axes = y.type.shape.map((_, axis) => axis);
  const sum = axes.length === 0 ? y : g.reduceSum(y, { axes });
  const found = gradientsOf(sum, xs, collectNodes([{ storage: "sum", node: sum }]), g);
  return xs.map((x, i) => found[i] ?? g.broadcastTo(g.number(0), x.type.shape));
}
