// Emitted PyTorch files, compared with the emitted trainers: initial parameters, the first loss and its gradients, and
// some steps. If a test fails, a model that moves to PyTorch trains with other numbers.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { randomSpec } from "../fuzz/random-spec.ts";
import { comparePytorch, lacksTorch, moduleSpecs, withoutData } from "../support/pytorch.ts";
import type { Differences, Job } from "../support/pytorch.ts";
import { specs } from "../support/specs.ts";

const graphFiles = readdirSync("graphs").filter((file) => /\.(json|yaml|ts)$/.test(file));
const readGraph = async (file: string): Promise<Model> =>
  withoutData((await readSpec(join("graphs", file))).model);

const folder = new URL("../reference/cases/", import.meta.url);
interface Case {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly parameters: Record<string, readonly number[]>;
  readonly batches: readonly Batch[];
}
const cases = readdirSync(folder).map((file): Case =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")),
);
const caseJob = ({ spec, parameters, batches }: Case, dtype: Job["dtype"]): Job => ({
  model: parseModel(spec),
  dtype,
  steps: batches.length,
  parameters,
  batches: batches.map(({ rows: _, ...batch }) => batch),
});

/** The names of jobs with a difference above the limits, with their differences or errors. */
async function failures(
  jobs: readonly Job[],
  names: readonly string[],
  limits: Partial<Differences>,
): Promise<readonly string[]> {
  const results = await comparePytorch(jobs);
  expect(results).toHaveLength(names.length);
  return results.flatMap((result, i) => {
    if (typeof result === "string") return [`${names[i]}: ${result}`];
    const above = Object.entries(limits).filter(([key, limit]) => !(valueAt(result, key) <= limit));
    return above.length === 0 ? [] : [`${names[i]}: ${JSON.stringify(result)}`];
  });
}

const valueAt = (differences: Differences, key: string): number =>
  Object.entries(differences).find(([name]) => name === key)?.[1] ?? Infinity;

/** Bit for bit, but normal and orthogonal numbers contain a logarithm and a cosine. */
const initial = 1e-14;
const first64 = { initial, loss: 1e-12, gradient: 1e-12, evaluated: 1e-11 };
const first32 = { initial: 1e-6, loss: 1e-5, gradient: 1e-5 };

describe.skipIf(lacksTorch())("the first step and its gradients are those of the trainer", () => {
  it("for every spec in graphs/, in f64", async () => {
    const models = await Promise.all(graphFiles.map(readGraph));
    const jobs = models.map((model): Job => ({ model, dtype: "f64", steps: 3 }));
    expect(await failures(jobs, graphFiles, { ...first64, losses: 1e-11 })).toEqual([]);
  });
  it("for every spec in graphs/, in f32", async () => {
    const models = await Promise.all(graphFiles.map(readGraph));
    const jobs = models.map((model): Job => ({ model, dtype: "f32", steps: 0 }));
    expect(await failures(jobs, graphFiles, first32)).toEqual([]);
  });
  it("for models whose layers are modules of PyTorch, in f64", async () => {
    const jobs = moduleSpecs.map((spec): Job => ({ model: parseModel(spec), dtype: "f64", steps: 20 }));
    const names = moduleSpecs.map(({ name }) => name);
    expect(await failures(jobs, names, { ...first64, losses: 1e-10, final: 1e-10 })).toEqual([]);
  });
  it("for every reference case, in f64", async () => {
    const jobs = cases.map((each) => caseJob(each, "f64"));
    const names = cases.map(({ name }) => name);
    expect(await failures(jobs, names, { ...first64, losses: 1e-10, final: 1e-10 })).toEqual([]);
  });
  it("for every reference case, in f32", async () => {
    const jobs = cases.map((each) => ({ ...caseJob(each, "f32"), steps: 0 }));
    const names = cases.map(({ name }) => name);
    expect(await failures(jobs, names, first32)).toEqual([]);
  });
  it("for specs with hostile names and formulas, in f64", async () => {
    const jobs = Object.values(specs).map((spec): Job => ({
      model: parseModel(spec),
      dtype: "f64",
      steps: 3,
    }));
    expect(await failures(jobs, Object.keys(specs), { ...first64, losses: 1e-11 })).toEqual([]);
  });
  it("for random specs, in f64", async () => {
    const indices = Array.from({ length: 24 }, (_, index) => index);
    const jobs = indices.map((index): Job => ({
      model: unranked(parseModel(randomSpec(3, index).spec)),
      dtype: "f64",
      steps: 3,
    }));
    expect(await failures(jobs, indices.map(String), { ...first64, losses: 1e-10 })).toEqual([]);
  });
});

// On random data, the autoencoder amplifies a change of the last bits to 1e-7.
describe.skipIf(lacksTorch())("200 steps are those of the trainer", () => {
  const files = ["digits.json", "two-moons.yaml", "autoencoder.yaml", "residual.ts", "wine-targets.yaml"];
  it.each(files)("of %s, in f64", async (file) => {
    const job: Job = { model: await readGraph(file), dtype: "f64", steps: 200 };
    const [result] = await comparePytorch([job]);
    if (typeof result === "string") throw new Error(result);
    const limit = Math.max(1e-9, 100 * result.ofLastBits);
    expect(result.losses).toBeLessThanOrEqual(limit);
    expect(result.final).toBeLessThanOrEqual(limit);
  });
});

/** The model without rank metrics, which the target does not support yet. */
function unranked(model: Model): Model {
  const isRanked = ({ type }: { readonly type: string }) => type === "auc" || type === "spearman";
  const { metrics, losses } = model;
  return {
    ...withoutData(model),
    ...(metrics && { metrics: metrics.filter((metric) => !isRanked(metric)) }),
    ...(losses && {
      losses: Object.fromEntries(
        Object.entries(losses).map(([name, loss]) => [
          name,
          { ...loss, metrics: loss.metrics.filter((metric) => !isRanked(metric)) },
        ]),
      ),
    }),
  };
}
