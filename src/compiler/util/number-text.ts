/** Numbers in the form in which people write them in formulas. */

/** A number written as a short formula of `x`: `1 - x`, `1 / (1 - x)`, `1 / x`, or the logarithm of x. */
export interface ShortFormula {
  readonly kind: "complement" | "reciprocal of complement" | "reciprocal" | "logarithm";
  readonly x: number;
}

const exactFormulas: readonly {
  readonly kind: Exclude<ShortFormula["kind"], "logarithm">;
  readonly value: (x: number) => number;
  readonly inverse: (value: number) => number;
}[] = [
  { kind: "complement", value: (x) => 1 - x, inverse: (value) => 1 - value },
  { kind: "reciprocal of complement", value: (x) => 1 / (1 - x), inverse: (value) => 1 - 1 / value },
  { kind: "reciprocal", value: (x) => 1 / x, inverse: (value) => 1 / value },
];

const isLong = (value: number): boolean => String(value).length > 12;

/**
 * The short formula with exactly this value: 0.09999999999999998 is 1 − 0.9, and 1.1111111111111112 is
 * 1 / (1 − 0.1).
 */
export function exactFormulaOf(value: number): ShortFormula | undefined {
  if (!isLong(value)) return undefined;
  for (const { kind, value: valueOf, inverse } of exactFormulas) {
    const x = Number(inverse(value).toPrecision(8));
    const isPlausible = kind === "reciprocal" || (x > 0 && x < 1);
    if (isPlausible && String(x).length <= 8 && valueOf(x) === value) return { kind, x };
  }
  return undefined;
}

/** The short formula for comments, where rounding is allowed: −0.10536051565782628 may be ln 0.9. */
export function formulaOfNumber(value: number): ShortFormula | undefined {
  const exact = exactFormulaOf(value);
  if (exact !== undefined || !isLong(value)) return exact;
  const x = Number(Math.exp(value).toPrecision(8));
  const isClose = Math.abs(Math.log(x) - value) <= 4e-16 * Math.abs(value);
  return String(x).length <= 8 && isClose ? { kind: "logarithm", x } : undefined;
}

/** The number with at most six significant digits; `…` marks omitted digits. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "NaN";
  const short = Number(value.toPrecision(6));
  return short === value ? String(value) : `${short}…`;
}

// Sizes and counts, formatted for people.

/** `14.2 kB`; a kilobyte is a thousand bytes. */
export const sizeText = (bytes: number): string => `${scaled(bytes, bytes < 1000 ? 0 : 1)}B`;

/** `1.3 MFLOP`: floating-point operations. */
export const workText = (flops: number): string => `${scaled(flops, flops < 1000 ? 0 : 1)}FLOP`;

/** `12,345` */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** `1 kernel`, `1,200 kernels` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

function scaled(value: number, digits: number): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let rest = value;
  let step = 0;
  while (rest >= 999.95 && step < prefixes.length - 1) {
    rest /= 1000;
    step++;
  }
  return `${rest.toFixed(digits)} ${prefixes[step]}`;
}
