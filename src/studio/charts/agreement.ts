/** Predicted against true numbers: how far off they are, and where. */
import { quantileSorted } from "d3-array";

export interface Agreement {
  readonly rows: number;
  readonly mae: number;
  readonly rmse: number;
  /** 1 − Σ (p − t)² / Σ (t − mean t)²; undefined if the true numbers are all the same. */
  readonly r2?: number;
  /** Of predicted − true, by the share of rows below. */
  readonly errors: readonly { readonly share: number; readonly error: number }[];
  /** Rows in the order of their true numbers, in parts of the same size. */
  readonly bands: readonly Band[];
  readonly points: readonly (readonly [expected: number, predicted: number])[];
}

export interface Band {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly expected: number;
  readonly predicted: number;
  readonly mae: number;
}

const shares = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
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
    errors: shares.map((share) => ({ share, error: quantileSorted(sorted, share) ?? NaN })),
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
