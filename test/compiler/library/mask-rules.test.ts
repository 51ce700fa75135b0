// Masks, from the spec to the results: what creates them, what removes them, and how user-defined layers and
// formulas see them. If a test fails, padding affects a result, or a layer ignores what the spec says.
import { describe, expect, it } from "vitest";
import type { CustomContext, ModelSpec, Node } from "../../../src/index.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { render } from "../../../src/compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel, parseSpec } from "../../../src/compiler/spec/parse-model.ts";
import { faultsOf } from "../spec/base-spec.ts";

type Layers = ModelSpec["network"];

const length = 5;
const texts = [[3, 1, 2], [2], [1, 3, 3, 2], []];
const padded = texts.flatMap((text) => [...text, ...new Array<number>(length - text.length).fill(0)]);
const lengths = texts.map((text) => text.length);
const reads: Layers = [
  { type: "embedding", vocabulary: 4, units: 3 },
  { type: "lstm", units: 3, reverse: true },
  { type: "dense", units: 2 },
];

const specOf = (text: object, rest: object = {}, network: Layers = reads): ModelSpec => ({
  name: "rules",
  inputs: { text: { shape: [length], dtype: "i32", ...text }, ...rest },
  targets: { y: { shape: [2] } },
  network,
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 32, seed: 2 },
});

const trainerOf = async (spec: ModelSpec) => {
  const code = await emitText(compileFor(parseModel(spec), { dtype: "f64" }), "f64", { isFormatted: false });
  return (await loadTrainer(code)).createTrainer({ seed: 2 });
};
const withLengths = { lengths: "count" };
const count = { count: { shape: [], dtype: "i32" } };

