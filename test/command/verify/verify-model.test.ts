// The reports of `verify` about incorrect trainers. If a test fails, an incorrect gradient passes, a report
// names a wrong location, or a kink counts as an error.
import { describe, expect, it } from "vitest";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { checkGradients } from "../../../src/runtime/check/check-gradients.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { checkedLoss } from "../../../src/command/verify/checked-loss.ts";
import { verdictOf, verificationFormats } from "../../../src/command/verify/verification-report.ts";
import { verifyModel } from "../../../src/command/verify/verify-model.ts";

const spec: ModelSpec = {
  name: "net",
  inputs: { x: { shape: [3] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 4, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 6, seed: 3 },
};

/** Verifies the trainer's text with one change. */
async function broken(from: string | RegExp, to: string) {
  const compilation = compileFor(parseModel(spec), { dtype: "f64" });
  const code = await emitText(compilation, "f64");
  const changed = code.replace(from, to);
  expect(changed, "the text to change exists").not.toBe(code);
  return verifyModel(compilation, { code: changed });
}

describe("a wrong gradient", () => {
  it("of one element is reported by parameter and index, with both values and a command to inspect it", async () => {
    const verification = await broken(
      "f[at_d_dense2_bias + i] = d_dense2_bias",
      "f[at_d_dense2_bias + i] = i === 1 ? -d_dense2_bias : d_dense2_bias",
    );
    const { holds, errors, worst } = verdictOf(verification, "net.json");
    expect([holds, errors.length, worst > 0.5]).toEqual([false, 1, true]);
    expect(errors[0]).toMatch(/^dense2\.bias \[1\]: emitted -?[\d.]+, central differences -?[\d.]+\./);
    expect(errors[0]).toContain("tapeless inspect net.json --show gradients --of dense2.bias");
    const wrong = verification.parameters.find(({ name }) => name === "dense2.bias");
    expect(wrong?.worst?.index).toEqual([1]);
    expect(wrong?.worst?.emitted).toBeCloseTo(-(wrong?.worst?.expected ?? 0), 8);
    // The error of a wrong gradient is the same for every step size.
    const sizes = wrong?.sweep.map(({ error }) => error) ?? [];
    expect(Math.min(...sizes)).toBeGreaterThan(0.9 * Math.max(...sizes));
    expect(verificationFormats.txt({ verification, spec: "net.json" })).toMatch(
      /\n✗ WRONG: the worst relative error of a gradient is \d\S+ \(dense2\.bias \[1\]\), NOT below the tolerance 1\.0e-6/,
    );
    const page = await verificationFormats.html({ verification, spec: "net.json" });
    expect(page).toMatch(/<body>\n<h1>.*<\/h1>\n<div class="verdict" data-outcome="wrong"><strong>✗ WRONG</);
  });

  it("caused by a sign in a rule affects the parameters before it, and none after it", async () => {
    const verification = await broken(/1 - (f\[dense1_row \+ \w+\]|dense1_\w+) \*/, "1 + $1 *");
    const wrong = verification.parameters.filter(({ relativeError }) => relativeError > 1e-6);
    expect(wrong.map(({ name }) => name)).toEqual(["dense1.weight", "dense1.bias"]);
  });
});

describe("a kink is not an error", () => {
  it("where every input of a ReLU is 0: it is reported with the slopes on both sides and the index", async () => {
    const [, scores] = spec.network;
    const model = parseModel({ ...spec, network: [{ type: "dense", units: 2, activation: "relu" }, scores] });
    const compilation = compileFor(model, { dtype: "f64" });
    const module = await loadTrainer(await emitText(compilation, "f64", { isFormatted: false }));
    const trainer = module.createTrainer({ seed: 1 });
    trainer.parameters["dense1.weight"].fill(0);
    const batch = { x: [1, 2, 3, 1, 1, 1], y: [0, 2] };
    const loss = await checkedLoss(compilation, module.model, trainer, batch);
    const shapes = { "dense1.weight": [3, 2] };
    const checks = checkGradients(trainer, batch, loss, { seed: 1, shapes });
    const [weight, bias, ...others] = checks;
    expect([weight.kinks.length, bias.kinks.length]).toEqual([6, 2]);
    expect(weight.kinks.map(({ index }) => index)).toContainEqual([2, 1]);
    for (const { below, above, emitted } of [...weight.kinks, ...bias.kinks]) {
      expect(Math.abs(above - below)).toBeGreaterThan(1e-3);
      // The convention of PyTorch and of this compiler: relu'(0) = 0, the slope of the inactive side.
      expect(Math.min(Math.abs(emitted - below), Math.abs(emitted - above))).toBeLessThan(1e-9);
    }
    for (const check of others) expect([check.kinks.length, check.relativeError < 1e-6]).toEqual([0, true]);
    expect(weight.relativeError, "no error").toBe(0);
    const verification = {
      name: "net",
      rows: 2,
      flops: 1,
      budget: 1,
      targets: [],
      parameters: checks.map((check) => ({ ...check, sweep: [] })),
    };
    const text = verificationFormats.txt({ verification, spec: "net.json" });
    expect(text).toMatch(/│ dense1\.weight │ 6, 6 kinks +│ 0\.0e\+0 +│ only kinks/);
    expect(text).toMatch(/│ dense1\.weight │ \[2, 1\] │ .*between +│/);
    expect(verdictOf(verification, "net.json").holds).toBe(true);
  });
});

it("reports the sample of a large parameter, and its reason", async () => {
  const wide = {
    ...spec,
    network: [{ type: "dense" as const, units: 200, activation: "tanh" as const }, spec.network[1]],
  };
  const verification = await verifyModel(compileFor(parseModel(wide), { dtype: "f64" }));
  const text = verificationFormats.txt({ verification, spec: "net.json" });
  expect(text).toMatch(/│ dense1\.weight │ 256 of 600, 8 directions/);
  expect(text).toMatch(
    /Only a sample of the elements was compared: one evaluation of the loss takes [\d.]+ MFLOP, and the budget of the check is 60 GFLOP/,
  );
});

it("the report contains the same values as page, picture and JSON", async () => {
  const verification = await verifyModel(compileFor(parseModel(spec), { dtype: "f64" }));
  const { html, svg, json } = verificationFormats;
  const subject = { verification, spec: "net.json" };
  const page = await html(subject);
  expect(page).toMatch(/^<!doctype html>[\s\S]*<svg[\s\S]*dense2\.bias/);
  expect(page).toMatch(
    /<div class="verdict" data-outcome="correct"><strong>✓ correct<\/strong>\n<p>the worst/,
  );
  expect(svg(subject)).toMatch(/^<svg[\s\S]*dense1\.weight, \[/);
  expect(json(subject)).toMatch(
    /^\{"worst":[\d.e-]+,"parameters":\[\{"name":"dense1.weight","relativeError":/,
  );
});
