/**
 * The kernels that run, numbered through all programs in their order. Those of TypeScript are the lowered
 * ones; those of WebAssembly are cut out of them, so that a lowered kernel may be several. Lines of
 * provenance stay what they are, and tell what was cut out of what.
 */
import { sum } from "d3-array";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import { kernelsOf } from "../../compiler/lower/nests.ts";
import { lowering } from "../../compiler/pipeline.ts";
import type { Compilation, ProgramName } from "../../compiler/pipeline.ts";
import { runStage } from "../../compiler/stages/run.ts";
import { countText, counted, sizeText } from "../../compiler/util/number-text.ts";
import type { ExplainedKernel } from "../explanation.ts";
import { countOptionsOf } from "./graph-counts.ts";

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
