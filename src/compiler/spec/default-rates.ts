// The learning rate of an optimizer whose spec names none: PyTorch's defaults; lion, which PyTorch lacks, has
// that of its paper's code (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms").
import type { optimizers } from "../library/optimizers/index.ts";

/** By the optimizer's name; one that is missing here does not compile. */
export const defaultRates = {
  sgd: 0.001,
  adagrad: 0.01,
  adadelta: 1,
  rmsprop: 0.01,
  adam: 0.001,
  adamw: 0.001,
  adamax: 0.002,
  nadam: 0.002,
  radam: 0.001,
  lion: 0.0001,
  formula: 0.001,
} as const satisfies Record<keyof typeof optimizers, number>;
