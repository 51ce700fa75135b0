// The runtime's own elementary functions: their results are as exact as a double allows, with JavaScript's
// special values, and the same bits in every engine. If a test fails, every training run has a small, silent
// error.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { erf } from "../../src/runtime/numbers/error-function.ts";
import { exp, expm1, sigmoid, tanh } from "../../src/runtime/numbers/exponential.ts";
import { log, log1p, power } from "../../src/runtime/numbers/logarithm.ts";
import { randomStream } from "../../src/runtime/numbers/random.ts";
import { cos, sin } from "../../src/runtime/numbers/trigonometric.ts";
import { precise, unitsOff } from "../support/high-precision.ts";

const unary = { exp, expm1, log, log1p, tanh, sigmoid, erf, sin, cos };
type Unary = keyof typeof unary;

const random = randomStream(1);
const between = (low: number, high: number) => low + (high - low) * random.unit();
/** Numbers from low to high: evenly spaced ones, and random ones. */
const sweep = (low: number, high: number, count = 300): number[] =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * (i + random.unit())) / count);
/** Numbers of both signs whose exponents are evenly spaced over a range. */
const magnitudes = (low: number, high: number, count = 100): number[] =>
  sweep(low, high, count).map((exponent, i) => (i % 2 === 0 ? 1 : -1) * 2 ** exponent);

test.each<[Unary, number, number[]]>([
  ["exp", 0.6, [...sweep(-708, 708), ...sweep(-2, 2), ...magnitudes(-60, 2)]],
  ["expm1", 1.8, [...sweep(-39, 300), ...sweep(-1, 1), ...magnitudes(-60, -4)]],
  [
    "log",
    0.8,
    [...sweep(0.5, 2), ...magnitudes(-1000, 1000).map(Math.abs), ...magnitudes(-40, -2).map((x) => 1 + x)],
  ],
  ["log1p", 0.8, [...sweep(-0.999, 3), ...magnitudes(-60, -2), ...magnitudes(0, 100).map(Math.abs)]],
  ["tanh", 1.3, [...sweep(-20, 20), ...sweep(-0.2, 0.2), ...magnitudes(-60, 0)]],
  ["sigmoid", 2, [...sweep(-40, 40), ...sweep(-1, 1)]],
  ["erf", 1.3, [...sweep(-6.1, 6.1), ...sweep(-1, 1), ...magnitudes(-60, 0)]],
  [
    "sin",
    0.8,
    [
      ...sweep(-7, 7),
      ...sweep(-1e5, 1e5),
      ...magnitudes(-26, 16),
      ...sweep(1, 60000).map((n) => Math.trunc(n) * Math.PI),
    ],
  ],
  [
    "cos",
    0.8,
    [
      ...sweep(-7, 7),
      ...sweep(-1e5, 1e5),
      ...magnitudes(-26, 16),
      ...sweep(1, 60000).map((n) => (Math.trunc(n) + 0.5) * Math.PI),
    ],
  ],
])("%s has an error of at most %f units in the last place", (name, limit, inputs) => {
  const f = unary[name];
  const worst = inputs
    .map((x) => ({ x, off: unitsOff(f(x), precise[name](x)) }))
    .reduce((a, b) => (b.off > a.off ? b : a));
  expect(worst.off, `${name}(${worst.x})`).toBeLessThan(limit);
});

test("power has an error of at most 0.6 units in the last place, for large exponents too", () => {
  const pairs = [
    ...sweep(0.01, 3).map((x) => [x, between(-5, 5)]),
    ...magnitudes(-1000, 1000).map((x) => [Math.abs(x), between(-1, 1)]),
    ...sweep(0.99, 1.01).map((x) => [x, between(-40000, 40000)]),
    ...sweep(0.5, 2).map((x) => [x, between(-700, 700)]),
    ...sweep(0, 1000).map((step) => [0.999, Math.trunc(step)]),
  ];
  for (const [x, y] of pairs)
    expect(unitsOff(power(x, y), precise.power(x, y)), `power(${x}, ${y})`).toBeLessThan(0.6);
  for (let x = 0; x < 100; x++) expect(power(x, 2)).toBe(x * x);
  expect(power(-3, 3)).toBe(-27);
  expect(power(2, -1074)).toBe(Number.MIN_VALUE);
});

test("the functions differ from the engine's by at most three units, over dense sweeps", () => {
  const apart = (a: number, b: number) =>
    Math.abs(a - b) / (Math.abs(b) * Number.EPSILON || Number.MIN_VALUE);
  for (const x of sweep(-700, 700, 20000)) expect(apart(exp(x), Math.exp(x)), `exp(${x})`).toBeLessThan(2);
  for (const x of sweep(-19, 19, 20000)) expect(apart(tanh(x), Math.tanh(x)), `tanh(${x})`).toBeLessThan(3);
  for (const x of sweep(0, 1000, 20000)) expect(apart(log(x), Math.log(x)), `log(${x})`).toBeLessThan(2);
});

const special = [0, -0, Infinity, -Infinity, NaN, 1, -1, 5e-324, -5e-324, 1e-310, 800, -800, 1e308, -1e308];

test.each(["exp", "expm1", "log", "log1p", "tanh"] as const)(
  "%s has the special values of the engine's function",
  (name) => {
    for (const x of special) {
      const [actual, expected] = [unary[name](x), Math[name](x)];
      // Zeros are compared by their sign, rounded results by their size.
      if (Number.isFinite(expected) && expected !== 0)
        expect(Math.abs(actual / expected - 1), `${name}(${x})`).toBeLessThan(1e-15);
      else expect(actual, `${name}(${x})`).toBe(expected);
    }
  },
);

