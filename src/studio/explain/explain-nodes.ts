/**
 * Explains every node of every lowered graph: its formula, its origin, and the nodes that it reads and that
 * read it.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../../compiler/ir/recurrence.ts";
import { sizeOf, typeText } from "../../compiler/ir/types.ts";
import { bytesOfElement, programNames } from "../../compiler/loop/types.ts";
import { flopsOf } from "../../compiler/lower/flops.ts";
import { storedElement } from "../../compiler/lower/scope.ts";
import type { Compilation, ProgramName } from "../../compiler/pipeline.ts";
import type { ExplainedNode, NodeId, RegionName } from "../explanation.ts";
import { firstKernels } from "./target-kernels.ts";
import { generalRules } from "./general-rule.ts";
import { notationOf } from "../../compiler/notation/notation.ts";
import { rewriteUses, ruleUses } from "./rule-uses.ts";
import type { LocationOf } from "./source-map.ts";
import { graphFormulas } from "./graph-formulas.ts";
import type { Subject } from "./subject.ts";

/** The context that all graphs of one compilation share. */
interface Context {
  readonly batchSize: number;
  readonly float: "f32" | "f64";
  readonly locationOf: LocationOf;
  readonly kernelOf: ReturnType<typeof firstKernels>;
  readonly generalRule: ReturnType<typeof generalRules>;
  readonly rewrites: ReturnType<typeof rewriteUses>;
}

/**
 * Returns the nodes of all programs, in program order, operands before their users. `locationOf` returns the
 * location of a spec path, if the spec has text. `graphs` are the graphs to explain; by default, the lowered
 * ones.
 */
export function explainNodes(
  { compilation }: Subject,
  locationOf: LocationOf = () => undefined,
  graphs: readonly Graph[] = compilation.rematerialised,
): ExplainedNode[] {
  const context: Context = {
    batchSize: compilation.model.training.batchSize,
    float: floatOf(compilation),
    locationOf,
    kernelOf: firstKernels(compilation),
    generalRule: generalRules(),
    rewrites: rewriteUses(),
  };
  return graphs.flatMap((graph) => explainGraph(graph, programOf(graph), context));
}

/** Returns the program that a graph belongs to. A graph has the name of its program. */
function programOf({ name }: Graph): ProgramName {
  const program = programNames.find((each) => each === name);
  invariant(program !== undefined, `there is no program ${name}`);
  return program;
}

const floatOf = ({ plan }: Compilation): "f32" | "f64" => {
  const elements = [...plan.storage.values()].map(({ buffer }) => buffer.element);
  return elements.includes("f32") ? "f32" : "f64";
};

function explainGraph(graph: Graph, program: ProgramName, context: Context): ExplainedNode[] {
  const { batchSize, float, locationOf } = context;
  const formulas = graphFormulas(graph);
  const idOf = (node: Node): NodeId => `${program}/${formulas.nameOf(node)}`;
  const sources = sourcesOf(graph, formulas.nodes);
  const users = new Map<Node, NodeId[]>();
  for (const node of formulas.nodes)
    for (const source of new Set(sources(node)))
      users.set(source, [...(users.get(source) ?? []), idOf(node)]);
  const outputs = new Map<Node, string[]>();
  for (const { storage, node } of graph.outputs) outputs.set(node, [...(outputs.get(node) ?? []), storage]);
  const timesOf = repetitions(graph);
  const ruleUse = ruleUses(formulas, idOf, context.generalRule);
  return formulas.nodes.map((node) => {
    const { layer, composite, path, rewrites } = node.origin;
    const bytes = sizeOf(node.type.shape, batchSize) * bytesOfElement[storedElement(node, float)];
    return {
      id: idOf(node),
      program,
      name: formulas.nameOf(node),
      op: node.op,
      type: typeText(node.type),
      region: regionOf(node, program),
      symbol: notationOf(formulas.symbolOf(node)),
      formula: notationOf(formulas.formulaOf(node)),
      operands: sources(node).map(idOf),
      users: users.get(node) ?? [],
      isNamed: formulas.isNamed(node),
      outputs: outputs.get(node) ?? [],
      layer,
      composite,
      location: path && locationOf(path),
      derivations: ruleUse(node),
      rewrites: context.rewrites(rewrites ?? []),
      kernel: context.kernelOf(program, node),
      flops: flopsOf(node, batchSize) * timesOf(node),
      bytes,
    };
  });
}

/** The phase of training to which a node of a program belongs. */
export function regionOf(node: Node, program: ProgramName): RegionName {
  if (program === "begin" || program === "update") return "update";
  if (program !== "gradient" && program !== "measure") return "evaluation";
  return node.origin.forward === undefined ? "forward" : "backward";
}

/**
 * Returns the nodes from which a node is computed. Usually, these are its operands. For a scan, it is the
 * value that the scan stacks, which its step computes. For an argument of the step, it is the matching
 * operand of the scan. State that one step passes to the next is connected only by its name, so that the
 * result has no cycles.
 */
function sourcesOf(graph: Graph, nodes: readonly Node[]): (node: Node) => readonly Node[] {
  const given = new Map<Node, Node>();
  for (const part of [graph, ...stepsOf(graph).map(({ step }) => step)])
    for (const [recurrence, [scan]] of recurrencesOf(part)) {
      const operands: Readonly<Record<string, Node>> = scan.operands;
      for (const { name, argument } of recurrence.operands) given.set(argument, operands[name]);
    }
  const present = new Set(nodes);
  return (node) => {
    const list = node.op === "scan" ? [node.attributes.value] : [given.get(node) ?? operandsOf(node)].flat();
    return list.filter((source) => present.has(source));
  };
}

/**
 * Returns how many times a node is computed in one run. The nodes of a recurrence's step are computed once
 * per step.
 */
function repetitions(graph: Graph): (node: Node) => number {
  const times = new Map<Node, number>();
  const enter = (part: Graph, count: number): void => {
    for (const node of part.nodes) times.set(node, count);
    for (const [recurrence, scans] of recurrencesOf(part))
      enter(stepGraph(recurrence, scans), count * recurrence.length);
  };
  enter(graph, 1);
  return (node) => times.get(node) ?? 1;
}
