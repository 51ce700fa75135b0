// Functions in TypeScript specs. If a test fails, a function receives wrong arguments, or an error in it is
// reported as a stack trace.
import { describe, expect, it } from "vitest";
import type { CustomContext, GraphBuilder, MeasureParts, ModelSpec, Node } from "../../../src/index.ts";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { emitted, emittedModule } from "../../support/emitted.ts";

const base: ModelSpec = {
  name: "own",
  inputs: { x: { shape: [3] } },
  targets: { y: { shape: [2] } },
  network: [{ type: "dense", units: 2 }],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 8, seed: 3 },
};
const batch = { x: [1, -1, 0.5, 0.2, 0.4, -0.3], y: [1, 0, -1, 0.5] };

const trainerOf = async (changes: Partial<ModelSpec>) =>
  (await emittedModule({ ...base, ...changes }, { dtype: "f64" })).createTrainer();

/** x · W: what a dense layer does without a bias. */
const product = (g: GraphBuilder, x: Node, weight: Node): Node =>
  g.contract(x, weight, { batchX: [], batchY: [], sumX: [1], sumY: [0] });

describe("a user-defined layer", () => {
  it("equals a dense layer to the bit if it computes what a dense layer computes", async () => {
    const own = await trainerOf({
      network: [
        ({ g, parameter, layer }, x) =>
          g.add(
            g.named(`${layer}_product`, product(g, x, parameter("weight", [3, 2]))),
            parameter("bias", [2], { init: "zeros" }),
          ),
      ],
    });
    const builtIn = await trainerOf({});
    for (let step = 0; step < 3; step++) expect(own.step(batch)).toBe(builtIn.step(batch));
    expect(Object.keys(own.parameters)).toEqual(["custom1.weight", "custom1.bias"]);
    expect([...own.parameters["custom1.weight"]]).toEqual([...builtIn.parameters["dense1.weight"]]);
  });

  it("may contain a recurrence: an rnn of its own equals the built-in one to the bit, and is a loop", async () => {
    const sequence = { inputs: { x: { shape: [5, 3] } } };
    const rows = { x: Array.from({ length: 30 }, (_, i) => Math.sin(i)), y: [1, 0, -1, 0.5] };
    const cell = ({ g, layer, parameter, recur }: CustomContext, x: Node): Node => {
      const weight = parameter("weight", [3, 2]);
      const matrix = parameter("recurrent", [2, 2]);
      const biases = g.add(
        parameter("bias", [2], { init: "zeros" }),
        parameter("recurrentBias", [2], { init: "zeros" }),
      );
      const inputs = g.add(g.contract(x, weight, { batchX: [], batchY: [], sumX: [2], sumY: [0] }), biases);
      const zeros = g.broadcastTo(g.number(0), ["n", 2]);
      const states = recur({ each: { inputs }, carried: { h: zeros }, whole: { matrix } }, (step) => {
        const h = g.named(layer, g.tanh(g.add(step.inputs, product(g, step.h, step.matrix))));
        return { next: { h }, value: h };
      });
      return g.reshape(g.slice(states, { start: [0, 4, 0], shape: ["n", 1, 2] }), { shape: ["n", 2] });
    };
    const own = await trainerOf({ ...sequence, network: [cell] });
    const builtIn = await trainerOf({ ...sequence, network: [{ type: "rnn", units: 2 }] });
    for (let step = 0; step < 3; step++) expect(own.step(rows)).toBe(builtIn.step(rows));
  });

  it.each([
    [
      "without a sequence",
      ({ g, recur }: CustomContext, x: Node) =>
        recur({ each: {}, carried: { x } }, ({ x: h }) => ({ next: { x: h }, value: g.tanh(h) })),
      "recur needs a sequence",
    ],
    [
      "that does not return the next value",
      ({ recur }: CustomContext, x: Node) =>
        recur({ each: { x }, carried: { h: x } }, ({ h }) => ({ next: {}, value: h })),
      "h is carried, so the step must compute its next value",
    ],
  ])("reports a recurrence %s", async (_, build, message) => {
    const spec = {
      ...base,
      inputs: { x: { shape: [5, 3] } },
      network: [build, "flatten", { type: "dense", units: 2 }],
    };
    expect(() => buildGraphs(parseModel(spec), "f64")).toThrow(message);
  });

  it("has a name, reads several layers, knows the mode and can be frozen", async () => {
    const trainer = await trainerOf({
      network: [
        {
          name: "a",
          from: "x",
          trainable: false,
          build: ({ g, parameter }, x) =>
            g.add(x, parameter("shift", [3], { init: { type: "constant", value: 2 } })),
        },
        {
          name: "b",
          from: ["x", "a"],
          build: ({ g, mode }, x, y) => (mode === "training" ? g.subtract(y, x) : g.subtract(x, y)),
        },
        { type: "dense", units: 2, bias: false },
      ],
      loss: (_, { prediction, sum }) => sum(prediction),
    });
    trainer.parameters["dense1.weight"].set([1, 0, 0, 0, 0, 0]);
    // b is 2 in training and −2 in evaluation. The loss adds its first element over two rows.
    expect(trainer.gradient(batch)).toBe(4);
    expect(trainer.evaluate(batch).loss).toBe(-4);
    expect(Object.keys(trainer.gradients)).toEqual(["dense1.weight"]);
  });

  it("works in blocks, whose copies have separate parameters", async () => {
    const scaled = ({ g, parameter }: CustomContext, x: Node) =>
      g.multiply(x, parameter("scale", [3], { init: "ones" }));
    const trainer = await trainerOf({
      network: [
        {
          type: "repeat",
          times: 2,
          name: "twice",
          layers: [{ type: "residual", layers: [scaled, { type: "activation", fn: { formula: "x / 2" } }] }],
        },
        { type: "dense", units: 2 },
      ],
      loss: (_, { prediction, sum }) => sum(prediction),
    });
    const names = Object.keys(trainer.parameters);
    expect(names.slice(0, 2)).toEqual(["twice.1.residual1.custom1.scale", "twice.2.residual1.custom1.scale"]);
    trainer.parameters["dense1.weight"].set([1, 0, 0, 0, 0, 0]);
    // Each of the two copies computes x + x/2.
    expect(trainer.evaluate(batch).loss).toBeCloseTo((1 + 0.2) * 1.5 * 1.5, 14);
  });

  it("gets random numbers that depend only on seed, step and layer", async () => {
    const noisy = ({ g, random }: CustomContext, x: Node) => g.multiply(random(x.type.shape), x);
    const trainer = await trainerOf({ network: [noisy, { type: "dense", units: 2 }] });
    const again = await trainerOf({ network: [noisy, { type: "dense", units: 2 }] });
    const first = trainer.gradient(batch);
    expect(trainer.gradient(batch)).toBe(first);
    expect(again.gradient(batch)).toBe(first);
    trainer.step(batch);
    expect(trainer.gradient(batch)).not.toBe(first);
  });

  it("keeps statistics that each training step updates", async () => {
    const trainer = await trainerOf({
      network: [
        ({ g, running }, x) =>
          g.add(
            x,
            running("count", [1], "zeros", (before) => g.add(before, 1)),
          ),
        { type: "dense", units: 2 },
      ],
    });
    trainer.step(batch);
    trainer.gradient(batch);
    trainer.step(batch);
    expect([...trainer.parameters["custom1.count"]]).toEqual([2]);
  });

  it("is regularized where it says so: by default parameters with two axes", async () => {
    const lossOf = (regularized: boolean | undefined) =>
      trainerOf({
        network: [
          ({ g, parameter }, x) => product(g, x, parameter("weight", [3, 2], { init: "ones", regularized })),
        ],
        regularization: { l2: 1 },
      }).then((trainer) => trainer.gradient(batch) - trainer.evaluate(batch).loss);
    expect(await lossOf(undefined)).toBeCloseTo(6, 12);
    expect(await lossOf(false)).toBe(0);
  });
});

