/** The kernels of a target in execution order, and the facts about each kernel that views show. */
import { sum } from "d3-array";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { stepsOf } from "../../compiler/ir/recurrence.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import { bytesOfElement } from "../../compiler/loop/types.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import { chooseMaterialised } from "../../compiler/lower/choose-materialised.ts";
import { nodesToMaterialise } from "../../compiler/lower/flops.ts";
import { kernelsOf } from "../../compiler/lower/nests.ts";
import { lowering } from "../../compiler/pipeline.ts";
import type { Compilation, ProgramName } from "../../compiler/pipeline.ts";
import { runStage } from "../../compiler/stages/run.ts";
import { countText, counted, sizeText } from "../../compiler/util/number-text.ts";
import type { ExplainedKernel } from "../explanation.ts";
import { countOptionsOf } from "./graph-counts.ts";

// The kernels that run, numbered consecutively through all programs. The target TypeScript runs the lowered
// kernels. The target WebAssembly can split a lowered kernel into several. The parts keep the provenance
// lines of the lowered kernel, which identify it.

export interface TargetKernel {
  readonly index: number;
  /** The index of the kernel in its program, from 0. */
  readonly indexInProgram: number;
  /** The program of the kernel, before buffers get addresses. */
  readonly program: LoopProgram;
  /** The kernel with one index per axis: after fusion for TypeScript, after vectorisation for WebAssembly. */
  readonly kernel: Kernel;
  /** The kernel with computed addresses, as it is emitted. */
  readonly placed: Kernel;
  /** The index, in the same program, of the lowered kernel that this kernel implements wholly or in part. */
  readonly source: number;
}

export function targetKernels({ lowered, programs, vectors }: Compilation): TargetKernel[] {
  const loops = vectors?.loops ?? lowered;
  const placed = (vectors ?? { programs }).programs;
  let index = 0;
  return loops.flatMap((program, p) => {
    const sources = vectors === undefined ? [...program.kernels.keys()] : sourcesOf(program, lowered[p]);
    return program.kernels.map((kernel, indexInProgram) => ({
      index: index++,
      indexInProgram,
      program,
      kernel,
      placed: placed[p].kernels[indexInProgram],
      source: sources[indexInProgram],
    }));
  });
}

/**
 * Finds the lowered kernel to which each kernel belongs. A kernel without provenance belongs to the same
 * lowered kernel as a neighbour.
 */
function sourcesOf({ kernels }: LoopProgram, lowered: LoopProgram): number[] {
  const ofLine = new Map(lowered.kernels.flatMap(({ provenance }, k) => provenance.map((line) => [line, k])));
  const known = kernels.map(({ provenance }) => provenance.flatMap((line) => ofLine.get(line) ?? []).at(0));
  return kernels.map((kernel, position) => {
    const neighbours = [
      known.slice(0, position).findLast(isKnown),
      known.slice(position).find(isKnown),
    ].filter(isKnown);
    const source =
      known[position] ?? neighbours.find((k) => storesAlike(kernel, lowered.kernels[k])) ?? neighbours.at(-1);
    invariant(source !== undefined, `the kernel ${kernel.name} has no lowered kernel`);
    return source;
  });
}

const isKnown = (position: number | undefined): position is number => position !== undefined;

function storesAlike(a: Kernel, b: Kernel): boolean {
  const { stored } = accessesOf(b.body);
  return [...accessesOf(a.body).stored].some((buffer) => stored.has(buffer));
}

/**
 * The program without fusion: one loop nest for each materialised value, and one for each output that is a
 * copy of another value. The savings of fusion are the difference in memory traffic between these nests and
 * the kernels.
 */
export function unfusedNests(program: ProgramName, compilation: Compilation): LoopProgram {
  const { rematerialised, copies, plan } = compilation;
  const graph = rematerialised.find(({ name }) => name === program);
  invariant(graph !== undefined, `there is no program ${program}`);
  const storage = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
  const [nests] = runStage(lowering.toNests, [{ graph, copies }], {
    ...countOptionsOf(compilation),
    storage,
  });
  return kernelsOf(nests);
}

/**
 * Returns the kernel that does the work of a nest: the one that computes the nest's node or, for a copy, the
 * one that writes the same buffer.
 */
export function kernelOfNest(kernels: readonly Kernel[]): (nest: Kernel) => number {
  const ofNode = new Map(kernels.flatMap(({ provenance }, k) => provenance.map(({ node }) => [node, k])));
  const stored = kernels.map(({ body }) => accessesOf(body).stored);
  return ({ name, provenance, body }) => {
    const known = provenance.flatMap(({ node }) => (node && ofNode.get(node)) ?? []).at(0);
    if (known !== undefined) return known;
    const position = stored.findIndex((own) =>
      [...accessesOf(body).stored].some((buffer) => own.has(buffer)),
    );
    invariant(position >= 0, `no kernel does the work of the nest ${name}`);
    return position;
  };
}

