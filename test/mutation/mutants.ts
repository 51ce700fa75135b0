/** All mutants, in the order of the compiler's stages. */
import type { Mutant } from "./mutant.ts";
import { emitMutants } from "./mutants/emit.ts";
import { graphMutants } from "./mutants/graph.ts";
import { libraryMutants } from "./mutants/library.ts";
import { loweringMutants } from "./mutants/lowering.ts";
import { opMutants } from "./mutants/ops.ts";
import { runtimeMutants } from "./mutants/runtime.ts";
import { scheduleMutants } from "./mutants/schedule.ts";
import { vectorMutants } from "./mutants/vectors.ts";

export const mutants: readonly Mutant[] = [
  ...graphMutants,
  ...opMutants,
  ...loweringMutants,
  ...scheduleMutants,
  ...vectorMutants,
  ...emitMutants,
  ...libraryMutants,
  ...runtimeMutants,
];
