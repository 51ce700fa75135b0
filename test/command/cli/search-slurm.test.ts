// The Slurm script of a search, on a real Slurm with one node. If the test fails, the job array does not run,
// or the combined result differs from that of a single machine.
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { lacksTorch } from "../../support/pytorch.ts";
import { startSlurm, whyNoSlurm } from "../../support/slurm.ts";
import { flowers, flowersCsv, workspace } from "./workspace.ts";
import { python } from "../../support/python.ts";

const reason = whyNoSlurm();
const minutes = 60_000;

/** Runs the search through Slurm, and compares its result with that of one process. */
async function throughSlurm(search: object, flags: readonly string[]): Promise<void> {
  const place = workspace();
  const own = workspace();
  place.write("my specs/flowers.json", { ...flowers, training: { ...flowers.training, search } });
  place.write("my specs/flowers.csv", flowersCsv);
  mkdirSync(join(place.folder, "node_modules/.bin"), { recursive: true });
  const command = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
  symlinkSync(command, join(place.folder, "node_modules/.bin/tapeless"));
  const spec = "my specs/flowers.json";
  const slurm = await startSlurm(own.folder, place.folder);
  try {
    await place.run("search", spec, ...flags, "--emit", "slurm", "--shards", "3", "-o", "my search.sh");
    const array = (await slurm.run("sbatch", "--parsable", "my search.sh")).trim();
    const after = `--dependency=afterok:${array}`;
    const merge = (
      await slurm.run("sbatch", "--parsable", after, "--array=0", "my search.sh", "merge")
    ).trim();
    while ((await slurm.run("squeue", "-h", "-j", `${array},${merge}`)) !== "") await wait(500);
    const reported = place.read(`flowers-search-${merge}_0.log`);
    const alone = await place.run("search", spec, ...flags, "--out", "alone.jsonl");
    expect(reported).toBe(alone.stdout);
    expect(place.made()).toEqual(
      expect.arrayContaining([0, 1, 2].map((index) => `flowers.search.${index}-of-3.jsonl`)),
    );
  } finally {
    await slurm.stop();
    place.remove();
    own.remove();
  }
}

it.skipIf(reason !== undefined)(
  `combines all shards to the result of a single machine${reason === undefined ? "" : ` (not run: ${reason})`}`,
  () =>
    throughSlurm({ over: { "network[0].units": [2, 4], "optimizer.learningRate": [0.001, 0.05, 0.2] } }, []),
  5 * minutes,
);

const lacks = reason ?? (lacksTorch() ? "there is no PyTorch" : undefined);

it.skipIf(lacks !== undefined)(
  `trains the candidates of all shards with PyTorch${lacks === undefined ? "" : ` (not run: ${lacks})`}`,
  async () => {
    vi.stubEnv("PYTHON", python);
    await throughSlurm({ over: { "network[0].units": [2, 4, 6] } }, ["--engine", "pytorch"]);
    vi.unstubAllEnvs();
  },
  5 * minutes,
);
