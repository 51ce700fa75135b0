/**
 * Purpose   Make each nest a kernel: a function of the emitted code, named after the value that it computes.
 * Requires  nests in program order.
 * Ensures   the same statements in the same order. Kernel names are unique; temporaries that are never stored
 *           have no buffer.
 * Example   nest of h1 ; nest of loss and d_h1   =>   kernel h1 ; kernel loss
 */
import { defineRequired } from "../stages/define.ts";
import { loopPrograms } from "../stages/loops.ts";
import { kernelsOf, nestsOfLoops } from "./nests.ts";

/** The check of nests also forms the kernels, so they are already verified. */
const verified = { ...loopPrograms, check: () => {} };

export const formKernels = defineRequired("form-kernels", nestsOfLoops, verified, { each: kernelsOf });
