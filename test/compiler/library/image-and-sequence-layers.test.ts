// Layers over images and sequences as emitted trainers, in cases that are not among the PyTorch cases. If a
// test fails, a layer reads wrong elements, or a running statistic changes when it must not.
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/index.ts";
import type { ModelSpec } from "../../../src/index.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";

type Layers = ModelSpec["network"];

async function trainerOf(
  input: object,
  network: Layers,
  target: object,
  loss = "mse",
  batchSize = 4,
  dtype: "f32" | "f64" = "f64",
) {
  const spec = {
    name: "layers",
    inputs: { x: input },
    targets: { y: target },
    network,
    loss,
    ...(loss === "cross-entropy" ? { metrics: ["accuracy"] } : {}),
    optimizer: { type: "sgd", learningRate: 0.1 },
    training: { epochs: 1, batchSize },
  };
  const { code } = await compile(spec as ModelSpec, { dtype });
  return (await loadTrainer(code)).createTrainer({ seed: 1 });
}

const refusal = async (input: object, network: Layers): Promise<string> =>
  trainerOf(input, network, { shape: [1] }).then(
    () => "accepted",
    (error: Error) => error.message,
  );

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("convolution", () => {
  it("slides the filter without flipping it, and adds the bias", async () => {
    const network: Layers = [{ type: "conv2d", filters: 1, kernel: 2 }, { type: "flatten" }];
    const trainer = await trainerOf({ shape: [3, 3, 1] }, network, { shape: [4] });
    trainer.parameters["conv2d1.weight"].set([1, 2, 3, 4]);
    trainer.parameters["conv2d1.bias"].set([0.5]);
    // 0·1 + 1·2 + 3·3 + 4·4 in the corner of the numbers 0 … 8, plus 0.5; 10 more for each step to the right,
    // 30 more for each step down.
    expect([...trainer.predict({ x: count(9) })]).toEqual([27.5, 37.5, 57.5, 67.5]);
  });
  it("puts the extra zero of same padding after the image, like TensorFlow", async () => {
    const network: Layers = [{ type: "conv2d", filters: 1, kernel: 2, padding: "same" }, { type: "flatten" }];
    const trainer = await trainerOf({ shape: [2, 2, 1] }, network, { shape: [4] });
    trainer.parameters["conv2d1.weight"].set([1, 10, 100, 1000]);
    expect([...trainer.predict({ x: [1, 2, 3, 4] })]).toEqual([4321, 402, 43, 4]);
  });
  it("accepts fewer rows than the batch size", async () => {
    const network: Layers = [
      { type: "conv2d", filters: 3, kernel: [2, 1], stride: [1, 2], activation: "relu" },
      { type: "max-pool2d", size: 2 },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ];
    const trainer = await trainerOf({ shape: [5, 8, 2] }, network, { shape: [2] });
    const rows = count(3).map((row) => count(80).map((i) => Math.sin(i * 0.7 + row)));
    const together = [...trainer.predict({ x: rows.flat() })];
    const apart = rows.flatMap((row) => [...trainer.predict({ x: row })]);
    expect(together).toEqual(apart);
  });
  it("reports the expected and the actual shape", async () => {
    expect(await refusal({ shape: [4] }, [{ type: "conv2d", filters: 1, kernel: 2 }])).toContain(
      "conv2d1 must read an image [n, height, width, channels], but x has the shape [n, 4]",
    );
    expect(await refusal({ shape: [4, 4, 1] }, [{ type: "conv2d", filters: 1, kernel: 5 }])).toContain(
      "a window of 5 × 5 does not fit",
    );
  });
});

describe("pooling", () => {
  it("leaves out elements that no whole window covers", async () => {
    const trainer = await trainerOf(
      { shape: [3, 3, 1] },
      [{ type: "max-pool2d", size: 2 }, { type: "flatten" }, { type: "dense", units: 1 }],
      { shape: [1] },
    );
    trainer.parameters["dense1.weight"].set([1]);
    expect([...trainer.predict({ x: count(9) })]).toEqual([4]);
  });
  it("gives the mean of each channel", async () => {
    const trainer = await trainerOf(
      { shape: [2, 2, 2] },
      [{ type: "global-avg-pool2d" }, { type: "dense", units: 1 }],
      { shape: [1] },
    );
    trainer.parameters["dense1.weight"].set([1, 100]);
    expect([...trainer.predict({ x: [1, 5, 2, 6, 3, 7, 4, 8] })]).toEqual([2.5 + 650]);
  });
});

