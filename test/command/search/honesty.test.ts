// Unbiased test results of a search. If a test fails, a search reports results on rows that were used to
// select the best candidate.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { randomStream, shuffle } from "../../../src/runtime/numbers/random.ts";
import { splitRows } from "../../../src/runtime/data/split.ts";
import { flowers, flowersCsv, workspace } from "../cli/workspace.ts";

it("a search of 200 random candidates on shuffled labels reports a test accuracy at chance", async () => {
  const place = workspace();
  const root = new URL("../../../graphs/", import.meta.url);
  const iris = JSON.parse(readFileSync(new URL("iris.json", root), "utf8"));
  const [head, ...rows] = readFileSync(new URL("data/iris.csv", root), "utf8").trimEnd().split("\n");
  const order = Int32Array.from(rows.keys());
  shuffle(order, randomStream(5));
  const shuffled = rows.map((row, i) => {
    const label = rows[order[i]].split(",").at(-1);
    return [...row.split(",").slice(0, -1), label].join(",");
  });
  place.write("iris.csv", [head, ...shuffled, ""].join("\n"));
  const search = {
    over: {
      "network[0].units": { from: 2, to: 8 },
      "network[0].activation": ["tanh", "relu"],
      "optimizer.type": ["adam", "rmsprop"],
      "optimizer.learningRate": { from: 0.003, to: 0.3, scale: "log" },
      "training.epochs": { from: 1, to: 8 },
    },
    samples: 200,
    metric: "accuracy",
  };
  const training = {
    epochs: 4,
    batchSize: 16,
    seed: 1,
    test: { fraction: 0.5 },
    validation: { fraction: 0.2 },
    search,
  };
  place.write("iris.json", {
    ...iris,
    network: [
      { type: "dense", units: 4 },
      { type: "dense", units: 3 },
    ],
    optimizer: { type: "adam", learningRate: 0.01 },
    training,
    data: { ...iris.data, file: "iris.csv" },
  });
  // In a process of its own, because the search takes a minute on a busy machine. Meanwhile, this process must reply to
  // vitest.
  const { stdout } = await place.start("search", "iris.json", "--json");
  place.remove();
  const { best, candidates } = JSON.parse(stdout);
  expect(candidates).toHaveLength(200);
  // With 30 validation rows, the best of 200 candidates exceeds 1/3 by chance. On 75 test rows, the accuracy
  // has the mean 1/3 and the standard deviation 0.054.
  expect(best.validation.accuracy).toBeGreaterThan(0.45);
  expect(Math.abs(best.test.accuracy - 1 / 3)).toBeLessThan(2.5 * 0.0545);
}, 300_000);

it("no candidate uses a test row: other test rows give the same candidates", async () => {
  const place = workspace();
  const search = { over: { "network[0].units": [2, 4] } };
  place.write("flowers.json", { ...flowers, training: { ...flowers.training, search } });
  place.write("flowers.csv", flowersCsv);
  const before = JSON.parse((await place.run("search", "flowers.json", "--json")).stdout);
  const [head, ...rows] = flowersCsv.trimEnd().split("\n");
  const kinds = rows.map((row) => Number(row.split(",")[2]));
  const { seed, test, validation } = flowers.training;
  const facts = {
    epochs: 1,
    seed,
    shuffle: true,
    metrics: [],
    stratify: true,
    test: test.fraction,
    validation: validation.fraction,
  };
  for (const row of splitRows(rows.length, facts, seed, kinds).test) rows[row] = `1e6,-1e6,${kinds[row]}`;
  place.write("flowers.csv", [head, ...rows, ""].join("\n"));
  const after = JSON.parse(
    (await place.run("search", "flowers.json", "--json", "--out", "after.jsonl")).stdout,
  );
  expect(after.candidates).toEqual(before.candidates);
  expect(after.best.test).not.toEqual(before.best.test);
  place.remove();
});
