// K-fold cross-validation, the cutting: which rows stand in which fold, and the data sets that follow. Only trainers of a spec with
// `folds` have this.
import {
  classesOf,
  datasetOfRows,
  type Dataset,
  type Placing,
  type Preparing,
  type Source,
} from "./dataset.ts";
import { InputError } from "./input-error.ts";
import { randomKey, randomStream, salts, shuffle } from "./random.ts";
import { splitRows } from "./split.ts";

/** What may be trained and chosen on: there is no test part in it. */
export type OpenDataset = Omit<Dataset, "test">;

/**
 * The data set of each fold, made when it is asked for: the fold's rows for validation, all others for training. The test part is set
 * aside first, so no fold has a row of it; scales and vocabularies are those of the fold's own training rows.
 */
export function foldsOf(
  preparing: Preparing,
  { file, table }: Source,
  seed: number,
  placed: Placing,
): (() => OpenDataset)[] {
  const { training } = preparing;
  const classes = placed(file, () => classesOf(preparing, table));
  const { train: open, test } = placed(file, () => splitRows(table.rows, training, seed, classes));
  const folds = placed(file, () => dealRows(open, training.folds ?? 0, seed, classes));
  const none = test.subarray(0, 0);
  return folds.map((validation) => () => {
    const held = new Set(validation);
    const train = open.filter((row) => !held.has(row));
    return placed(file, () => datasetOfRows(preparing, table, { train, validation, test: none }));
  });
}

/**
 * Deals the rows out like cards, in random order and class after class: the folds' sizes differ by one row at most, and so do the
 * numbers of rows that they have of any class.
 */
export function dealRows(
  rows: Int32Array,
  folds: number,
  seed: number,
  classes?: ArrayLike<number>,
): Int32Array[] {
  if (folds > rows.length)
    throw new InputError(
      `${folds} folds need as many rows, and beside the test part there are ${rows.length}`,
    );
  const order = rows.slice();
  shuffle(order, randomStream(randomKey(seed, 1, salts.split)));
  if (classes) order.sort((a, b) => classes[a] - classes[b]);
  return Array.from({ length: folds }, (_, fold) => order.filter((_, i) => i % folds === fold).sort());
}
