// The derivation of the gradients as text. If a test fails, a step is repeated or missing, or a formula is
// wrong.
import temml from "temml";
import { describe, expect, it } from "vitest";
import { gradientsView } from "../../../src/studio/views/gradients-view.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

const base = {
  name: "steps",
  inputs: { x: { shape: [8] } },
  targets: { y: { shape: [3] } },
  loss: "mse",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 4 },
};
const classes = { targets: { y: { classes: 3 } }, loss: "cross-entropy" };
const sequence = { inputs: { x: { shape: [7, 2] } } };
const dense = (units: number, activation = "linear") => ({ type: "dense", units, activation });

const viewOf = (spec: object, of?: string) => {
  const compilation = compileFor(parseModel({ ...base, ...spec }), { dtype: "f64" });
  return gradientsView({ compilation, of, reports: [] });
};

interface Told {
  readonly derivations: readonly {
    readonly parameter: string;
    readonly from: readonly number[];
    readonly steps: readonly { readonly number: number; readonly name: string }[];
  }[];
}
const reported = (spec: object, of?: string): Told["derivations"] => {
  const json: unknown = JSON.parse(JSON.stringify(viewOf(spec, of).json()));
  return (json as Told).derivations;
};

it("reads like a textbook for a multi-layer perceptron with cross-entropy", () => {
  const text = viewOf({ ...classes, network: [dense(5, "relu"), dense(3)] }).text();
  const formulas = [...text.matchAll(/^ +\(\d+\) (.*?) {3}/gm)].map(([, formula]) => formula);
  expect(formulas).toEqual([
    "∂L/∂loss_total = 1 / divisor",
    "∂L/∂row_loss = ∂L/∂loss_total · counted",
    "softmax = exponentials / sum_of_exponentials",
    "∂L/∂dense2 = ∂L/∂row_loss ⊙ (softmax − onehot)",
    "∂L/∂dense2.bias = Σ_i ∂L/∂dense2",
    "∂L/∂dense2.weight = dense1ᵀ · ∂L/∂dense2",
    "∂L/∂dense1 = ∂L/∂dense2 · dense2.weightᵀ",
    "∂L/∂dense1_sum = [dense1 > 0] ⊙ ∂L/∂dense1",
    "∂L/∂dense1.bias = Σ_i ∂L/∂dense1_sum",
    "∂L/∂dense1.weight = xᵀ · ∂L/∂dense1_sum",
  ]);
  expect(text).toContain(
    "rewritten: normalise-exponentials, negate-before-view, negate-choice, add-negated, softmax-cross-entropy",
  );
  expect(text).toContain("relu.vjp: z = relu(x)  ⇒  dx = [z > 0] ⊙ dz");
});

it("shows the steps of a recurrence, forwards and backwards, each value with its time index", () => {
  const text = viewOf({ ...sequence, network: [{ type: "rnn", units: 3 }] }, "rnn1.recurrent").text();
  expect(text).toContain("rnn1_sum = rnn1_inputs[t] + rnn1_h[t − 1] · rnn1.recurrent");
  expect(text).toContain("rnn1_h = rnn1_h[t] for t = 0 … 6");
  expect(text).toContain("rnn1 = rnn1_h[:, 6:7, 0:3]");
  expect(text).toContain("∂L/∂rnn1_inputs[t] for t = 6 … 0");
  expect(text).toContain("∂L/∂rnn1.recurrent = rnn1_h_beforeᵀ · ∂L/∂rnn1_inputs");
});

it("shows each rule with the constants of its own application", () => {
  const text = viewOf({ network: [dense(3, "gelu")] }).text();
  expect(text).toContain("multiply.vjp: z = 0.5 · y  ⇒  dy = 0.5 · dz");
  expect(text).toContain("multiply.vjp: z = 0.707107… · y  ⇒  dy = 0.707107… · dz");
});

it("has separate symbols for the weights of an attention and its results", () => {
  const tex = viewOf(models.attention).tex?.();
  expect(tex).toContain(
    "\\mathrm{query}_{\\mathrm{attention1}} &= x \\, W_{\\mathrm{query},\\,\\mathrm{attention1}} + " +
      "b_{\\mathrm{query},\\,\\mathrm{attention1}}",
  );
});

it("shows which value a step of a recurrence passes to the next one", () => {
  const text = viewOf(models.lstm, "lstm1.weight").text();
  expect(text).toContain("lstm1_cell = lstm1_c[t] = lstm1_forget[t] ⊙ lstm1_c[t − 1] + ");
  expect(text).toContain("∂L/∂lstm1_h_2 = ∂L/∂lstm1_h[t] = ∂L/∂lstm1_inputs[t] · lstm1.recurrentᵀ");
});