describe("in f32 a maximum is found among values that are not materialised", () => {
  const sum: Layers = [
    { type: "dense", units: 3, name: "a", activation: "tanh" },
    { type: "dense", units: 3, name: "b", from: "x" },
    { type: "add", from: ["a", "b"] },
  ];
  const rows = 64;
  const both = async (network: Layers, target: object, loss: string) =>
    Promise.all(
      (["f64", "f32"] as const).map((dtype) => trainerOf({ shape: [4] }, network, target, loss, rows, dtype)),
    );
  const x = Float32Array.from({ length: 4 * rows }, (_, i) => Math.sin(i * 1.7));
  it("for the accuracy of an output that concatenates layers", async () => {
    const [exact, single] = await both(sum, { classes: 3 }, "cross-entropy");
    const batch = { x, y: count(rows).map((row) => row % 3) };
    expect(single.evaluate(batch).accuracy).toBe(exact.evaluate(batch).accuracy);
    expect(exact.evaluate(batch).accuracy).toBeGreaterThan(0);
  });
  it("for the gradient of max-pooling over such values", async () => {
    const pooled: Layers = [
      ...sum,
      { type: "reshape", shape: [3, 1, 1] },
      { type: "max-pool2d", size: [3, 1] },
      { type: "flatten" },
    ];
    const [exact, single] = await both(pooled, { shape: [1] }, "mse");
    for (const [name, values] of Object.entries(exact.parameters)) single.parameters[name].set(values);
    const batch = { x, y: count(rows).map(Math.cos) };
    exact.gradient(batch);
    single.gradient(batch);
    exact.gradients["a.weight"].forEach((value, i) =>
      expect(single.gradients["a.weight"][i]).toBeCloseTo(value, 5),
    );
    expect(exact.gradients["a.weight"].some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });
});

describe("batch normalisation", () => {
  const network: Layers = [{ type: "batch-norm" }, { type: "dense", units: 1 }];
  const batch = { x: [1, 10, 3, 30], y: [0, 1] };
  it("updates its running statistics in a step, with the unbiased variance, but not in a gradient", async () => {
    const trainer = await trainerOf({ shape: [2] }, network, { shape: [1] });
    trainer.gradient(batch);
    expect([...trainer.parameters["batch-norm1.mean"]]).toEqual([0, 0]);
    trainer.step(batch);
    // The means are 2 and 20; the variances are 1 and 100, unbiased 2 and 200.
    expect([...trainer.parameters["batch-norm1.mean"]]).toEqual([0.2, 2]);
    expect([...trainer.parameters["batch-norm1.variance"]]).toEqual([0.9 + 0.2, 0.9 + 20]);
    expect(Object.keys(trainer.gradients)).not.toContain("batch-norm1.mean");
  });
  it("evaluates with the running statistics, for one row and for many", async () => {
    const trainer = await trainerOf({ shape: [2] }, network, { shape: [1] });
    for (let i = 0; i < 5; i++) trainer.step(batch);
    const both = [...trainer.predict({ x: batch.x })];
    expect([...trainer.predict({ x: [3, 30] })]).toEqual([both[1]]);
  });
  it("saves its running statistics in a checkpoint", async () => {
    const trainer = await trainerOf({ shape: [2] }, network, { shape: [1] });
    trainer.step(batch);
    const other = await trainerOf({ shape: [2] }, network, { shape: [1] });
    other.load(trainer.save());
    expect([...other.parameters["batch-norm1.mean"]]).toEqual([0.2, 2]);
  });
});

describe("sequences", () => {
  const network: Layers = [
    { type: "embedding", vocabulary: 5, units: 4 },
    { type: "position-embedding" },
    { type: "attention", heads: 2, causal: true },
    { type: "dense", units: 5 },
  ];
  const model = () =>
    trainerOf({ shape: [3], dtype: "i32" }, network, { classes: 5, shape: [3] }, "cross-entropy");
  it("causal attention does not read later positions", async () => {
    const trainer = await model();
    const [a, b] = [
      [1, 2, 3],
      [1, 2, 4],
    ].map((x) => [...trainer.predict({ x })]);
    expect(a.slice(0, 10)).toEqual(b.slice(0, 10));
    expect(a.slice(10)).not.toEqual(b.slice(10));
  });
  it("an index outside the vocabulary is rejected with its location", async () => {
    const trainer = await model();
    expect(() => trainer.predict({ x: [0, 1, 5] })).toThrow("x, row 0: 5 is not an index from 0 to 4");
  });
  it("targets of −1 are ignored in the loss and its gradient", async () => {
    const trainer = await model();
    const whole = trainer.gradient({ x: [1, 2, 3], y: [2, -1, -1] });
    const gradient = [...trainer.gradients["dense1.bias"]];
    // A second row of which every target is ignored changes nothing.
    expect(trainer.gradient({ x: [1, 2, 3, 4, 4, 4], y: [2, -1, -1, -1, -1, -1] })).toBeCloseTo(whole, 14);
    trainer.gradients["dense1.bias"].forEach((value, i) => expect(value).toBeCloseTo(gradient[i], 14));
  });
  it("the number of heads must divide the number of units", async () => {
    expect(await refusal({ shape: [3, 4] }, [{ type: "attention", heads: 3 }])).toContain(
      "heads must divide the 4 units of x, got 3",
    );
  });
});
