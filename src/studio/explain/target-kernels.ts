/**
 * The kernels that run, numbered through all programs in their order. Those of TypeScript are the lowered
 * ones; those of WebAssembly are cut out of them, so that a lowered kernel may be several. Lines of
 * provenance stay what they are, and tell what was cut out of what.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import type { Compilation } from "../../compiler/pipeline.ts";

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
