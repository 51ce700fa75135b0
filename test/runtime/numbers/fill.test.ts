// The functions that fill parameters with initial values; the tests check the moments of these values. If a
// test fails, a model still trains, but worse.
import { expect, test } from "vitest";
import { constant, normal, orthogonal, randomStream, uniform } from "../../../src/runtime/numbers/random.ts";

test("uniform fills [low, high)", () => {
  const view = new Float32Array(10_000);
  uniform(view, randomStream(1), -2, 4);
  expect(Math.min(...view)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...view)).toBeLessThanOrEqual(4);
  expect(view.reduce((a, b) => a + b) / view.length).toBeCloseTo(1, 0);
});

test("normal has the requested mean and standard deviation", () => {
  const view = new Float64Array(50_000);
  normal(view, randomStream(1), 3, 0.5);
  const mean = view.reduce((a, b) => a + b) / view.length;
  expect(mean).toBeCloseTo(3, 1);
  expect(Math.sqrt(view.reduce((sum, x) => sum + (x - mean) ** 2, 0) / view.length)).toBeCloseTo(0.5, 1);
});

test("constant is constant", () => {
  const view = new Float32Array(3);
  constant(view, 0.25);
  expect([...view]).toEqual([0.25, 0.25, 0.25]);
});

test.each([
  [5, 5],
  [7, 3],
  [3, 7],
  [1, 4],
  [4, 1],
])("orthogonal %i×%i: the vectors of the shorter side are orthonormal", (rows, columns) => {
  const view = new Float64Array(rows * columns);
  orthogonal(view, randomStream(3), rows, columns);
  const at = (i: number, j: number) => view[i * columns + j];
  const short = Math.min(rows, columns);
  const long = Math.max(rows, columns);
  for (let a = 0; a < short; a++) {
    for (let b = 0; b < short; b++) {
      let product = 0;
      for (let k = 0; k < long; k++) product += columns > rows ? at(a, k) * at(b, k) : at(k, a) * at(k, b);
      expect(product).toBeCloseTo(Number(a === b), 12);
    }
  }
});
