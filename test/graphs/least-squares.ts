// Linear regression without training: the normal equations (XᵀX)·w = Xᵀt, solved by Gaussian elimination in
// doubles.

/** The row with a 1 appended, whose weight is the bias. */
const withOne = (row: readonly number[]): number[] => [...row, 1];

/** The weights, followed by the bias, that minimise Σ(x·w + b − t)². */
export function leastSquares(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const x = rows.map(withOne);
  const size = x[0].length;
  // One row of [XᵀX | Xᵀt] for each unknown.
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => x.reduce((sum, row) => sum + row[i] * row[j], 0)),
    x.reduce((sum, row, r) => sum + row[i] * targets[r], 0),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const rest = system.slice(pivot);
    const largest = rest.reduce((best, row) => (Math.abs(row[pivot]) > Math.abs(best[pivot]) ? row : best));
    const place = system.indexOf(largest);
    [system[pivot], system[place]] = [system[place], system[pivot]];
    for (const row of system) {
      if (row === largest) continue;
      const factor = row[pivot] / largest[pivot];
      for (let j = pivot; j <= size; j++) row[j] -= factor * largest[j];
    }
  }
  return system.map((row, i) => row[size] / row[i]);
}

/** The mean squared error. */
export const meanSquaredError = (
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  solution: readonly number[],
): number =>
  rows.reduce((sum, row, r) => {
    const value = withOne(row).reduce((total, xi, i) => total + xi * solution[i], 0);
    return sum + (value - targets[r]) ** 2;
  }, 0) / rows.length;
