// Searches that are interrupted or divided into shards, and their output files. If a test fails, work is
// lost, or the combined result differs from that of an uninterrupted search.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const search = {
  over: { "network[0].units": [2, 4], "network[0].activation": ["tanh", "relu"] },
  samples: 4,
};

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("specs/flowers.json", { ...flowers, training: { ...flowers.training, search } });
  place.write("specs/flowers.csv", flowersCsv);
});
afterEach(() => place.remove());

const run = (...flags: readonly string[]) => place.run("search", "specs/flowers.json", ...flags);

/** Runs the search and kills it when it has written this number of characters to standard error. */
const killed = (letters: number): Promise<void> =>
  new Promise((resolve) => {
    const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
    const child = spawn(process.execPath, [launcher, "search", "specs/flowers.json", "--threads", "2"], {
      cwd: place.folder,
    });
    let said = 0;
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.length;
      if (said >= letters) child.kill("SIGKILL");
    });
    child.on("close", () => resolve());
  });

it("a search that is killed repeatedly and continued gives the same bytes", async () => {
  const whole = await run("--json", "--out", "whole.jsonl");
  for (const letters of [1, 100, 180, 190]) await killed(letters);
  expect(place.made()).toContain("flowers.search.jsonl");
  const resumed = await run("--json");
  expect(resumed.stdout).toBe(whole.stdout);
  expect(resumed.code).toBe(0);
}, 240_000);

describe("shards", () => {
  it("combined, give the result of a single machine", async () => {
    const whole = await run("--json", "--out", "whole.jsonl");
    const first = await run("--shard", "0/2");
    expect(first.stdout).toBe("");
    expectRefusal(
      await run("--merge"),
      "--merge: 2 of 4 candidates have no result (the first is candidate 1)",
      "run these again: --shard 1/2; results found in flowers.search.0-of-2.jsonl",
    );
    await run("--shard", "1/2");
    const joined = await run("--merge", "--json");
    expect(joined.stdout).toBe(whole.stdout);
    expect(place.read("flowers.search.jsonl").split("\n").toSorted()).toEqual(
      place.read("whole.jsonl").split("\n").toSorted(),
    );
    // The combined results include every candidate, so none is trained again.
    expect((await run()).stderr).toContain("4 candidates, 0 to train");
  });

  it.each([
    [["--shard", "2/2"], "the index of a shard, counted from 0, and the number of shards, such as 0/4"],
    [["--shard", "one"], "the index of a shard, counted from 0, and the number of shards, such as 0/4"],
    [["--shard", "0/2", "--merge"], "use only one of --shard, --merge"],
    [["--shard", "0/2", "--json"], "--json has no effect with --shard"],
    [["--merge", "--threads", "2"], "--threads has no effect with --merge"],
    [["--emit", "slurm", "--shards", "3", "--threads", "2"], "--threads has no effect with --emit"],
    [["--merge"], "--merge found no results of shards in ."],
    [["--emit", "slurm"], "add --shards N"],
    [["--shards", "3"], "--shards needs --emit"],
    [["--emit", "pbs", "--shards", "3"], "slurm, kubernetes"],
    [["--emit", "kubernetes", "--shards", "3"], "--emit kubernetes needs --image"],
    [["--emit", "kubernetes", "--shards", "3", "--image", "x"], "--emit kubernetes needs --volume"],
    [["--emit", "slurm", "--shards", "3", "--image", "x"], "need --emit kubernetes"],
    [
      ["--emit", "kubernetes", "--shards", "3", "--image", "x", "--volume", "y", "--out", "/x"],
      "pods can read only the volume",
    ],
    [["--write-best", "best.txt"], "the file name must end in .json, .yaml or .yml"],
  ])("%j is rejected", async (flags, said) => {
    expectRefusal(await run(...flags), "error T1010: ", said);
    expect(place.made()).toEqual([]);
  });
});

it.each([
  [["--out", "specs"], "specs"],
  [["--out", "specs", "--shard", "0/2"], "specs"],
  [["--out", "new/", "--shard", "0/2"], "new/"],
  [["--csv", "specs"], "specs"],
])("%j names a folder, which is reported before training", async (flags, folder) => {
  expectRefusal(await run(...flags), `error T1011: cannot write ${folder}: it is a folder`);
  expect(place.made()).toEqual([]);
});

it("--merge in a missing folder finds no shards", async () => {
  expectRefusal(await run("--merge", "--out", "none/x.jsonl"), "--merge found no results of shards in none");
});

it("the best candidate is written as a spec that trains to the same results, in any folder", async () => {
  const { best } = JSON.parse((await run("--json", "--write-best", "best/flowers.yaml")).stdout);
  const spec = parse(place.read("best/flowers.yaml"));
  expect(spec.training.search).toBeUndefined();
  expect(spec.data.file).toBe("../specs/flowers.csv");
  expect(spec.network[0]).toMatchObject({
    units: best.values["network[0].units"],
    activation: best.values["network[0].activation"],
  });
  const { candidate: _, values: __, ...judged } = best;
  const trained = JSON.parse((await place.run("train", "best/flowers.yaml", "--json")).stdout);
  expect(trained).toEqual({ model: "flowers", ...judged });
});
