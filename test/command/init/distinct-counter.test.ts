// Counting the distinct values of a column in bounded memory. If a test fails, `tapeless init` mistakes a
// category for an identifier, or its memory grows with the file.
import { expect, test } from "vitest";
import { distinctCounter } from "../../../src/command/init/distinct-counter.ts";

test("counts exactly up to the limit, and forgets the values beyond it", () => {
  const counter = distinctCounter(3);
  for (const value of ["a", "b", "a", "c"]) counter.add(value);
  expect([...(counter.values() ?? [])]).toEqual([
    ["a", 2],
    ["b", 1],
    ["c", 1],
  ]);
  expect(counter.distinct()).toBe(3);
  counter.add("d");
  expect(counter.values()).toBeUndefined();
});

test.each([100, 3000, 20_000, 200_000])("estimates %d different values to within 7 %%", (count) => {
  const counter = distinctCounter(10);
  for (let i = 0; i < 2 * count; i++) counter.add(`value ${i % count}`);
  expect(Math.abs(counter.distinct() / count - 1)).toBeLessThan(0.07);
});