describe("padding", () => {
  it("is the same if it is declared by a value and by lengths", async () => {
    const byValue = await trainerOf(specOf({ padding: 0 }));
    const byLengths = await trainerOf(specOf(withLengths, count));
    const found = [...byLengths.predict({ text: padded, count: lengths })];
    expect(found).toEqual([...byValue.predict({ text: padded })]);
    // The content of the padding has no influence.
    const others = padded.map((number, i) => (i % length < lengths[Math.floor(i / length)] ? number : 3));
    expect([...byLengths.predict({ text: others, count: lengths })]).toEqual(found);
  });

  it("may be between other positions", async () => {
    const trainer = await trainerOf(specOf({ padding: 0 }));
    const gaps = trainer.predict({ text: [0, 3, 0, 1, 2] });
    expect([...gaps]).toEqual([...trainer.predict({ text: [3, 1, 2, 0, 0] })]);
  });

  it("is known for texts, whose first position is the start marker 0", async () => {
    const data = {
      file: "texts.csv",
      inputs: { text: { columns: ["text"], characters: { length } } },
      targets: { y: { columns: ["a", "b"] } },
    };
    const text = await trainerOf({ ...specOf({}), data });
    const marked = await trainerOf(specOf(withLengths, count));
    const rows = [
      [0, 3, 1, 2, 0],
      [0, 2, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ];
    expect([...text.predict({ text: rows.flat() })]).toEqual([
      ...marked.predict({ text: rows.flat(), count: [4, 2, 1] }),
    ]);
  });

  it("is a position at which all numbers have the value", async () => {
    const network: Layers = [{ type: "global-avg-pool1d" }];
    const trainer = await trainerOf(
      specOf({ shape: [3, 2], dtype: "f32", padding: -1 }, {}, network.concat({ type: "dense", units: 2 })),
    );
    trainer.parameters["dense1.weight"].set([1, 0, 0, 1]);
    const rows = [4, -1, -1, -1, 2, 5, 7, 8, -1, -1, -1, -1];
    expect([...trainer.predict({ text: rows })]).toEqual([3, 2, 7, 8]);
  });

  it("has no more positions than the sequence", async () => {
    const trainer = await trainerOf(specOf(withLengths, count));
    expect(() => trainer.predict({ text: padded, count: [3, 1, 6, 0] })).toThrow(
      "count, row 2: 6 is not an index from 0 to 5",
    );
  });
});

describe('"mask": false', () => {
  const sequences: Layers = [
    { type: "embedding", vocabulary: 4, units: 3 },
    { type: "gru", units: 3, returnSequences: true },
    { type: "global-avg-pool1d" },
    { type: "dense", units: 2 },
  ];
  const predictions = async (text: object, network: Layers) => [
    ...(await trainerOf(specOf(text, {}, network))).predict({ text: padded }),
  ];
  const without = (at: number): Layers =>
    sequences.map((layer, i) => (i === at && typeof layer === "object" ? { ...layer, mask: false } : layer));

  it("on the first layer makes all layers read padding", async () => {
    expect(await predictions({ padding: 0 }, without(0))).toEqual(await predictions({}, sequences));
  });

  it("on a later layer leaves the earlier ones masked", async () => {
    const all = await Promise.all(
      [sequences, without(2), without(0)].map((one) => predictions({ padding: 0 }, one)),
    );
    expect(new Set(all.map(String)).size).toBe(3);
  });

  it("on a block applies to all of its layers", async () => {
    const block = (mask: boolean): Layers => [
      { type: "embedding", vocabulary: 4, units: 3, mask },
      { type: "residual", mask, layers: [{ type: "attention", heads: 1 }] },
      { type: "bidirectional", mask, layer: { type: "gru", units: 2 } },
      { type: "dense", units: 2 },
    ];
    const ofBlock = (layers: Layers): Layers => [
      { type: "embedding", vocabulary: 4, units: 3 },
      ...layers.slice(1),
    ];
    const unmasked = await predictions({}, block(true));
    expect(await predictions({ padding: 0 }, ofBlock(block(false)))).toEqual(unmasked);
    expect(await predictions({ padding: 0 }, block(true))).not.toEqual(unmasked);
  });
});

describe("a user-defined layer", () => {
  it("gets the mask, and its recurrence leaves padding out like the built-in one", async () => {
    const own = ({ g, layer, parameter, recur, mask }: CustomContext, x: Node): Node => {
      const product = (a: Node, b: Node, axis: number) =>
        g.contract(a, b, { batchX: [], batchY: [], sumX: [axis], sumY: [0] });
      const weight = parameter("weight", [3, 2]);
      const matrix = parameter("recurrent", [2, 2]);
      const biases = g.add(
        parameter("bias", [2], { init: "zeros" }),
        parameter("recurrentBias", [2], { init: "zeros" }),
      );
      const inputs = g.add(product(x, weight, 2), biases);
      const zeros = g.broadcastTo(g.number(0), ["n", 2]);
      return recur(
        { each: { inputs }, carried: { h: zeros }, whole: { matrix } },
        (step) => {
          const h = g.named(layer, g.tanh(g.add(step.inputs, product(step.h, step.matrix, 1))));
          return { next: { h }, value: h };
        },
        { mask },
      );
    };
    const rest: Layers = [{ type: "global-max-pool1d" }, { type: "dense", units: 2 }];
    const first: Layers = [{ type: "embedding", vocabulary: 4, units: 3 }];
    const builtIn = { type: "rnn" as const, units: 2, returnSequences: true };
    const y = [1, 2, 3, 4, 5, 6, 7, 8];
    const losses = await Promise.all(
      [
        [...first, own, ...rest],
        [...first, builtIn, ...rest],
      ].map(async (network) => {
        const trainer = await trainerOf(specOf({ padding: 0 }, {}, network));
        return [1, 2, 3].map(() => trainer.step({ text: padded, y }));
      }),
    );
    expect(losses[0]).toEqual(losses[1]);
  });
});

describe("losses and metrics", () => {
  const features = 2;
  const numbers = Array.from({ length: texts.length * length * features }, (_, i) => Math.sin(3 * i));
  const targets = Array.from({ length: texts.length * length }, (_, i) => 0.5 + Math.cos(2 * i) / 2);
  const real = targets.flatMap((_, i) => (i % length < lengths[Math.floor(i / length)] ? [i] : []));

  it.each([
    ["mse", ["mae", "rmse", "r2"]],
    ["mae", [{ formula: "mean((prediction - target)^2) / sum(target)", name: "own" }]],
    [{ formula: "sqrt(mean((prediction - target)^2)) + 0.1 * sum(prediction)" }, []],
    ["binary-cross-entropy", ["accuracy"]],
  ] as const)("of %j depend only on the positions that are not padding", async (loss, metrics) => {
    const whole: ModelSpec = {
      ...specOf({ shape: [length, features], dtype: "f32", ...withLengths }, count, [
        { type: "dense", units: 1 },
      ]),
      targets: { y: { shape: [length, 1] } },
      loss,
      metrics: [...metrics],
    };
    const single: ModelSpec = {
      ...whole,
      inputs: { text: { shape: [features] } },
      targets: { y: { shape: [1] } },
    };
    const trainer = await trainerOf(whole);
    const alone = await trainerOf(single);
    const batch = { text: numbers, count: lengths, y: targets };
    const rows = {
      text: real.flatMap((i) => numbers.slice(i * features, (i + 1) * features)),
      y: real.map((i) => targets[i]),
    };
    const [found, expected] = [trainer.evaluate(batch), alone.evaluate(rows)];
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) expect(found[name], name).toBeCloseTo(value, 12);
    expect(trainer.gradient(batch)).toBeCloseTo(alone.gradient(rows), 12);
    for (const [name, gradient] of Object.entries(alone.gradients))
      gradient.forEach((value, i) => expect(trainer.gradients[name][i], name).toBeCloseTo(value, 12));
  });

  it("are 0 in a batch that contains only padding, and so are the gradients", async () => {
    const trainer = await trainerOf({
      ...specOf({ shape: [length, features], dtype: "f32", ...withLengths }, count, [
        { type: "attention", heads: 1 },
        { type: "batch-norm" },
        { type: "dense", units: 1 },
      ]),
      targets: { y: { shape: [length] } },
    });
    const batch = { text: numbers, count: [0, 0, 0, 0], y: targets };
    expect(trainer.gradient(batch)).toBe(0);
    for (const gradient of Object.values(trainer.gradients))
      expect([...gradient].every((value) => value === 0)).toBe(true);
  });
});

