/** The kernels of a target in the order in which they run, and the facts about each that views show. */
import { sum } from "d3-array";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { stepsOf } from "../../compiler/ir/recurrence.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import { bytesOfElement } from "../../compiler/loop/types.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { computedToStore } from "../../compiler/lower/flops.ts";
import { kernelsOf } from "../../compiler/lower/nests.ts";
import { lowering } from "../../compiler/pipeline.ts";
import type { Compilation, ProgramName } from "../../compiler/pipeline.ts";
import { runStage } from "../../compiler/stages/run.ts";
import { countText, counted, sizeText } from "../../compiler/util/number-text.ts";
import type { ExplainedKernel } from "../explanation.ts";
import { countOptionsOf } from "./graph-counts.ts";

// The kernels that run, numbered through all programs in order. Those of TypeScript are the lowered kernels; those
// of WebAssembly are cut out of them, so one lowered kernel may become several. Lines of provenance do not change,
// and say which kernels were cut out of which.

export interface TargetKernel {
  readonly index: number;
  /** Its place among the kernels of its program, from 0. */
  readonly place: number;
  /** The program that it is of, as the target has it before buffers get their places. */
  readonly program: LoopProgram;
  /** With one index an axis: of TypeScript as fused, of WebAssembly on vectors. */
  readonly kernel: Kernel;
  /** With every place worked out: what is emitted. */
  readonly placed: Kernel;
  /** The lowered kernel that it is or was cut out of: its place among those of its program, from 0. */
  readonly source: number;
}

export function targetKernels({ lowered, programs, vectors }: Compilation): TargetKernel[] {
  const loops = vectors?.loops ?? lowered;
  const placed = (vectors ?? { programs }).programs;
  let index = 0;
  return loops.flatMap((program, p) => {
    const sources = vectors === undefined ? [...program.kernels.keys()] : sourcesOf(program, lowered[p]);
    return program.kernels.map((kernel, place) => ({
      index: index++,
      place,
      program,
      kernel,
      placed: placed[p].kernels[place],
      source: sources[place],
    }));
  });
}

/**
 * Of each kernel that was cut out of a lowered one, which. Those without a line of provenance lie beside
 * others of theirs.
 */
function sourcesOf({ kernels }: LoopProgram, lowered: LoopProgram): number[] {
  const ofLine = new Map(lowered.kernels.flatMap(({ provenance }, k) => provenance.map((line) => [line, k])));
  const known = kernels.map(({ provenance }) => provenance.flatMap((line) => ofLine.get(line) ?? []).at(0));
  return kernels.map((kernel, place) => {
    const near = [known.slice(0, place).findLast(isKnown), known.slice(place).find(isKnown)].filter(isKnown);
    const source = known[place] ?? near.find((k) => storesAlike(kernel, lowered.kernels[k])) ?? near.at(-1);
    invariant(source !== undefined, `the kernel ${kernel.name} was cut out of none`);
    return source;
  });
}

const isKnown = (place: number | undefined): place is number => place !== undefined;

function storesAlike(a: Kernel, b: Kernel): boolean {
  const { stored } = accessesOf(b.body);
  return [...accessesOf(a.body).stored].some((buffer) => stored.has(buffer));
}

/**
 * What a program would be if nothing were fused: a nest for each value that is stored then, and one for each
 * output that lies elsewhere first and is copied to its place. Fusing saves what these move more than the
 * kernels do.
 */
export function unfusedNests(program: ProgramName, compilation: Compilation): LoopProgram {
  const { lean, copies, plan } = compilation;
  const graph = lean.find(({ name }) => name === program);
  invariant(graph !== undefined, `there is no program ${program}`);
  const storage = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
  const [nests] = runStage(lowering.toNests, [{ graph, copies }], {
    ...countOptionsOf(compilation),
    storage,
  });
  return kernelsOf(nests);
}

/**
 * Which of a program's kernels does a nest's work: that with its node, or of a copy that which stores what it
 * stores.
 */
export function kernelOfNest(kernels: readonly Kernel[]): (nest: Kernel) => number {
  const ofNode = new Map(kernels.flatMap(({ provenance }, k) => provenance.map(({ node }) => [node, k])));
  const stored = kernels.map(({ body }) => accessesOf(body).stored);
  return ({ name, provenance, body }) => {
    const known = provenance.flatMap(({ node }) => (node && ofNode.get(node)) ?? []).at(0);
    if (known !== undefined) return known;
    const place = stored.findIndex((own) => [...accessesOf(body).stored].some((buffer) => own.has(buffer)));
    invariant(place >= 0, `no kernel does what the nest ${name} does`);
    return place;
  };
}

// What fusing saves, in words: for terminals and for pages.

type Fused = Pick<ExplainedKernel, "fused">;

/** `22 nests of loops became 9 kernels, 10 values stay in registers, and each run moves 42.7 kB less through memory` */
export function fusedText(kernels: readonly Fused[]): string {
  const nests = sum(kernels, ({ fused }) => fused.nests);
  const values = sum(kernels, ({ fused }) => fused.values.length);
  const saved = sum(kernels, ({ fused }) => fused.bytesSaved);
  const became = kernels.every(({ fused }) => fused.nests <= 1)
    ? `${counted(kernels.length, "kernel")}, nothing was fused`
    : `${counted(nests, "nest")} of loops became ${counted(kernels.length, "kernel")}`;
  const kept =
    values === 0
      ? ""
      : `, ${values === 1 ? "1 value stays in a register" : `${countText(values)} values stay in registers`}`;
  return `${became}${kept}${saved > 0 ? `, and each run moves ${sizeText(saved)} less through memory` : ""}`;
}

// Facts about a kernel that views show, for every target.

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
