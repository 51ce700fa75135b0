// What a linear autoencoder can reach at best, without any learning: the first principal components (Eckart
// and Young), by subspace iteration on the covariance, in doubles.

type Matrix = readonly (readonly number[])[];

const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i], 0);

/** The same span, made orthonormal (Gram and Schmidt, modified). */
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

/** Their mean, and an orthonormal basis of the `count` directions in which the rows vary most. */
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
  // Any start with something of every direction in it will do; 200 rounds leave (λ₉ / λ₈)²⁰⁰ of what is wrong.
  let components = orthonormal(
    Array.from({ length: count }, (_, c) =>
      Array.from({ length: size }, (_, i) => Math.cos(((c + 1) * (2 * i + 1)) / size)),
    ),
  );
  for (let round = 0; round < 200; round++)
    components = orthonormal(components.map((vector) => covariance.map((row) => dot(row, vector))));
  return { mean, components };
}

/** The root of the mean of (x − x̂)² over all elements, x̂ being the nearest point that the components reach. */
export function restoredError(
  rows: Matrix,
  { mean, components }: ReturnType<typeof principalComponents>,
): number {
  const squares = rows.map((row) => {
    const centred = row.map((value, i) => value - mean[i]);
    const inside = components.map((component) => dot(centred, component) ** 2);
    return dot(centred, centred) - inside.reduce((sum, value) => sum + value, 0); // Pythagoras
  });
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / (rows.length * mean.length));
}
