/** Faults in the runtime of trainers: batches, epochs, randomness, splits. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const epochs = "tests of epochs and early stopping";
const randomness = "tests of randomness";
const data = "tests of splits and folds";

export const runtimeMutants: readonly Mutant[] = [
  ...inFile("src/runtime/trainer/epochs.ts", epochs, [
    [
      "epochs: every epoch has the same order of rows",
      "randomKey(machine.seed[0]!, epoch, shuffleSalt)",
      "randomKey(machine.seed[0]!, 1, shuffleSalt)",
    ],
    ["epochs: the best epoch is not restored", "machine.parameterBytes.set(progress.best);", ""],
    ["epochs: patience is one epoch too long", "progress.waited < patience)", "progress.waited <= patience)"],
    ["epochs: an epoch that is no better counts as best", "!(gain > minDelta)", "!(gain >= minDelta)"],
  ]),
  ...inFile("src/runtime/numbers/random.ts", randomness, [
    ["random: negative numbers are drawn", "(randomBits(key, index) >>> 8)", "(randomBits(key, index) >> 8)"],
    ["random: a shuffle never leaves an element in place", "random.below(last + 1)", "random.below(last)"],
  ]),
  ...inFile("src/runtime/numbers/random.ts", randomness, [
    [
      "fill: a wide orthogonal matrix is filled by columns",
      "wide ? v * columns + i : i * columns + v",
      "i * columns + v",
    ],
  ]),
  ...inFile("src/runtime/data/split.ts", data, [
    [
      "split: fractions are rounded down",
      "Math.max(1, Math.round(fraction * rows))",
      "Math.max(1, Math.floor(fraction * rows))",
    ],
    ["split: classes are not interleaved", "if (classes) interleaveClasses(order, classes);", ""],
  ]),
  ...inFile("src/runtime/training/folds.ts", data, [
    [
      "folds: classes are not distributed evenly",
      "if (classes) order.sort((a, b) => classes[a]! - classes[b]!);",
      "",
    ],
  ]),
  ...inFile("src/runtime/trainer/evaluate.ts", epochs, [
    ["evaluation: the totals of the previous evaluation remain", "machine.totals.fill(0);", ""],
    [
      "evaluation: a short last batch is omitted",
      "start < rows.length; start += model.batchSize) {\n    const n",
      "start + model.batchSize <= rows.length; start += model.batchSize) {\n    const n",
    ],
  ]),
  ...inFile("src/runtime/wasm/staged-steps.ts", "tests of steps", [
    [
      "staged steps: a short last batch counts as full",
      "const rowsAt = (start: number) => Math.min(batchSize, order.length - start);",
      "const rowsAt = (_: number) => batchSize;",
    ],
  ]),
  ...inFile("src/runtime/step/steps.ts", "tests of steps", [
    [
      "single steps: losses are not weighted by the number of rows",
      "sum += loss * n;",
      "sum += (loss * rowsOfStep);",
    ],
  ]),
  ...inFile("src/runtime/step/batch.ts", "tests of slots", [
    ["slots: -1 is rejected as a class", "{ lowest: -1, highest, rule", "{ lowest: 0, highest, rule"],
    [
      "slots: numbers that are too large for f32 are accepted",
      "isWithin(bounds ? value : view[i * size + j]!, bounds)",
      "isWithin(value, bounds)",
    ],
  ]),
];
