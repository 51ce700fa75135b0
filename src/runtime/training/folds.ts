// The folds of cross-validation: their rows and their data sets.
import { classesOf, datasetOfRows, fitFields, type Dataset, type DatasetContext } from "../data/dataset.ts";
import { InputError, shown } from "../step/errors.ts";
import { randomKey, randomStream, shuffle, splitSalt } from "../numbers/random.ts";
import { splitRows } from "../data/split.ts";
import type { Run } from "./train-on.ts";

/** The properties of a run that determine its folds. */
export interface Cutting extends DatasetContext, Pick<Run, "source" | "locateErrors" | "warn"> {
  trainer: { readonly seed: number };
}

/** A data set without a test split. */
export type OpenDataset = Omit<Dataset, "test">;

/**
 * Returns functions, each of which creates the data set of one fold. The rows of the fold are its validation
 * split, and all other rows are its training split. The test split is set aside first. Scales and
 * vocabularies are fitted on the training rows of the fold.
 */
export function foldsOf(run: Cutting): (() => OpenDataset)[] {
  const { training, source, trainer, locateErrors, warn } = run;
  const { file, table } = source;
  return locateErrors(file, () => {
    const { folds: count = 0 } = training;
    const classes = classesOf(run, table);
    const { train: open } = splitRows(table.rows, training, trainer.seed, classes);
    const folds = dealRows(open, count, trainer.seed, classes);
    const rare = classes && count < open.length ? rareClasses(classes, open, count) : [];
    if (rare.length > 0) {
      const [target] = Object.keys(run.model.targets);
      const { classNames } = fitFields(run, table, open).filter(({ name }) => name === target)[0]!;
      const nameOf = (label: number) => shown(classNames?.[label] ?? `${label}`);
      const all = rare.map(([label, rows]) => `"${nameOf(label)}" has ${rows}`).join(", ");
      warn(`some of the ${count} folds have no row of a rare class: outside the test split, ${all}`);
    }
    return folds.map((validation, fold) => () => {
      const held = new Set(validation);
      const split = { train: open.filter((row) => !held.has(row)), validation, test: open.subarray(0, 0) };
      return locateErrors(file, () => inFold(fold + 1, () => checked(run, datasetOfRows(run, table, split))));
    });
  });
}

/**
 * Assigns rows to folds in random order, class by class. Both the sizes of two folds and their numbers of
 * rows in each class differ by at most one row.
 */
export function dealRows(
  rows: Int32Array,
  folds: number,
  seed: number,
  classes?: ArrayLike<number>,
): Int32Array[] {
  if (folds > rows.length)
    throw new InputError(
      `${folds} folds need at least ${folds} rows outside the test split, but there are ${rows.length}`,
    );
  const order = rows.slice();
  shuffle(order, randomStream(randomKey(seed, 1, splitSalt)));
  if (classes) order.sort((a, b) => classes[a]! - classes[b]!);
  return Array.from({ length: folds }, (_, fold) => order.filter((_, i) => i % folds === fold).sort());
}

/** Returns the classes that have fewer rows than there are folds, with their numbers of rows. */
function rareClasses(classes: ArrayLike<number>, rows: Int32Array, folds: number): [number, number][] {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(classes[row]!, (counts.get(classes[row]!) ?? 0) + 1);
  return [...counts].filter(([label, count]) => label >= 0 && count < folds).sort(([a], [b]) => a - b);
}

/** Throws if no row of the fold has a label of a target, because such a fold could not be evaluated. */
function checked({ model: { targets } }: DatasetContext, dataset: OpenDataset): OpenDataset {
  for (const [name, { classes }] of Object.entries(targets))
    if (classes !== undefined && Array.from(dataset.validation?.[name] ?? []).every((label) => label < 0))
      throw new InputError(
        `no validation row of this fold has a ${name}; use fewer folds, so that each has more rows`,
      );
  return dataset;
}

/** Runs `work`. If `work` throws, the error names the fold. */
function inFold<T>(fold: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`in fold ${fold}: ${error.message}`, error.line);
  }
}
