// Two moons: a formula as activation learns what no line divides, and the data are what the program beside them draws.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { twoMoons } from "../../graphs/data/make-two-moons.ts";
import { runProgram } from "./run-program.ts";

test("the network tells the moons apart in at least 99 % of rows that it never saw", async () => {
  const { test: tested, validation } = await runProgram("two-moons", "two-moons");
  expect(tested?.accuracy).toBeGreaterThanOrEqual(0.99);
  expect(validation?.accuracy).toBeGreaterThanOrEqual(0.99);
});

test("the program draws the same bytes every time", async () => {
  const file = await readFile(new URL("../../graphs/data/two-moons.csv", import.meta.url), "utf8");
  expect(twoMoons()).toBe(file);
});
