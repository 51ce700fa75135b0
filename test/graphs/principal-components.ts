// The lowest possible error of a linear autoencoder: that of the first principal components (Eckart and
// Young), computed by subspace iteration on the covariance, in doubles.

type Matrix = readonly (readonly number[])[];

const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i], 0);

/** An orthonormal basis of the same span (modified Gram-Schmidt). */
function orthonormal(vectors: Matrix): number[][] {
  const basis: number[][] = [];
  for (const vector of vectors) {
    const rest = [...vector];
    for (const done of basis) {
      const share = dot(rest, done);
      done.forEach((value, i) => (rest[i] -= share * value));
    }
    const length = Math.sqrt(dot(rest, rest));
    basis.push(rest.map((value) => value / length));
  }
  return basis;
}

/** The mean of the rows, and an orthonormal basis of the `count` directions with the largest variance. */
export function principalComponents(rows: Matrix, count: number): { mean: number[]; components: number[][] } {
  const size = rows[0].length;
  const mean = Array.from(
    { length: size },
    (_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length,
  );
  const centred = rows.map((row) => row.map((value, i) => value - mean[i]));
  const covariance = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => centred.reduce((sum, row) => sum + row[i] * row[j], 0)),
  );
  // Any start that contains every direction works. After 200 rounds the error is reduced by the factor (λ₉ /
  // λ₈)²⁰⁰.
  let components = orthonormal(
    Array.from({ length: count }, (_, c) =>
      Array.from({ length: size }, (_, i) => Math.cos(((c + 1) * (2 * i + 1)) / size)),
    ),
  );
  for (let round = 0; round < 200; round++)
    components = orthonormal(components.map((vector) => covariance.map((row) => dot(row, vector))));
  return { mean, components };
}

/**
 * The root mean square of x − x̂ over all elements, where x̂ is the projection of a row onto the components.
 */
export function restoredError(
  rows: Matrix,
  { mean, components }: ReturnType<typeof principalComponents>,
): number {
  const squares = rows.map((row) => {
    const centred = row.map((value, i) => value - mean[i]);
    const inside = components.map((component) => dot(centred, component) ** 2);
    return dot(centred, centred) - inside.reduce((sum, value) => sum + value, 0); // by Pythagoras
  });
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / (rows.length * mean.length));
}
