// Rosenblatt's theorem on real flowers: a plane separates setosa from versicolor, so the perceptron must stop
// making mistakes. If a test fails, training does not converge, or the data is not that of iris.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

const linesOf = async (file: string): Promise<string[][]> => {
  const text = await readFile(new URL(`../../graphs/data/${file}`, import.meta.url), "utf8");
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
};

test("the perceptron converges: no row of any split is misclassified, and the loss is exactly zero", async () => {
  const { train, test: tested, bestEpoch } = await runProgram("perceptron", "iris-two");
  expect(train).toEqual({ loss: 0, accuracy: 1 });
  expect(tested).toEqual({ loss: 0, accuracy: 1 });
  expect(bestEpoch).toBeLessThanOrEqual(10);
});

test("its data is iris without the species that no plane separates from the others", async () => {
  const [names, ...rows] = await linesOf("iris.csv");
  const kept = rows.filter(([, , , , species]) => species !== "virginica");
  expect(await linesOf("iris-two.csv")).toEqual([
    [...names.slice(0, 4), "versicolor"],
    ...kept.map(([a, b, c, d, species]) => [a, b, c, d, species === "versicolor" ? "1" : "0"]),
  ]);
  expect(kept).toHaveLength(100);
});
