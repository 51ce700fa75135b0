/**
 * The way from a graph to its loop program: choose what is stored, lower each stored node to a nest, fuse nests into
 * kernels, keep values in variables. Ends with the kernels in order and the temporaries that they need.
 */
import { nameAll } from "../ir/names.ts";
import { leafName } from "../ir/nodes.ts";
import type { Graph, Node, Recurrence } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { formulaLine, headLine, plainName } from "../loop/provenance-names.ts";
import { visitStatements } from "../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram, Provenance } from "../loop/types.ts";
import { formulaOf } from "../notation/formula-text.ts";
import { hasTrait } from "../ops/index.ts";
import { spokenNames } from "../notation/display-names.ts";
import { nameMaker } from "../util/name-maker.ts";
import { chooseStored } from "./choose-stored.ts";
import { directPlaces } from "./direct-places.ts";
import { flopsToStore } from "./flops.ts";
import { forwardStores } from "./forward-stores.ts";
import type { KernelDraft } from "./forward-stores.ts";
import { fuseUnits } from "./fuse-loops.ts";
import type { Unit } from "./fuse-loops.ts";
import { groupReductions } from "./group-reductions.ts";
import { copyNest, lowerNode } from "./lower-nodes.ts";
import { lowerRecurrence } from "./lower-recurrence.ts";
import { shrinkTemporaries } from "./shrink-temporaries.ts";
import { storedElement } from "./scope.ts";
import type { Scope } from "./scope.ts";

export interface LowerOptions {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  /** The places that outlive a program, by storage name. */
  readonly storage: ReadonlyMap<string, Buffer>;
  readonly skip: ReadonlySet<string>;
  /** Values that are computed again, and belong right before what reads them. */
  readonly copies?: ReadonlySet<Node> | undefined;
}

/**
 * The stages by which a graph becomes kernels, in order; each can be skipped. The first of them still works
 * on the graph.
 */
export const loweringNames = ["rematerialise", "fuse-loops", "forward-stores", "shrink-temporaries"] as const;

/** A value that a unit computes: the node of the graph by which the kernel may be called, and what it says of it. */
interface Label {
  /** Nothing of a copy: a kernel is called after what it computes. */
  readonly node: Node | undefined;
  readonly provenance: Provenance;
}

export function lowerGraph(graph: Graph, options: LowerOptions): LoopProgram {
  const { float, storage, batchSize, skip } = options;
  const steps = stepsOf(graph);
  const stored = new Set(
    [graph, ...steps.map(({ step }) => step)].flatMap((part) => [...chooseStored(part)]),
  );
  const all = [...graph.nodes, ...steps.flatMap(({ step }) => step.nodes)];
  const names = nameAll(all.filter((node) => stored.has(node) || hasTrait(node, "leaf")));
  const direct = directPlaces(graph);
  const temporaries = new Map<Node, Buffer>();
  const temporaryName = nameMaker(storage.keys(), "_");
  const temporaryOf = (node: Node): string => {
    const known = temporaries.get(node)?.name;
    if (known !== undefined) return known;
    const name = temporaryName(names.get(node) ?? node.op);
    const element = storedElement(node, float);
    temporaries.set(node, { name, storage: undefined, element, shape: node.type.shape, region: "temporary" });
    return name;
  };
  const bufferOf = (node: Node): string => leafName(node) ?? direct.get(node) ?? temporaryOf(node);
  // The mark keeps what the lowering names apart from buffers, whatever a spec calls its layers.
  const unique = nameMaker([], "#");
  const fresh = (base: string) => unique(`${base}#`);
  const scope: Scope = {
    float,
    stored,
    placeOf: (node) => ({ buffer: bufferOf(node), index: (at) => at }),
    argument: (node) => {
      throw new Error(`internal: ${names.get(node) ?? node.op} is read outside of its step`);
    },
    fresh,
  };
  const fuse = (units: readonly Unit<Label>[]): Unit<Label>[] =>
    skip.has("fuse-loops") ? [...units] : fuseUnits(units);

  const nameOf = (node: Node) => leafName(node) ?? names.get(node);
  const spoken = spokenNames(graph, (node) => stored.has(node) || hasTrait(node, "leaf"), nameOf);
  const label = (node: Node, by: Node, times: number): Label => ({
    node: by,
    provenance: provenanceOf(node, spoken, flopsToStore(node, stored, batchSize) * times),
  });

  /** The units of some nodes in order. Those of a step go by the scan around it, `times` as often. */
  const lowerAll = (
    nodes: readonly Node[],
    inner: Scope,
    by: Node | undefined,
    times: number,
  ): Unit<Label>[] => {
    const recurrences = recurrencesOf({ nodes });
    return groupReductions(nodes.filter((node) => stored.has(node))).flatMap((node): Unit<Label>[] => {
      if (node.op !== "scan")
        return [
          {
            statements: lowerNode(node, inner),
            labels: [label(node, by ?? node, times)],
            stays: options.copies?.has(node),
          },
        ];
      // The first of its scans stands for the whole loop: all of them have the same operands.
      const { recurrence } = node.attributes;
      const scans = recurrences.get(recurrence) ?? [];
      if (scans[0] !== node) return [];
      const step = stepGraph(recurrence, scans);
      const labels: Label[] = [{ node: by ?? node, provenance: loopProvenance(node, recurrence) }];
      const statements = lowerRecurrence(recurrence, scans, inner, {
        temporaryOf,
        lowerStep: (stepScope, copies) => {
          const units = lowerAll(step.nodes, stepScope, by ?? node, times * recurrence.length);
          const fused = fuse([...units, ...copies.map((copy) => ({ statements: copy, labels: [] }))]);
          labels.push(...fused.flatMap((unit) => unit.labels));
          return fused.flatMap((unit) => unit.statements);
        },
      });
      return [{ statements, labels }];
    });
  };
  const units = lowerAll(graph.nodes, scope, undefined, 1);
  for (const { storage: place, node } of graph.outputs)
    if (direct.get(node) !== place)
      units.push({
        statements: copyNest(node, { buffer: place, index: (at) => at }, scope),
        labels: [{ node: undefined, provenance: copyProvenance(place, node, spoken) }],
      });

  const fused: KernelDraft<Label>[] = fuse(units);
  const drafts = skip.has("forward-stores")
    ? fused
    : forwardStores(fused, (buffer) => !storage.has(buffer), fresh);

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
        provenance: saidOf(draft.labels),
      };
    });

  const buffers = new Map<string, Buffer>(storage);
  const used = new Set<string>();
  for (const kernel of kernels) visitStatements(kernel.body, (s) => s.kind === "store" && used.add(s.buffer));
  for (const buffer of temporaries.values()) if (used.has(buffer.name)) buffers.set(buffer.name, buffer);
  const program = { name: graph.name, kernels, buffers };
  return skip.has("shrink-temporaries") ? program : shrinkTemporaries(program);
}

