/**
 * The way from a graph to its loop program: choose what is stored, lower each stored node to a nest, fuse nests into
 * kernels, keep values in variables. Ends with the kernels in order and the temporaries that they need.
 */
import { nameAll } from "../ir/names.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { sizeOf } from "../ir/types.ts";
import { visitStatements } from "../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram, Provenance } from "../loop/types.ts";
import { formulaOf } from "../ops/formula.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";
import { chooseStored } from "./choose-stored.ts";
import { forwardStores } from "./forward-stores.ts";
import type { KernelDraft } from "./forward-stores.ts";
import { fuseUnits } from "./fuse-loops.ts";
import type { Unit } from "./fuse-loops.ts";
import { copyNest, lowerNode, storedElement } from "./lower-nodes.ts";
import type { Naming } from "./lower-nodes.ts";

export interface LowerOptions {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  /** The places that outlive a program, by storage name. */
  readonly storage: ReadonlyMap<string, Buffer>;
  readonly skip: ReadonlySet<string>;
}

/** Names that differ from those taken and from one another, by a number behind a mark. */
export function nameMaker(taken: Iterable<string>, mark: string): (base: string) => string {
  const used = new Set(taken);
  const next = new Map<string, number>();
  return (base) => {
    let name = base;
    for (let k = next.get(base) ?? 2; used.has(name); k++) {
      name = `${base}${mark}${k}`;
      next.set(base, k + 1);
    }
    used.add(name);
    return name;
  };
}

const leafName = (node: Node): string | undefined =>
  node.op === "input" || node.op === "parameter" || node.op === "state" ? node.attributes.name : undefined;

/** Multiplications and additions of a node for a full batch. */
function flopsOf(node: Node, batchSize: number): number {
  const lowering = loweringOf(node);
  if (hasTrait(node, "view") || lowering.kind === "leaf") return 0;
  const inner = lowering.kind === "element" ? 1 : sizeOf(lowering.extents, batchSize);
  const outer = lowering.kind === "scatter" ? 1 : sizeOf(node.type.shape, batchSize);
  return inner * outer * (hasTrait(node, "contraction") ? 2 : 1);
}

export function lowerGraph(graph: Graph, options: LowerOptions): LoopProgram {
  const { float, storage, batchSize } = options;
  const stored = chooseStored(graph);
  const names = nameAll(graph.nodes.filter((node) => stored.has(node) || hasTrait(node, "leaf")));
  const readStorage = new Set(graph.nodes.flatMap((node) => leafName(node) ?? []));

  // A stored output lives in its place of storage at once, unless that place is still read as what it was before.
  const direct = new Map<Node, string>();
  for (const { storage: place, node } of graph.outputs)
    if (leafName(node) === undefined && !direct.has(node) && !readStorage.has(place)) direct.set(node, place);

  const temporaryName = nameMaker(storage.keys(), "_");
  const bufferNames = new Map<Node, string>();
  const bufferOf = (node: Node): string => {
    const known = leafName(node) ?? direct.get(node) ?? bufferNames.get(node);
    if (known !== undefined) return known;
    const made = temporaryName(names.get(node) ?? node.op);
    bufferNames.set(node, made);
    return made;
  };
  // The mark keeps what the lowering names apart from buffers, whatever a spec calls its layers.
  const unique = nameMaker([], "#");
  const fresh = (base: string) => unique(`${base}#`);
  const naming: Naming = { bufferOf, fresh };

  const units: Unit<Node>[] = graph.nodes
    .filter((node) => stored.has(node))
    .map((node) => ({ statements: lowerNode(node, stored, naming, float).statements, labels: [node] }));
  for (const { storage: place, node } of graph.outputs)
    if (direct.get(node) !== place)
      units.push({ statements: copyNest(node, place, naming, float).statements, labels: [] });

  const fused: KernelDraft<Node>[] = options.skip.has("fuse-loops") ? units : fuseUnits(units);
  const drafts = options.skip.has("forward-stores")
    ? fused
    : forwardStores(fused, (buffer) => !storage.has(buffer), (base) => fresh(base)); // prettier-ignore

  const spoken = (node: Node): string | undefined =>
    stored.has(node) || hasTrait(node, "leaf") ? (leafName(node) ?? names.get(node)) : undefined;
  const kernelName = nameMaker([], "_");
  const outputs = new Set(graph.outputs.map(({ node }) => node));
  const isOutput = (node: Node) => outputs.has(node);
  const kernels = drafts
    .filter(({ statements }) => statements.length > 0)
    .map((draft): Kernel => {
      const last = mainOf(draft, isOutput, bufferOf);
      return {
        name: kernelName(last === undefined ? "copy" : (names.get(last) ?? last.op)),
        body: draft.statements,
        provenance: draft.labels
          .map((node) => provenanceOf(node, spoken, batchSize))
          .filter(({ text }) => !isCopy(text)),
      };
    });

  const buffers = new Map<string, Buffer>(storage);
  const used = new Set<string>();
  for (const kernel of kernels) visitStatements(kernel.body, (s) => s.kind === "store" && used.add(s.buffer));
  for (const node of graph.nodes) {
    const name = bufferNames.get(node);
    if (name === undefined || !used.has(name)) continue;
    buffers.set(name, {
      name,
      storage: undefined,
      element: storedElement(node, float),
      shape: node.type.shape,
      region: "temporary",
    });
  }
  return { name: graph.name, kernels, buffers };
}

/** "x_2 = x": the same value in another element type, which mathematics leaves unsaid. */
const isCopy = (text: string): boolean => {
  const [left, right] = text.split(" = ");
  return right !== undefined && left.replace(/_\d+$/, "") === right;
};

function provenanceOf(node: Node, spoken: (node: Node) => string | undefined, batchSize: number): Provenance {
  const { forward, rule, layer, path } = node.origin;
  return {
    text: `${spoken(node) ?? node.op} = ${formulaOf(node, spoken)}`,
    layer,
    path,
    rule,
    gradientOf: forward === undefined ? undefined : forwardText(forward, spoken),
    flops: flopsOf(node, batchSize),
  };
}

/** The forward node as its formula; values that have names stand under them. */
const forwardText = (forward: Node, spoken: (node: Node) => string | undefined): string => {
  const name = spoken(forward) ?? forward.name;
  const formula = formulaOf(forward, (node) => spoken(node) ?? node.name);
  return name === undefined ? formula : `${name} = ${formula}`;
};

/**
 * The node after which a kernel is called: the last output of some size, else the last output, else the last forward
 * value that the kernel leaves in memory, else the last.
 */
function mainOf(
  { statements, labels }: KernelDraft<Node>,
  isOutput: (node: Node) => boolean,
  bufferOf: (node: Node) => string,
): Node | undefined {
  const kept = new Set<string>();
  visitStatements(statements, (s) => s.kind === "store" && kept.add(s.buffer));
  const lasting = labels.filter((node) => kept.has(bufferOf(node)));
  const choices = [
    labels.filter((node) => isOutput(node) && node.type.shape.length > 0),
    labels.filter(isOutput),
    lasting.filter((node) => node.origin.forward === undefined),
    lasting,
    labels,
  ];
  return choices.find((nodes) => nodes.length > 0)?.at(-1);
}
