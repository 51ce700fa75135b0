// Splits, which must be disjoint, stratified, and of the requested sizes. If a test fails, a leak between
// splits makes every result look better than it is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { splitRows } from "../../../src/runtime/data/split.ts";
import { training } from "../linear-machine.ts";

const facts = (test: number, validation: number) => ({ ...training, test, validation });

test("splits are disjoint and complete; they have rounded fractions of all rows, with each class in proportion", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 10, maxLength: 300 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 1000 }),
      (classes, testPercent, validationPercent, seed) => {
        const rows = classes.length;
        const shares = [testPercent / 100, validationPercent / 100];
        const split = splitRows(rows, facts(shares[0], shares[1]), seed, classes);
        const parts = [split.test, split.validation, split.train];
        const all = parts.flatMap((part) => [...part]);
        expect(all.sort((a, b) => a - b)).toEqual(classes.map((_, i) => i));
        const sizes = shares.map((share) => (share === 0 ? 0 : Math.max(1, Math.round(share * rows))));
        expect([split.test.length, split.validation.length]).toEqual(sizes);
        for (const part of parts) {
          for (const label of new Set(classes)) {
            const expected = (classes.filter((c) => c === label).length * part.length) / rows;
            const found = [...part].filter((row) => classes[row] === label).length;
            // At a cut after a fraction t of the rows, each class has a count of t · n + e with |e| ≤ ½. The
            // cut's own position is off by Σe, of which this class is expected to have the fraction p. At
            // each end of a split its count is therefore off by |e·(1 − p) − p·Σ(other e)| ≤ ½·(1 + p·(k −
            // 2)).
            const share = classes.filter((c) => c === label).length / rows;
            const bound = 1 + share * (new Set(classes).size - 2);
            expect(Math.abs(found - expected)).toBeLessThanOrEqual(bound + 1e-9);
          }
        }
      },
    ),
    // A class with 7 of 16 rows, of which a split of 4 rows has two too many.
    { numRuns: 200, examples: [[[2, 2, 2, 4, 0, 3, 1, 2, 2, 0, 0, 2, 2, 4, 2, 4], 35, 22, 0]] },
  );
});

test("equal classes are split exactly: a test fraction of a fifth of 150 irises has 10 of each", () => {
  const classes = Array.from({ length: 150 }, (_, i) => Math.floor(i / 50));
  const { test, validation, train } = splitRows(150, facts(0.2, 0.2), 7, classes);
  for (const [part, each] of [
    [test, 10],
    [validation, 10],
    [train, 30],
  ] as const) {
    expect([0, 1, 2].map((label) => [...part].filter((row) => classes[row] === label).length)).toEqual([
      each,
      each,
      each,
    ]);
  }
});

test("the split follows from the seed; rows of a split keep the order of the file", () => {
  const cut = (seed: number) => splitRows(100, facts(0.2, 0.1), seed).test;
  expect(cut(1)).toEqual(cut(1));
  expect(cut(1)).not.toEqual(cut(2));
  expect(cut(1)).toEqual(cut(1).slice().sort());
});

test("too few rows are an error", () => {
  expect(() => splitRows(2, facts(0.3, 0.3), 7)).toThrow(
    "the other splits need all 2 rows; none is left for training",
  );
});
