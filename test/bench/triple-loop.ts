// The baseline of the speed limits: matrix products in their simplest form, with three loops and one sum. The
// products are those of one training step of a network with one hidden layer, with the same element type and
// shapes. Bias, activation, loss and optimizer are omitted, which favours the baseline.

/** c[m, n] = a[m, k] · b[k, n] */
function product(c: Float32Array, a: Float32Array, b: Float32Array, m: number, k: number, n: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
      c[i * n + j] = sum;
    }
  }
}

/** dw[k, n] = a[m, k]ᵀ · dc[m, n] */
function weightGradient(
  dw: Float32Array,
  a: Float32Array,
  dc: Float32Array,
  m: number,
  k: number,
  n: number,
) {
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < m; l++) sum += a[l * k + i] * dc[l * n + j];
      dw[i * n + j] = sum;
    }
  }
}

/** da[m, k] = dc[m, n] · b[k, n]ᵀ */
function inputGradient(da: Float32Array, dc: Float32Array, b: Float32Array, m: number, k: number, n: number) {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += dc[i * n + l] * b[j * n + l];
      da[i * k + j] = sum;
    }
  }
}

export interface Layers {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly batchSize: number;
}

/**
 * The number of multiplications and additions in the five products of a step. The gradient with respect to
 * the input is not needed.
 */
export const productFlops = ({ inputs, hidden, classes, batchSize }: Layers): number =>
  2 * batchSize * (2 * inputs * hidden + 3 * hidden * classes);

/** The products of one step, on numbers that are neither zero nor tiny. */
export function tripleLoopStep({ inputs, hidden, classes, batchSize }: Layers): () => void {
  const filled = (size: number) => new Float32Array(size).map((_, i) => Math.sin(i));
  const x = filled(batchSize * inputs);
  const w1 = filled(inputs * hidden);
  const h = filled(batchSize * hidden);
  const w2 = filled(hidden * classes);
  const z = filled(batchSize * classes);
  const [dw1, dh, dw2, dz] = [filled(w1.length), filled(h.length), filled(w2.length), filled(z.length)];
  return () => {
    product(h, x, w1, batchSize, inputs, hidden);
    product(z, h, w2, batchSize, hidden, classes);
    weightGradient(dw2, h, dz, batchSize, hidden, classes);
    inputGradient(dh, dz, w2, batchSize, hidden, classes);
    weightGradient(dw1, x, dh, batchSize, inputs, hidden);
  };
}
