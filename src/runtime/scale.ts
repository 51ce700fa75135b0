// Scaling of input columns, fitted on the training rows alone: what validation and test are like must not leak.

/** `standard`: mean 0, deviation 1. `min-max`: from 0 to 1. */
export type ScaleRule = "standard" | "min-max" | { divide: number };

/** x becomes (x − shift) / span. */
export interface Scale {
  shift: number;
  span: number;
}

/** Fits the scale of one column on these rows. A column that never changes is shifted, and divided by 1. */
export function fitScale(valueOf: (row: number) => number, rows: Int32Array, rule: ScaleRule): Scale {
  if (typeof rule === "object") return { shift: 0, span: rule.divide };
  let [low, high, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const row of rows) {
    const value = valueOf(row);
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  if (low === high) return { shift: low, span: 1 };
  if (rule === "min-max") return { shift: low, span: high - low };
  const mean = sum / rows.length;
  for (const row of rows) squares += (valueOf(row) - mean) ** 2;
  return { shift: mean, span: Math.sqrt(squares / rows.length) };
}
