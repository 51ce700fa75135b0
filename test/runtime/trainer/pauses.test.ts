// Trainers that pause inside epochs. If a test fails, a training run that is stopped at some step and
// continued from its checkpoint differs from an uninterrupted one.
import { describe, expect, it } from "vitest";
import { randomStream } from "../../../src/runtime/numbers/random.ts";
import { pausing, withPauses } from "../../../src/runtime/trainer/pauses.ts";
import type { NextPiece, Pace, PausingTrainer } from "../../../src/runtime/trainer/pauses.ts";
import { trainerOf } from "../../../src/runtime/trainer/trainer-of.ts";
import type { EpochReport, FitOptions } from "../../../src/runtime/trainer/trainer.ts";
import { groupsOf } from "../../../src/runtime/step/steps.ts";
import { batchSize, lineData, linearMachine, linearTrainer, model, training } from "../linear-machine.ts";

function pausingTrainer(): PausingTrainer {
  const pace: Pace = {};
  return withPauses(trainerOf({ model, machine: linearMachine(0.05), training, ...pausing(pace) }, {}), pace);
}

const data = lineData(35);
const options: FitOptions = { epochs: 4, validation: 0.2, earlyStopping: { patience: 9 } };
const whole = linearTrainer();
const undisturbed = whole.fit(data, options);
const final = whole.save();

/** A source of piece lengths from 1 to 4. */
const randomPieces = (seed: number): NextPiece => {
  const random = randomStream(seed);
  return () => 1 + random.below(4);
};

describe("a trainer that pauses", () => {
  it("computes the same bits, and reports its position at each pause", () => {
    const trainer = pausingTrainer();
    trainer.pauseAfter(() => 2);
    const run = trainer.epochs(data, options);
    const pauses: EpochReport[] = [];
    const epochs: EpochReport[] = [];
    let next = run.next();
    for (; !next.done; next = run.next()) (next.value.soFar ? pauses : epochs).push(next.value);
    expect(next.value).toEqual(undisturbed);
    expect(epochs).toEqual(undisturbed.epochs);
    expect(trainer.save()).toEqual(final);
    // 28 training rows in 7 steps of 4. Evaluations take 7 and 2 batches.
    const inFirst = pauses.filter(({ epoch }) => epoch === 1).map(({ soFar }) => soFar);
    const at = (step: number) => ({ step, steps: 7, rows: step * batchSize });
    expect(inFirst).toEqual([at(2), at(4), at(6), at(7), at(7), at(7), at(7)]);
    expect(pauses.every(({ metrics, best }) => Object.keys(metrics).length === 0 && !best)).toBe(true);
  });

  it("has the mean loss of the rows so far", () => {
    const trainer = pausingTrainer();
    const single = linearTrainer();
    trainer.pauseAfter(() => 1);
    const [first, second] = trainer.epochs(data, { shuffle: false, validation: 0 });
    const batch = (start: number) => ({
      x: data.x.slice(2 * start, 2 * start + 8),
      y: data.y.slice(start, start + 4),
    });
    const losses = [single.step(batch(0)), single.step(batch(4))];
    expect(first.loss).toBe(losses[0]);
    expect(second.loss).toBe((losses[0] * 4 + losses[1] * 4) / 8);
  });

  it("does not pause in steps(), in fit(), or after pauseAfter(undefined)", () => {
    const trainer = pausingTrainer();
    const asked: string[] = [];
    trainer.pauseAfter((kind) => asked.push(kind));
    const plain = linearTrainer();
    expect(trainer.steps(data, 9)).toBe(plain.steps(data, 9));
    expect(asked).toEqual([]);
    expect(trainer.fit(data, options)).toEqual(plain.fit(data, options));
    trainer.pauseAfter(undefined);
    const epochs = [...trainer.epochs(data, { epochs: 2 })];
    expect(epochs.map(({ soFar }) => soFar)).toEqual([undefined, undefined]);
  });

  it("continues where a caller has stopped it", () => {
    const trainer = pausingTrainer();
    trainer.pauseAfter(() => 3);
    for (const { soFar } of trainer.epochs(data, options)) if (soFar?.step === 3) break;
    expect(trainer.epoch).toBe(0);
    expect(trainer.fit(data, options)).toEqual(undisturbed);
    expect(trainer.save()).toEqual(final);
  });

  it("begins the epoch again with other data", () => {
    const [trainer, plain] = [pausingTrainer(), linearTrainer()];
    trainer.pauseAfter(() => 2);
    for (const { soFar } of trainer.epochs(data, { shuffle: false, validation: 0 })) if (soFar) break;
    plain.steps(data, 2);
    trainer.fit(lineData(9, 2), { epochs: 1 });
    plain.fit(lineData(9, 2), { epochs: 1 });
    expect(trainer.parameters).toEqual(plain.parameters);
  });
});

