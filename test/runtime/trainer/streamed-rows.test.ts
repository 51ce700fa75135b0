// Trainers that read their rows in blocks. If a test fails, training on data from disk differs from training
// on the same rows in memory, or rows are left out.
import { expect, test } from "vitest";
import type { Batch } from "../../../src/runtime/step/batch.ts";
import { withPauses } from "../../../src/runtime/trainer/pauses.ts";
import type { NextPiece, Pace, PausingTrainer } from "../../../src/runtime/trainer/pauses.ts";
import { streaming, withRowStream } from "../../../src/runtime/trainer/streamed-rows.ts";
import { trainerOf } from "../../../src/runtime/trainer/trainer-of.ts";
import type { EpochReport } from "../../../src/runtime/trainer/trainer.ts";
import { randomStream } from "../../../src/runtime/numbers/random.ts";
import { lineData, linearMachine, linearTrainer, model, training } from "../linear-machine.ts";

/** The rows as a stream. `read` receives each block that is read. */
function streamed(
  { x, y }: ReturnType<typeof lineData>,
  size: number,
  buffer: number,
  read = (_: number) => {},
): Batch {
  const rows = y.length;
  return withRowStream(
    { x: [...x], y: [...y] },
    {
      rows,
      blocks: Math.ceil(rows / size),
      buffer,
      read(block) {
        read(block);
        const [from, to] = [block * size, (block + 1) * size];
        return { x: x.slice(2 * from, 2 * to), y: y.slice(from, to) };
      },
    },
  );
}

function streamingTrainer(
  shuffle: boolean,
  seen: (rows: readonly number[]) => void = () => {},
): PausingTrainer {
  const pace: Pace = {};
  const machine = linearMachine(0.05);
  const { update, inputs } = machine;
  machine.update = (n) => {
    seen(Array.from(inputs["y"].subarray(0, n)));
    update(n);
  };
  const facts = { ...training, shuffle };
  return withPauses(trainerOf({ model, machine, training: facts, ...streaming(pace) }, {}), pace);
}

const data = lineData(35);
const validation = lineData(11);

test.each([
  ["all blocks in the buffer", 35, 1],
  ["several blocks in the buffer", 3, 4],
  ["blocks that are smaller than a batch", 1, 2],
  ["one block in the buffer, larger than a batch", 9, 1],
])("without shuffling, training computes the same bits as on rows in memory: %s", (_, size, buffer) => {
  const [ofArrays, ofStream] = [
    linearTrainer({ training: { ...training, shuffle: false } }),
    streamingTrainer(false),
  ];
  const history = ofArrays.fit(data, { epochs: 3, validation, shuffle: false });
  const parts = { epochs: 3, validation: streamed(validation, size, buffer) };
  expect(ofStream.fit(streamed(data, size, buffer), parts)).toEqual(history);
  expect(ofStream.save()).toEqual(ofArrays.save());
  expect(ofStream.evaluateAll(streamed(data, size, buffer))).toEqual(ofArrays.evaluateAll(data));
});

test("with shuffling, an epoch takes each row once, in an order of its own that the seed determines", () => {
  const ordersOf = () => {
    const rows: number[][] = [];
    const trainer = streamingTrainer(true, (batch) => rows.at(-1)?.push(...batch));
    const run = trainer.epochs(streamed(data, 4, 3), { epochs: 3 });
    for (let i = 0; i < 3; i++) {
      rows.push([]);
      run.next();
    }
    return rows;
  };
  const [first, second, third] = ordersOf();
  for (const rows of [first, second, third]) expect(rows.toSorted()).toEqual([...data.y].toSorted());
  expect(second).not.toEqual(first);
  expect(third).not.toEqual(second);
  expect(ordersOf()).toEqual([first, second, third]);
});

test("rows of different blocks are mixed within the buffer, and only there", () => {
  const rows: number[] = [];
  const trainer = streamingTrainer(true, (batch) => rows.push(...batch));
  const read: number[] = [];
  const numbered = { x: data.x, y: data.y.map((_, i) => i) };
  // 32 rows in 8 blocks, 2 of them in the buffer, in batches of 4: a chunk has 8 rows of 2 blocks.
  const first = { x: numbered.x.slice(0, 64), y: numbered.y.slice(0, 32) };
  trainer
    .epochs(
      streamed(first, 4, 2, (block) => read.push(block)),
      { epochs: 1 },
    )
    .next();
  const order = read.slice(0, 8);
  expect(order).not.toEqual(order.toSorted());
  for (let chunk = 0; chunk < 4; chunk++) {
    const blocks = rows.slice(8 * chunk, 8 * chunk + 8).map((row) => Math.floor(row / 4));
    expect(new Set(blocks)).toEqual(new Set(order.slice(2 * chunk, 2 * chunk + 2)));
  }
  const firstRows = rows.slice(0, 4).map((row) => Math.floor(row / 4));
  expect(new Set(firstRows).size).toBe(2);
});

test("training that is stopped at any pause and resumed ends with the bits of uninterrupted training", () => {
  const parts = { epochs: 3, validation: streamed(validation, 5, 2) };
  const whole = streamingTrainer(true);
  const undisturbed = whole.fit(streamed(data, 4, 3), parts);
  const final = whole.save();
  const random = randomStream(5);
  const pieces: NextPiece = () => 1 + random.below(3);
  for (let stop = 1; stop < 60; stop += 4) {
    const before = streamingTrainer(true);
    before.pauseAfter(pieces);
    const run = before.epochs(streamed(data, 4, 3), parts);
    let report: EpochReport | undefined;
    for (let i = 0; i < stop; i++) {
      const next = run.next();
      if (!next.done) report = next.value;
    }
    expect(report).toBeDefined();
    const after = streamingTrainer(true);
    after.load(before.save());
    const history = after.fit(streamed(data, 4, 3), { ...parts, epochs: 3 - after.epoch });
    expect(history.bestEpoch).toBe(undisturbed.bestEpoch);
    expect(after.save()).toEqual(final);
  }
});

test("a pause reports the position in the whole epoch", () => {
  const trainer = streamingTrainer(true);
  trainer.pauseAfter(() => 2);
  // 32 rows in 8 blocks, 3 of them in the buffer: 3, 3 and 2 steps.
  const rows = { x: data.x.slice(0, 64), y: data.y.slice(0, 32) };
  const positions: unknown[] = [];
  for (const { soFar } of trainer.epochs(streamed(rows, 4, 3), { epochs: 1 }))
    if (soFar) positions.push(soFar);
  const at = (step: number) => ({ step, steps: 8, rows: 4 * step });
  expect(positions.slice(0, 5)).toEqual([2, 3, 5, 6, 8].map(at));
});
