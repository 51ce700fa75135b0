/**
 * Purpose   Lower a graph to nests of loops: one nest for each materialised value (`choose-materialised.ts`),
 *           in graph order. Other values are computed where they are read.
 * Requires  a graph after all passes, and the copies that `rematerialise` made.
 * Ensures   each output is in its storage at the end. A recurrence becomes a loop along time that contains
 *           the nests of its step. Nests are not optimised: fusion and blocking come later.
 * Example   %h = contract %x, %w ; %y = relu %h, both materialised
 *           =>   for i: for j: { sum = 0 ; for k: sum += x[i, k] · w[k, j] ; h[i, j] = sum }
 *                for i: for j: y[i, j] = max(h[i, j], 0)
 */
import { invariant } from "../diagnostics/errors.ts";
import { nameAll } from "../ir/names.ts";
import { leafName, operandsOf } from "../ir/nodes.ts";
import type { Axes, Graph, Node, NodeOf } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { attributed } from "../loop/statements.ts";
import type { Buffer, Provenance } from "../loop/types.ts";
import { displayFormulas } from "../notation/symbol.ts";
import { hasTrait } from "../ops/index.ts";
import { defineRequired } from "../stages/define.ts";
import { nameMaker } from "../util/name-maker.ts";
import { chooseLayouts } from "./choose-layouts.ts";
import { chooseMaterialised } from "./choose-materialised.ts";
import { directOutputs, storedElement } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { flopsByLayer } from "./flops.ts";
import { copyNest, lowerNode } from "./lower-nodes.ts";
import { lowerRecurrence } from "./lower-recurrence.ts";
import { nestsOfLoops } from "./nests.ts";
import type { Label, Nest, Nests } from "./nests.ts";
import { copyProvenance, loopProvenance, provenanceOf } from "./provenance.ts";
import type { Display } from "./provenance.ts";
import { rematerialisedGraphs } from "./rematerialise.ts";
import type { Rematerialised } from "./rematerialise.ts";

export interface LowerContext {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  /** The buffers that outlive a program, by storage name. */
  readonly storage: ReadonlyMap<string, Buffer>;
}

export const lowerGraph = defineRequired("lower-graph", rematerialisedGraphs, nestsOfLoops, {
  each: (given: Rematerialised, context: LowerContext): Nests => new GraphLowering(given, context).nests(),
});

/** The code around some nests: the program, or the step of a scan. */
interface Surroundings {
  readonly scope: Scope;
  /** The outermost scan around the nests, and how many times their step runs. */
  readonly scan?: Node | undefined;
  readonly times: number;
}

class GraphLowering {
  private readonly graph: Graph;
  private readonly copies: ReadonlySet<Node>;
  private readonly context: LowerContext;
  /** The materialised nodes of the graph and of its steps. */
  private readonly stored: ReadonlySet<Node>;
  private readonly names: ReadonlyMap<Node, string>;
  private readonly display: Display;
  private readonly direct: ReadonlyMap<Node, string>;
  private readonly layouts: ReadonlyMap<Node, Axes>;
  private readonly temporaries = new Map<Node, Buffer>();
  private readonly temporaryName: (base: string) => string;

  constructor({ graph, copies }: Rematerialised, context: LowerContext) {
    const parts = [graph, ...stepsOf(graph).map(({ step }) => step)];
    const stored = new Set(parts.flatMap((part) => [...chooseMaterialised(part)]));
    const isNamed = (node: Node) => stored.has(node) || hasTrait(node, "leaf");
    const names = nameAll(parts.flatMap(({ nodes }) => nodes).filter(isNamed));
    this.graph = graph;
    this.copies = copies;
    this.context = context;
    this.stored = stored;
    this.names = names;
    this.display = displayFormulas(graph, isNamed, (node) => leafName(node) ?? names.get(node));
    this.direct = directOutputs(graph);
    this.layouts = chooseLayouts(graph);
    this.temporaryName = nameMaker(context.storage.keys(), "_");
  }

  nests(): Nests {
    const { graph, direct } = this;
    const scope = this.outermost();
    const nests = [...this.nestsOf(graph.nodes, { scope, times: 1 })];
    for (const { storage, node } of graph.outputs)
      if (direct.get(node) !== storage) nests.push(this.copyOf(node, storage, scope));
    return { graph, nests, storage: this.context.storage, temporaries: [...this.temporaries.values()] };
  }

