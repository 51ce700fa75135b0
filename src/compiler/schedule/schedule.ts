/**
 * The schedule: from kernels as fused to kernels as they run. The order matters: blocking needs perfect
 * nests, so it is first; loops are joined while their nests still are perfect; invariants leave loops before
 * equal expressions are shared, so that what is shared is what changes; places come last, since all before
 * compare accesses axis by axis.
 */
import { visitStatements } from "../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram } from "../loop/types.ts";
import { blockContractions } from "./block-contractions.ts";
import { collapseLoops } from "./collapse-loops.ts";
import { hoistInvariants } from "./hoist.ts";
import type { Fresh } from "./hoist.ts";
import { placeAccesses } from "./place.ts";
import type { PlaceUnit } from "./place.ts";
import { shareExpressions } from "./share-expressions.ts";

export interface ScheduleOptions {
  readonly batchSize: number;
  readonly skip: ReadonlySet<string>;
  readonly unit?: PlaceUnit;
}

/** Names that no variable of the kernel has; the mark in them keeps them apart from buffers. */
export function freshIn(kernel: Kernel): Fresh {
  const used = new Set<string>();
  visitStatements(kernel.body, (s) => {
    if (s.kind === "let") used.add(s.name);
    if (s.kind === "for") used.add(s.variable);
  });
  return (base) => {
    let name = `${base}$`;
    for (let k = 2; used.has(name); k++) name = `${base}$${k}`;
    used.add(name);
    return name;
  };
}

export const scheduleNames = [
  "block-contractions",
  "collapse-loops",
  "hoist-invariants",
  "share-expressions",
] as const;

function scheduleKernel(
  kernel: Kernel,
  buffers: ReadonlyMap<string, Buffer>,
  options: ScheduleOptions,
): Kernel {
  const { skip, batchSize, unit } = options;
  let current = kernel;
  if (!skip.has("block-contractions")) current = blockContractions(current, { buffers, batchSize });
  if (!skip.has("collapse-loops")) current = collapseLoops(current, { buffers, batchSize });
  if (!skip.has("hoist-invariants")) current = hoistInvariants(current, freshIn(current));
  if (!skip.has("share-expressions")) current = shareExpressions(current, freshIn(current));
  return placeAccesses(current, { buffers, batchSize, unit, fresh: freshIn(current) });
}

/** Places alone, for loops that another schedule made. */
export const placeProgram = (
  program: LoopProgram,
  { batchSize, unit }: Pick<ScheduleOptions, "batchSize" | "unit">,
): LoopProgram => ({
  ...program,
  kernels: program.kernels.map((kernel) =>
    placeAccesses(kernel, { buffers: program.buffers, batchSize, unit, fresh: freshIn(kernel) }),
  ),
});

export const scheduleProgram = (program: LoopProgram, options: ScheduleOptions): LoopProgram => ({
  ...program,
  kernels: program.kernels.map((kernel) => scheduleKernel(kernel, program.buffers, options)),
});
