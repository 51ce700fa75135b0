// The check that `compile --with-check` writes, run by plain Node. If a test fails, a correct trainer fails
// on the user's machine, or an incorrect one passes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import type { CompileOptions } from "../../../src/compiler/compile.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { emitCheck } from "../../../src/command/verify/checked-loss.ts";
import { strippedOf } from "../../support/emitted.ts";
import { specs } from "../../support/specs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "check-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs trainer and check under plain Node with types stripped. `change` edits the text of the trainer. */
async function proved(
  spec: ModelSpec,
  {
    options = {},
    args = [],
    change = (code: string) => code,
  }: { options?: CompileOptions; args?: string[]; change?: (code: string) => string } = {},
): Promise<Outcome> {
  const { code } = await compile(spec, options);
  const check = await emitCheck(parseModel(spec), "./trainer.mjs");
  const changed = change(code);
  writeFileSync(join(folder, "trainer.mjs"), await strippedOf(changed));
  writeFileSync(join(folder, "check.mjs"), await strippedOf(check));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["check.mjs", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

/** Replaces a line of the trainer, or the match of a pattern, which must exist. */
const replaced = (pattern: RegExp, by: string) => (code: string) => {
  expect(code).toMatch(pattern);
  return code.replace(pattern, by);
};

const small = { targets: { y: { classes: 3 } }, loss: "cross-entropy", optimizer: { type: "adam" } } as const;
const training = { epochs: 2, batchSize: 6, seed: 3 };
const recurrent: ModelSpec = {
  ...small,
  name: "recurrent",
  inputs: { word: { shape: [5], dtype: "i32" } },
  network: [
    { type: "embedding", vocabulary: 7, units: 4 },
    { type: "gru", units: 5 },
    { type: "dense", units: 3 },
  ],
  training,
};
const normalised: ModelSpec = {
  ...small,
  name: "normalised",
  inputs: { x: { shape: [4] } },
  network: [
    { type: "dense", units: 6, activation: "tanh" },
    { type: "batch-norm" },
    { type: "dropout", rate: 0.4 },
    { type: "dense", units: 3 },
  ],
  training: { ...training, accumulate: 2, average: { decay: 0.9 } },
};
const attentive: ModelSpec = {
  ...small,
  name: "attentive",
  inputs: { x: { shape: [3, 4] } },
  network: [
    { type: "attention", heads: 2, causal: true },
    { type: "layer-norm" },
    "flatten",
    { type: "dense", units: 3, trainable: false },
    { type: "dense", units: 3 },
  ],
  training,
};

describe("the check of a correct trainer passes", () => {
  it.each<[string, ModelSpec, CompileOptions]>([
    ["perceptron", specs.perceptron, {}],
    ["dropout and a penalty, in f64", specs.regression, { dtype: "f64" }],
    ["indices and a recurrence", recurrent, {}],
    ["statistics of the batch, dropout, groups of batches, averaged parameters", normalised, {}],
    ["attention, frozen parameters, in WebAssembly", attentive, { target: "wasm" }],
    ["without its program part, with a probe", specs.classifier, { program: false, probe: true }],
  ])("%s", async (_, spec, options) => {
    const { code, stdout, stderr } = await proved(spec, { options });
    expect(stderr).toBe("");
    // The heap cannot always be measured, because the engine may compile at any time. The claim about it may
    // then be "not measured".
    expect(stdout.match(/^ok|^not measured +a step allocates/gm)).toHaveLength(6);
    expect(stdout).not.toMatch(/WRONG|ERROR/);
    expect(code).toBe(0);
  });

  it("--json prints all values, reproducibly", async () => {
    const runs = [
      await proved(specs.regression, { args: ["--json"] }),
      await proved(specs.regression, { args: ["--json"] }),
    ];
    const [first, second] = runs.map(({ stdout }) => ({ ...JSON.parse(stdout), bytesPerStep: 0 }));
    expect(second).toEqual(first);
    expect(first).toMatchObject({ model: "regression", dtype: "f32", target: "ts", holds: true, errors: [] });
    const names = first.parameters.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]);
    expect(first.parameters[0]).toMatchObject({
      shape: [4, 6],
      elements: 24,
      kinks: [],
      worst: { index: [expect.any(Number), expect.any(Number)] },
    });
    expect(first.altered.map(({ isFound }: { isFound: boolean }) => isFound)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describe("the check of an incorrect trainer reports the error", () => {
  const gradientOfBias = /f\[at_d_dense2_bias \+ i\] = ([^;]+);/;
  it("in one element of one gradient, by name and index", async () => {
    const change = replaced(gradientOfBias, "f[at_d_dense2_bias + i] = $1 * (i === 1 ? 1.01 : 1);");
    const { code, stdout } = await proved(specs.regression, { change });
    expect(stdout).toMatch(/^FAILED +the gradients are its derivatives/m);
    expect(stdout.match(/^ERROR.*$/gm)).toHaveLength(1);
    expect(stdout).toMatch(
      /^ERROR +the gradient of dense2\.bias is wrong: at \[1\] it is \S+, but the slope is \S+$/m,
    );
    expect(code).toBe(1);
  });
  it("in a gradient that is not a number", async () => {
    const { code, stdout } = await proved(specs.regression, {
      change: replaced(gradientOfBias, "f[at_d_dense2_bias + i] = NaN;"),
    });
    expect(stdout).toMatch(/^ERROR +the gradient of dense2\.bias is wrong: at \[\d\] it is NaN/m);
    expect(code).toBe(1);
  });
  it("in a loss", async () => {
    const { code, stdout } = await proved(specs.regression, {
      change: replaced(/return f\[at_loss\]!;/, "return 1.01 * f[at_loss];"),
    });
    expect(stdout).toMatch(/^ERROR +the loss is \S+, but \S+ in double precision$/m);
    expect(code).toBe(1);
  });
  it("in an incomplete checkpoint", async () => {
    const { code, stdout } = await proved(specs.regression, {
      change: replaced(/machine\.state\.set\(state\);/, "machine.state.set(state.subarray(0, 216));"),
    });
    expect(stdout).toMatch(
      /^ERROR +resuming from a checkpoint after 5 steps and taking 5 more does not give the result of 10 steps$/m,
    );
    expect(code).toBe(1);
  });
  it("in a step that allocates", async () => {
    const change = replaced(
      /step\(batch\) \{/,
      "step(batch) {\n      Reflect.set(globalThis, 'kept', new Float64Array(20));",
    );
    const { code, stdout } = await proved(specs.regression, { change });
    expect(stdout).toMatch(/^ERROR +a step allocates \d+(\.\d+)? bytes$/m);
    expect(code).toBe(1);
  });
  it("for the trainer of another spec", async () => {
    const { code, stdout, stderr } = await proved(specs.regression, {
      change: replaced(/specHash: "\w/, 'specHash: "?'),
    });
    expect(stdout).toBe("");
    expect(stderr).toBe(
      "error: the trainer and this check come from different specs: compile both again with --with-check\n",
    );
    expect(code).toBe(1);
  });
});

describe("the command line of a check", () => {
  it("rejects unknown flags, and prints help", async () => {
    const wrong = await proved(specs.tiny, { args: ["--jsn"] });
    expect(wrong).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: unknown argument --jsn (see --help)\n",
    });
    const { code, stdout } = await proved(specs.tiny, { args: ["--help"] });
    expect(stdout).toMatch(/^Verifies, on this machine, the trainer of "tiny"/);
    expect(code).toBe(0);
  });
});

it("is not supported if gradients differ from those of the loss on purpose", async () => {
  const step: ModelSpec = {
    ...specs.tiny,
    network: [{ type: "dense", units: 1, activation: { type: "step", surrogate: "sigmoid" } }],
  };
  await expect(emitCheck(parseModel(step), "./tiny.ts")).rejects.toThrow(
    /--with-check does not support dense1 yet, because its gradient deliberately differs from the derivative of the loss/,
  );
});
