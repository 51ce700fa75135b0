/** Which kernels compute a node: the one that has it under its name, or all that compute it where it is read. */
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { stepsOf } from "../../compiler/ir/recurrence.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { computedToStore } from "../../compiler/lower/flops.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { targetKernels } from "./target-kernels.ts";
import type { TargetKernel } from "./target-kernels.ts";

export interface ComputingKernel extends TargetKernel {
  /** The nodes that it has under names. */
  readonly nodes: readonly Node[];
  /** What it computes on the way to them; numbers need no computing. */
  readonly inlined: readonly Node[];
}

export function computingKernels(compilation: Compilation): ComputingKernel[] {
  const stored = new Map(
    compilation.lean.map((graph) => {
      const parts = [graph, ...stepsOf(graph).map(({ step }) => step)];
      return [graph.name, new Set(parts.flatMap((part) => [...chooseStored(part)]))];
    }),
  );
  return targetKernels(compilation).map((each) => {
    const own = stored.get(each.program.name) ?? new Set();
    const nodes = each.kernel.provenance.flatMap(({ node }) => node ?? []);
    const computed = new Set(nodes.flatMap((node) => [...computedToStore(node, own)]));
    const inlined = [...computed].filter((node) => !own.has(node) && operandsOf(node).length > 0);
    return { ...each, nodes, inlined };
  });
}

/** The index of the first kernel of a program that computes a node; one that has its name comes before others. */
export function firstKernels(compilation: Compilation): (program: string, node: Node) => number | undefined {
  const kernels = computingKernels(compilation);
  const programs = new Map(compilation.lean.map(({ name }) => [name, new Map<Node, number>()]));
  for (const part of ["nodes", "inlined"] as const)
    for (const { index, program, [part]: nodes } of kernels) {
      const first = programs.get(program.name);
      for (const node of nodes) if (first?.has(node) === false) first.set(node, index);
    }
  return (program, node) => programs.get(program)?.get(node);
}