  private copyOf(node: Node, storage: string, scope: Scope): Nest {
    const line = copyProvenance(storage, node, this.display);
    const statements = copyNest(node, { buffer: storage, index: (at) => at }, scope);
    return { statements: attributed(statements, line), labels: [{ provenance: line }] };
  }

  private outermost(): Scope {
    // The mark `#`, which names of layers cannot contain, distinguishes the names of loop variables and
    // accumulators from those of buffers.
    const unique = nameMaker([], "#");
    return {
      float: this.context.float,
      stored: this.stored,
      locationOf: (node) => ({ buffer: this.bufferOf(node), index: (at) => this.inLayout(node, at) }),
      argument: (node) => {
        throw new Error(`internal: ${this.nameOf(node)} is read outside of its step`);
      },
      fresh: (base) => unique(`${base}#`),
    };
  }

  private nestsOf(nodes: readonly Node[], around: Surroundings): readonly Nest[] {
    const recurrences = recurrencesOf({ nodes });
    return nodes.flatMap((node): readonly Nest[] => {
      if (!this.stored.has(node)) return [];
      if (node.op !== "scan") return [this.nestOf(node, around)];
      // All scans of a recurrence have the same operands, so the first one represents their common loop.
      const scans = recurrences.get(node.attributes.recurrence) ?? [];
      return scans[0] === node ? [this.nestOfScans(scans, around)] : [];
    });
  }

  private nestOf(node: Node, { scope, scan, times }: Surroundings): Nest {
    const once = flopsByLayer(node, this.stored, this.context.batchSize);
    const flops = new Map([...once].map(([layer, count]) => [layer, count * times]));
    const line = provenanceOf(node, this.display, flops);
    return {
      statements: attributed(lowerNode(node, scope), line),
      labels: [this.label(scan ?? node, line)],
      stays: this.copies.has(node),
      reduces: reducedBy(node),
    };
  }

  private nestOfScans(scans: readonly NodeOf<"scan">[], { scope, scan, times }: Surroundings): Nest {
    const [node] = scans;
    const { recurrence } = node.attributes;
    const inner = { scan: scan ?? node, times: times * recurrence.length };
    const { before, loop, step } = lowerRecurrence(recurrence, scans, scope, {
      temporaryOf: (value) => this.temporaryOf(value),
      lowerStep: (stepScope) =>
        this.nestsOf(stepGraph(recurrence, scans).nodes, { scope: stepScope, ...inner }),
    });
    const label = this.label(inner.scan, loopProvenance(node, recurrence));
    return { statements: before, labels: [label], along: { loop, step } };
  }

  private label(node: Node, provenance: Provenance): Label {
    return { provenance, value: { node, name: this.nameOf(node), buffer: this.bufferOf(node) } };
  }

  private nameOf(node: Node): string {
    return this.names.get(node) ?? node.op;
  }

  private bufferOf(node: Node): string {
    return leafName(node) ?? this.direct.get(node) ?? this.temporaryOf(node);
  }

  /** The entries of the axes of `node`, in the order that the axes have in memory. */
  private inLayout<T>(node: Node, ofAxes: readonly T[]): readonly T[] {
    return this.layouts.get(node)?.map((axis) => ofAxes[axis]) ?? ofAxes;
  }

  private temporaryOf(node: Node): string {
    const known = this.temporaries.get(node);
    if (known !== undefined) return known.name;
    const name = this.temporaryName(this.nameOf(node));
    const element = storedElement(node, this.context.float);
    const shape = this.inLayout(node, node.type.shape);
    this.temporaries.set(node, { name, storage: undefined, element, shape, region: "temporary" });
    return name;
  }
}

/** Returns the operand and the axes of a reduction, or undefined for other nodes. */
function reducedBy(node: Node): Nest["reduces"] {
  if (!hasTrait(node, "axes")) return undefined;
  invariant("axes" in node.attributes, `${node.op} has no axes`);
  return { x: operandsOf(node)[0], axes: node.attributes.axes.join() };
}
