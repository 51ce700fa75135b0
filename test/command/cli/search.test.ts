// The command `search`: the ranking, the output files, and resuming. If a test fails, the wrong candidate is
// selected, or a search cannot be repeated or resumed.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const over = { "network[0].units": [2, 4], "optimizer.learningRate": [0.001, 0.05, 0.2] };
const withSearch = (search: object, spec: object = flowers) => ({
  ...spec,
  training: { ...flowers.training, search },
});

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("flowers.json", withSearch({ over }));
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => place.remove());

const search = (...flags: readonly string[]) => place.run("search", "flowers.json", ...flags);

describe("tapeless search", () => {
  it("ranks candidates by validation loss and tests the best", async () => {
    const { code, stdout, stderr } = await search("--threads", "1");
    expect(stdout).toMatch(
      /rank │ candidate │ network\[0\]\.units │ optimizer\.learningRate │ best epoch │ +loss │ accuracy/,
    );
    expect(stdout).toMatch(
      /\ncandidate \d: network\[0\]\.units \d, .*\nflowers: 4 epochs, best epoch \d\ntrain .*\nvalidation .*\ntest .*\n$/,
    );
    expect(stderr.match(/^\d\/6 {2}candidate \d: loss /gm)).toHaveLength(6);
    expect(code).toBe(0);
    expect(place.made()).toEqual(["flowers.search.jsonl"]);
  });

  it("gives the same bytes on one thread and on two", async () => {
    const one = await search("--threads", "1", "--json", "--csv", "1.csv", "--out", "1.jsonl");
    const two = await search("--threads", "2", "--json", "--csv", "2.csv", "--out", "2.jsonl");
    expect(JSON.parse(one.stdout).candidates).toHaveLength(6);
    expect(two.stdout).toBe(one.stdout);
    expect(place.read("2.csv")).toBe(place.read("1.csv"));
    expect(place.read("1.csv")).toMatch(
      /^rank,candidate,network\[0\]\.units,optimizer\.learningRate,best epoch,loss,accuracy\n1,/,
    );
  });

  it("the best candidate has the result of `train` with its spec", async () => {
    const found = JSON.parse((await search("--json")).stdout);
    const values = found.best.values;
    const [first, last] = flowers.network;
    place.write("best.json", {
      ...flowers,
      network: [{ ...first, units: values["network[0].units"] }, last],
      optimizer: { ...flowers.optimizer, learningRate: values["optimizer.learningRate"] },
    });
    const trained = JSON.parse((await place.run("train", "best.json", "--json")).stdout);
    const { candidate, values: _, ...judged } = found.best;
    expect({ model: "flowers", ...judged }).toEqual(trained);
    expect(found.candidates[0]).toMatchObject({ rank: 1, candidate, validation: trained.validation });
    const losses = found.candidates.map(
      ({ validation }: { validation: { loss: number } }) => validation.loss,
    );
    expect(losses).toEqual(losses.toSorted((a: number, b: number) => a - b));
  });

  it("selects on folds, with standard deviations; the best candidate again has the result of `train`", async () => {
    const { seed, epochs, batchSize, test } = flowers.training;
    const training = { seed, epochs, batchSize, test, validation: { folds: 3 } };
    const units = { over: { "network[0].units": [2, 4] } };
    place.write("flowers.json", { ...flowers, training: { ...training, search: units } });
    const found = JSON.parse((await search("--json", "--csv", "f.csv", "--write-best", "best.json")).stdout);
    expect(found.candidates[0].folds).toHaveLength(3);
    expect(place.read("f.csv")).toMatch(/,best epoch,loss,loss ±,accuracy,accuracy ±\n/);
    const { candidate, values: _, ...judged } = found.best;
    const trained = JSON.parse((await place.run("train", "best.json", "--json")).stdout);
    expect({ model: "flowers", ...judged }).toEqual(trained);
    expect(found.candidates[0]).toMatchObject({ rank: 1, candidate, validation: trained.validation });
    // Results that are read from the file equal the original ones.
    expect(JSON.parse((await search("--json")).stdout)).toEqual(found);
  });

  it("selects by the metric of the spec; in a tie, the first candidate", async () => {
    place.write("flowers.json", withSearch({ over, metric: "accuracy" }));
    const { metric, candidates } = JSON.parse((await search("--json")).stdout);
    expect(metric).toBe("accuracy");
    const keys = candidates.map(
      ({ candidate, validation }: { candidate: number; validation: { accuracy: number } }) =>
        candidate - 1000 * validation.accuracy,
    );
    expect(keys).toEqual(keys.toSorted((a: number, b: number) => a - b));
  });

  it("a candidate that diverges is not ranked; if all diverge, the search fails", async () => {
    const wild = {
      ...flowers,
      targets: { kind: { shape: [] } },
      network: [...flowers.network.slice(0, 1), { type: "dense", units: 1 }, { type: "reshape", shape: [] }],
      loss: "mse",
      metrics: [],
      optimizer: "sgd",
    };
    const rates = (...values: number[]) => ({ over: { "optimizer.learningRate": values } });
    place.write("wild.json", withSearch(rates(1e15, 0.01), wild));
    const some = await place.run("search", "wild.json");
    expect(some.stdout).toMatch(
      /candidate 0 \(optimizer.learningRate 1000000000000000\) is not ranked: training diverged/,
    );
    expect(some.code).toBe(0);
    place.write("wild.json", withSearch(rates(1e15, 1e16), wild));
    const all = await place.run("search", "wild.json", "--out", "all.jsonl");
    expect(all.stderr).toContain("error T4001: every candidate diverged: training diverged");
    expect(all.stdout).toBe("");
    expect(all.code).toBe(1);
  });

  it("trains TypeScript specs, whose functions cannot be sent to a thread", async () => {
    const others = withSearch({ over: { "network[0].units": [2, 3] } });
    const loss =
      "(g, { prediction, target, mean }) => mean(g.multiply(g.subtract(prediction, target), " +
      "g.subtract(prediction, target)))";
    place.write("own.ts", `export default { ...${JSON.stringify(others)}, loss: { formula: ${loss} } };`);
    const { stdout, code } = await place.run("search", "own.ts", "--json");
    expect(JSON.parse(stdout).candidates).toHaveLength(2);
    expect(code).toBe(0);
  });
});

