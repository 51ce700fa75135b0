// A search in parts: killed and taken up again, in shards and joined; and what it writes besides. If one
// fails, work is lost, or the parts are not what the whole would have been.
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

/** Kills the command when it has said so much. */
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

it("killed again and again, it goes on from what was done, to the same bytes", async () => {
  const whole = await run("--json", "--out", "whole.jsonl");
  for (const letters of [1, 100, 180, 190]) await killed(letters);
  expect(place.made()).toContain("flowers.search.jsonl");
  const resumed = await run("--json");
  expect(resumed.stdout).toBe(whole.stdout);
  expect(resumed.code).toBe(0);
}, 240_000);

describe("shards", () => {
  it("joined, tell what one machine tells", async () => {
    const whole = await run("--json", "--out", "whole.jsonl");
    const first = await run("--shard", "0/2");
    expect(first.stdout).toBe("");
    expectRefusal(
      await run("--merge"),
      "--merge lacks 2 of 4 candidates, the first of them candidate 1",
      "not done: --shard 1/2; found: flowers.search.0-of-2.jsonl",
    );
    await run("--shard", "1/2");
    const joined = await run("--merge", "--json");
    expect(joined.stdout).toBe(whole.stdout);
    expect(place.read("flowers.search.jsonl").split("\n").toSorted()).toEqual(
      place.read("whole.jsonl").split("\n").toSorted(),
    );
    // What is joined is done.
    expect((await run()).stderr).toContain("4 candidates, 0 to try");
  });

  it.each([
    [["--shard", "2/2"], "two whole numbers as 0/4"],
    [["--shard", "one"], "two whole numbers as 0/4"],
    [["--shard", "0/2", "--merge"], "--shard and --merge cannot be done at once"],
    [["--shard", "0/2", "--json"], "--shard chooses nothing, so there is nothing for --json to tell"],
    [["--merge", "--threads", "2"], "--merge tries no candidate, so there is nothing for --threads to do"],
    [["--emit", "slurm", "--shards", "3", "--threads", "2"], "--emit tries no candidate"],
    [["--merge"], "--merge found no results of shards in ."],
    [["--emit", "slurm"], "add --shards N"],
    [["--shards", "3"], "--shards belongs to --emit"],
    [["--emit", "pbs", "--shards", "3"], "slurm, kubernetes"],
    [["--emit", "kubernetes", "--shards", "3"], "--emit kubernetes needs --image"],
    [["--emit", "kubernetes", "--shards", "3", "--image", "x"], "--emit kubernetes needs --volume"],
    [["--emit", "slurm", "--shards", "3", "--image", "x"], "belong to --emit kubernetes"],
    [
      ["--emit", "kubernetes", "--shards", "3", "--image", "x", "--volume", "y", "--out", "/x"],
      "a pod sees the volume alone",
    ],
    [["--write-best", "best.txt"], "a spec is written as .json, .yaml or .yml"],
  ])("%j is refused", async (flags, said) => {
    expectRefusal(await run(...flags), "error T1010: ", said);
    expect(place.made()).toEqual([]);
  });
});

it.each([
  [["--out", "specs"], "specs"],
  [["--out", "specs", "--shard", "0/2"], "specs"],
  [["--out", "new/", "--shard", "0/2"], "new/"],
  [["--csv", "specs"], "specs"],
])("%j names a folder, which is told before anything is tried", async (flags, folder) => {
  expectRefusal(await run(...flags), `error T1011: cannot write ${folder}: it is a folder`);
  expect(place.made()).toEqual([]);
});

it("--merge in a folder that is not there finds no shards", async () => {
  expectRefusal(await run("--merge", "--out", "none/x.jsonl"), "--merge found no results of shards in none");
});

it("the winner is written as a spec that trains to the same figures, wherever it lies", async () => {
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
