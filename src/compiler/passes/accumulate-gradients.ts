/**
 * Purpose   Compute one exact update from several batches. The loss is V(T), a function of totals T = Σ S
 *           over the batches of a group. V need not be linear: rmse is the square root of a mean. By the
 *           chain rule
 *
 *               d loss / d p = Σ over batches of  Σ_j (∂V/∂T_j) · d S_j / d p
 *
 *           where ∂V/∂T_j is the same number for all batches, and is known once T is known. A step therefore
 *           processes each group twice. First, `measure` adds up the totals on which some ∂V/∂T_j depends.
 *           For a mean, the only such total is its divisor, which needs no forward pass. Then, `gradient`
 *           adds up the gradients of Σ_j (∂V/∂T_j) · S_j. `begin` sets all sums to zero.
 * Requires  the graph `gradient` after differentiation; the sums of a batch; the loss V as a function of
 *           their totals; and the penalty on weights, which counts once per group.
 * Ensures   a group of one batch has the loss and gradients of that batch. Running statistics are updated
 *           once per batch, as in PyTorch, and each batch draws its own random numbers. A model without
 *           groups is unchanged.
 */
import { rewriteGraph, withOperands } from "../ir/builder.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { collectNodes, makeGraph } from "../ir/nodes.ts";
import type { Graph, Node, NodeOf, Output } from "../ir/nodes.ts";
import {
  flatGradients,
  gradientStorage,
  lossStorage,
  statisticStorage,
  storageIn,
  storageParts,
} from "../ir/storage.ts";
import { sizeOf, tensorType } from "../ir/types.ts";
import { defineRequired } from "../stages/define.ts";
import { mapValues } from "../util/collections.ts";
import { graphs } from "./define.ts";
import { gradientsOf } from "./derivatives/gradients-of.ts";

/** The terms of a loss that add up over batches, and the loss as a function of their totals. */
export interface SummedLoss {
  /** The sums S of one batch. */
  readonly sums: Readonly<Record<string, Node>>;
  /** The loss V, given the totals by name. */
  value(totals: Readonly<Record<string, Node>>): Node;
  /** The penalty on weights, which is added to the loss once. */
  readonly penalty: Node | undefined;
}

interface Summed extends SummedLoss {
  /** The next value of each running statistic, its storage, and the node of its current value. */
  readonly statistics: readonly (Output & { readonly statistic: Node })[];
}

export interface AccumulateContext {
  readonly g: GraphBuilder;
  readonly loss: SummedLoss;
  /** The names of the parameters whose gradients are needed. */
  readonly wanted: readonly string[];
  /** The number of batches per step; undefined if each step has one batch. */
  readonly groupSize: number | undefined;
}

export const accumulateGradients = defineRequired("accumulate-gradients", graphs, graphs, {
  all: (programs: readonly Graph[], { g, loss, wanted, groupSize }: AccumulateContext): readonly Graph[] => {
    const gradient = programs.find(({ name }) => name === "gradient");
    if (groupSize === undefined || gradient === undefined) return programs;
    const parameters = gradient.nodes.filter((node) => node.op === "parameter");
    const trained = parameters.filter(({ attributes: { name } }) => wanted.includes(name));
    const statistics = gradient.outputs.flatMap((output) => {
      const isIt = ({ attributes: { name } }: NodeOf<"parameter">) =>
        statisticStorage(name) === output.storage;
      const statistic = parameters.find(isIt);
      return statistic === undefined ? [] : [{ ...output, statistic }];
    });
    const group = accumulate({ ...loss, statistics }, trained, groupSize, g);
    return programs.map((graph) => {
      if (graph.name === "begin") return makeGraph("begin", [...graph.outputs, ...group.begin]);
      if (graph.name === "measure") return group.measure;
      return graph.name === "gradient" ? group.gradient : graph;
    });
  },
});

interface Accumulated {
  readonly begin: readonly Output[];
  readonly measure: Graph;
  readonly gradient: Graph;
}

/**
 * The storage of the two kinds of totals: the totals of a whole group, which `measure` adds up, and the
 * totals of the batches that `gradient` has processed so far.
 */
const measured = (name: string): string => storageIn("result", `group.${name}`);
const seen = (name: string): string => storageIn("result", `seen.${name}`);

const stateOf = (g: GraphBuilder, name: string): Node =>
  g.named(name, g.state({ name, type: tensorType("f64", []) }));

/** The name of an additional sum: the number of batches in the group. */
const batches = "batches";

function accumulate(
  loss: Summed,
  trainable: readonly NodeOf<"parameter">[],
  groupSize: number,
  g: GraphBuilder,
): Accumulated {
  const sums: Readonly<Record<string, Node>> = { ...loss.sums, [batches]: g.number(1, "f64") };
  const added = (storage: string, sum: Node): Node =>
    g.named(`next_${storageParts(storage).name}`, g.add(stateOf(g, storage), inType(g, sum, "f64")));
  const soFar = mapValues(sums, (sum, name) => added(seen(name), sum));

  const { objective, needed } = objectiveOf(loss, trainable, g);
  const own = gradientsOf(objective, trainable, nodesOf([objective]), g);
  const gradients = trainable.flatMap((parameter, i): Output[] => {
    const storage = gradientStorage(parameter.attributes.name);
    const before = g.named(storage, g.state({ name: storage, type: parameter.type }));
    const part = own[i];
    return part === undefined
      ? []
      : [{ storage, node: g.named(`sum_of_d_${parameter.attributes.name}`, g.add(before, part)) }];
  });
  // After the last batch, this value is the loss of the group.
  const mean = inType(g, loss.value(soFar), g.float);
  const total = loss.penalty === undefined ? mean : g.add(mean, loss.penalty);
  const outputs: Output[] = [
    { storage: lossStorage, node: g.named("loss", total) },
    ...Object.entries(soFar).map(([name, node]) => ({ storage: seen(name), node })),
    ...loss.statistics.flatMap((moved) => continued(moved, g)),
    // The last layer comes first, as in `differentiate`.
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
 * The objective Σ_j (∂V/∂T_j) · S_j + penalty / batches, and the totals that it needs. Sums that do not
 * depend on a parameter, such as the divisor of a mean, are omitted because they have no gradient.
 */
function objectiveOf(
  { sums, value, penalty }: Summed,
  trainable: readonly Node[],
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

/** Makes a running statistic continue from its value after the previous batch of the group. */
function continued({ storage, node, statistic }: Summed["statistics"][number], g: GraphBuilder): Output[] {
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

/** Makes random numbers depend on the step and on `count`, the index of the batch in its group. */
const withOwnDraws = (graph: Graph, count: string, groupSize: number, g: GraphBuilder): Graph =>
  rewriteGraph(graph, g, (node) => {
    if (node.op !== "random") return node;
    const { seed, step } = node.operands;
    const batch = g.cast(stateOf(g, count), { element: "i32" });
    return withOperands(g, node, [seed, g.add(g.multiply(step, groupSize), batch)]);
  });

/** Sets the gradients of all trainable parameters to zero, as one flat tensor. */
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