/** Copies go unsaid, unless a kernel does nothing else. */
function saidOf(labels: readonly Label[]): readonly Provenance[] {
  const isSaid = ({ node, provenance }: Label) => node !== undefined && !provenance.isCopy;
  const said = labels.filter(isSaid);
  return (said.length > 0 ? said : labels).map(({ provenance }) => provenance);
}

function provenanceOf(node: Node, spoken: (node: Node) => string | undefined, flops: number): Provenance {
  const { forward, rule, layer, path } = node.origin;
  const reads = new Set<string>();
  const formula = formulaOf(node, (part) => {
    const name = spoken(part);
    if (name !== undefined) reads.add(name);
    return name;
  });
  return {
    node,
    ...formulaLine(spoken(node) ?? node.op, formula, reads),
    layer,
    path,
    rule,
    gradientOf: forward === undefined ? undefined : forwardText(forward, spoken),
    flops,
  };
}

/** Of what a graph leaves in another place of storage than where it is. */
function copyProvenance(place: string, node: Node, spoken: (node: Node) => string | undefined): Provenance {
  const { layer, path } = node.origin;
  const copied = plainName(spoken(node) ?? node.op);
  return {
    node: undefined,
    ...formulaLine(plainName(place), copied, [copied]),
    layer,
    path,
    rule: undefined,
    gradientOf: undefined,
    flops: 0,
  };
}

/** What a loop along time says above the lines of its step. */
function loopProvenance(scan: Node, { length, reverse }: Recurrence): Provenance {
  const { layer, path } = scan.origin;
  const [first, last] = reverse ? [length - 1, 0] : [0, length - 1];
  return {
    node: undefined,
    ...headLine(`For t = ${first} … ${last}:`),
    layer,
    path,
    rule: undefined,
    gradientOf: undefined,
    flops: 0,
  };
}

/** The forward node as its formula. Values of layers go by their names there, even if the code has none of them. */
const forwardText = (forward: Node, spoken: (node: Node) => string | undefined): string => {
  const name = spoken(forward) ?? forward.name;
  const ofLayer = ({ name: own, origin }: Node) => (origin.layer === undefined ? undefined : own);
  const formula = formulaOf(forward, (node) => spoken(node) ?? ofLayer(node));
  return name === undefined ? formula : `${name} = ${formula}`;
};

/**
 * The node after which a kernel is called: the last output of some size, else the last output, else the last forward
 * value that the kernel leaves in memory, else the last.
 */
function mainOf(
  draft: KernelDraft<Label>,
  isOutput: (node: Node) => boolean,
  bufferOf: (node: Node) => string,
): Node | undefined {
  const labels = draft.labels.flatMap(({ node }) => node ?? []);
  const kept = new Set<string>();
  visitStatements(draft.statements, (s) => s.kind === "store" && kept.add(s.buffer));
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
