// Formulas that define built-in functions. Losses and evaluations must equal those of the built-in function
// at every step, in f64 to 1e-12. If a test fails, a formula computes a different function.
import { describe, expect, it } from "vitest";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { emittedModule } from "../../../support/emitted.ts";
import { streamOf } from "../../../support/tensors.ts";

const rows = 7;

const base: ModelSpec = {
  name: "pair",
  inputs: { x: { shape: [3] } },
  targets: { y: { shape: [2] } },
  network: [
    { type: "dense", units: 5, activation: "tanh" },
    { type: "dense", units: 2 },
  ],
  loss: "mse",
  metrics: ["mae", "rmse", "r2"],
  optimizer: { type: "adam", learningRate: 0.05 },
  training: { epochs: 1, batchSize: rows, seed: 3 },
};

const random = streamOf(11);
const drawn = (count: number, low: number, high: number) =>
  Array.from({ length: count }, () => low + (high - low) * random.unit());
const real = { x: drawn(3 * rows, -2, 2), y: drawn(2 * rows, 0.1, 2) };
const classes = { x: real.x, y: [0, 1, 2, 0, 1, -1, 2] };

type Batch = Record<string, number[]>;

async function run(spec: ModelSpec, batch: Batch): Promise<number[]> {
  const module = await emittedModule(spec, { dtype: "f64" });
  const trainer = module.createTrainer();
  const losses = Array.from({ length: 12 }, () => trainer.step(batch));
  const parameters = Object.values(trainer.parameters).flatMap((view) => [...view]);
  // Uneven batches, because sums must not depend on how rows are divided into batches.
  const half = Object.fromEntries(
    Object.entries(batch).map(([name, values]) => [name, values.slice(0, (values.length / rows) * 3)]),
  );
  return [
    ...losses,
    ...parameters,
    ...Object.values(trainer.evaluate(batch)),
    ...Object.values(trainer.evaluate(half)),
  ];
}

async function expectSame(
  builtIn: Partial<ModelSpec>,
  own: Partial<ModelSpec>,
  batch: Batch = real,
): Promise<void> {
  const [expected, actual] = await Promise.all([
    run({ ...base, ...builtIn }, batch),
    run({ ...base, ...own }, batch),
  ]);
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]), `figure ${i}: ${value} for ${expected[i]}`).toBeLessThan(
      1e-12 * Math.max(1, Math.abs(expected[i])),
    ),
  );
}

describe("activations", () => {
  type Activation = Extract<
    Extract<ModelSpec["network"][number], { type: "dense" }>["activation"],
    object | string
  >;
  const network = (activation: Activation): ModelSpec["network"] => [
    { type: "dense", units: 5, activation, init: "he-uniform" },
    { type: "dense", units: 2 },
  ];
  it.each<[Activation, string, Record<string, number>?]>([
    ["mish", "x * tanh(log(1 + exp(x)))"],
    ["mish", "x * tanh(softplus(x))"],
    ["silu", "x * sigmoid(x)"],
    ["gelu", "x / 2 * (1 + erf(x / sqrt(2)))"],
    ["relu", "max(x, 0)"],
    ["relu", "x > 0 ? x : 0"],
    [{ type: "leaky-relu", slope: 0.2 }, "where(x < 0, a * x, x)", { a: 0.2 }],
    [{ type: "elu", alpha: 0.7 }, "relu(x) + alpha * expm1(min(x, 0))", { alpha: 0.7 }],
    ["softsign", "x / (1 + abs(x))"],
    ["hard-tanh", "clamp(x, -1, 1)"],
    ["sigmoid", "1 / (1 + e^(-x))"],
    ["tanh", "(exp(2 * x) - 1) / (exp(2 * x) + 1)"],
    [{ type: "step", surrogate: "straight-through" }, "(x >= 0) + (x - stop(x))"],
  ])("%j is %s", async (builtIn, formula, constants = {}) => {
    await expectSame({ network: network(builtIn) }, { network: network({ formula, constants }) });
  });

  it("as a separate layer and as a function", async () => {
    const layer = (fn: "silu" | object): ModelSpec["network"] => [
      { type: "dense", units: 5 },
      Object.assign({ type: "activation" as const, fn: "silu" as const }, { fn }),
      { type: "dense", units: 2 },
    ];
    await expectSame({ network: layer("silu") }, { network: layer({ formula: "x * sigmoid(x)" }) });
    await expectSame(
      { network: network("silu") },
      { network: network((g, x) => g.multiply(x, g.sigmoid(x))) },
    );
  });
});