describe("a loss may read additional inputs", () => {
  const inputs = { x: { shape: [3] }, weight: { shape: [] } };
  const formula = "sum(weight * (prediction - target)^2) / sum(weight)";

  it("that the network does not read and prediction does not need", async () => {
    const { module, code } = await emitted({ ...base, inputs, loss: { formula } }, { dtype: "f64" });
    expect(code).toContain("onlyLoss: true");
    const trainer = module.createTrainer();
    const heavy = trainer.gradient({ ...batch, weight: [1, 0] });
    const first = { x: batch.x.slice(0, 3), y: batch.y.slice(0, 2) };
    expect(trainer.gradient({ ...first, weight: [3] })).toBeCloseTo(heavy, 14);
    expect(trainer.predict({ x: batch.x })).toHaveLength(4);
    expect(() => trainer.step(batch)).toThrow("must be an array of numbers, got undefined");
  });

  it("without a warning that they are unread", () => {
    const read = buildGraphs(parseModel({ ...base, inputs, loss: { formula } }), "f32");
    expect(read.warnings).toEqual([]);
  });
});

it("a function's loss and metric are those of the same formula in f32", async () => {
  const reportedText = async (
    loss: ModelSpec["loss"],
    formula: "mean(abs(prediction - target))" | ((g: GraphBuilder, parts: MeasureParts) => Node),
  ) => {
    const metrics: ModelSpec["metrics"] = [{ name: "off", formula }];
    const module = await emittedModule({ ...base, loss, metrics }, { dtype: "f32" });
    return module.createTrainer().evaluateAll(batch);
  };
  const written = await reportedText(
    { formula: "sqrt(mean((prediction - target)^2)) + 1" },
    "mean(abs(prediction - target))",
  );
  const built = await reportedText(
    (g, { prediction, target, mean }) => g.add(g.sqrt(mean(g.power(g.subtract(prediction, target), 2))), 1),
    (g, { prediction, target, mean }) => mean(g.absolute(g.subtract(prediction, target))),
  );
  expect(built.loss).toBeGreaterThan(1);
  expect(built.loss).toBeCloseTo(written.loss, 5);
  expect(built.off).toBeCloseTo(written.off, 5);
});

