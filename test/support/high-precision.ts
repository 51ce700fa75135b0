/**
 * Elementary functions, computed as series of integers in units of 2⁻³²⁰. They are slow, but simple, and far
 * more accurate than doubles.
 */

const bits = 320n;
const one = 1n << bits;
const times = (x: bigint, y: bigint): bigint => (x * y) >> bits;
const over = (x: bigint, y: bigint): bigint => (x << bits) / y;

/** A double in units of 2^(scale − 320); exact if the double is a multiple of the unit. */
export function fixed(x: number, scale = 0): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const word = view.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : fraction | 0x10000000000000n;
  const shift = (exponent === 0n ? 1n : exponent) - 1075n + bits - BigInt(scale);
  const value = shift >= 0n ? size << shift : size >> -shift;
  return x < 0 ? -value : value;
}

/** Σ of first, first · ratio(1), first · ratio(1) · ratio(2), … until a term is zero. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n;
  for (let term = first, n = 1n; term !== 0n && term !== -1n; term = next(term, n++)) sum += term;
  return sum;
}

/** arctan(1/n) = 1/n − 1/(3n³) + … */
const arctanOfInverse = (n: bigint, unit = one): bigint => {
  let power = unit / n;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n, power /= n * n) sum += ((k & 2n) === 0n ? power : -power) / k;
  return sum;
};
/** Machin: π/4 = 4 arctan(1/5) − arctan(1/239). */
const piIn = (unit: bigint): bigint => 4n * (4n * arctanOfInverse(5n, unit) - arctanOfInverse(239n, unit));
const pi = piIn(one);
/** 2π in units of 2⁻¹⁵²⁰, to reduce the largest doubles modulo 2π. */
const wide = 1200n;
const widePi2 = 2n * piIn(one << wide);
/** A double reduced modulo 2π. */
const angle = (x: number): bigint =>
  Math.abs(x) < 2 ** 53 ? fixed(x) : ((BigInt(x) << (bits + wide)) % widePi2) >> wide;
/** 2 artanh s = ln((1 + s) / (1 − s)). */
const logOfRatio = (s: bigint): bigint => {
  const square = times(s, s);
  let power = s;
  let sum = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n, power = times(power, square)) sum += power / k;
  return 2n * sum;
};
const ln2 = logOfRatio(one / 3n);

/** A number: `value` · 2^`scale`, with `value` in units of 2⁻³²⁰. */
export interface Precise {
  readonly value: bigint;
  readonly scale: number;
}
const plain = (value: bigint): Precise => ({ value, scale: 0 });
const nearestMultiple = (x: bigint, unit: bigint): bigint => {
  const doubled = 2n * x + unit;
  return doubled >= 0n ? doubled / (2n * unit) : -((-doubled + 2n * unit - 1n) / (2n * unit));
};

function expOf(x: bigint): Precise {
  const k = nearestMultiple(x, ln2);
  const r = x - k * ln2;
  return { value: series(one, (term, n) => times(term, r) / n), scale: Number(k) };
}
const shifted = ({ value, scale }: Precise): bigint =>
  scale >= 0 ? value << BigInt(scale) : value >> BigInt(-scale);

/** ln of a positive double. */
function logOf(x: number): bigint {
  const k = Math.floor(Math.log2(x));
  const m = fixed(x, k);
  return BigInt(k) * ln2 + logOfRatio(over(m - one, m + one));
}

function sinOf(x: bigint): bigint {
  const n = nearestMultiple(x, pi);
  const r = x - n * pi;
  const square = times(r, r);
  const value = series(r, (term, k) => -times(term, square) / (2n * k * (2n * k + 1n)));
  return (n & 1n) === 0n ? value : -value;
}

/** √π by Newton's rule. */
const rootOfPi = (() => {
  let root = 2n * one;
  for (let step = 0; step < 12; step++) root = (root + over(pi, root)) / 2n;
  return root;
})();

/** The exact results of the runtime's functions, by name. */
export const precise = {
  exp: (x: number) => expOf(fixed(x)),
  expm1: (x: number) => plain(shifted(expOf(fixed(x))) - one),
  log: (x: number) => plain(logOf(x)),
  log1p: (x: number) => {
    const u = fixed(x);
    // For small x, the series in x / (2 + x); otherwise 1 + x is first scaled into [1/2, 2].
    let m = one + u;
    let k = 0n;
    for (; m > 2n * one; k++) m >>= 1n;
    for (; m < one / 2n; k--) m <<= 1n;
    return plain(k * ln2 + logOfRatio(over(m - one, m + one)));
  },
  tanh: (x: number) => {
    const e = shifted(expOf(2n * fixed(x)));
    return plain(over(e - one, e + one));
  },
  sigmoid: (x: number) => plain(over(one, one + shifted(expOf(-fixed(x))))),
  // 2/√π Σ (−1)ⁿ x^(2n+1) / (n! (2n + 1))
  erf: (x: number) => {
    const square = times(fixed(x), fixed(x));
    let term = fixed(x);
    let sum = 0n;
    for (let n = 1n; term !== 0n && term !== -1n; n++) {
      sum += term / (2n * n - 1n);
      term = -times(term, square) / n;
    }
    return plain(over(2n * sum, rootOfPi));
  },
  sin: (x: number) => plain(sinOf(angle(x))),
  cos: (x: number) => plain(sinOf(angle(x) + pi / 2n)),
  power: (x: number, y: number) => expOf(times(logOf(x), fixed(y))),
};

/** The error of a double, in units in its last place. */
export function unitsOff(actual: number, { value, scale }: Precise): number {
  const size = value < 0n ? -value : value;
  const lastPlace = 1n << BigInt(Math.max(0, size.toString(2).length - 53));
  const difference = fixed(actual, scale) - value;
  return Number(((difference < 0n ? -difference : difference) * 1000n) / lastPlace) / 1000;
}
