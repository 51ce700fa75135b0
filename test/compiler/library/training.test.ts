// Losses, metrics, optimizers and layers in small complete models, in cases that are not among the PyTorch
// cases. If a test fails, a training result differs from the one computed by hand.
import { describe, expect, it } from "vitest";
import { referenceTrainer } from "../reference/reference-trainer.ts";

/** The spec of y = f(x · w + b) for `inputs` numbers. `rest` replaces some defaults. */
const spec = (inputs: number, units: number, rest: object) => ({
  name: "test",
  inputs: { x: { shape: [inputs] } },
  targets: { y: { shape: [units] } },
  network: [{ type: "dense", units }],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.5 },
  training: { epochs: 1, batchSize: 4 },
  ...rest,
});

/** A model whose output equals its input: weight 1, bias 0. */
function identity(rest: object) {
  const trainer = referenceTrainer(spec(1, 1, rest));
  trainer.set("dense1.weight", [1]);
  return trainer;
}

const extreme = { x: [-1e4, 1e4, -1e4, 1e4], y: [0, 1, 1, 0] };

describe("losses", () => {
  it.each(["mse", "mae", "rmse", "huber", "log-cosh", "binary-cross-entropy", "hinge", "perceptron"])(
    "%s and its gradient stay finite for outputs far from zero",
    (loss) => {
      const trainer = identity({ loss });
      expect(Number.isFinite(trainer.gradient(extreme))).toBe(true);
      expect(trainer.get("gradient:dense1.weight").every(Number.isFinite)).toBe(true);
    },
  );

  it(
    "cross-entropy stays finite for logits far from zero, and leaves targets of -1 out of sum, count and " +
      "gradient",
    () => {
      const trainer = referenceTrainer(spec(2, 3, { targets: { y: { classes: 3 } }, loss: "cross-entropy" }));
      trainer.set("dense1.weight", [1e4, -1e4, 0, 0.3, 0.2, 0.1]);
      const kept = { x: [1, 0, 0, 1], y: [0, 1] };
      const loss = trainer.gradient(kept);
      const gradient = trainer.get("gradient:dense1.weight");
      expect([loss, ...gradient].every(Number.isFinite)).toBe(true);
      expect(trainer.gradient({ x: [1, 0, 7, 7, 0, 1], y: [0, -1, 1] })).toBeCloseTo(loss, 14);
      trainer.get("gradient:dense1.weight").forEach((value, i) => expect(value).toBeCloseTo(gradient[i], 12));
    },
  );

  it.each(["binary-cross-entropy", "hinge", "perceptron"])(
    "%s accepts a target of two classes too",
    (loss) => {
      const real = identity({ loss });
      const classes = identity({ loss, targets: { y: { classes: 2 } } });
      const batch = { x: [-2, 0.5, 0.3, -0.1], y: [0, 1, 0, 1] };
      expect(classes.gradient(batch)).toBe(real.gradient(batch));
      const withGap = { x: [...batch.x, 9], y: [...batch.y, -1] };
      expect(classes.gradient(withGap)).toBeCloseTo(real.gradient(batch), 14);
    },
  );

  it.each(["hinge", "perceptron"])("%s treats targets of -1 and 1 like 0 and 1", (loss) => {
    const trainer = identity({ loss });
    expect(trainer.gradient({ x: [2, -3], y: [-1, 1] })).toBe(trainer.gradient({ x: [2, -3], y: [0, 1] }));
  });

  it("the perceptron learns from weights of zero, where every score is at the kink", () => {
    const trainer = referenceTrainer(spec(1, 1, { loss: "perceptron" }));
    trainer.step({ x: [1, -1], y: [1, 0] });
    expect(trainer.get("dense1.weight")[0]).toBeGreaterThan(0);
  });
});

