// `tapeless search --engine pytorch`: candidates that emitted PyTorch files train. If a test fails, a search with
// PyTorch ranks other candidates first than the emitted trainers do, or hides why a candidate failed.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { expectRefusal, flowers, flowersCsv, workspace } from "../command/cli/workspace.ts";
import type { Workspace } from "../command/cli/workspace.ts";
import { lacksTorch } from "../support/pytorch.ts";
import { python } from "../support/python.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  vi.stubEnv("PYTHON", python);
  place.write("flowers.csv", flowersCsv);
  place.write("flowers.json", searched({}));
});
afterEach(() => {
  vi.unstubAllEnvs();
  place.remove();
});

const searched = (training: object, search: object = { "network[0].units": [2, 4] }) => ({
  ...flowers,
  training: { ...flowers.training, ...training, search: { over: search } },
});

const search = (...flags: readonly string[]) => place.run("search", "flowers.json", ...flags);

const figures = z.record(z.string(), z.number());
const ranking = z.object({
  candidates: z.array(
    z.object({ candidate: z.number(), validation: figures.optional(), diverged: z.string().optional() }),
  ),
  best: z.object({ candidate: z.number(), train: figures, validation: figures, test: figures }),
});
const resultOf = ({ stdout }: { readonly stdout: string }) => ranking.parse(JSON.parse(stdout));

describe.skipIf(lacksTorch())("search --engine pytorch", () => {
  it("ranks the candidates as the emitted trainers do, within 1 %, and resumes from its results", async () => {
    const [own, expected] = [
      resultOf(await search("--json", "--engine", "pytorch", "--threads", "2", "--out", "own.jsonl")),
      resultOf(await search("--json")),
    ];
    const order = ({ candidates }: typeof own) => candidates.map(({ candidate }) => candidate);
    expect(order(own)).toEqual(order(expected));
    own.candidates.forEach(({ validation = {} }, i) => {
      const { loss = NaN } = expected.candidates[i].validation ?? {};
      expect(Math.abs(validation.loss - loss)).toBeLessThan(0.01 * loss);
    });
    for (const split of ["train", "validation", "test"] as const)
      expect(own.best[split].loss).toBeCloseTo(expected.best[split].loss, 4);
    const again = await search("--engine", "pytorch", "--out", "own.jsonl");
    expect(again.stderr).toContain("2 candidates, 0 to train");
    expectRefusal(await search("--out", "own.jsonl"), "results of another search", "--engine");
  });

  it("reports candidates that diverge, and Python that cannot train", async () => {
    const rates = { "optimizer.learningRate": [0.05, 1e38] };
    place.write("flowers.json", { ...searched({}, rates), optimizer: { type: "sgd", learningRate: 0.1 } });
    const { candidates } = resultOf(await search("--json", "--engine", "pytorch"));
    expect(candidates.map(({ candidate }) => candidate)).toEqual([0, 1]);
    expect(candidates[1].diverged).toMatch(/^training diverged: the/);
    vi.stubEnv("PYTHON", "/no/python");
    expectRefusal(
      await search("--engine", "pytorch", "--out", "other.jsonl"),
      "T1708",
      "could not be trained: there is no /no/python",
      "set PYTHON to an interpreter that has them",
    );
    // A shell as interpreter does not understand the file.
    vi.stubEnv("PYTHON", "/bin/sh");
    expectRefusal(
      await search("--engine", "pytorch", "--out", "other.jsonl"),
      "T1708",
      "Python ended with: ",
    );
  });
});

describe("the flags of search --engine pytorch", () => {
  it("are refused if they cannot be combined, and specs that PyTorch does not support, before any training", async () => {
    expectRefusal(await search("--device", "cuda"), "--device needs --engine pytorch");
    expectRefusal(await search("--engine", "other"), "other");
    place.write("flowers.json", searched({ validation: { folds: 3 } }));
    expectRefusal(
      await search("--engine", "pytorch"),
      "T1901",
      "the target pytorch does not support training.validation.folds yet",
    );
    expect(place.made()).toEqual([]);
  });

  it("are in the script of a cluster", async () => {
    const { stdout } = await search(
      "--engine",
      "pytorch",
      "--device",
      "cuda",
      "--emit",
      "slurm",
      "--shards",
      "2",
    );
    expect(stdout).toContain("search flowers.json --engine pytorch --device cuda)\n");
    expect(stdout).toContain("# Set PYTHON to an interpreter with PyTorch and NumPy");
    const [image, volume] = [
      ["--image", "own"],
      ["--volume", "claim"],
    ];
    const kubernetes = ["--engine", "pytorch", "--emit", "kubernetes", "--shards", "2", ...image, ...volume];
    const manifest = await search(...kubernetes);
    expect(manifest.stdout).toContain("- pytorch\n");
    expect(manifest.stdout).toContain("The image contains Python with PyTorch and NumPy.");
  });
});
