/** The explanation of a compilation, indexed by id. All relations are computed once, when the page opens. */
import type {
  Derivation,
  ExplainedBuffer,
  ExplainedLayer,
  ExplainedLine,
  ExplainedNode,
  Explanation,
  NodeId,
  RewriteUse,
  RuleUse,
} from "../../explanation.ts";

/** A rule, and the nodes to which it was applied. */
export interface KnownRule {
  readonly name: string;
  readonly nodes: readonly NodeId[];
  /** The general form of a derivative rule; undefined for a rewrite rule, which has an `equation` instead. */
  readonly general: RuleUse["general"] | undefined;
  readonly equation: RewriteUse["equation"] | undefined;
}

export interface ReportIndex {
  readonly explanation: Explanation;
  readonly nodes: ReadonlyMap<NodeId, ExplainedNode>;
  readonly layers: ReadonlyMap<string, ExplainedLayer>;
  readonly derivations: ReadonlyMap<string, Derivation>;
  readonly rules: ReadonlyMap<string, KnownRule>;
  /** The buffers. The key is `program/name` for temporaries, and the name for storage. */
  readonly buffers: ReadonlyMap<string, ExplainedBuffer>;
  readonly lines: ReadonlyMap<number, ExplainedLine>;
  nodesOfLayer(name: string): readonly ExplainedNode[];
  linesOfNode(id: NodeId): readonly number[];
  /**
   * The lines that compute the node. The formulas above the kernel's function, the declaration of the address
   * in memory, and the call of the kernel are not included.
   */
  statementsOfNode(id: NodeId): readonly number[];
  linesOfKernel(index: number): readonly number[];
  buffersOfNode(id: NodeId): readonly ExplainedBuffer[];
  /** The named values that the formula of the node reads, each once. */
  namedOperands(id: NodeId): readonly NodeId[];
  /** The parameters whose derivations contain the node. */
  derivationsOfNode(id: NodeId): readonly string[];
}

export const keyOfBuffer = ({ name, life }: ExplainedBuffer): string =>
  life === undefined ? name : `${life.program}/${name}`;

export function indexOf(explanation: Explanation): ReportIndex {
  const { nodes, layers, derivations, kernels, memory, code } = explanation;
  const nodesById = new Map(nodes.map((node) => [node.id, node]));
  const texts = code.text.split("\n");
  const ofLayer = grouped(nodes, (node) => [[node.layer, node]]);
  const ofNode = grouped(code.lines, ({ nodes: ids, line }) => ids.map((id) => [id, line]));
  const ofKernel = grouped(code.lines, ({ kernels, line }) => kernels.map((kernel) => [kernel, line]));
  const buffersOf = grouped(memory.buffers, (buffer) => [[buffer.node, buffer]]);
  const stepsIn = grouped(derivations, ({ parameter, steps }) => steps.map(({ node }) => [node, parameter]));
  return {
    explanation,
    nodes: nodesById,
    layers: new Map(layers.map((layer) => [layer.name, layer])),
    derivations: new Map(derivations.map((derivation) => [derivation.parameter, derivation])),
    rules: rulesOf(nodes),
    buffers: new Map(memory.buffers.map((buffer) => [keyOfBuffer(buffer), buffer])),
    lines: new Map(code.lines.map((line) => [line.line, line])),
    nodesOfLayer: (name) => ofLayer.get(name) ?? [],
    linesOfNode: (id) => ofNode.get(id) ?? [],
    statementsOfNode: (id) => {
      const kernel = kernels[nodesById.get(id)?.kernel ?? -1];
      const [first, last] = kernel?.lines ?? [1, 0];
      const head = texts.findIndex((text, at) => at >= first - 1 && text.startsWith("function ")) + 1;
      return (ofNode.get(id) ?? []).filter((line) => line > head && line < last);
    },
    linesOfKernel: (index) => ofKernel.get(index) ?? [],
    namedOperands: (id) => [...new Set(namedOperands(id, nodesById))],
    buffersOfNode: (id) => buffersOf.get(id) ?? [],
    derivationsOfNode: (id) => stepsIn.get(id) ?? [],
  };
}

function namedOperands(id: NodeId, nodes: ReadonlyMap<NodeId, ExplainedNode>): NodeId[] {
  const operands = nodes.get(id)?.operands ?? [];
  return operands.flatMap((operand) =>
    nodes.get(operand)?.isNamed === true ? [operand] : namedOperands(operand, nodes),
  );
}

/** Groups values by key and preserves their order. Values without a key are omitted. */
function grouped<T, K, V>(
  items: readonly T[],
  pairsOf: (item: T) => readonly (readonly [K | undefined, V])[],
): ReadonlyMap<K, readonly V[]> {
  const found = new Map<K, V[]>();
  for (const [key, value] of items.flatMap(pairsOf)) {
    if (key === undefined) continue;
    const known = found.get(key);
    if (known === undefined) found.set(key, [value]);
    else known.push(value);
  }
  return found;
}

function rulesOf(nodes: readonly ExplainedNode[]): ReadonlyMap<string, KnownRule> {
  const found = new Map<string, KnownRule & { readonly nodes: NodeId[] }>();
  const add = (name: string, id: NodeId, rule: Pick<KnownRule, "general" | "equation">) => {
    const known = found.get(name) ?? { name, nodes: [], ...rule };
    if (known.nodes.at(-1) !== id) known.nodes.push(id);
    found.set(name, known);
  };
  for (const { id, derivations, rewrites } of nodes) {
    for (const { rule, general } of derivations) add(rule, id, { general, equation: undefined });
    for (const { rule, equation } of rewrites) add(rule, id, { general: undefined, equation });
  }
  return found;
}