test("overflow and underflow occur where e^x leaves the range of doubles, and subnormal results are correct", () => {
  expect(exp(709.782712893384)).toBeCloseTo(1.797693134862273e308, -295);
  expect(exp(709.7827128933841)).toBe(Infinity);
  expect(exp(-745.1332191019411)).toBe(5e-324);
  expect(exp(-745.2)).toBe(0);
  for (const x of [-709, -720, -740]) expect(Math.abs(exp(x) - Math.exp(x))).toBeLessThanOrEqual(1e-323);
  expect(sigmoid(-740)).toBe(exp(-740));
  expect([sigmoid(-Infinity), sigmoid(0), sigmoid(40), sigmoid(Infinity), sigmoid(NaN)]).toEqual([
    0,
    0.5,
    1,
    1,
    NaN,
  ]);
});

test("sine and cosine preserve the sign of zero, and are NaN at infinity", () => {
  expect([sin(0), sin(-0), cos(0), cos(-0)]).toEqual([0, -0, 1, 1]);
  for (const x of [Infinity, -Infinity, NaN]) expect([sin(x), cos(x)]).toEqual([NaN, NaN]);
});

// The double nearest to a multiple of π/2 (J.-M. Muller, "Elementary functions", 2016), where most digits
// cancel.
const nearMultiple = 6381956970095103 * 2 ** 797;

test.each(["sin", "cos"] as const)(
  "%s has an error of at most 0.8 units in the last place for angles of any size",
  (name) => {
    const inputs = [
      1e6,
      999999.9999999999,
      1000000.0000000001,
      1e8,
      1e15,
      2 ** 53,
      1e22,
      nearMultiple,
      Number.MAX_VALUE,
      ...sweep(5e5, 2e6),
      ...sweep(1e6, 1e9),
      ...magnitudes(17, 1023.9),
    ];
    for (const x of inputs.flatMap((size) => [size, -size]))
      expect(unitsOff(unary[name](x), precise[name](x)), `${name}(${x})`).toBeLessThan(0.8);
  },
);

test("erf is odd, is 1 beyond 6, and preserves the sign of zero", () => {
  expect([erf(0), erf(-0), erf(7), erf(-Infinity), erf(NaN)]).toEqual([0, -0, 1, -1, NaN]);
});

test("log, log1p and power are finite above √2 · 2¹⁰²³, where the exponent rounds to 1024", () => {
  for (const x of [1.28e308, 1.5e308, Number.MAX_VALUE]) {
    expect(power(x, 1)).toBe(x);
    expect(unitsOff(power(x, 0.5), precise.power(x, 0.5))).toBeLessThan(0.6);
    expect(unitsOff(log(x), precise.log(x))).toBeLessThan(1);
    expect(log1p(x)).toBe(log(x));
  }
});

test("power has the special values of Math.pow", () => {
  const values = [
    0,
    -0,
    0.5,
    -0.5,
    1,
    -1,
    2,
    -2,
    3,
    -3,
    1e300,
    -1e300,
    Infinity,
    -Infinity,
    NaN,
    5e-324,
    2 ** 53,
    2 ** 53 - 1,
  ];
  for (const x of values)
    for (const y of values) {
      const [actual, expected] = [power(x, y), Math.pow(x, y)];
      if (Number.isFinite(expected) && expected !== 0)
        expect(Math.abs(actual / expected - 1), `power(${x}, ${y})`).toBeLessThan(1e-15);
      else expect(actual, `power(${x}, ${y})`).toBe(expected);
    }
});

test("odd functions are odd to the last bit", () => {
  for (const x of [...sweep(0, 20), ...magnitudes(-60, 0)]) {
    expect(tanh(-x)).toBe(-tanh(x));
    expect(erf(-x)).toBe(-erf(x));
    expect(sin(-x)).toBe(-sin(x));
    expect(cos(-x)).toBe(cos(x));
  }
});

test("monotonic functions decrease by at most one unit where a formula or table entry replaces another", () => {
  const seams: readonly [Unary, readonly number[]][] = [
    ["exp", [...sweep(-64, 64).map((k) => ((Math.trunc(k) + 0.5) * Math.LN2) / 64), 708, -708]],
    ["tanh", [...sweep(-300, 300).map((k) => (Math.trunc(k) + 0.5) / 16), 19.0625]],
    ["log", [Math.SQRT1_2, Math.SQRT2, 1, 2 ** -1022]],
    ["erf", [0.84375, 6]],
  ];
  // Where a function is flat, its values may vary by the permitted error.
  for (const [name, places] of seams)
    for (const place of places) {
      const f = unary[name];
      const step = 8 * Math.abs(place) * Number.EPSILON;
      for (let i = -4; i < 4; i++) {
        const [here, next] = [f(place + i * step), f(place + (i + 1) * step)];
        expect(here - next, `${name} near ${place}`).toBeLessThanOrEqual(Math.abs(next) * Number.EPSILON);
      }
    }
});

test("the results have exactly these bits in every engine", () => {
  // Shortest decimals, each of which denotes exactly one double.
  const pinned: Record<string, number[][]> = JSON.parse(
    readFileSync(new URL("math-bits.json", import.meta.url), "utf8"),
  );
  expect(Object.keys(pinned).sort()).toEqual([...Object.keys(unary), "power"].sort());
  for (const [name, f] of Object.entries(unary))
    for (const [x, value] of pinned[name]) expect(f(x), `${name}(${x})`).toBe(value);
  for (const [x, y, value] of pinned.power) expect(power(x, y), `power(${x}, ${y})`).toBe(value);
});
