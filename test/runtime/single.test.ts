// The elementary functions in the precision of f32: within one unit in the last place of the rounded exact
// result, with JavaScript's special values. If a test fails, every training run has a small, silent error.
import { expect, test } from "vitest";
import { erf } from "../../src/runtime/numbers/error-function.ts";
import { exp, expm1, sigmoid, tanh } from "../../src/runtime/numbers/exponential.ts";
import { log, log1p, power } from "../../src/runtime/numbers/logarithm.ts";
import { randomStream } from "../../src/runtime/numbers/random.ts";
import * as errorFunction from "../../src/runtime/numbers/single.ts";
import * as exponential from "../../src/runtime/numbers/single.ts";
import * as hyperbolic from "../../src/runtime/numbers/single.ts";
import * as logarithm from "../../src/runtime/numbers/single.ts";
import * as powers from "../../src/runtime/numbers/single.ts";
import * as trigonometric from "../../src/runtime/numbers/single.ts";
import { cos, sin } from "../../src/runtime/numbers/trigonometric.ts";

const exact = { exp, expm1, log, log1p, tanh, sigmoid, erf, sin, cos };
const single = { ...exponential, ...logarithm, ...hyperbolic, ...errorFunction, ...trigonometric };
type Name = keyof typeof exact;
const names: readonly Name[] = ["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "erf", "sin", "cos"];

/**
 * The error of a rounded result, in units in the last place of f32 at `expected`. Zeros, NaN and infinities
 * must match exactly.
 */
function unitsOff(actual: number, expected: number): number {
  const rounded = Math.fround(expected);
  if (Object.is(actual, rounded))
    return rounded === 0 || !Number.isFinite(rounded) ? 0 : off(actual, expected);
  return Number.isFinite(actual) && Number.isFinite(rounded) ? off(actual, expected) : Infinity;
}
const off = (actual: number, expected: number): number =>
  Math.abs(actual - expected) /
  2 ** (Math.max(Math.floor(Math.log2(Math.abs(Math.fround(expected)))), -126) - 23);

const random = randomStream(1);
const between = (low: number, high: number): number => Math.fround(low + (high - low) * random.unit());
const sweep = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, () => between(low, high));
/** Every 65521st f32 number. */
const everywhere = new Float32Array(Int32Array.from({ length: 2 ** 32 / 65521 }, (_, i) => i * 65521).buffer);
const special = [
  0,
  2 ** -149,
  2 ** -126,
  2 ** -25,
  0.5,
  1,
  2,
  3,
  88.72284,
  104,
  2 ** 23 + 1,
  3.4028234663852886e38,
  Infinity,
  NaN,
].flatMap((x) => [x, -x]);

test.each(names)("%s has an error of at most one unit in the last place for numbers of all sizes", (name) => {
  const inputs = [
    ...everywhere,
    ...special,
    ...sweep(-105, 90, 20000),
    ...sweep(-4, 4, 20000),
    ...sweep(0.4, 1.6, 9000),
  ];
  let worst = { off: 0, at: 0 };
  for (const at of inputs) {
    const off = unitsOff(Math.fround(single[name](at)), exact[name](at));
    if (off > worst.off) worst = { off, at };
  }
  expect(worst.off, `${name}(${worst.at})`).toBeLessThanOrEqual(1);
});

test("power has an error of at most one unit in the last place, and the special values of Math.pow", () => {
  const pairs = Array.from({ length: 20000 }, (): (readonly [number, number])[] => {
    const size = Math.fround(2 ** between(-149, 128));
    const near = Math.fround(1 + between(-1, 1) * 2 ** between(-23, -1));
    return [
      [size, Math.fround(between(-150, 128) / Math.log2(size))],
      [near, Math.fround(between(-150, 128) / Math.log2(near))],
      [between(-20, 20), Math.trunc(between(-30, 30))],
    ];
  }).flat();
  pairs.push(...special.flatMap((x) => special.map((y): [number, number] => [x, y])));
  for (const [x, y] of pairs) {
    const off = unitsOff(Math.fround(powers.power(x, y)), power(x, y));
    if (off > 1) expect(off, `power(${x}, ${y})`).toBeLessThanOrEqual(1);
  }
});

test("what an f32 trainer computes in doubles has a smaller error than rounding: 1 − βᵗ near 1, half a wave at its ends", () => {
  for (const beta of [0.9, 0.999, 0.99999])
    for (let t = 1; t < 2000; t++) {
      const exactly = -expm1(t * Math.log(beta));
      expect(Math.abs((1 - single.exp(t * Math.log(beta))) / exactly - 1), `${beta} ** ${t}`).toBeLessThan(
        2 ** -25,
      );
    }
  expect([single.cos(0), single.cos(Math.PI)]).toEqual([1, -1]);
});

test("overflow gives an infinite double, so that a loss in f64 that overflows is detected", () => {
  expect([single.exp(710), single.exp(Infinity), single.sigmoid(-Infinity)]).toEqual([Infinity, Infinity, 0]);
});

test("odd functions are odd to the last bit", () => {
  for (const name of ["tanh", "erf", "sin"] as const)
    for (const x of [...sweep(0, 20, 2000), 0, Infinity]) expect(single[name](-x)).toBe(-single[name](x));
});

test("tanh of a saturated unit is exactly 1, so its derivative is 0 and not a rounding error", () => {
  for (const x of [9.03, 10, 100, 1e20, Infinity]) {
    expect(single.tanh(x)).toBe(1);
    expect(single.tanh(-x)).toBe(-1);
  }
});