describe("a training that is stopped at random steps", () => {
  it.each([1, 2, 3, 4, 5])(
    "ends with the same bits, whatever kind of trainer continues it: seed %i",
    (seed) => {
      const random = randomStream(seed);
      let checkpoint: Uint8Array | undefined;
      let stops = 0;
      for (;;) {
        const trainer = pausingTrainer();
        if (checkpoint) trainer.load(checkpoint);
        trainer.pauseAfter(randomPieces(random.below(1e6)));
        const left = random.below(6);
        const run = trainer.epochs(data, { ...options, epochs: 4 - trainer.epoch });
        let next = run.next();
        for (let pause = 0; !next.done && pause < left; pause++) next = run.next();
        checkpoint = trainer.save();
        if (next.done) break;
        stops++;
        // A plain trainer ends the training in the same way.
        const plain = linearTrainer();
        plain.load(checkpoint);
        plain.fit(data, { ...options, epochs: 4 - plain.epoch });
        expect(plain.save()).toEqual(final);
      }
      expect(stops).toBeGreaterThan(5);
      expect(checkpoint).toEqual(final);
    },
  );
});

it("a checkpoint from before there were positions begins at an epoch", () => {
  const trainer = linearTrainer();
  trainer.fit(data, { ...options, epochs: 2 });
  const text = Buffer.from(trainer.save()).toString("latin1").replace('"rows":0,"sum":0,', "");
  const bytes = Uint8Array.from(Buffer.from(text, "latin1")).subarray(0, -4);
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  const other = linearTrainer();
  other.load(Uint8Array.of(...bytes, ...new Uint8Array(Int32Array.of(sum).buffer)));
  other.fit(data, { ...options, epochs: 2 });
  expect(other.save()).toEqual(final);
});

it("groups of batches are steps, too", () => {
  const rows = { ...training, accumulate: 2 };
  const make = () => {
    const machine = linearMachine(0.05, 0);
    const pace: Pace = {};
    const sums = { weight: [0, 0], bias: 0, rows: 0, loss: 0 };
    const gradientOf = groupsOf({
      begin: (n) => Object.assign(sums, { weight: [0, 0], bias: 0, rows: n, loss: 0 }),
      measure: () => {},
      gradient(n) {
        sums.loss += (machine.gradient(n) * n) / sums.rows;
        const [weight, bias] = Object.values(machine.gradients);
        sums.weight = sums.weight.map((value, i) => value + (weight[i] * n) / sums.rows);
        sums.bias += (bias[0] * n) / sums.rows;
        weight.set(sums.weight);
        bias[0] = sums.bias;
        return sums.loss;
      },
    });
    const base = { model, machine, training: rows, gradientOf, ...pausing(pace) };
    return withPauses(trainerOf(base, {}), pace);
  };
  const [plain, stopped, continued] = [make(), make(), make()];
  plain.fit(data, { epochs: 2, validation: 0 });
  stopped.pauseAfter(() => 1);
  for (const { soFar } of stopped.epochs(data, { epochs: 2, validation: 0 }))
    if (soFar?.step === 3) {
      expect(soFar).toEqual({ step: 3, steps: 5, rows: 24 });
      break;
    }
  continued.load(stopped.save());
  continued.fit(data, { epochs: 2, validation: 0 });
  expect(continued.save()).toEqual(plain.save());
});
