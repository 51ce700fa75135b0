// Real numbers without rounding: fractions of integers of any size, with infinities, NaN and signed zeros as
// in IEEE 754. With these numbers, both sides of an equation of real arithmetic are identical, for operands
// of any magnitude.

export interface Real {
  readonly negative: boolean;
  /** The absolute value is over / under. 0 / 1 is zero, 1 / 0 is infinity, 0 / 0 is NaN. */
  readonly over: bigint;
  readonly under: bigint;
}

const make = (negative: boolean, over: bigint, under: bigint): Real => ({ negative, over, under });
export const notANumber = make(false, 0n, 0n);
const infinity = (negative: boolean): Real => make(negative, 1n, 0n);
const zero = (negative: boolean): Real => make(negative, 0n, 1n);

export const isNaN = ({ over, under }: Real): boolean => under === 0n && over === 0n;
export const isInfinite = ({ over, under }: Real): boolean => under === 0n && over > 0n;
export const isFinite = ({ under }: Real): boolean => under > 0n;
export const isZero = ({ over, under }: Real): boolean => over === 0n && under > 0n;

export function realOf(x: number): Real {
  if (Number.isNaN(x)) return notANumber;
  const negative = x < 0 || Object.is(x, -0);
  if (!Number.isFinite(x)) return infinity(negative);
  if (x === 0) return zero(negative);
  // Scaled by a power of two, the absolute value is an integer.
  let [size, shift] = [Math.abs(x), 0n];
  for (; size < 2 ** 53; shift++) size *= 2;
  return make(negative, BigInt(size), 1n << shift);
}

export const negated = ({ negative, over, under }: Real): Real => make(!negative, over, under);

export function sum(x: Real, y: Real): Real {
  if (isNaN(x) || isNaN(y)) return notANumber;
  if (isInfinite(x)) return isInfinite(y) && x.negative !== y.negative ? notANumber : x;
  if (isInfinite(y)) return y;
  if (isZero(x) && isZero(y)) return zero(x.negative && y.negative);
  const signed = ({ negative, over }: Real, by: bigint) => (negative ? -over * by : over * by);
  // Denominators are mostly powers of two, so one is usually a multiple of the other.
  const [wide, narrow] = x.under >= y.under ? [x, y] : [y, x];
  const isMultiple = wide.under % narrow.under === 0n;
  const total = isMultiple
    ? signed(wide, 1n) + signed(narrow, wide.under / narrow.under)
    : signed(x, y.under) + signed(y, x.under);
  const under = isMultiple ? wide.under : x.under * y.under;
  if (total === 0n) return zero(false);
  return make(total < 0n, total < 0n ? -total : total, under);
}

export function product(x: Real, y: Real): Real {
  const negative = x.negative !== y.negative;
  if (isNaN(x) || isNaN(y)) return notANumber;
  if (isInfinite(x) || isInfinite(y)) return isZero(x) || isZero(y) ? notANumber : infinity(negative);
  return isZero(x) || isZero(y) ? zero(negative) : make(negative, x.over * y.over, x.under * y.under);
}

/** 1 / x */
const inverse = ({ negative, over, under }: Real): Real => make(negative, under, over);

export function quotient(x: Real, y: Real): Real {
  if (isZero(x) && isZero(y)) return notANumber;
  if (isZero(y) && !isNaN(x)) return infinity(x.negative !== y.negative);
  return product(x, isInfinite(y) ? zero(y.negative) : inverse(y));
}

/** Whether the numbers are equal, ignoring the sign of zero; NaN equals itself. */
export const isSame = (x: Real, y: Real): boolean =>
  x.over * y.under === y.over * x.under &&
  isNaN(x) === isNaN(y) &&
  isInfinite(x) === isInfinite(y) &&
  (isNaN(x) || isZero(x) || x.negative === y.negative);

/** Whether x differs from y by at most |y| / 2^bits. Both must be finite. */
export function isClose(x: Real, y: Real, bits: number): boolean {
  const { over, under } = sum(x, negated(y));
  return (over * y.under) << BigInt(bits) <= y.over * under;
}
