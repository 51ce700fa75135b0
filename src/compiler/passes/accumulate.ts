/**
 * Purpose   Make one update of several batches, exactly. The loss is V(T), a function of totals T = Σ S over
 *           the batches of a group, and V need not be linear: rmse takes a root of them. By the chain rule
 *
 *               d loss / d p = Σ over batches of  Σ_j (∂V/∂T_j) · d S_j / d p
 *
 *           where ∂V/∂T_j is one number for all batches, known once T is. So a group goes through twice: `measure`
 *           sums up the totals on which some ∂V/∂T_j depends (of a mean only what it divides by, which takes no
 *           forward pass), and `gradient` adds up the
 *           gradients of Σ_j (∂V/∂T_j) · S_j. `begin` sets all sums to zero.
 * Requires  the sums of a batch, V over states for their totals, and the penalty on weights, which counts once a group.
 * Ensures   a group of one batch has the loss and gradients of that batch. Running statistics move once a
 *           batch, as in PyTorch, and each batch draws random numbers of its own.
 */
import { flatGradients, gradientStorage, lossStorage, storageIn } from "../ir/storage.ts";
import { rewriteGraph, withOperands } from "../ir/builder.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { collectNodes, makeGraph } from "../ir/nodes.ts";
import type { Graph, Node, NodeOf, Output } from "../ir/nodes.ts";
import { sizeOf, tensorType } from "../ir/types.ts";
import { mapValues } from "../util/collections.ts";

/** What of a loss adds up over batches, and what it comes to. */
export interface Summed {
  /** S, of a batch. */
  readonly sums: Readonly<Record<string, Node>>;
  /** V: the loss that totals of these names come to. */
  value(totals: Readonly<Record<string, Node>>): Node;
  /** What is added to it once. */
  readonly penalty: Node | undefined;
  /** What a batch makes of each running statistic, where it is left, and the statistic itself. */
  readonly statistics: readonly (Output & { readonly statistic: Node })[];
}

/** Reverse accumulation, as `differentiate` has it: a pass imports no other. */
type GradientsOf = (
  y: Node,
  leaves: readonly Node[],
  nodes: readonly Node[],
  g: GraphBuilder,
) => readonly (Node | undefined)[];

export interface Accumulated {
  readonly begin: readonly Output[];
  readonly measure: Graph;
  readonly gradient: Graph;
}

/** Totals that were measured; those that the gradients have gone through so far. */
const measured = (name: string): string => storageIn("result", `group.${name}`);
const seen = (name: string): string => storageIn("result", `seen.${name}`);

const stateOf = (g: GraphBuilder, name: string): Node =>
  g.named(name, g.state({ name, type: tensorType("f64", []) }));

/** The batches of a group are counted as one more sum. */
const batches = "batches";

export function accumulate(
  loss: Summed,
  trainable: readonly NodeOf<"parameter">[],
  groupSize: number,
  gradientsOf: GradientsOf,
  g: GraphBuilder,
): Accumulated {
  const sums: Readonly<Record<string, Node>> = { ...loss.sums, [batches]: g.number(1, "f64") };
  const added = (storage: string, sum: Node): Node =>
    g.named(`next_${storage.slice(7)}`, g.add(stateOf(g, storage), inType(g, sum, "f64")));
  const soFar = mapValues(sums, (sum, name) => added(seen(name), sum));

  const { objective, needed } = objectiveOf(loss, trainable, gradientsOf, g);
  const own = gradientsOf(objective, trainable, nodesOf([objective]), g);
  const gradients = trainable.flatMap((parameter, i): Output[] => {
    const storage = gradientStorage(parameter.attributes.name);
    const before = g.named(storage, g.state({ name: storage, type: parameter.type }));
    const part = own[i];
    return part === undefined
      ? []
      : [{ storage, node: g.named(`sum_of_d_${parameter.attributes.name}`, g.add(before, part)) }];
  });
  // After the last batch, the loss of the group.
  const mean = inType(g, loss.value(soFar), g.float);
  const told = loss.penalty === undefined ? mean : g.add(mean, loss.penalty);
  const outputs: Output[] = [
    { storage: lossStorage, node: g.named("loss", told) },
    ...Object.entries(soFar).map(([name, node]) => ({ storage: seen(name), node })),
    ...loss.statistics.flatMap((moved) => onwards(moved, g)),
    // The last layer's first, as in `differentiate`.
    ...gradients.reverse(),
  ];
  const measuring = [...needed].map((name): Output => {
    const storage = measured(name);
    return { storage, node: added(storage, sums[name]) };
  });
  return {
    begin: [
      ...zeroGradients(trainable, g),
      ...[...needed].map((name) => zero(g, measured(name))),
      ...Object.keys(soFar).map((name) => zero(g, seen(name))),
      ...loss.statistics.map(({ storage, statistic }) => ({ storage, node: statistic })),
    ],
    measure: withOwnDraws(makeGraph("measure", measuring), measured(batches), groupSize, g),
    gradient: withOwnDraws(makeGraph("gradient", outputs), seen(batches), groupSize, g),
  };
}