describe("a thread that ends is reported with its candidate", () => {
  const ownSpec = (inThread: string) => {
    const spec = JSON.stringify(withSearch({ over: { "network[0].units": [2, 3] } }));
    const loss =
      "(g, { prediction, target, mean }) => (fails(), mean(g.multiply(g.subtract(prediction, target), " +
      "g.subtract(prediction, target))))";
    place.write(
      "own.ts",
      `import { isMainThread } from "node:worker_threads";
      const fails = () => { if (!isMainThread) { ${inThread} } };
      export default { ...${spec}, loss: { formula: ${loss} } };`,
    );
    return place.run("search", "own.ts", "--threads", "1");
  };

  it.each([
    ["it calls process.exit", "process.exit(7)", "its thread exited with code 7"],
    [
      "a timer throws",
      "setTimeout(() => { throw new Error('late') }); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)",
      "the spec throws in its thread: Error: late",
    ],
    ["a promise is rejected", "Promise.reject(new Error('no'))", "the spec throws in its thread: Error: no"],
  ])("%s", async (_, inThread, said) => {
    expectRefusal(
      await ownSpec(inThread),
      `own.ts error T1708: candidate 0 (network[0].units 2) could not be trained: ${said}`,
    );
  });

  it("a results file may be a device", async () => {
    expectRefusal(
      await search("--out", "/dev/full"),
      "/dev/full:1 error T1706: the path of the results is not a regular file",
    );
  });
});

