// The graph name-starts, whose network has two targets: the next letter of a name, and the length of the
// name. If a test fails, it does not beat the best guesses that ignore the letters read so far, or the data
// file is not the output of the program next to it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startsOf } from "../../graphs/data/make-starts.ts";
import { runProgram } from "./run-program.ts";

const dataFile = (name: string) =>
  readFileSync(new URL(`../../graphs/data/${name}`, import.meta.url), "utf8");
const table = startsOf(dataFile("names.csv"));

test("the program writes the same bytes every time", () => {
  expect(table).toBe(dataFile("name-starts.csv"));
});

test("predicts the next letter better than the most frequent letter, and the length better than the mean", async () => {
  const rows = table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const letters = rows.map(([, next]) => next);
  const most = Math.max(
    ...[...new Set(letters)].map((letter) => letters.filter((each) => each === letter).length),
  );
  const majority = most / rows.length;
  expect(majority).toBeCloseTo(0.163, 3);
  const lengths = rows.map(([, , length]) => Number(length));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / rows.length;
  const guess = lengths.reduce((sum, length) => sum + Math.abs(length - mean), 0) / rows.length;
  expect(guess).toBeCloseTo(1.064, 3);
  const { test: tested = expect.unreachable() } = await runProgram("name-starts", "name-starts");
  expect(tested["next.accuracy"]).toBeGreaterThan(2 * majority);
  expect(tested["length.mae"]).toBeLessThan(0.92 * guess);
  expect(tested["length.r2"]).toBeGreaterThan(0.1);
});
