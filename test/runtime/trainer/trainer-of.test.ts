// The trainer with simple kernels, whose results can be computed by hand. If a test fails, the trainer calls
// kernels in a wrong order or on wrong rows.
import { expect, test } from "vitest";
import { InputError } from "../../../src/runtime/step/errors.ts";
import type { Trainer } from "../../../src/runtime/trainer/trainer.ts";
import { trainerOf } from "../../../src/runtime/trainer/trainer-of.ts";
import { lineData, linearMachine, linearTrainer, model, training } from "../linear-machine.ts";

test("initial parameters follow from the seed, by default from the seed of the spec", () => {
  const weights = (seed?: number) => [...linearTrainer({ seed }).parameters["dense1.weight"]];
  expect(weights()).toEqual(weights(7));
  expect(weights(8)).not.toEqual(weights(7));
  expect(linearTrainer({ seed: 8 }).seed).toBe(8);
});

test("a seed is an unsigned 32-bit integer, and is preserved exactly, in checkpoints too", () => {
  for (const seed of [0, 0x80000000, 0xffffffff]) {
    const trainer = linearTrainer({ seed });
    expect(trainer.seed).toBe(seed);
    const next = linearTrainer();
    next.load(trainer.save());
    expect(next.seed).toBe(seed);
  }
  expect(linearTrainer({ training: { seed: 0xffffffff } }).seed).toBe(0xffffffff);
});

test.each([-1, 1.5, NaN, Infinity, 2 ** 32])("%d is not a seed", (seed) => {
  expect(() => linearTrainer({ seed })).toThrow(InputError);
  expect(() => linearTrainer({ seed })).toThrow(`seed must be an integer from 0 to 4294967295, got ${seed}`);
});

test("gradient() returns the loss, sets gradients and changes no parameter; step() returns the loss before the update", () => {
  const trainer = linearTrainer({ drop: 0 });
  const batch = lineData(3);
  const before = [...trainer.parameters["dense1.weight"]];
  const loss = trainer.gradient(batch);
  expect([...trainer.parameters["dense1.weight"]]).toEqual(before);
  expect(trainer.gradients["dense1.bias"][0]).not.toBe(0);
  expect(trainer.step(batch)).toBe(loss);
  expect(trainer.gradient(batch)).toBeLessThan(loss);
});

test("predictions are a new array with one row for each row of the batch", () => {
  const trainer = linearTrainer();
  trainer.parameters["dense1.weight"].set([2, -1]);
  trainer.parameters["dense1.bias"].set([1]);
  const first = trainer.predict({ x: [1, 1, 0, 3] });
  trainer.predict({ x: [5, 5] });
  expect([...first]).toEqual([2, -2]);
});

test("each evaluate() starts with empty totals; evaluateAll() takes any number of rows", () => {
  const trainer = linearTrainer();
  const data = lineData(10);
  const part = { x: data.x.slice(0, 8), y: data.y.slice(0, 4) };
  expect(trainer.evaluate(part)).toEqual(trainer.evaluate(part));
  const errors = data.y.map((y, i) => (trainer.predict({ x: data.x.slice(2 * i, 2 * i + 2) })[0] - y) ** 2);
  expect(trainer.evaluateAll(data).loss).toBeCloseTo(errors.reduce((a, b) => a + b) / 10, 12);
});

test.each(["step", "gradient", "evaluate", "predict"] as const)("%s() takes at most one batch", (call) => {
  expect(() => linearTrainer()[call](lineData(5))).toThrow("the batch has 5 rows, more than batchSize 4");
});

test("a rejected batch changes nothing", () => {
  const trainer = linearTrainer();
  const before = trainer.save();
  expect(() => trainer.step({ x: [1, NaN], y: [1] })).toThrow("x, row 0: NaN");
  expect(trainer.save()).toEqual(before);
});

test.each<[string, (trainer: Trainer) => unknown, string]>([
  [
    "a misspelt option of fit",
    (t) => Reflect.apply(t.fit, t, [lineData(4), { epoch: 1 }]),
    'training options: unknown key "epoch"; known keys: epochs, batchSize, validation, earlyStopping, shuffle',
  ],
  [
    "options that are null",
    (t) => Reflect.apply(t.fit, t, [lineData(4), null]),
    "training options must be an object, got null",
  ],
  [
    "a misspelt option of early stopping",
    (t) => Reflect.apply(t.fit, t, [lineData(4), { earlyStopping: { patience: 1, mindelta: 0 } }]),
    'earlyStopping: unknown key "mindelta"; known keys: patience, metric, minDelta',
  ],
  [
    "a misspelt option of the trainer",
    () => Reflect.apply(trainerOf, undefined, [{ model, machine: linearMachine(0.1), training }, { sed: 1 }]),
    'createTrainer: unknown key "sed"; known keys: seed, backend, threads, selfCheck',
  ],
  [
    "options of a trainer that are null",
    () => Reflect.apply(trainerOf, undefined, [{ model, machine: linearMachine(0.1), training }, null]),
    "createTrainer must be an object, got null",
  ],
])("%s is rejected by name", (_, call, message) => {
  const trainer = linearTrainer();
  const before = trainer.save();
  expect(() => call(trainer)).toThrow(InputError);
  expect(() => call(trainer)).toThrow(message);
  expect(trainer.save()).toEqual(before);
});
