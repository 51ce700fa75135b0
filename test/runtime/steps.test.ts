// Several training steps in one call. If a test fails, one call of `steps` trains differently from the same
// number of calls of `step`, so every epoch is wrong, too.
import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { TrainingDiverged } from "../../src/runtime/step/steps.ts";
import { batchSize, linearTrainer } from "./linear-machine.ts";

/** Ten rows: two batches of four, and one of two. */
const data: Batch = {
  x: Float64Array.from({ length: 20 }, (_, i) => Math.sin(i)),
  y: Float64Array.from({ length: 10 }, (_, i) => Math.cos(i)),
};

const rowsOf = (start: number, n: number): Batch => ({
  x: Array.from(data.x).slice(2 * start, 2 * (start + n)),
  y: Array.from(data.y).slice(start, start + n),
});

describe("steps", () => {
  it("equal calls of step: batch after batch, the last one smaller, then from the first one again", () => {
    const [whole, single] = [linearTrainer({ rate: 0.1 }), linearTrainer({ rate: 0.1 })];
    const mean = whole.steps(data, 7);
    const sizes = [4, 4, 2, 4, 4, 2, 4];
    let [sum, rows, start] = [0, 0, 0];
    for (const n of sizes) {
      sum += n * single.step(rowsOf(start, n));
      rows += n;
      start = (start + n) % 10;
    }
    expect(mean).toBe(sum / rows);
    expect(whole.save()).toEqual(single.save());
  });

  it("equal an epoch if they are as many and rows are not shuffled", () => {
    const [whole, epoch] = [linearTrainer({ rate: 0.1 }), linearTrainer({ rate: 0.1 })];
    const { epochs } = epoch.fit(data, { epochs: 1, shuffle: false });
    expect(whole.steps(data, 3)).toBe(epochs[0].loss);
    expect(whole.parameters).toEqual(epoch.parameters);
  });

  it("stop if the loss is not a finite number, and report the step", () => {
    const trainer = linearTrainer({ rate: 1e120 });
    expect(() => trainer.steps(data, 9)).toThrow(TrainingDiverged);
    expect(() => linearTrainer({ rate: 1e120 }).steps(data, 9)).toThrow(/at step [1-3], in epoch 1/);
  });

  it.each([0, -1, 1.5, NaN])("must be an integer of at least 1: %s is rejected", (count) => {
    expect(() => linearTrainer({ rate: 0.1 }).steps(rowsOf(0, batchSize), count)).toThrow(
      "count must be an integer",
    );
  });
});
