// Gradients that every textbook contains. The compiler derives them op by op, and its rewrite rules bring
// them to the known form, in views and in emitted code. If a test fails, a rule does not apply, or one rule
// undoes another.
import { describe, expect, it } from "vitest";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { gradientStorage } from "../../../src/compiler/ir/storage.ts";
import { sizeOf } from "../../../src/compiler/ir/types.ts";
import { hasTrait } from "../../../src/compiler/ops/index.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { gradientsView } from "../../../src/studio/views/gradients-view.ts";
import { anyStorage } from "../../support/tensors.ts";
import { stored, work } from "../../support/work.ts";

const base = {
  name: "textbook",
  inputs: { x: { shape: [4] } },
  targets: { y: { shape: [1] } },
  network: [{ type: "dense", units: 1 }],
  loss: "mse",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 8 },
};

const smoothed = {
  targets: { y: { classes: 3 } },
  network: [{ type: "dense", units: 3 }],
  loss: { type: "cross-entropy", smoothing: 0.1 },
};
/** The layer after a dense layer, so that a gradient flows through it. */
const behindDense = (layer: object) => ({
  network: [
    { type: "dense", name: "z", units: 6 },
    { name: "norm", ...layer },
    { type: "dense", units: 1 },
  ],
});

const compiled = (spec: object, exact = false) =>
  compileFor(parseModel({ ...base, ...spec }), { dtype: "f64", exact });

/** The right-hand side of each step of the derivation, by the name of its value. */
function derivationOf(spec: object): Readonly<Record<string, string>> {
  const text = gradientsView({ compilation: compiled(spec), of: undefined, reports: [] }).text();
  const steps = [...text.matchAll(/^ +\(\d+\) (.*?) = (.*?) {3}/gm)];
  return Object.fromEntries(steps.map(([, name, formula]) => [name, formula]));
}

/** Emitted code without line breaks in comments and expressions. */
async function codeOf(spec: object): Promise<string> {
  const text = await emitText(compiled(spec), "f64");
  return text.replaceAll(/\n *(\/\/ {3,})?/g, " ");
}

/** The number of times that each op runs on a tensor of `elements` elements in the derivative of a layer. */
function largeOps(graph: Graph, layer: string, elements: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const isLarge = (node: Node) =>
    [node, ...(hasTrait(node, "reduction") ? operandsOf(node) : [])].some(
      ({ type }) => sizeOf(type.shape, base.training.batchSize) === elements,
    );
  for (const node of graph.nodes) {
    const { origin } = node;
    if (origin.forward === undefined || origin.layer !== layer || hasTrait(node, "view") || !isLarge(node))
      continue;
    counts[node.op] = (counts[node.op] ?? 0) + 1;
  }
  return counts;
}

/** Expects that the rules that change rounding do not increase the work of the gradient. */
function expectNoMoreWork(spec: object): void {
  const [ours, exact] = [false, true].map((isExact) => {
    const { gradient } = compiled(spec, isExact).graphs;
    return work(gradient) + stored(gradient);
  });
  expect(ours).toBeLessThanOrEqual(exact);
}

describe("cross-entropy with label smoothing", () => {
  it("has the derivative (softmax − smoothed targets) / rows", () => {
    const derivation = derivationOf(smoothed);
    expect(derivation["∂L/∂loss_total"]).toBe("1 / divisor");
    expect(derivation["∂L/∂row_loss"]).toBe("∂L/∂loss_total · counted");
    expect(derivation["∂L/∂dense1"]).toBe("∂L/∂row_loss ⊙ (softmax − smoothed_target)");
  });
  it("is computed in this form", async () => {
    const code = await codeOf(smoothed);
    expect(code).toContain(
      "d_dense1 = d_loss_total · [y ≥ 0] ⊙ (exponentials / sum_of_exponentials − (0.933333… if j = y else 1 / 30))",
    );
  });
  it("has the same backward ops as without smoothing, except for a cast", () => {
    const opsOf = (spec: object) => {
      const { gradient } = compiled(spec).graphs;
      return gradient.nodes.filter((node) => node.origin.forward !== undefined).map(({ op }) => op);
    };
    const sharp = { ...smoothed, loss: "cross-entropy" };
    // Without smoothing, the condition [j = y] is cast. With smoothing, it selects the target.
    expect(opsOf(smoothed)).toEqual(opsOf(sharp).filter((op) => op !== "cast"));
  });
  it.each([0, 1e-9, 0.5, 1 - 1e-12])(
    "has derivatives that add up to 0 over the classes for smoothing %d",
    (smoothing) => {
      const spec = { ...smoothed, loss: { type: "cross-entropy", smoothing } };
      const { gradient } = compiled(spec).graphs;
      const result = interpret(gradient, anyStorage(gradient, 4, 3), 4);
      const bias = result.get(gradientStorage("dense1.bias"));
      expect(bias?.data.every(Number.isFinite)).toBe(true);
      expect(Math.abs(bias?.data.reduce((sum, x) => sum + x, 0) ?? NaN)).toBeLessThan(1e-14);
    },
  );
});

describe("the losses of a margin", () => {
  it.each(["perceptron", "hinge"])("%s chooses the sign of the derivative by the target", (loss) => {
    expect(derivationOf({ loss })["∂L/∂dense1"]).toBe("−∂L/∂violation if is_yes else ∂L/∂violation");
    expectNoMoreWork({ loss });
  });
  it("are computed in this form", async () => {
    const code = await codeOf({ loss: "perceptron" });
    expect(code).toContain("d_dense1 = −d_violation if y > 0 else d_violation");
    expect(code).toContain("f[at_y + row]! > 0 ? -d_violation : d_violation");
  });
});