describe("a stored outcome", () => {
  it("is not repeated, and the result is that of an uninterrupted search", async () => {
    const whole = await search("--json");
    const lines = place.read("flowers.search.jsonl").split("\n");
    expect(lines).toHaveLength(8);
    // The file of a run that was killed while it wrote the fourth line.
    place.write("flowers.search.jsonl", [...lines.slice(0, 3), lines[3].slice(0, 20)].join("\n"));
    const resumed = await search("--json");
    expect(resumed.stderr).toContain("6 candidates, 4 to train");
    expect(resumed.stdout).toBe(whole.stdout);
    expect(place.read("flowers.search.jsonl").split("\n").toSorted()).toEqual(lines.toSorted());
  });

  it("of another search is rejected", async () => {
    await search();
    place.write("flowers.json", withSearch({ over: { "network[0].units": [2, 4, 8] } }));
    expectRefusal(
      await search(),
      "flowers.search.jsonl:1 error T1706: the file contains results of another search",
      "--out",
    );
    place.write("notes.jsonl", '{"hello":1}\n');
    expectRefusal(
      await search("--out", "notes.jsonl"),
      "notes.jsonl:1 error T1706: the file contains no results",
    );
    expect(place.read("notes.jsonl")).toBe('{"hello":1}\n');
  });

  it("a file of one line without a line break is rejected and unchanged", async () => {
    place.write("notes.json", '{"hello":1}');
    expectRefusal(
      await search("--out", "notes.json"),
      "notes.json:1 error T1706: the file contains no results",
    );
    expect(place.read("notes.json")).toBe('{"hello":1}');
  });

  it("continues from a partial first line", async () => {
    await search();
    const whole = place.read("flowers.search.jsonl");
    place.write("flowers.search.jsonl", whole.slice(0, 30));
    expect((await search()).stderr).toContain("6 candidates, 6 to train");
    expect(place.read("flowers.search.jsonl").split("\n")[0]).toBe(whole.split("\n")[0]);
  });

  it("a damaged line is reported", async () => {
    await search();
    const lines = place.read("flowers.search.jsonl").split("\n");
    place.write(
      "flowers.search.jsonl",
      [...lines.slice(0, 2), '{"candidate":1}', ...lines.slice(3)].join("\n"),
    );
    expectRefusal(
      await search(),
      "flowers.search.jsonl:3 error T1706: the line is not the result of a candidate",
    );
  });
});

describe("errors are reported before training", () => {
  it("for an invalid candidate, at the location in the search, with its values", async () => {
    place.write("flowers.json", withSearch({ over: { "network[0].unit": [2, 4] } }));
    expectRefusal(
      await search(),
      /flowers\.json:\d+:\d+ error T1101: network\[0\]: unknown key "unit"/,
      '"network[0].unit": [',
      'did you mean "units"?',
      "note: in every candidate, first: candidate 0 has network[0].unit 2",
    );
    place.write(
      "flowers.json",
      withSearch({ over: { "network[0].units": [2, -4], "network[1].units": [3, 5] } }),
    );
    expectRefusal(
      await search(),
      "network[0].units must be a positive integer, got -4",
      "in 2 of 4 candidates, first: candidate 2 has network[0].units -4, network[1].units 3",
      "cross-entropy needs an output of the shape [n, 3], one logit per class, got [n, 5]",
      "in 1 of 4 candidates: candidate 1 has network[0].units 2, network[1].units 5",
    );
    place.write("flowers.json", withSearch({ over: { "optimiser.learningRate": [0.1] } }));
    expectRefusal(await search(), '"optimiser.learningRate": [', 'did you mean "optimizer"?');
    expect(place.made()).toEqual([]);
  });

  it("for a spec without a search", async () => {
    place.write("flowers.json", flowers);
    expectRefusal(await search(), "flowers.json error T1705: the spec has no training.search", "add");
  });

  it("for data that cannot be read", async () => {
    expectRefusal(await search("--data", "flower.csv"), "T2001");
    expectRefusal(await search("--threads", "0"), "T1010", "at least 1");
    expect(place.made()).toEqual([]);
  });
});

it("`train` and `compile` ignore the search", async () => {
  const { stdout, stderr } = await place.run("train", "flowers.json");
  expect(stderr).toContain("training the spec without its search; `tapeless search` trains the candidates");
  place.write("plain.json", flowers);
  expect((await place.run("train", "plain.json")).stdout).toBe(stdout);
  await place.run("compile", "flowers.json", "-o", "searched.ts");
  await place.run("compile", "plain.json", "-o", "plain.ts");
  expect(place.read("searched.ts")).toBe(place.read("plain.ts"));
});