// The effect of fusion in words, for terminals and pages.

type Fused = Pick<ExplainedKernel, "fused">;

/**
 * Returns a sentence such as `22 loop nests became 9 kernels, 10 values stay in registers, and each run moves
 * 42.7 kB less through memory`.
 */
export function fusedText(kernels: readonly Fused[]): string {
  const nests = sum(kernels, ({ fused }) => fused.nests);
  const values = sum(kernels, ({ fused }) => fused.values.length);
  const saved = sum(kernels, ({ fused }) => fused.bytesSaved);
  const became = kernels.every(({ fused }) => fused.nests <= 1)
    ? `${counted(kernels.length, "kernel")} without fusion`
    : `${counted(nests, "loop nest")} became ${counted(kernels.length, "kernel")}`;
  const kept =
    values === 0
      ? ""
      : `, ${values === 1 ? "1 value stays in a register" : `${countText(values)} values stay in registers`}`;
  return `${became}${kept}${saved > 0 ? `, and each run moves ${sizeText(saved)} less through memory` : ""}`;
}

// Facts about a kernel that views show, for every target.

/** The graph nodes that were fused into a kernel. */
export const nodesOf = ({ provenance }: Kernel) =>
  provenance.map(({ text, layer, gradientOf, rule }) => ({ text, layer, gradientOf, rule }));

/** The total size of all buffers that the kernel reads or writes, each counted once. */
export function bytesTouched({ body }: Kernel, { buffers }: LoopProgram, batchSize: number): number {
  const { loaded, stored } = accessesOf(body);
  let bytes = 0;
  for (const name of new Set([...loaded, ...stored])) {
    const buffer = buffers.get(name);
    if (buffer !== undefined) bytes += sizeOf(buffer.shape, batchSize) * bytesOfElement[buffer.element];
  }
  return bytes;
}

/**
 * Whether `of` selects a kernel. It may be the kernel's name, or program and name as in `predict/dense1`;
 * undefined selects every kernel.
 */
export const isSelected = (of: string | undefined, program: string, kernel: string): boolean =>
  of === undefined || of === kernel || of === `${program}/${kernel}`;

// The kernel that computes a node is the one whose provenance lists the node. If there is none, it is every
// kernel that computes the node inline.

interface ComputingKernel extends TargetKernel {
  /** The nodes that the provenance of the kernel lists. */
  readonly nodes: readonly Node[];
  /** The nodes that the kernel computes inline, except leaves and constants. */
  readonly inlined: readonly Node[];
}

export function computingKernels(compilation: Compilation): ComputingKernel[] {
  const stored = new Map(
    compilation.rematerialised.map((graph) => {
      const parts = [graph, ...stepsOf(graph).map(({ step }) => step)];
      return [graph.name, new Set(parts.flatMap((part) => [...chooseMaterialised(part)]))];
    }),
  );
  return targetKernels(compilation).map((each) => {
    const own = stored.get(each.program.name) ?? new Set();
    const nodes = each.kernel.provenance.flatMap(({ node }) => node ?? []);
    const computed = new Set(nodes.flatMap((node) => [...nodesToMaterialise(node, own)]));
    const inlined = [...computed].filter((node) => !own.has(node) && operandsOf(node).length > 0);
    return { ...each, nodes, inlined };
  });
}

/**
 * Returns the index of the first kernel of a program that computes a node. A kernel that lists the node takes
 * precedence over kernels that compute it inline.
 */
export function firstKernels(compilation: Compilation): (program: string, node: Node) => number | undefined {
  const kernels = computingKernels(compilation);
  const programs = new Map(compilation.rematerialised.map(({ name }) => [name, new Map<Node, number>()]));
  for (const part of ["nodes", "inlined"] as const)
    for (const { index, program, [part]: nodes } of kernels) {
      const first = programs.get(program.name);
      for (const node of nodes) if (first?.has(node) === false) first.set(node, index);
    }
  return (program, node) => programs.get(program)?.get(node);
}

// The number of floating-point operations, from the provenance of the kernels. A scalar op counts as one
// operation, a multiply-add as two.

/** The FLOPs of one kernel for a full batch. */
export const flopsOfKernel = ({ provenance }: Kernel): number =>
  provenance.reduce((sum, { flops }) => sum + flops, 0);

/** The FLOPs of a whole program (`gradient`, `update`, …) for a full batch. */
export const flopsOfProgram = ({ programs }: Compilation, name: string): number =>
  programs
    .filter((program) => program.name === name)
    .flatMap(({ kernels }) => kernels)
    .reduce((sum, kernel) => sum + flopsOfKernel(kernel), 0);
