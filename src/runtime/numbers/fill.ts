// Fillers for parameters before training.
import type { Numbers } from "../core/machine.ts";
import { normalNumber, type Random } from "./random.ts";

/** Independent uniform numbers in [low, high). */
export function uniform(view: Numbers, random: Random, low: number, high: number): void {
  for (let i = 0; i < view.length; i++) view[i] = low + (high - low) * random.unit();
}

/** Independent normal numbers. */
export function normal(view: Numbers, random: Random, mean: number, std: number): void {
  for (let i = 0; i < view.length; i++) view[i] = mean + std * normalNumber(random);
}

/** The same number everywhere. */
export function constant(view: Numbers, value: number): void {
  view.fill(value);
}

/**
 * A random matrix [rows, columns] with orthonormal columns, or orthonormal rows if it is wider than high. As
 * in PyTorch this is the Q of a normal matrix's QR factorisation with a positive diagonal of R, which is what
 * Gram–Schmidt gives (Saxe, McClelland and Ganguli 2013).
 */
export function orthogonal(view: Numbers, random: Random, rows: number, columns: number): void {
  const wide = columns > rows;
  const size = wide ? columns : rows;
  const basis: Float64Array[] = [];
  while (basis.length < (wide ? rows : columns)) {
    const vector = new Float64Array(size).map(() => normalNumber(random));
    // v ← v − (v·b) b for each earlier b. The second round removes what rounding left of the first: twice is enough.
    for (const earlier of [...basis, ...basis]) {
      const along = dot(vector, earlier);
      for (let i = 0; i < size; i++) vector[i] -= along * earlier[i];
    }
    const length = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / length));
  }
  basis.forEach((vector, v) =>
    vector.forEach((value, i) => {
      view[wide ? v * columns + i : i * columns + v] = value;
    }),
  );
}

/** Σ aᵢ bᵢ */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
