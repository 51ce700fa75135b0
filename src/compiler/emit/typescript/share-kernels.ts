/**
 * Kernels with equal loops become one function that takes its offsets: two hundred equal layers are two hundred calls,
 * not two hundred bodies. Equal means: the same statements when names of variables and buffers are forgotten.
 */
import { groupBy } from "../../util/collections.ts";
import { skeletonOf } from "../../loop/skeleton.ts";
import type { Buffer, Kernel } from "../../loop/types.ts";

/** A kernel of one program, with its buffers resolved to places. */
export interface PlacedKernel {
  readonly program: string;
  /** Among the kernels of its program. */
  readonly index: number;
  readonly kernel: Kernel;
  /** The buffers in the order in which the kernel first names them. */
  readonly slots: readonly Buffer[];
  /** The module's constant for each slot. */
  readonly places: readonly string[];
}

export interface KernelGroup {
  readonly instances: readonly PlacedKernel[];
  /** Slots that differ between instances, which become parameters. */
  readonly parameters: readonly number[];
}

const keyOf = ({ kernel, slots }: PlacedKernel): string =>
  skeletonOf(
    kernel,
    slots.map(({ name, element }) => ({ buffer: name, facts: element })),
  );

export const shareKernels = (kernels: readonly PlacedKernel[]): KernelGroup[] =>
  [...groupBy(kernels, keyOf).values()].map((instances) => ({
    instances,
    parameters: instances[0].places.flatMap((place, slot) =>
      instances.every((other) => other.places[slot] === place) ? [] : [slot],
    ),
  }));
