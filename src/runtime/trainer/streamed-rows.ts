// Trainers whose rows come in blocks, for data that is larger than memory. A trainer lists the blocks of its
// data instead of the rows; the order of an epoch is an order of blocks.
import type { Batch, Slots } from "../step/batch.ts";
import type { Summary } from "../step/machine.ts";
import { randomKey, randomStream, shuffle, shuffleSalt } from "../numbers/random.ts";
import { allRows } from "../step/session.ts";
import type { Progress, TakeSteps } from "../step/session.ts";
import { singleSteps } from "../step/steps.ts";
import { forBatches } from "./evaluate.ts";
import type { EpochSession } from "./epochs.ts";
import { pausing } from "./pauses.ts";
import type { Pace } from "./pauses.ts";
import type { EpochPosition, EpochReport } from "./trainer.ts";

/** The rows of a split, in blocks. */
export interface RowStream {
  /** The number of rows. */
  readonly rows: number;
  /** The number of blocks. Each has at least one row. */
  readonly blocks: number;
  /** The number of blocks that are in memory for training. Their rows are shuffled together. */
  readonly buffer: number;
  /** Reads a block. */
  read(block: number): Batch;
}

const streamKey = "rowStream";

/** Adds a stream to a data set. */
export const withRowStream = (batch: Batch, stream: RowStream): Batch =>
  Object.defineProperty(batch, streamKey, { value: stream });

/** The stream of a data set, if it has one. */
export const streamOf = (data: object): RowStream | undefined =>
  hasStream(data) ? data.rowStream : undefined;

const hasStream = (data: object): data is { rowStream: RowStream } => streamKey in data;

/** Rows in memory, and the order in which they are used. */
interface Chunk {
  data: Batch;
  order: Int32Array;
}

/**
 * Joins blocks, `buffer` at a time, into chunks. In each chunk except the last, the number of rows is a
 * multiple of `rowsOfBatch`; the remaining rows move to the next chunk. `shuffled` shuffles the rows of a
 * chunk.
 */
function* chunksOf(
  slots: Slots,
  stream: RowStream,
  blocks: Int32Array,
  buffer: number,
  rowsOfBatch: number,
  shuffled: (rows: Int32Array, chunk: number) => void = () => {},
): Generator<Chunk> {
  let rest: Batch[] = [];
  for (let start = 0; start < blocks.length; start += buffer) {
    const read = Array.from(blocks.subarray(start, start + buffer), (block) => stream.read(block));
    const data = joinedBatches(slots, [...rest, ...read]);
    const [first] = slots;
    const order = allRows(data[first!.name]!.length / first!.size);
    shuffled(order, start / buffer);
    const isLast = start + buffer >= blocks.length;
    const used = isLast ? order.length : order.length - (order.length % rowsOfBatch);
    if (used > 0) yield { data, order: order.subarray(0, used) };
    rest = [pickedRows(slots, data, order.subarray(used))];
  }
}

/** Creates an array for the numbers of an input or target. */
const roomFor = (view: ArrayLike<number>, length: number): Float32Array | Float64Array | Int32Array => {
  if (view instanceof Int32Array) return new Int32Array(length);
  return view instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
};

/** Concatenates the rows of all batches. */
function joinedBatches(slots: Slots, parts: readonly Batch[]): Batch {
  if (parts.length === 1) return parts[0]!;
  const fields = slots.map(({ name, view }) => {
    const all = roomFor(
      view,
      parts.reduce((sum, part) => sum + part[name]!.length, 0),
    );
    let offset = 0;
    for (const part of parts) {
      all.set(part[name]!, offset);
      offset += part[name]!.length;
    }
    return [name, all];
  });
  return Object.fromEntries(fields);
}

/** Copies these rows. */
const pickedRows = (slots: Slots, data: Batch, rows: Int32Array): Batch =>
  Object.fromEntries(
    slots.map(({ name, size, view }) => {
      const own = roomFor(view, rows.length * size);
      return [name, own.map((_, i) => data[name]![rows[Math.floor(i / size)]! * size + (i % size)]!)];
    }),
  );

/**
 * Returns a view of the session's progress that counts rows from row `start` of the epoch. Changes to the
 * view change the progress of the session.
 */
const progressFrom = (progress: Progress, start: number): Progress =>
  Object.create(progress, {
    rows: { get: () => progress.rows - start, set: (rows: number) => void (progress.rows = rows + start) },
    sum: { get: () => progress.sum, set: (sum: number) => void (progress.sum = sum) },
  });

/**
 * Creates the epoch parts of a trainer that accepts streams and arrays. They pause as those of `pausing` do.
 * If all blocks of a stream fit into the buffer and are not shuffled, the results are bit-identical to those
 * for arrays.
 */
export function streaming(pace: Pace, others: TakeSteps = singleSteps): Partial<EpochSession> {
  const ofArrays = pausing(pace, others);
  let soFar: EpochPosition = { step: 0, steps: 0, rows: 0 };
  return {
    listBlocks(data) {
      const stream = streamOf(data);
      return stream && allRows(stream.blocks);
    },
    *takeSteps(session, data, order, batchSize, count, tally) {
      const stream = streamOf(data);
      const { slots, training, progress, machine } = session;
      if (!stream || tally !== progress)
        return yield* ofArrays.takeSteps(session, data, order, batchSize, count, tally);
      const rowsOfStep = training.accumulate ? batchSize * training.accumulate : batchSize;
      const stepsOf = (rows: number) => Math.ceil(rows / rowsOfStep);
      const key = randomKey(machine.seed[0]!, progress.epoch + 1, shuffleSalt);
      const shuffled = (rows: Int32Array, chunk: number) => {
        if (training.shuffle) shuffle(rows, randomStream(randomKey(key, chunk, shuffleSalt)));
      };
      let start = 0;
      for (const chunk of chunksOf(slots, stream, order, stream.buffer, rowsOfStep, shuffled)) {
        const { length } = chunk.order;
        const left = stepsOf(start + length - Math.max(start, progress.rows));
        if (left > 0) {
          const view = progressFrom(progress, start);
          const steps = ofArrays.takeSteps(
            { ...session, progress: view },
            chunk.data,
            chunk.order,
            batchSize,
            left,
            view,
          );
          for (let next = steps.next(); !next.done; next = steps.next()) {
            soFar = { step: stepsOf(progress.rows), steps: stepsOf(stream.rows), rows: progress.rows };
            yield { ...next.value, loss: progress.sum / progress.rows, soFar };
          }
        }
        start += length;
      }
      return tally.sum / tally.rows;
    },
    *evaluateRows(session, data, rows): Generator<EpochReport, Summary> {
      const stream = streamOf(data);
      const { machine, model, slots, progress } = session;
      if (!stream) return yield* ofArrays.evaluateRows(session, data, rows);
      machine.totals.fill(0);
      for (const { data: chunk, order } of chunksOf(slots, stream, rows, 1, model.batchSize)) {
        for (let start = 0; start < order.length;) {
          const piece = (progress.rows > 0 && pace.next?.("batches")) || order.length;
          const part = order.subarray(start, start + piece * model.batchSize);
          forBatches(session, chunk, part, (n) => machine.evaluate(n));
          start += part.length;
          if (progress.rows > 0 && pace.next)
            yield {
              epoch: progress.epoch + 1,
              loss: progress.sum / progress.rows,
              metrics: {},
              learningRate: machine.learningRate(),
              best: false,
              soFar,
            };
        }
      }
      return machine.summarise();
    },
  };
}