describe("losses", () => {
  it.each([
    ["mse", "mean((prediction - target)^2)"],
    ["mse", "sum((prediction - y)^2) / sum(y / y)"],
    ["mae", "mean(abs(prediction - target))"],
    ["rmse", "sqrt(mean((prediction - target)^2))"],
    [
      "huber",
      "mean(where(abs(prediction - target) < 1, (prediction - target)^2 / 2, abs(prediction - target) - 0.5))",
    ],
    ["poisson", "mean(exp(prediction) - target * prediction)"],
  ] as const)("%s is %s", async (loss, formula) => {
    // poisson predicts the logarithm of a rate, and metrics use its exponential. A formula does not say that,
    // so metrics are not compared.
    const metrics = loss === "poisson" ? {} : { metrics: base.metrics };
    await expectSame({ loss, metrics: [], ...metrics }, { loss: { formula }, metrics: [], ...metrics });
  });

  it("cross-entropy, with a target of -1 left out", async () => {
    const targets = { y: { classes: 3 } };
    const network: ModelSpec["network"] = [
      { type: "dense", units: 5, activation: "tanh" },
      { type: "dense", units: 3 },
    ];
    const formula = "-sum(target * logsoftmax(prediction)) / sum(target)";
    const rest = { targets, network, metrics: ["accuracy"] satisfies ModelSpec["metrics"] };
    await expectSame({ ...rest, loss: "cross-entropy" }, { ...rest, loss: { formula } }, classes);
    const byMean = "-3 * mean(target * logsoftmax(prediction))";
    await expectSame({ ...rest, loss: "cross-entropy" }, { ...rest, loss: { formula: byMean } }, classes);
  });

  it("binary cross-entropy of one score and a target of two classes, with -1 left out", async () => {
    const rest = {
      targets: { y: { classes: 2 } },
      network: [{ type: "dense", units: 1 }],
      metrics: [],
    } satisfies Partial<ModelSpec>;
    const formula = "mean(softplus(prediction) - target * prediction)";
    const two = { x: real.x, y: [0, 1, 1, 0, 1, -1, 0] };
    await expectSame({ ...rest, loss: "binary-cross-entropy" }, { ...rest, loss: { formula } }, two);
  });

  it("an input of indices is read as numbers, and a value per row is combined with every element of the row", async () => {
    const inputs = { x: { shape: [3] }, k: { shape: [], dtype: "i32" as const } };
    const network: ModelSpec["network"] = [{ type: "dense", from: "x", units: 2 }];
    const weighted = { ...real, k: [1, 1, 1, 1, 1, 1, 1] };
    const one = { inputs, network, loss: { formula: "mean(k * (prediction - target)^2)" } };
    await expectSame(
      { inputs, network, loss: { formula: "mean((prediction - target)^2) + 0 * mean(k)" } },
      one,
      weighted,
    );
  });

  it("as a function that uses mean, and as one that returns a value per element", async () => {
    await expectSame(
      { loss: "rmse" },
      { loss: (g, { prediction, target, mean }) => g.sqrt(mean(g.power(g.subtract(prediction, target), 2))) },
    );
    await expectSame({}, { loss: (g, { prediction, target }) => g.power(g.subtract(prediction, target), 2) });
  });
});

describe("metrics", () => {
  it("mae, rmse and r2", async () => {
    await expectSame(
      {},
      {
        metrics: [
          { name: "m", formula: "mean(abs(prediction - target))" },
          { name: "r", formula: "sqrt(mean((prediction - target)^2))" },
          { name: "d", formula: "1 - mean((prediction - target)^2) / (mean(target^2) - mean(target)^2)" },
        ],
      },
    );
  });

  it("for a log rate are in counts, as the built-in ones", async () => {
    const rest = { loss: "poisson" as const };
    const metrics: ModelSpec["metrics"] = [{ name: "m", formula: "mean(abs(prediction - target))" }];
    await expectSame({ ...rest, metrics: ["mae"] }, { ...rest, metrics });
  });
});

