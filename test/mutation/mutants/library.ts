/**
 * Faults in layers, losses, optimizers, schedules and initialisers, and in the translation of a spec to
 * graphs.
 */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const losses = "tests of training and weights, PyTorch's numbers";
const optimizers = "tests of training, PyTorch's numbers";
const layers = "tests of layers, PyTorch's numbers";

export const libraryMutants: readonly Mutant[] = [
  ...inFile("src/compiler/library/optimizers/adam.ts", optimizers, [
    [
      "adam: the step size is corrected for the wrong mean",
      "g.divide(rate, biasCorrection(g, beta1, t))",
      "g.divide(rate, biasCorrection(g, beta2, t))",
    ],
    [
      "adam: amsgrad divides by the current mean of squares instead of the largest one",
      "g.sqrt(largest ?? squares)",
      "g.sqrt(squares)",
    ],
  ]),
  ...inFile("src/compiler/library/optimizers/nadam.ts", optimizers, [
    [
      "nadam: the look-ahead uses the current momentum",
      "momentumAt(g, g.add(t, 1), beta1",
      "momentumAt(g, t, beta1",
    ],
  ]),
  ...inFile("src/compiler/library/optimizers/radam.ts", optimizers, [
    ["radam: the mean of squares is used one step too early", "g.less(5, length)", "g.less(4, length)"],
  ]),
  ...inFile("src/compiler/library/optimizers/sgd.ts", optimizers, [
    [
      "sgd: dampening also applies to the first step",
      "g.select(g.equal(step, 0), direction, damped)",
      "damped",
    ],
  ]),
  ...inFile("src/compiler/library/optimizers/parts.ts", optimizers, [
    [
      "clip: small gradients are scaled up",
      "g.minimum(g.divide(clip.norm, g.add(norm, 1e-6)), 1)",
      "g.divide(clip.norm, g.add(norm, 1e-6))",
    ],
  ]),
  ...inFile("src/compiler/library/schedules/decays.ts", "tests of schedules", [
    [
      "one-cycle: the rate reaches its peak one step late",
      "const turn = 0.3 * steps - 1;",
      "const turn = 0.3 * steps;",
    ],
  ]),
  ...inFile("src/compiler/library/schedules/decays.ts", "tests of schedules", [
    [
      "decays: a decay continues after its end",
      "g.divide(g.minimum(step, total), total)",
      "g.divide(step, total)",
    ],
  ]),
  ...inFile("src/compiler/library/schedules/index.ts", "tests of schedules", [
    ["warm-up: the first step has rate 0", "g.divide(g.add(step, 1), steps)", "g.divide(step, steps)"],
  ]),
  ...inFile("src/compiler/library/losses/cross-entropy.ts", losses, [
    [
      "cross-entropy: smoothing does not reduce the probability of the expected class",
      "1 - smoothing + uniformPart, uniformPart",
      "1 + uniformPart, uniformPart",
    ],
    [
      "cross-entropy: class weights count twice with smoothing",
      "{ ...comparison, classWeights: undefined }",
      "comparison",
    ],
  ]),
  ...inFile("src/compiler/library/compare.ts", losses, [
    [
      "compare: a target of −1 counts in the total",
      "counts === undefined ? weighted : g.select(counts, weighted, 0)",
      "counts === undefined ? weighted : g.select(counts, weighted, weighted)",
    ],
    ["compare: class 0 is excluded", "g.lessEqual(0, expected)", "g.less(0, expected)"],
    ["compare: the loss of a batch of excluded targets is divided by 0", "g.maximum(count, 1))", "count)"],
    [
      "compare: the loss of a batch of weight 0 is divided by 0",
      'g.select(counts, g.divide(total, g.named("divisor", g.select(counts, count, 1))), 0)',
      "g.divide(total, count)",
    ],
  ]),
  ...inFile("src/compiler/library/layers/normalisation.ts", layers, [
    ["batch-norm: the running variance is the biased one", "g.maximum(g.subtract(count, 1), 1)", "count"],
    [
      "batch-norm: momentum is the weight of the old running statistics",
      "g.multiply(1 - keys.momentum, before), g.multiply(keys.momentum, ",
      "g.multiply(keys.momentum, before), g.multiply(1 - keys.momentum, ",
    ],
    [
      "group-norm: the sum is divided by the number of channels only",
      "isReal }, places * width",
      "isReal }, width",
    ],
  ]),
  ...inFile("src/compiler/library/layers/recurrent.ts", layers, [
    [
      "gru: the update gate is inverted",
      "g.add(g.multiply(g.subtract(1, keeps), fresh), g.multiply(keeps, h))",
      "g.add(g.multiply(keeps, fresh), g.multiply(g.subtract(1, keeps), h))",
    ],
    [
      "recurrent: a reversed layer returns its first state",
      "const last = reverse ? 0 : length - 1;",
      "const last = length - 1;",
    ],
  ]),
  ...inFile("src/compiler/library/layers/pooling.ts", layers, [
    [
      "avg-pool: positions before the edge count",
      "g.subtract(end, g.maximum(start, 0))",
      "g.subtract(end, start)",
    ],
  ]),
  ...inFile("src/compiler/library/layers/attention.ts", layers, [
    ["attention: a causal position does not read itself", "g.lessEqual(read, g.iota", "g.less(read, g.iota"],
  ]),
  ...inFile("src/compiler/library/layers/dropout.ts", layers, [
    ["dropout: the retained values are not scaled", "g.multiply(1 / (1 - rate), x)", "x"],
  ]),
  ...inFile("src/compiler/library/layers/depthwise.ts", layers, [
    ["depthwise: filters come before channels", "[1, 2, 3, 0, 4]", "[1, 2, 3, 4, 0]"],
  ]),
  ...inFile("src/compiler/library/layers/convolution.ts", layers, [
    [
      "convolution: groups follow the filters of a group",
      "permutation: [...axesFrom(1, rank + 1), 0, rank + 2]",
      "permutation: [...axesFrom(1, rank + 1), rank + 2, 0]",
    ],
  ]),
  ...inFile("src/compiler/library/layers/transposed-convolution.ts", layers, [
    ["transposed convolution: output padding is ignored", "before - after + o[axis]", "before - after"],
  ]),
  ...inFile("src/compiler/library/layers/upsample.ts", layers, [
    ["upsample: positions are not centred", "g.add(positions(g, factor), 0.5)", "positions(g, factor)"],
  ]),
  ...inFile("src/compiler/library/initialisers/builtin.ts", "tests of initialisers", [
    [
      "initialisers: the range of a uniform distribution is too small",
      "Math.sqrt(3 * (a / b))",
      "Math.sqrt(a / b)",
    ],
    [
      "initialisers: He uses the number of outputs",
      "const he = (fans: Fans): Fraction => [2, fans.in];",
      "const he = (fans: Fans): Fraction => [2, fans.out];",
    ],
  ]),
  ...inFile("src/compiler/spec/build-update.ts", "tests of averaging", [
    ["average: the first step is averaged with the previous value", "g.select(isFirst, w, moved)", "moved"],
  ]),
  ...inFile("src/compiler/passes/average-weights.ts", "tests of averaging", [
    [
      "average: parameters that a user writes are ignored",
      "g.select(g.equal(p, a), w, p)",
      "g.select(g.equal(p, a), w, w)",
    ],
  ]),
  ...inFile("src/compiler/spec/build-measures.ts", "tests of weights", [
    [
      "measures: evaluation ignores the weights of the loss",
      "const weighed = () => weighedComparison(g, model, objective, output);",
      "const weighed = () => comparisonOf(g, model, objective, output, false);",
    ],
  ]),
];
