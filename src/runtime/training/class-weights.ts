// Weights of classes that follow from the data: the rarer a class, the more each of its rows weighs.
import type { Numbers } from "../core/machine.ts";

/**
 * w_c = m / (K · m_c) for K classes, of which class c occurs m_c times among the m of these rows, so that
 * every class weighs the same on the whole (G. King and L. Zeng, "Logistic Regression in Rare Events Data",
 * 2001). −1 is no class; one that does not occur weighs 0.
 */
export function balance(weights: Numbers, classes: ArrayLike<number>, rows: Int32Array, size: number): void {
  const counts = Array.from(weights, () => 0);
  for (const row of rows)
    for (let i = row * size; i < (row + 1) * size; i++) if (classes[i] >= 0) counts[classes[i]]++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  counts.forEach((count, i) => (weights[i] = count === 0 ? 0 : all / (counts.length * count)));
}
