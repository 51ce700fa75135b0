/**
 * Purpose   Turn each nest into a kernel: a function of the emitted code, named after the value that it
 *           computes.
 * Requires  nests in program order.
 * Ensures   the same statements in the same order. Kernel names are unique. Temporaries that are never stored
 *           get no buffer.
 * Example   nest of h1 ; nest of loss and d_h1   =>   kernel h1 ; kernel loss
 */
import { defineRequired } from "../stages/define.ts";
import { loopPrograms } from "../stages/loops.ts";
import { kernelsOf, nestsOfLoops } from "./nests.ts";

/** No check is needed here, because the check of nests already forms the kernels and verifies them. */
const verified = { ...loopPrograms, check: () => {} };

export const formKernels = defineRequired("form-kernels", nestsOfLoops, verified, { each: kernelsOf });