it("early stopping maximises or minimises a user-defined metric as the metric states", async () => {
  const metrics = [
    { name: "near", formula: "mean(abs(prediction - target) < 0.5)", better: "higher" as const },
  ];
  const { code } = await emitted({ ...base, metrics });
  expect(code).toContain('higherIsBetter: ["near"]');
});

describe("errors of functions", () => {
  const faultOf = (changes: object): string => {
    try {
      buildGraphs(parseModel({ ...base, ...changes }), "f64");
      return "no fault";
    } catch (error) {
      if (error instanceof DiagnosticError) return error.message.split("\n")[0];
      throw error;
    }
  };
  type Build = (context: CustomContext, x: Node) => unknown;
  const layer = (build: Build) => ({ network: [{ build }, { type: "dense", units: 2 }] });
  const rule = (formula: unknown, rest: object = {}) => ({ optimizer: { formula, ...rest } });

  it.each<[string, object, string]>([
    [
      "throws",
      {
        loss: () => {
          throw new RangeError("too far");
        },
      },
      "T1607: loss: the function throws RangeError: too far",
    ],
    [
      "throws a value that is not an error",
      {
        loss: () => {
          const nothing: unknown = null;
          throw nothing;
        },
      },
      "T1607: loss: the function throws null",
    ],
    [
      "recurses infinitely",
      {
        loss: function again(): unknown {
          return again();
        },
      },
      "T1607: loss: the function throws RangeError: Maximum call stack size exceeded",
    ],
    [
      "gives nothing",
      { loss: () => undefined },
      "T1608: loss: the function must return a node created by the builder, got nothing",
    ],
    [
      "is asynchronous",
      { loss: async () => 1 },
      "T1608: loss: the function must return a node created by the builder, got an empty object",
    ],
    [
      "sums rows by itself",
      {
        loss: (g: GraphBuilder, { prediction }: { prediction: Node }) =>
          g.reduceSum(prediction, { axes: [0, 1] }),
      },
      "T1604: loss: the function uses values of rows outside any sum or mean",
    ],
    [
      "takes a mean of a mean",
      {
        loss: (g: GraphBuilder, { prediction, mean }: { prediction: Node; mean: (x: Node) => Node }) =>
          mean(g.subtract(prediction, mean(prediction))),
      },
      "T1604: loss: the function applies sum or mean inside another one, which would need a second pass over the data",
    ],
    [
      "combines values that do not fit together",
      {
        loss: (g: GraphBuilder, { prediction }: { prediction: Node }) =>
          g.add(prediction, g.iota({ shape: [5], axis: 0 })),
      },
      "T1310: add(",
    ],
    [
      "of a metric throws",
      {
        metrics: [
          {
            name: "m",
            formula: () => {
              throw new Error("no");
            },
          },
        ],
      },
      "T1607: metrics[0]: the function throws Error: no",
    ],
    [
      "of a schedule returns a tensor",
      {
        optimizer: {
          type: "sgd",
          learningRate: { initial: 1, formula: (g: GraphBuilder) => g.iota({ shape: [2], axis: 0 }) },
        },
      },
      "T1608: optimizer.learningRate: the schedule function must return a node of the shape [], got [2]",
    ],
    [
      "of an optimizer returns a number",
      rule(() => 3),
      "T1608: optimizer: the optimizer function must return { parameter, state }, got 3",
    ],
    [
      "of an optimizer forgets a state",
      rule((_: GraphBuilder, { parameter }: { parameter: Node }) => ({ parameter }), { state: ["m"] }),
      'T1608: optimizer: the optimizer function must return the state "m", which the key "state" contains',
    ],
    [
      "of an optimizer invents a state",
      rule((_: GraphBuilder, { parameter }: { parameter: Node }) => ({ parameter, state: { q: parameter } })),
      'T1608: optimizer: the optimizer function returns the state "q", which the key "state" does not contain',
    ],
    [
      "of an activation changes the shape",
      {
        network: [
          {
            type: "dense",
            units: 2,
            activation: (g: GraphBuilder, x: Node) => g.reduceSum(x, { axes: [1] }),
          },
        ],
      },
      "T1608: network[0]: the activation function must return a node of the shape [n, 2], got [n]",
    ],
    [
      "of a layer drops the axis of rows",
      layer(({ g }, x) => g.reduceSum(x, { axes: [0] })),
      "T1608: network[0]: custom1: the function of the layer must return a node of the shape [n, …], got [3]",
    ],
    [
      "of a layer rejects its input",
      layer(({ refuse }) => refuse("this layer takes images")),
      "T1308: network[0]: this layer takes images",
    ],
    [
      "of a layer uses an invalid name for a parameter",
      layer(({ parameter }) => parameter("a b", [2])),
      'T1608: network[0]: custom1: "a b" is not a valid parameter name',
    ],
    [
      "of a layer requests a parameter twice",
      layer(({ parameter }) => [parameter("a", [2]), parameter("a", [2])]),
      'T1608: network[0]: custom1 requests the parameter "a" twice',
    ],
    [
      "of a layer requests an invalid shape",
      layer(({ parameter }) => parameter("a", [2, -1])),
      "T1608: network[0]: custom1: the shape of a must be a list of positive integers, got [2, -1]",
    ],
    [
      "of a layer names an unknown initialiser",
      layer(({ parameter }) => parameter("a", [2], JSON.parse('{ "init": "hee" }'))),
      'T1608: network[0]: custom1: the init of a must be an initialiser, got "hee"',
    ],
    [
      "of a layer differs in evaluation",
      layer(({ g, mode, parameter }, x) => (mode === "training" ? x : g.multiply(x, parameter("a", [3])))),
      "T1608: network[0]: in evaluation, custom1 requests the parameter custom1.a, but in training it does not, or requests another shape",
    ],
    [
      "of a layer fails only in evaluation",
      layer(({ mode }, x) => {
        if (mode === "evaluation") throw new Error("late");
        return x;
      }),
      "T1607: network[0]: custom1: the function of the layer throws Error: late",
    ],
  ])("a function that %s", (_, changes, expected) => expect(faultOf(changes)).toContain(`error ${expected}`));
});

describe("the hash of a spec", () => {
  const hashOf = (activation: (g: GraphBuilder, x: Node) => Node) =>
    parseModel({ ...base, network: [{ type: "dense", units: 2, activation }] }).specHash;

  it("changes with the text of a function, and with nothing else of it", () => {
    const one = hashOf((g, x) => g.tanh(x));
    expect(hashOf((g, x) => g.tanh(x))).toBe(one);
    expect(hashOf((g, x) => g.sigmoid(x))).not.toBe(one);
  });
});

it("a spec that is data cannot contain a function; the error says so", () => {
  const network = [{ type: "custom" }, { type: "dense", units: 2 }];
  expect(() => parseModel({ ...base, network })).toThrow(
    "T1201: network[0].build must be a function, which only a TypeScript spec can contain",
  );
});
