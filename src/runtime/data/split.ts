// Which rows are for training, for validation and for the test: drawn once, from the seed.
import { InputError } from "../step/errors.ts";
import type { TrainingFacts } from "../model/facts.ts";
import { randomKey, randomStream, salts, shuffle } from "../numbers/random.ts";
import { allRows } from "../step/session.ts";

/** Row numbers of each part, ascending; disjoint, and together all rows. An empty part was not asked for. */
export interface Split {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
}

/**
 * Splits the rows in random order. With `classes` (one per row) each part has every class in proportion: of k classes,
 * one that makes the share p of all rows is within 1 + p·(k - 2) rows of it, which is within one row for two classes.
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

/** The row numbers in the order that the seed decides. */
export function drawnRows(rows: number, seed: number): Int32Array {
  const order = allRows(rows);
  shuffle(order, randomStream(randomKey(seed, 0, salts.split)));
  return order;
}

/** Cuts the rows in this order: the test part first, then the validation part, both as shares of all rows. */
export function cutRows(
  order: Int32Array,
  { test, validation }: Pick<TrainingFacts, "test" | "validation">,
): Split {
  const rows = order.length;
  const share = (fraction = 0) => (fraction === 0 ? 0 : Math.max(1, Math.round(fraction * rows)));
  const tested = share(test);
  const held = tested + share(validation);
  if (held >= rows) throw new InputError(`of ${rows} rows, validation and test leave none for training`);
  return {
    test: order.slice(0, tested).sort(),
    validation: order.slice(tested, held).sort(),
    train: order.slice(held).sort(),
  };
}

/**
 * Spreads each class evenly over the whole order: the j-th of the m rows of a class goes to (j + ½) / m of the way.
 * The first t of the way then hold m·t rows of it, to within half a row: any stretch has the classes in proportion.
 */
function interleaveClasses(order: Int32Array, classes: ArrayLike<number>): void {
  const members = new Map<number, number[]>();
  for (const row of order) {
    const rows = members.get(classes[row]);
    if (rows) rows.push(row);
    else members.set(classes[row], [row]);
  }
  const place = new Float64Array(order.length);
  for (const rows of members.values()) rows.forEach((row, j) => (place[row] = (j + 0.5) / rows.length));
  order.sort((a, b) => place[a] - place[b] || classes[a] - classes[b]);
}
