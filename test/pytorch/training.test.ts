// Emitted PyTorch files, compared with the emitted trainers: initial parameters, the first loss and its gradients, and
// some steps. If a test fails, a model that moves to PyTorch trains with other numbers.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
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

/** Bit for bit, but normal and orthogonal numbers contain a logarithm and a cosine. */
const initial = 1e-14;
const first64 = { initial, loss: 1e-12, gradient: 1e-12, evaluated: 1e-11 };
const first32 = { initial: 1e-6, loss: 1e-5, gradient: 1e-5 };

/** Models that train, and the limits of their differences. */
interface Group {
  readonly jobs: Readonly<Record<string, Job>>;
  readonly limits: Partial<Differences>;
}

/** Updates that read old values of parameters and states after new ones are known, or store one value twice. */
const updates: Readonly<Record<string, readonly string[]>> = {
  "the previous gradient": [
    "state.previous = gradient",
    "parameter = parameter - rate * (2 * gradient - state.previous)",
  ],
  "the previous parameters": [
    "state.old = parameter",
    "parameter = parameter - rate * gradient + 0.5 * (parameter - state.old)",
  ],
  "two states that change places": [
    "state.a = state.b + gradient",
    "state.b = 0.5 * state.a",
    "parameter = parameter - rate * (state.a + 0.1 * state.b)",
  ],
  "one value in two states": [
    "state.a = state.a * 0.5 + gradient * gradient",
    "state.b = state.a * 0.5 + gradient * gradient",
    "parameter = parameter - rate * gradient / (1 + state.a + sqrt(state.b))",
  ],
  "a product with itself": ["parameter = parameter - rate * (gradient * gradient) * (parameter * parameter)"],
  "states that are constants": ["state.c = 3", "parameter = parameter - rate * (gradient + 0.1 * state.c)"],
};
const updateSpec = (formula: readonly string[], average: boolean): ModelSpec => ({
  name: "update",
  inputs: { x: { shape: [3] } },
  targets: { y: { classes: 3 } },
  network: [{ type: "dense", units: 3 }],
  loss: "cross-entropy",
  optimizer: { type: "formula", learningRate: 0.1, formula: [...formula], clip: { norm: 0.5 } },
  training: { epochs: 1, batchSize: 4, seed: 2, ...(average && { average: { decay: 0.9 } }) },
});

/** These graphs train for 200 steps, the others for 3. */
const longer = ["digits.json", "two-moons.yaml", "autoencoder.yaml", "residual.ts", "wine-targets.yaml"];
const graphJobs = async (dtype: Job["dtype"], stepsOf: (file: string) => number) =>
  Object.fromEntries(
    await Promise.all(
      graphFiles.map(async (file): Promise<[string, Job]> => [
        file,
        { model: await readGraph(file), dtype, steps: stepsOf(file) },
      ]),
    ),
  );

const jobsOf = <Each>(list: readonly Each[], nameOf: (each: Each) => string, jobOf: (each: Each) => Job) =>
  Object.fromEntries(list.map((each) => [nameOf(each), jobOf(each)]));

const nameOf = ({ name = "" }: { readonly name?: string }): string => name;

const groups: Readonly<Record<string, () => Promise<Group> | Group>> = {
  "every spec in graphs/, in f64": async () => ({
    jobs: await graphJobs("f64", (file) => (longer.includes(file) ? 200 : 3)),
    limits: { initial, loss: 1e-12, gradient: 1e-12 },
  }),
  "every spec in graphs/, in f32": async () => ({ jobs: await graphJobs("f32", () => 0), limits: first32 }),
  "models whose layers are modules of PyTorch, in f64": () => ({
    jobs: jobsOf(moduleSpecs, nameOf, (spec) => ({ model: parseModel(spec), dtype: "f64", steps: 20 })),
    limits: { ...first64, losses: 1e-10, final: 1e-10 },
  }),
  "every reference case, in f64": () => ({
    jobs: jobsOf(cases, nameOf, (each) => caseJob(each, "f64")),
    limits: { ...first64, losses: 1e-10, final: 1e-10 },
  }),
  "every reference case, in f32": () => ({
    jobs: jobsOf(cases, nameOf, (each) => ({ ...caseJob(each, "f32"), steps: 0 })),
    limits: first32,
  }),
  "updates that overwrite the memory of old values, in f64": () => ({
    jobs: Object.fromEntries(
      [false, true].flatMap((average) =>
        Object.entries(updates).map(([name, formula]): [string, Job] => [
          average ? `${name}, averaged` : name,
          { model: parseModel(updateSpec(formula, average)), dtype: "f64", steps: 8 },
        ]),
      ),
    ),
    limits: { ...first64, losses: 1e-12, final: 1e-12 },
  }),
  "specs with hostile names and formulas, in f64": () => ({
    jobs: jobsOf(
      Object.entries(specs),
      ([name]) => name,
      ([, spec]) => ({ model: parseModel(spec), dtype: "f64", steps: 3 }),
    ),
    limits: { ...first64, losses: 1e-11 },
  }),
  "random specs, in f64": () => ({
    jobs: jobsOf([...Array(24).keys()], String, (index) => ({
      model: unranked(parseModel(randomSpec(3, index).spec)),
      dtype: "f64",
      steps: 3,
    })),
    limits: { ...first64, losses: 1e-10 },
  }),
};

const valueAt = (differences: Differences, key: string): number =>
  Object.entries(differences).find(([name]) => name === key)?.[1] ?? Infinity;

/** The errors of a group of models, and their differences above the limits. */
const failuresIn = (results: Results, { limits }: Group): readonly string[] =>
  Object.entries(results).flatMap(([name, result]) => {
    if (typeof result === "string") return [`${name}: ${result}`];
    const above = Object.entries(limits).filter(([key, limit]) => !(valueAt(result, key) <= limit));
    return above.length === 0 ? [] : [`${name}: ${JSON.stringify(result)}`];
  });

type Results = Readonly<Record<string, Differences | string>>;

// All models run in one Python process, because importing PyTorch takes seconds.
describe.skipIf(lacksTorch())("the first step and its gradients are those of the trainer", () => {
  const found = new Map<string, { readonly group: Group; readonly results: Results }>();
  beforeAll(async () => {
    const all = await Promise.all(
      Object.entries(groups).map(async ([title, make]) => ({ title, group: await make() })),
    );
    const differences = await comparePytorch(all.flatMap(({ group }) => Object.values(group.jobs)));
    const results = differences.values();
    for (const { title, group } of all) {
      const own = Object.keys(group.jobs).map((name) => [name, results.next().value ?? "not run"]);
      found.set(title, { group, results: Object.fromEntries(own) });
    }
  }, 600_000);

  it.each(Object.keys(groups))("for %s", (title) => {
    const { group, results } = found.get(title) ?? {};
    expect(Object.keys(results ?? {}).length).toBeGreaterThan(3);
    expect(group && results && failuresIn(results, group)).toEqual([]);
  });

  // On random data, the autoencoder amplifies a change of the last bits to 1e-7.
  it.each(graphFiles)("all steps of %s, in f64", (file) => {
    const result = found.get("every spec in graphs/, in f64")?.results[file];
    if (typeof result !== "object") throw new Error(result ?? "not run");
    const limit = longer.includes(file) ? Math.max(1e-9, 100 * result.ofLastBits) : 1e-11;
    expect(result.losses).toBeLessThanOrEqual(limit);
    expect(result.evaluated).toBeLessThanOrEqual(limit);
    if (longer.includes(file)) expect(result.final).toBeLessThanOrEqual(limit);
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