describe("layer-norm", () => {
  const spec = behindDense({ type: "layer-norm" });
  // dx = (dx̂ − mean(dx̂ · x̂) · x̂ − mean(dx̂)) / σ, with dx̂ = γ · dy
  it("has the three terms", () => {
    const derivation = derivationOf(spec);
    expect(derivation["∂L/∂norm_normal"]).toBe("∂L/∂norm ⊙ norm.scale");
    expect(derivation["sum_in_d_norm_deviation"]).toBe("Σ_j ∂L/∂norm_normal ⊙ norm_normal");
    expect(derivation["mean_in_d_norm_variance"]).toBe("sum_in_d_norm_deviation / 6");
    expect(derivation["sum_in_d_norm_mean"]).toBe("Σ_j ∂L/∂norm_normal");
    expect(derivation["mean_in_d_norm_mean"]).toBe("sum_in_d_norm_mean / 6");
    expect(derivation["∂L/∂z"]).toBe(
      "(∂L/∂norm_normal − mean_in_d_norm_variance ⊙ norm_normal − mean_in_d_norm_mean) / norm_deviation",
    );
  });
  it("is computed in this form", async () => {
    const code = await codeOf(spec);
    expect(code).toContain(
      "(f[at_d_norm_row + j]! * f[at_norm_scale + j]! - mean_in_d_norm_variance * f[at_norm_normal_row + j]! - " +
        "mean_in_d_norm_mean) / norm_deviation",
    );
  });
});

describe("batch-norm", () => {
  const spec = behindDense({ type: "batch-norm" });
  // dx = (γ / σ) · (dy − mean(dy · x̂) · x̂ − mean(dy)): the sums are dγ and dβ
  it("has the three terms, of the derivatives of scale and shift", () => {
    const derivation = derivationOf(spec);
    const [ratio, difference] = ["quotient_in_d_norm_normal", "difference_in_d_norm_sum"];
    expect(derivation["∂L/∂norm.scale_2"]).toBe("∂L/∂norm ⊙ norm_normal");
    expect(derivation["∂L/∂norm.scale"]).toBe("Σ_i ∂L/∂norm.scale_2");
    expect(derivation["∂L/∂norm.shift"]).toBe("Σ_i ∂L/∂norm");
    expect(derivation[ratio]).toBe("norm.scale / norm_deviation");
    expect(derivation[difference]).toBe(
      "∂L/∂norm − ∂L/∂norm.scale · reciprocal_of_norm_batchSize ⊙ norm_normal − " +
        "∂L/∂norm.shift · reciprocal_of_norm_batchSize",
    );
    expect(derivation["∂L/∂z"]).toBe(`${ratio} ⊙ ${difference}`);
  });
});

describe("group-norm and rms-norm", () => {
  it("have the same terms: group norm over a group, RMS norm without the mean", () => {
    expect(derivationOf(behindDense({ type: "group-norm", groups: 2 }))["∂L/∂z"]).toBe(
      "(∂L/∂norm_normal_2 − mean_in_d_norm_variance ⊙ norm_normal − mean_in_d_norm_mean) / norm_deviation",
    );
    expect(derivationOf(behindDense({ type: "rms-norm" }))["∂L/∂z"]).toBe(
      "(∂L/∂norm_normal − mean_in_d_norm_mean_square ⊙ norm_normal) / norm_deviation",
    );
  });
});

const threeTerms = { add: 0, subtract: 2, reduceSum: 4, divide: 1 };

describe.each([
  ["layer-norm", { type: "layer-norm" }, { ...threeTerms, multiply: 4 }],
  ["batch-norm", { type: "batch-norm" }, { ...threeTerms, reduceSum: 2, divide: 0, multiply: 3 }],
  ["group-norm", { type: "group-norm", groups: 2 }, { ...threeTerms, multiply: 4 }],
  ["rms-norm", { type: "rms-norm" }, { ...threeTerms, subtract: 1, reduceSum: 2, multiply: 4 }],
])("%s", (_, layer, counts) => {
  const spec = behindDense(layer);
  it("costs no more than the terms of the textbook, and no more than the exact derivative", () => {
    const { gradient } = compiled(spec).graphs;
    const ops = largeOps(gradient, "norm", base.training.batchSize * 6);
    for (const [op, count] of Object.entries(counts)) expect([op, ops[op] ?? 0]).toEqual([op, count]);
    expect(Object.keys(ops).filter((op) => !(op in counts))).toEqual([]);
    expectNoMoreWork(spec);
  });

  // The rewritten sums differ by rounding errors, which a division by √ε = 0.003 amplifies.
  it.each([0, 1e-12, 1e-6, 1e-3, 1])(
    "agrees with the exact derivative on rows that vary by %d",
    (variation) => {
      const graphs = [true, false].map((exact) => compiled(spec, exact).graphs.gradient);
      const values = new Map(anyStorage(graphs[0], 5, 11));
      const weight = values.get("z.weight");
      const bias = values.get("z.bias");
      if (weight === undefined || bias === undefined) throw new Error("there is no layer z");
      values.set("z.weight", { ...weight, data: weight.data.map((x) => x * variation) });
      values.set("z.bias", { ...bias, data: bias.data.map(() => 0.7) });
      const [expected, actual] = graphs.map((graph) =>
        interpret(graph, values, 5).get(gradientStorage("z.weight")),
      );
      const size = Math.max(...(expected?.data.map(Math.abs) ?? []));
      expect(size).toBeGreaterThan(0);
      actual?.data.forEach((x, i) =>
        expect(Math.abs(x - (expected?.data[i] ?? NaN))).toBeLessThan(1e-10 * size),
      );
    },
  );
});