describe("schedules", () => {
  const withRate = (
    learningRate: Exclude<Extract<ModelSpec["optimizer"], { type: "sgd" }>["learningRate"], undefined>,
  ) => ({
    optimizer: { type: "sgd" as const, learningRate },
  });
  it.each([
    [{ type: "cosine", steps: 8 }, "initial * (1 + cos(pi * min(step, 8) / 8)) / 2"],
    [{ type: "exponential", rate: 0.8 }, "initial * 0.8^step"],
    [{ type: "step", every: 3, factor: 0.5 }, "initial * 0.5^floor(step / 3)"],
    [{ type: "constant" }, "initial"],
  ] as const)("%j equals %s, with a warm-up before it", async (builtIn, formula) => {
    const common = { initial: 0.1, warmup: { steps: 3 } };
    await expectSame(withRate({ ...builtIn, ...common }), withRate({ formula, ...common }));
  });

  it("as a function", async () => {
    const initial = 0.1;
    await expectSame(
      withRate({ type: "exponential", rate: 0.8, initial }),
      withRate({
        initial,
        formula: (g, { step, initial }) => g.multiply(initial, g.power(g.number(0.8, "f64"), step)),
      }),
    );
  });
});

describe("optimizers", () => {
  const rate = { learningRate: 0.02 };
  const adam = [
    "state.m = beta1 * state.m + (1 - beta1) * gradient",
    "state.v = beta2 * state.v + (1 - beta2) * gradient^2",
    "t = step + 1",
    "corrected = state.m / (1 - beta1^t)",
    "parameter = parameter - rate * corrected / (sqrt(state.v / (1 - beta2^t)) + 1e-8)",
  ];
  const constants = { beta1: 0.9, beta2: 0.999 };

  it("adam, with the gradients clipped before", async () => {
    await expectSame(
      { optimizer: { type: "adam", ...rate } },
      { optimizer: { formula: adam, constants, ...rate } },
    );
    const clip = { norm: 0.1 };
    await expectSame(
      { optimizer: { type: "adam", ...rate, clip } },
      { optimizer: { formula: adam, constants, ...rate, clip } },
    );
  });

  it("momentum, weight decay and lion, where a name has the value that was assigned to it last", async () => {
    await expectSame(
      { optimizer: { type: "sgd", ...rate, momentum: 0.9, weightDecay: 0.1 } },
      {
        optimizer: {
          formula: [
            "gradient = gradient + 0.1 * parameter",
            "state.m = 0.9 * state.m + gradient",
            "parameter = parameter - rate * state.m",
          ],
          ...rate,
        },
      },
    );
    await expectSame(
      { optimizer: { type: "lion", ...rate } },
      {
        optimizer: {
          formula: [
            "parameter = parameter - rate * sign(0.9 * state.m + 0.1 * gradient)",
            "state.m = 0.99 * state.m + 0.01 * gradient",
          ],
          ...rate,
        },
      },
    );
  });

  it("sgd with the gradient divided by its norm: sums run over all parameters", async () => {
    await expectSame(
      { optimizer: { type: "sgd", ...rate, clip: { norm: 1e-3 } } },
      {
        optimizer: {
          formula: "parameter = parameter - rate * gradient * min(1, 1e-3 / (sqrt(sum(gradient^2)) + 1e-6))",
          ...rate,
        },
      },
    );
  });

  it("momentum as a function", async () => {
    await expectSame(
      { optimizer: { type: "sgd", ...rate, momentum: 0.9 } },
      {
        optimizer: {
          state: ["m"],
          formula: (g, { parameter, gradient, state, rate }) => {
            const m = g.add(g.multiply(0.9, state.m), gradient);
            const factor = g.cast(rate, { element: g.float });
            return { parameter: g.subtract(parameter, g.multiply(factor, m)), state: { m } };
          },
          ...rate,
        },
      },
    );
  });
});
