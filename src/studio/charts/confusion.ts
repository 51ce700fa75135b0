/** How often each class was taken for which, and what follows from it for each class. */

/**
 * precision = right / predicted as it, recall = right / of it, f1 = 2pr / (p + r); 0 where there is nothing
 * to divide by.
 */
export interface ClassFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows of this class. */
  readonly support: number;
}

export interface Confusion {
  readonly classes: readonly string[];
  /** `counts[true][predicted]` */
  readonly counts: readonly (readonly number[])[];
  readonly perClass: readonly ClassFigures[];
  readonly accuracy: number;
  /** The mean over the classes, each counting the same; the support is that of all. */
  readonly mean: ClassFigures;
}

/** Class numbers of each row; rows whose class is −1 are left out. */
export function confusionOf(
  classes: readonly string[],
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
): Confusion {
  const counts = classes.map(() => classes.map(() => 0));
  for (let row = 0; row < expected.length; row++)
    if (expected[row] >= 0) counts[expected[row]][predicted[row]]++;
  const perClass = classes.map((_, i): ClassFigures => {
    const support = sum(counts[i]);
    const precision = share(counts[i][i], sum(counts.map((row) => row[i])));
    const recall = share(counts[i][i], support);
    return { precision, recall, f1: share(2 * precision * recall, precision + recall), support };
  });
  const rows = sum(perClass.map(({ support }) => support));
  const mean = (figure: "precision" | "recall" | "f1") =>
    share(sum(perClass.map((each) => each[figure])), classes.length);
  return {
    classes,
    counts,
    perClass,
    accuracy: share(sum(counts.map((row, i) => row[i])), rows),
    mean: { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support: rows },
  };
}

/** The pairs of classes that were taken for one another most often, the most often first. */
export function mostConfused(
  { counts }: Confusion,
  most: number,
): { expected: number; predicted: number; rows: number }[] {
  return counts
    .flatMap((row, expected) => row.map((rows, predicted) => ({ expected, predicted, rows })))
    .filter(({ expected, predicted, rows }) => expected !== predicted && rows > 0)
    .sort((a, b) => b.rows - a.rows || a.expected - b.expected || a.predicted - b.predicted)
    .slice(0, most);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
