// A network whose activation is a formula, on the two-moons data, which no line separates. If a test fails,
// the network does not separate the moons, or the data file is not the output of the program next to it.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { twoMoons } from "../../graphs/data/make-two-moons.ts";
import { runProgram } from "./run-program.ts";

test("the network has an accuracy of at least 99 % on unseen rows", async () => {
  const { test: tested, validation } = await runProgram("two-moons", "two-moons");
  expect(tested?.accuracy).toBeGreaterThanOrEqual(0.99);
  expect(validation?.accuracy).toBeGreaterThanOrEqual(0.99);
});

test("the program writes the same bytes every time", async () => {
  const file = await readFile(new URL("../../graphs/data/two-moons.csv", import.meta.url), "utf8");
  expect(twoMoons()).toBe(file);
});