describe("dropout in attention", () => {
  it("drops weights only in training", async () => {
    const network = (dropout: number): Layers => [
      { type: "embedding", vocabulary: 4, units: 2 },
      { type: "attention", heads: 1, dropout },
      { type: "global-avg-pool1d" },
    ];
    const batch = { text: padded, y: [1, 2, 3, 4, 5, 6, 7, 8] };
    const [some, none] = await Promise.all(
      [0.5, 0].map((rate) => trainerOf(specOf({ padding: 0 }, {}, network(rate)))),
    );
    expect(some.evaluate(batch)).toEqual(none.evaluate(batch));
    expect(none.gradient(batch)).toBeCloseTo(none.evaluate(batch).loss, 12);
    expect(some.gradient(batch)).not.toBeCloseTo(some.evaluate(batch).loss, 12);
  });
});

describe("the spec", () => {
  it("does not let the first layer read lengths, and does not warn that no layer reads them", () => {
    const { model, warnings } = parseSpec(specOf(withLengths, count));
    expect(model.network[0].from).toEqual(["text"]);
    expect(warnings).toEqual([]);
  });

  it("has masks in its canonical form only where the spec states them", () => {
    const { network, inputs } = parseModel(specOf({}));
    expect(inputs).toEqual({ text: { shape: [length], dtype: "i32" } });
    for (const layer of network) expect(Object.keys(layer)).not.toContain("mask");
  });

  const data = (text: object) => ({
    file: "x.csv",
    inputs: { text: { columns: ["text"], ...text }, count: { columns: ["count"] } },
    targets: { y: { columns: ["a", "b"] } },
  });
  it.each<[string, ModelSpec, string]>([
    [
      "both declarations",
      specOf({ padding: 0, ...withLengths }, count),
      "error T1224: inputs.text.lengths cannot be combined with padding\n  hint: remove one of the two",
    ],
    [
      "an unknown input",
      specOf({ lengths: "cuont" }, count, [
        { type: "embedding", vocabulary: 4, units: 2, from: "text" },
        "flatten",
        { type: "dense", units: 2 },
      ]),
      'error T1224: inputs.text.lengths: unknown input "cuont"\n  hint: did you mean "count"?',
    ],
    [
      "the input itself",
      specOf({ lengths: "text" }),
      "error T1224: inputs.text.lengths: an input cannot contain its own lengths\n" +
        '  hint: declare an input with one integer per row: "inputs": { "lengths": { "shape": [], "dtype": "i32" } }',
    ],
    [
      "lengths that are not integers",
      specOf(withLengths, { count: { shape: [] } }),
      "error T1224: inputs.text.lengths: count must have one integer per row\n" +
        '  hint: write "count": { "shape": [], "dtype": "i32" }',
    ],
    [
      "a fraction among integers",
      specOf({ padding: 0.5 }),
      "error T1224: inputs.text.padding must be an integer, because the dtype is i32, got 0.5\n" +
        '  hint: the usual value is "padding": 0',
    ],
    [
      "an input without positions",
      specOf({ padding: 0, shape: [] }),
      "error T1224: inputs.text.padding needs a sequence, but each row of this input is a single number\n" +
        "  hint: write a shape such as [60]",
    ],
    [
      "a text",
      {
        ...specOf({ padding: 0 }),
        data: {
          ...data({ characters: { length } }),
          inputs: { text: { columns: ["text"], characters: { length } } },
        },
      },
      "error T1224: inputs.text.padding cannot be combined with characters, which determines the padding\n" +
        "  hint: remove it",
    ],
    [
      "a scale",
      {
        ...specOf({ padding: 0, dtype: "f32" }, {}, [{ type: "dense", units: 2 }]),
        data: { ...data({ scale: "standard" }), inputs: { text: { columns: ["a..e"], scale: "standard" } } },
      },
      "error T1224: inputs.text.padding cannot be combined with a scale, which would change the padding as well\n" +
        '  hint: remove the scale of data.inputs.text, or name an input that contains the lengths: "lengths": "NAME"',
    ],
  ])("rejects %s", (_, spec, expected) => {
    expect(faultsOf(spec)).toContain(expected);
  });

  it("needs two inputs for cross-attention", () => {
    const network: Layers = [
      { type: "embedding", vocabulary: 4, units: 2 },
      { type: "cross-attention", heads: 1 },
      "flatten",
      { type: "dense", units: 2 },
    ];
    expect(() => buildGraphs(parseModel(specOf({}, {}, network)), "f64")).toThrow(
      "network[1]: cross-attention1 must read exactly two inputs, got 1: embedding1 has the shape [n, 5, 2]",
    );
  });

  it.each<[string, ModelSpec, string]>([
    [
      "a dense layer along the sequence",
      specOf({ padding: 0, dtype: "f32" }, {}, [{ type: "dense", units: 2 }]),
      "warning T1225: inputs.text.padding has no effect, because no layer, loss or metric skips padding\n" +
        "  hint: layers such as gru, attention and global-avg-pool1d skip padding; flatten reads every position, as " +
        "does a dense layer whose last axis is the sequence",
    ],
    [
      "flatten",
      specOf(withLengths, count, [
        { type: "embedding", vocabulary: 4, units: 2 },
        "flatten",
        { type: "dense", units: 2 },
      ]),
      "warning T1225: inputs.text.lengths has no effect",
    ],
  ])("warns of padding that %s reads", (_, spec, expected) => {
    expect(render(buildGraphs(parseModel(spec), "f64").warnings)).toContain(expected);
  });

  it("does not warn of padding that the loss alone leaves out", () => {
    const spec: ModelSpec = {
      ...specOf({ padding: 0 }, {}, [{ type: "embedding", vocabulary: 4, units: 2 }]),
      targets: { y: { shape: [length, 2] } },
    };
    expect(buildGraphs(parseModel(spec), "f64").warnings).toEqual([]);
  });
});
