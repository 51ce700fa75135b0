// The table of docs/numerics.md, on every target and in PyTorch. If a test fails, a derivative at a kink
// differs from the documentation, or a branch that is not taken affects the gradient.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { kinks } from "./kinks.ts";
import type { Kink } from "./kinks.ts";

const targets = [
  ["ts", "f64"],
  ["ts", "f32"],
  ["wasm", "f64"],
  ["wasm", "f32"],
] as const;

/**
 * All functions in one model. Each has an embedding of zeros, whose gradient is the derivative of the
 * function.
 */
const spec: ModelSpec = {
  name: "kinks",
  inputs: Object.fromEntries(kinks.map((_, i) => [`x${i}`, { shape: [3, 1] }])),
  targets: { y: { shape: [3, kinks.length] } },
  network: [
    ...kinks.flatMap(({ fn, keys }, i): ModelSpec["network"] => [
      { type: "position-embedding", name: `at${i}`, from: `x${i}` },
      { type: "activation", name: `f${i}`, fn, ...keys },
    ]),
    { type: "concat", from: kinks.map((_, i) => `f${i}`) },
  ],
  loss: { formula: "sum(prediction)" },
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 1 },
};

/**
 * Expects equality within the rounding of the dtype. Infinities and NaN must match exactly; zeros of both
 * signs are equal.
 */
function expectNear(found: number, expected: number, unit: number, what: string): void {
  if (!Number.isFinite(expected) || !Number.isFinite(found)) expect(found, what).toBe(expected);
  else expect(Math.abs(found - expected), what).toBeLessThanOrEqual(unit * Math.max(1, Math.abs(expected)));
}

describe.each(targets)("on %s in %s", (target, dtype) => {
  it("functions and their derivatives are those of the table", async () => {
    const { code } = await compile(spec, { target, dtype });
    const trainer = (await loadTrainer(code)).createTrainer();
    for (const values of Object.values(trainer.parameters)) values.fill(0);
    const x = Object.fromEntries(kinks.map((kink, i) => [`x${i}`, [...kink.x]]));
    const y = [...trainer.predict(x)];
    trainer.gradient({ ...x, y: y.map(() => 0) });
    const unit = dtype === "f64" ? 1e-13 : 2e-6;
    kinks.forEach((kink, i) => {
      const dx = trainer.gradients[`at${i}.weight`];
      kink.x.forEach((at, k) => {
        expectNear(y[k * kinks.length + i], kink.y[k], unit, `${kink.name} at ${at}`);
        // PyTorch's kernel of hard-sigmoid has the slope 1/6 in f32.
        expectNear(dx[k], kink.dx[k], Math.max(unit, 2e-8), `the derivative of ${kink.name} at ${at}`);
      });
    });
  });
});

const script = `
import json, sys, torch, torch.nn.functional as F
torch.set_default_dtype(torch.float64)
out = []
for kink in json.load(sys.stdin):
    x = torch.tensor(kink["x"], dtype=torch.float64, requires_grad=True)
    y = eval(kink["torch"])
    y.sum().backward()
    text = lambda values: [str(float(value)) for value in values]
    out.append({"y": text(y), "dx": text(x.grad)})
print(json.dumps(out))
`;
import { lacksModules, python } from "../../support/python.ts";

const number = (text: string): number => (text === "nan" ? NaN : Number(text.replace("inf", "Infinity")));

describe("PyTorch", () => {
  it.skipIf(lacksModules("torch"))("has the values of the table", { timeout: 120_000 }, async () => {
    const running = promisify(execFile)(python, ["-c", script]);
    running.child.stdin?.end(JSON.stringify(kinks.map(({ torch, x }) => ({ torch, x }))));
    const found = JSON.parse((await running).stdout) as { y: string[]; dx: string[] }[];
    kinks.forEach((kink: Kink, i) =>
      kink.x.forEach((at, k) => {
        expectNear(number(found[i].y[k]), kink.y[k], 1e-13, `${kink.torch} at ${at}`);
        const expected = (kink.torchDx ?? kink.dx)[k];
        expectNear(number(found[i].dx[k]), expected, 2e-8, `the derivative of ${kink.torch} at ${at}`);
      }),
    );
  });
});

const cell = (values: readonly number[]): string =>
  values
    .map((value) =>
      String(Number(value.toPrecision(4)))
        .replace("Infinity", "∞")
        .replace("-", "−"),
    )
    .join(", ");

it("docs/numerics.md has the table", () => {
  const text = readFileSync(new URL("../../../docs/numerics.md", import.meta.url), "utf8");
  for (const { name, x, dx, torchDx } of kinks)
    expect(text).toContain(
      `| \`${name}\` | ${cell(x)} | ${cell(dx)} | ${torchDx === undefined ? "the same" : cell(torchDx)} |`,
    );
});
