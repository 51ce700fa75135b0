/** Numbers as a person would write them in a formula. */

/** 0.09999999999999998 is the double 1 − 0.9, and reads better so: the 0.9, or undefined where nothing is gained. */
export function complementOf(value: number): number | undefined {
  const other = Number((1 - value).toPrecision(8));
  const isShorter = String(value).length > 12 && String(other).length <= 8;
  return isShorter && 1 - other === value ? other : undefined;
}

/** Six digits; `…` says that there are more. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "NaN";
  const short = Number(value.toPrecision(6));
  return short === value ? String(value) : `${short}…`;
}
