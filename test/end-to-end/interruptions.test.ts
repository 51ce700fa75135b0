// Compiled trainers that are stopped at random moments, saved, and continued in a new trainer. If a test
// fails, Ctrl-C changes the result of a training run.
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { randomStream } from "../../src/runtime/numbers/random.ts";
import type { PausingTrainer } from "../../src/runtime/trainer/pauses.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import { faultsOf, forbiddenIn } from "../support/code-faults.ts";
import { imported } from "../support/emitted.ts";
import { batchFor } from "../support/specs.ts";

const spec: ModelSpec = {
  name: "stopped",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 8, activation: "relu" },
    { type: "batch-norm" },
    { type: "dropout", rate: 0.4 },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: { type: "exponential", initial: 0.02, rate: 0.99 } },
  training: { epochs: 5, batchSize: 6, seed: 3, earlyStopping: { patience: 5 } },
};
const accumulated: ModelSpec = { ...spec, training: { ...spec.training, accumulate: 2 } };
const averaged: ModelSpec = { ...spec, training: { ...spec.training, average: { decay: 0.8 } } };

const cases = [
  { name: "plain", model: spec, target: "ts" },
  { name: "plain", model: spec, target: "wasm" },
  { name: "accumulated", model: accumulated, target: "ts" },
  { name: "accumulated", model: accumulated, target: "wasm" },
  { name: "averaged", model: averaged, target: "wasm" },
] as const;

/** The text of a trainer that can pause. */
const pausingText = async (model: ModelSpec, target: "ts" | "wasm", probe = false): Promise<string> =>
  (await compile(model, { target, probe, program: false, pauses: true })).code;

describe("50 stops at random moments", () => {
  it.each(cases)("leave no trace: $name $target", async ({ model, target }) => {
    const { code } = await compile(model, { target, program: false });
    const plain = await imported<Trainer>(code);
    const pausing = await imported<PausingTrainer>(await pausingText(model, target));
    const data = batchFor(model, 70, 1);
    const options = { validation: 0.2 };
    const whole = plain.createTrainer();
    whole.fit(data, { ...options, epochs: 5 });
    const final = whole.save();

    const random = randomStream(target === "ts" ? 1 : 2);
    let checkpoint: Uint8Array | undefined;
    for (let stops = 0; stops < 50;) {
      const trainer = pausing.createTrainer();
      if (checkpoint) trainer.load(checkpoint);
      trainer.pauseAfter(() => 1 + random.below(4));
      const run = trainer.epochs(data, { ...options, epochs: 5 - trainer.epoch });
      let next = run.next();
      for (let left = random.below(20); !next.done && left > 0; left--) next = run.next();
      checkpoint = trainer.save();
      if (!next.done) {
        stops++;
        continue;
      }
      expect(checkpoint).toEqual(final);
      checkpoint = undefined;
    }
    // A trainer without pauses continues inside the epoch, too.
    const last = plain.createTrainer();
    if (checkpoint) last.load(checkpoint);
    last.fit(data, { ...options, epochs: 5 - last.epoch });
    expect(last.save()).toEqual(final);
  });
});

describe("the code of a pausing trainer", () => {
  it.each([
    ["ts", false],
    ["wasm", true],
  ] as const)("is strict, without casts: %s, probe %s", async (target, probe) => {
    const code = await pausingText(averaged, target, probe);
    expect(faultsOf(code)).toEqual([]);
    expect(forbiddenIn(code)).toEqual([]);
  });

  it("is absent from other trainers", async () => {
    const { code } = await compile(spec);
    for (const word of ["pauseAfter", "soFar", "Pace", "EpochPosition"]) expect(code).not.toContain(word);
  });
});