it("denotes all states of a recurrent layer by H, one of them by h with its time, and the output by h", () => {
  const tex = viewOf(models.lstm, "lstm1.weight").tex?.();
  expect(tex).toContain("H_{\\mathrm{lstm1}} &= h_{\\mathrm{lstm1},\\,t}\\text{ for t");
  expect(tex).toContain("h_{\\mathrm{lstm1}} &= H_{\\mathrm{lstm1}}\\left[");
});

it("shows no rule for a number that another rule introduced", () => {
  const text = viewOf(models.lstm, "lstm1.weight").text();
  const gate = /^.*∂L\/∂lstm1_input_sum = .*\n((?: +by .*\n)*)/m.exec(text)?.[1];
  expect(gate?.trim()).toBe("by sigmoid.vjp of lstm1_input[t] = σ(lstm1_input_sum)   (lstm1)");
});

describe("the steps of thirty layers", () => {
  const network = Array.from({ length: 30 }, () => dense(4, "tanh"));
  const derivations = reported({ ...classes, network: [...network, dense(3)] });
  const steps = derivations.flatMap((derived) => derived.steps);

  it("are each shown once, numbered in order", () => {
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, i) => i + 1));
    expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
    expect(steps.length).toBeLessThan(5 * 31);
  });
  it("end with the gradient of the parameter, and continue earlier steps", () => {
    for (const { parameter, from, steps: own } of derivations) {
      expect(own.at(-1)?.name).toBe(`d_${parameter}`);
      expect(from.every((number) => number < own[0].number)).toBe(true);
    }
  });
  it("of a single parameter begin at the loss", () => {
    const [only, ...others] = reported({ ...classes, network: [...network, dense(3)] }, "dense1.weight");
    expect([only.parameter, only.from, others]).toEqual(["dense1.weight", [], []]);
    expect(only.steps[0].name).toBe("d_loss_total");
    expect(only.steps.length).toBeGreaterThan(60);
  });
});

const image = { inputs: { x: { shape: [8, 8, 1] } } };
const models: Readonly<Record<string, object>> = {
  perceptron: { ...classes, network: [dense(5, "relu"), dense(3)] },
  smooth: {
    network: [dense(4, "gelu"), dense(4, "mish"), dense(4, "elu"), dense(3, "softmax")],
    loss: "huber",
  },
  penalised: { network: [dense(3, "sigmoid")], regularization: { l1: 0.1, l2: 0.1 } },
  convolution: {
    ...image,
    ...classes,
    network: [
      { type: "conv2d", filters: 2, kernel: 3, padding: "same" },
      { type: "max-pool2d", size: 2 },
      { type: "flatten" },
      dense(3),
    ],
  },
  normalised: {
    network: [dense(4), { type: "layer-norm" }, { type: "batch-norm" }, { type: "dropout" }, dense(3)],
  },
  attention: {
    ...sequence,
    ...classes,
    network: [{ type: "attention", heads: 2, causal: true }, { type: "flatten" }, dense(3)],
  },
  lstm: { ...sequence, network: [{ type: "lstm", units: 3 }] },
  underscored: { inputs: { "a_b-c": { shape: [8] } }, network: [{ ...dense(3), name: "d_x-1_2" }] },
};

describe("as TeX", () => {
  it.each(Object.entries(models))("%s has only displays that TeX's math mode accepts", (_, spec) => {
    const tex = viewOf(spec).tex?.() ?? "";
    const displays = tex.match(/\\begin\{align\*\}[\s\S]*?\\end\{align\*\}/g) ?? [];
    expect(displays.length).toBeGreaterThan(3);
    for (const display of displays)
      expect(() =>
        temml.renderToString(display, { displayMode: true, throwOnError: true, strict: true }),
      ).not.toThrow();
    // Outside displayed formulas, TeX would read these characters as commands.
    const words = tex.replace(/\\begin\{align\*\}[\s\S]*?\\end\{align\*\}|^%.*$/gm, "");
    expect(words).not.toMatch(/(?<!\\)[_^&$#]/);
  });
  it("uses the same letters for a value and its derivative", () => {
    const tex = viewOf(models.perceptron).tex?.();
    expect(tex).toContain(
      "\\frac{\\partial L}{\\partial h_{\\mathrm{dense1}}} &= \\frac{\\partial L}{\\partial " +
        "h_{\\mathrm{dense2}}} \\, W_{\\mathrm{dense2}}^{\\mathsf{T}} \\tag{7}",
    );
  });
});