describe("the perceptron with a unit step", () => {
  const trainer = identity({
    network: [{ type: "dense", units: 1, activation: "step" }],
    loss: "perceptron",
    metrics: ["accuracy"],
  });
  const batch = { x: [-2, -0.5, 0, 3], y: [0, 1, 1, 0] };

  it("predicts after the step and learns from the value before it", () => {
    expect(trainer.predict({ x: batch.x })).toEqual([0, 0, 1, 1]);
    expect(trainer.gradient(batch)).toBe((0 + 0.5 + 0 + 3) / 4);
  });

  it("evaluates the loss before the step and the metrics after it", () => {
    expect(trainer.evaluate(batch)).toEqual({ loss: 0.875, accuracy: 0.5 });
  });
});

describe("metrics", () => {
  it("accuracy takes the first of equal maxima and ignores targets of -1", () => {
    const trainer = referenceTrainer(
      spec(3, 3, { targets: { y: { classes: 3 } }, loss: "cross-entropy", metrics: ["accuracy"] }),
    );
    trainer.set("dense1.weight", [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const x = [1, 1, 0, 0, 2, 2, 3, 1, 1, 0, 0, 5];
    expect(trainer.evaluate({ x, y: [0, 2, 0, -1] }).accuracy).toBeCloseTo(2 / 3, 14);
    expect(trainer.evaluate({ x, y: [1, 1, 2, 2] }).accuracy).toBe(0.5);
  });

  it("accuracy has the threshold 0 where the loss reads scores, and one half elsewhere", () => {
    const batch = { x: [-0.2, 0, 0.3, 0.7], y: [0, 1, 1, 1] };
    expect(identity({ loss: "hinge", metrics: ["accuracy"] }).evaluate(batch).accuracy).toBe(1);
    expect(identity({ loss: "mse", metrics: ["accuracy"] }).evaluate(batch).accuracy).toBe(0.5);
  });

  it("r2, mae and rmse over several batches are those of all rows together, far from zero too", () => {
    const trainer = identity({ metrics: ["mae", "rmse", "r2"] });
    const y = [1001, 1002, 1004, 1003];
    const x = [1001.5, 1002, 1003, 1003];
    const parts = trainer.evaluate({ x: x.slice(0, 3), y: y.slice(0, 3) }, { x: x.slice(3), y: y.slice(3) });
    expect(parts.mae).toBeCloseTo(1.5 / 4, 12);
    expect(parts.rmse).toBeCloseTo(Math.sqrt(1.25 / 4), 12);
    expect(parts.r2).toBeCloseTo(1 - 1.25 / 5, 9);
    expect(parts.loss).toBeCloseTo(1.25 / 4, 12);
  });

  it("metrics of a log rate are in counts", () => {
    const trainer = identity({ loss: "poisson", metrics: ["mae"] });
    expect(trainer.evaluate({ x: [0, Math.log(3)], y: [2, 3] }).mae).toBeCloseTo(0.5, 14);
  });

  it("rmse over batches is the root of the whole mean, not a mean of roots", () => {
    const trainer = identity({ loss: "rmse" });
    expect(trainer.evaluate({ x: [0, 0], y: [1, 1] }, { x: [0, 0], y: [7, 7] }).loss).toBeCloseTo(5, 14);
  });
});

describe("regularization", () => {
  it("counts in training but not in evaluation, and does not affect frozen weights", () => {
    const regularization = { l1: 0.5, l2: 2 };
    const batch = { x: [1, 2], y: [1, 2] };
    const trainer = identity({ regularization });
    expect(trainer.gradient(batch)).toBe(2.5);
    expect(trainer.evaluate(batch).loss).toBe(0);
    const network = [
      { type: "dense", units: 1, trainable: false },
      { type: "dense", units: 1 },
    ];
    const frozen = identity({ regularization, network });
    frozen.set("dense2.weight", [1]);
    expect(frozen.gradient(batch)).toBe(2.5);
  });
});

describe("optimizers", () => {
  it("the first velocity of sgd is the whole gradient, whatever the dampening", () => {
    const optimizer = { type: "sgd", learningRate: 1, momentum: 0.9, dampening: 0.5 };
    const trainer = referenceTrainer(spec(1, 1, { optimizer, loss: "mae" }));
    const batch = { x: [1], y: [100] };
    trainer.step(batch);
    expect(trainer.get("dense1.bias")[0]).toBe(1);
    trainer.step(batch);
    expect(trainer.get("dense1.bias")[0]).toBeCloseTo(1 + 0.9 + 0.5, 14);
  });

  it("clipping by the norm scales large gradients down, and does not change small ones", () => {
    // The gradients of weight and bias for the input 0 are 0 and ±1.
    for (const [norm, moved] of [
      [0.5, 0.5],
      [4, 1],
    ]) {
      const optimizer = { type: "sgd", learningRate: 1, clip: { norm } };
      const trainer = referenceTrainer(spec(1, 1, { optimizer, loss: "mae" }));
      trainer.step({ x: [0], y: [100] });
      expect(trainer.get("dense1.bias")[0]).toBeCloseTo(moved, 5);
    }
  });

  it("weight decay covers biases", () => {
    const optimizer = { type: "sgd", learningRate: 0.1, weightDecay: 1 };
    const trainer = identity({ optimizer });
    trainer.set("dense1.bias", [0]);
    trainer.set("dense1.weight", [0]);
    trainer.set("dense1.bias", [2]);
    trainer.step({ x: [0], y: [2] });
    expect(trainer.get("dense1.bias")[0]).toBeCloseTo(1.8, 14);
  });

  it("reports the rate of the last step", () => {
    const learningRate = { type: "exponential", initial: 0.1, rate: 0.5 };
    const trainer = identity({ optimizer: { type: "adam", learningRate } });
    trainer.step({ x: [1], y: [0] });
    expect(trainer.learningRate()).toBe(0.1);
    trainer.step({ x: [1], y: [0] });
    expect(trainer.learningRate()).toBe(0.05);
  });

  it("the root in centered rmsprop is real if the gradient is zero everywhere", () => {
    const optimizer = { type: "rmsprop", learningRate: 0.1, centered: true };
    const trainer = identity({ optimizer });
    for (let step = 0; step < 50; step++) trainer.step({ x: [1e-3], y: [3e-3] });
    expect(trainer.get("dense1.weight").every(Number.isFinite)).toBe(true);
  });
});

describe("dropout", () => {
  const network = [
    { type: "dropout", rate: 0.25 },
    { type: "dense", units: 1, bias: false },
  ];
  const x = Array.from({ length: 4000 }, () => 1);
  const drawn = (seed: number) => {
    const trainer = referenceTrainer(spec(4000, 1, { network, loss: "mae" }), seed);
    trainer.set("dense1.weight", x);
    const loss = trainer.gradient({ x, y: [0] });
    return { trainer, loss, kept: trainer.get("gradient:dense1.weight") };
  };

  it("drops its fraction, scales the rest, and drops nothing in evaluation", () => {
    const { trainer, loss, kept } = drawn(1);
    expect(new Set(kept)).toEqual(new Set([0, 1 / 0.75]));
    expect(loss / 4000).toBeCloseTo(1, 1);
    expect(trainer.evaluate({ x, y: [0] }).loss).toBe(4000);
    expect(trainer.predict({ x })).toEqual([4000]);
  });

  it("depends only on seed and step", () => {
    const { trainer, kept } = drawn(1);
    expect(drawn(1).kept).toEqual(kept);
    expect(drawn(2).kept).not.toEqual(kept);
    trainer.gradient({ x, y: [0] });
    expect(trainer.get("gradient:dense1.weight")).toEqual(kept);
    trainer.step({ x, y: [0] });
    trainer.gradient({ x, y: [0] });
    expect(trainer.get("gradient:dense1.weight")).not.toEqual(kept);
  });
});
