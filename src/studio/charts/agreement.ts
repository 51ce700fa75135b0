/** Compares predictions with true values: a confusion matrix for classes, error statistics for numbers. */
import { quantileSorted } from "d3-array";

// The confusion matrix and the metrics of each class.

/**
 * precision = correct / rows predicted as this class, recall = correct / rows of this class,
 * f1 = 2pr / (p + r). A metric is 0 where its divisor is 0.
 */
interface ClassMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** The number of rows of this class. */
  readonly support: number;
}

export interface Confusion {
  readonly classes: readonly string[];
  /** The number of rows for each pair of classes, as `counts[true][predicted]`. */
  readonly counts: readonly (readonly number[])[];
  readonly perClass: readonly ClassMetrics[];
  readonly accuracy: number;
  /** The unweighted mean over the classes; its support is the number of all rows. */
  readonly mean: ClassMetrics;
}

/** Takes the true and predicted class numbers, one pair per row. Rows whose true class is −1 are ignored. */
export function confusionOf(
  classes: readonly string[],
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
): Confusion {
  const counts = classes.map(() => classes.map(() => 0));
  for (let row = 0; row < expected.length; row++)
    if (expected[row] >= 0) counts[expected[row]][predicted[row]]++;
  const perClass = classes.map((_, i): ClassMetrics => {
    const support = sum(counts[i]);
    const precision = ratio(counts[i][i], sum(counts.map((row) => row[i])));
    const recall = ratio(counts[i][i], support);
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
  const rows = sum(perClass.map(({ support }) => support));
  const mean = (metric: "precision" | "recall" | "f1") =>
    ratio(sum(perClass.map((each) => each[metric])), classes.length);
  return {
    classes,
    counts,
    perClass,
    accuracy: ratio(sum(counts.map((row, i) => row[i])), rows),
    mean: { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support: rows },
  };
}

/** The pairs of classes that are confused most often, in descending order. */
export function mostConfused(
  { counts }: Confusion,
  count: number,
): { expected: number; predicted: number; rows: number }[] {
  return counts
    .flatMap((row, expected) => row.map((rows, predicted) => ({ expected, predicted, rows })))
    .filter(({ expected, predicted, rows }) => expected !== predicted && rows > 0)
    .sort((a, b) => b.rows - a.rows || a.expected - b.expected || a.predicted - b.predicted)
    .slice(0, count);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

// Error statistics for predicted numbers: the size of the errors, and how they depend on the true number.

interface Agreement {
  readonly rows: number;
  readonly mae: number;
  readonly rmse: number;
  /** R² = 1 − Σ (p − t)² / Σ (t − mean t)², for predicted p and true t; undefined if all t are equal. */
  readonly r2?: number;
  /**
   * Quantiles of the error, predicted − true: a fraction `quantile` of the rows has an error below `error`.
   */
  readonly errors: readonly { readonly quantile: number; readonly error: number }[];
  /** The rows sorted by true number and divided into bands with equal numbers of rows. */
  readonly bands: readonly Band[];
  readonly points: readonly (readonly [expected: number, predicted: number])[];
}

interface Band {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly expected: number;
  readonly predicted: number;
  readonly mae: number;
}

const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
const bandCount = 5;

export function agreementOf(expected: ArrayLike<number>, predicted: ArrayLike<number>): Agreement {
  const points = Array.from(expected, (value, row) => [value, predicted[row]] as const);
  const errors = points.map(([t, p]) => p - t);
  const sorted = errors.toSorted((a, b) => a - b);
  const center = mean(points.map(([t]) => t));
  const spread = mean(points.map(([t]) => (t - center) ** 2));
  const squares = mean(errors.map((error) => error ** 2));
  return {
    rows: points.length,
    mae: mean(errors.map(Math.abs)),
    rmse: Math.sqrt(squares),
    ...(spread > 0 && { r2: 1 - squares / spread }),
    errors: quantiles.map((quantile) => ({ quantile, error: quantileSorted(sorted, quantile) ?? NaN })),
    bands: bandsOf(points.toSorted(([a], [b]) => a - b)),
    points,
  };
}

function bandsOf(sorted: Agreement["points"]): Band[] {
  const cut = (i: number) => Math.round((i * sorted.length) / bandCount);
  return Array.from({ length: bandCount }, (_, i) => sorted.slice(cut(i), cut(i + 1)))
    .filter((band) => band.length > 0)
    .map((band) => ({
      from: band[0][0],
      to: band[band.length - 1][0],
      rows: band.length,
      expected: mean(band.map(([t]) => t)),
      predicted: mean(band.map(([, p]) => p)),
      mae: mean(band.map(([t, p]) => Math.abs(p - t))),
    }));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
