// Splits rows into training, validation and test rows at random. The seed determines the split.
import { InputError } from "../step/errors.ts";
import type { TrainingFacts } from "../model/facts.ts";
import { randomKey, randomStream, shuffle, splitSalt } from "../numbers/random.ts";
import { allRows } from "../step/session.ts";

/** Row numbers of each split, ascending. Each row belongs to one split; a split may be empty. */
export interface Split {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
}

/**
 * Splits the rows in random order. With `classes` (one per row), each split has nearly the class proportions
 * of all rows. With k classes, the number of rows of a class with fraction p is off by at most 1 + p·(k − 2).
 * For two classes, this is one row.
 */
export function splitRows(
  rows: number,
  training: TrainingFacts,
  seed: number,
  classes?: ArrayLike<number>,
): Split {
  const order = drawnRows(rows, seed);
  if (classes) interleaveClasses(order, classes);
  return cutRows(order, training);
}

/** Returns the row numbers in random order. */
export function drawnRows(rows: number, seed: number): Int32Array {
  const order = allRows(rows);
  shuffle(order, randomStream(randomKey(seed, 0, splitSalt)));
  return order;
}

/**
 * Cuts the order into splits: first the test rows, then the validation rows (both are fractions of all rows),
 * then the training rows.
 */
export function cutRows(
  order: Int32Array,
  { test, validation }: Pick<TrainingFacts, "test" | "validation">,
): Split {
  const rows = order.length;
  const share = (fraction = 0) => (fraction === 0 ? 0 : Math.max(1, Math.round(fraction * rows)));
  const tested = share(test);
  const held = tested + share(validation);
  if (held >= rows) throw new InputError(`the other splits need all ${rows} rows; none is left for training`);
  return {
    test: order.slice(0, tested).sort(),
    validation: order.slice(tested, held).sort(),
    train: order.slice(held).sort(),
  };
}

/**
 * Distributes each class evenly over the order. Row j of the m rows of a class moves to the relative position
 * (j + ½) / m. For any t between 0 and 1, the first t · `order.length` rows therefore contain
 * m·t rows of each class, with an error of at most half a row.
 */
function interleaveClasses(order: Int32Array, classes: ArrayLike<number>): void {
  const members = new Map<number, number[]>();
  for (const row of order) {
    const rows = members.get(classes[row]!);
    if (rows) rows.push(row);
    else members.set(classes[row]!, [row]);
  }
  const positions = new Float64Array(order.length);
  for (const rows of members.values()) rows.forEach((row, j) => (positions[row] = (j + 0.5) / rows.length));
  order.sort((a, b) => positions[a]! - positions[b]! || classes[a]! - classes[b]!);
}