/**
 * Σ_j (∂V/∂T_j) · S_j + penalty / batches, and the totals that must be known for it. Sums that no parameter
 * has a part in, such as what a mean divides by, have no gradient.
 */
function objectiveOf(
  { sums, value, penalty }: Summed,
  trainable: readonly Node[],
  gradientsOf: GradientsOf,
  g: GraphBuilder,
): { objective: Node; needed: ReadonlySet<string> } {
  const totals = mapValues(sums, (_, name) => stateOf(g, measured(name)));
  const loss = value(totals);
  const shares = gradientsOf(loss, Object.values(totals), nodesOf([loss]), g);
  const trained = new Set(trainable);
  const terms = Object.entries(sums).flatMap(([name, sum], i) => {
    const share = shares[i];
    if (share === undefined || !nodesOf([sum]).some((node) => trained.has(node))) return [];
    return [{ name, share, node: g.multiply(inType(g, share, g.float), inType(g, sum, g.float)) }];
  });
  const once = penalty && g.divide(penalty, inType(g, stateOf(g, measured(batches)), g.float));
  const objective = [...terms.map(({ node }) => node), ...(once ? [once] : [])].reduce(
    (sum, term) => g.add(sum, term),
    g.number(0, g.float),
  );
  const read = nodesOf(terms.map(({ share }) => share));
  const isRead = (name: string) =>
    read.some((node) => node.op === "state" && node.attributes.name === measured(name));
  return { objective, needed: new Set([...Object.keys(sums).filter(isRead), batches]) };
}

const nodesOf = (roots: readonly Node[]): Node[] =>
  collectNodes(roots.map((node) => ({ storage: "", node })));

/** A statistic goes on from where the batch before left it. */
function onwards({ storage, node, statistic }: Summed["statistics"][number], g: GraphBuilder): Output[] {
  const before = g.named(storage, g.state({ name: storage, type: statistic.type }));
  const isIt = (each: Node) =>
    each.op === "parameter" &&
    statistic.op === "parameter" &&
    each.attributes.name === statistic.attributes.name;
  return [
    ...rewriteGraph(makeGraph("statistic", [{ storage, node }]), g, (each) => (isIt(each) ? before : each))
      .outputs,
  ];
}

/** Random numbers are drawn for a step and, within it, for a batch of the group: `count` says which it is. */
const withOwnDraws = (graph: Graph, count: string, groupSize: number, g: GraphBuilder): Graph =>
  rewriteGraph(graph, g, (node) => {
    if (node.op !== "random") return node;
    const { seed, step } = node.operands;
    const batch = g.cast(stateOf(g, count), { element: "i32" });
    return withOperands(g, node, [seed, g.add(g.multiply(step, groupSize), batch)]);
  });

/** Of all trainable parameters, side by side. */
function zeroGradients(trainable: readonly Node[], g: GraphBuilder): Output[] {
  const size = trainable.reduce((sum, { type }) => sum + sizeOf(type.shape, 1), 0);
  return size === 0
    ? []
    : [
        {
          storage: flatGradients,
          node: g.named("no_gradients", g.broadcastTo(g.number(0, g.float), [size])),
        },
      ];
}

const zero = (g: GraphBuilder, storage: string): Output => ({
  storage,
  node: g.named("nothing_yet", g.number(0, "f64")),
});

const inType = (g: GraphBuilder, x: Node, element: "f32" | "f64"): Node =>
  x.type.element === element ? x : g.cast(x, { element });
