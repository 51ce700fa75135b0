/** What views tell of a kernel, whatever the target. */
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { stepsOf } from "../../compiler/ir/recurrence.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import { bytesOfElement } from "../../compiler/loop/memory.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { computedToStore } from "../../compiler/lower/flops.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { targetKernels } from "./target-kernels.ts";
import type { TargetKernel } from "./target-kernels.ts";

/** The graph nodes fused into it. */
export const nodesOf = ({ provenance }: Kernel) =>
  provenance.map(({ text, layer, gradientOf, rule }) => ({ text, layer, gradientOf, rule }));

/** The sizes of all buffers that the kernel reads or writes, each counted once. */
export function bytesTouched({ body }: Kernel, { buffers }: LoopProgram, batchSize: number): number {
  const { loaded, stored } = accessesOf(body);
  let bytes = 0;
  for (const name of new Set([...loaded, ...stored])) {
    const buffer = buffers.get(name);
    if (buffer !== undefined) bytes += sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];
  }
  return bytes;
}

/** Whether a kernel is asked for: by its name, or `predict/dense1`. */
export const isAskedFor = (of: string | undefined, program: string, kernel: string): boolean =>
  of === undefined || of === kernel || of === `${program}/${kernel}`;

// Which kernels compute a node: the one that has it under its name, or all that compute it where it is read.

interface ComputingKernel extends TargetKernel {
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

// Floating-point operations, as the kernels' provenance counts them: one for each scalar op, two for a
// multiply-add.

/** Of one kernel for a full batch. */
export const flopsOfKernel = ({ provenance }: Kernel): number =>
  provenance.reduce((sum, { flops }) => sum + flops, 0);

/** Of a whole program (`gradient`, `update`, …) for a full batch. */
export const flopsOfProgram = ({ programs }: Compilation, name: string): number =>
  programs
    .filter((program) => program.name === name)
    .flatMap(({ kernels }) => kernels)
    .reduce((sum, kernel) => sum + flopsOfKernel(kernel), 0);
