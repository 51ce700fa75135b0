// Compares derived gradients with central differences along a random direction, in doubles.
import { rewriteGraph } from "../../src/compiler/ir/builder.ts";
import type { GraphBuilder } from "../../src/compiler/ir/builder.ts";
import { collectNodes, makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../src/compiler/ir/nodes.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { gradientsOf } from "../../src/compiler/passes/derivatives/gradients-of.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import { evaluateGraph, interpret } from "../../src/compiler/reference/interpret.ts";
import { drawn, streamOf } from "./tensors.ts";

export type Values = ReadonlyMap<string, Tensor>;

/** A graph with the outputs `result:loss`, and `gradient:NAME` for each leaf on which the loss depends. */
export function withGradients(
  loss: Node,
  leaves: readonly Node[],
  g: GraphBuilder,
  name = "gradient",
): Graph {
  const outputs = [{ storage: "result:loss", node: loss }];
  const gradients = gradientsOf(loss, leaves, collectNodes(outputs), g);
  leaves.forEach((leaf, i) => {
    const node = gradients[i];
    if (node !== undefined && (leaf.op === "parameter" || leaf.op === "input"))
      outputs.push({ storage: `gradient:${leaf.attributes.name}`, node });
  });
  return makeGraph(name, outputs);
}

const moved = (values: Values, directions: Values, by: number): Values =>
  new Map(
    [...values].map(([name, value]) => {
      const direction = directions.get(name);
      const data =
        direction === undefined ? value.data : value.data.map((x, i) => x + by * direction.data[i]);
      return [name, { shape: value.shape, data }];
    }),
  );

/**
 * The graph with the value of each stopGradient as an input. Differences then do not pass through a
 * stopGradient, like the derived gradient.
 */
function frozen(graph: Graph, values: Values, rows: number): { graph: Graph; values: Values } {
  const found = evaluateGraph(graph, values, rows);
  const g = createBuilder("f64");
  const given = new Map(values);
  const stops = new Map<Node, Node>();
  for (const node of graph.nodes)
    if (node.op === "stopGradient") {
      const name = `stopped:${stops.size}`;
      stops.set(node, g.input({ name, type: node.type }));
      const value = found.get(node);
      if (value !== undefined) given.set(name, value);
    }
  // A stopGradient that depends on another stopGradient is rebuilt before it is visited, so its original is
  // found by its position.
  const originals = [...stops.keys()];
  let next = 0;
  const replaced = rewriteGraph(graph, g, (node) => {
    if (node.op !== "stopGradient") return node;
    return stops.get(originals[next++]) ?? node;
  });
  return { graph: replaced, values: given };
}

export interface Comparison {
  /** Σ gradient · direction, from the derived gradient. */
  readonly derived: number;
  /** (f(x + h·d) − f(x − h·d)) / 2h */
  readonly difference: number;
  /** |derived − difference| / max(1, |both|, |f|) */
  readonly error: number;
  /**
   * Whether the differences with h and h/2 disagree, because there is a kink nearby or the function is too
   * steep.
   */
  readonly uncertain: boolean;
}

/** @param names the leaves that move; a leaf without a gradient output counts as having gradient zero */
export function compareWithDifferences(
  graph: Graph,
  values: Values,
  names: readonly string[],
  rows: number,
  seed = 11,
): Comparison {
  const random = streamOf(seed);
  const directions = new Map(
    names.flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, drawn(value.shape, random, -1, 1)] as const];
    }),
  );
  const loss = frozen(makeGraph("loss", graph.outputs.slice(0, 1)), values, rows);
  const at = (by: number) =>
    interpret(loss.graph, moved(loss.values, directions, by), rows).get("result:loss")?.data[0] ?? NaN;
  const central = (h: number) => (at(h) - at(-h)) / (2 * h);
  const h = 2 ** -17;
  const difference = central(h);
  const outputs = interpret(graph, values, rows);
  let derived = 0;
  for (const [name, direction] of directions)
    outputs.get(`gradient:${name}`)?.data.forEach((d, i) => (derived += d * direction.data[i]));
  const scale = Math.max(1, Math.abs(derived), Math.abs(difference), Math.abs(at(0)) * 1e-2);
  const uncertain = !(Math.abs(central(h / 2) - difference) / scale < 1e-7);
  return { derived, difference, error: Math.abs(derived - difference) / scale, uncertain };
}
