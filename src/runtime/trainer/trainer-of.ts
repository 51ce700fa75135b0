// Builds a trainer from a machine, which contains the compiled kernels. The trainer checks inputs and tracks
// the progress of training.
import { checkTrainerOptions } from "../step/errors.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../checkpoints/checkpoint.ts";
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import { listRows, planFit, runEpochs } from "./epochs.ts";
import type { EpochSession } from "./epochs.ts";
import { evaluateBatches } from "./evaluate.ts";
import { checkBatchSize, checkWhole, freshProgress } from "../step/session.ts";
import type { Session } from "../step/session.ts";
import { singleSteps } from "../step/steps.ts";
import { rowsOf, slotsOf, writeRows } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { FitOptions, Trainer } from "./trainer.ts";

/** A compiled model, optionally with its own functions that train and evaluate during an epoch. */
type TrainerBase = Omit<EpochSession, "slots" | "progress">;

/**
 * Creates a trainer. `seed` (0 to 4294967295, by default the seed of the spec) determines all random numbers.
 */
export function trainerOf(base: TrainerBase, options: { seed?: number | undefined }): Trainer {
  checkTrainerOptions(options);
  const { model, machine, training } = base;
  const slots = slotsOf(model, machine);
  const session: EpochSession = { ...base, slots, progress: freshProgress() };
  const outputs = machine.output.length / model.batchSize;
  machine.initialise(checkWhole("seed", options.seed ?? training.seed));

  let lastData: Batch | undefined;
  let metadata: CheckpointMetadata = {};
  const epochs = (data: Batch, fitOptions: FitOptions = {}) => {
    const plan = planFit(session, data, fitOptions);
    // Metrics on different data cannot be compared, so new data starts a new search for the best epoch.
    if (lastData !== undefined && lastData !== data) session.progress.monitor = "";
    lastData = data;
    return runEpochs(session, plan);
  };
  const evaluateAll = (data: Batch) =>
    runToEnd((session.evaluateRows ?? evaluateBatches)(session, data, listRows(session, data)));

  return {
    parameters: machine.parameters,
    gradients: machine.gradients,
    backend: machine.kernels ?? "ts",
    get seed() {
      return machine.seed[0]! >>> 0;
    },
    get epoch() {
      return session.progress.epoch;
    },
    step(batch) {
      const n = takeBatch(session, batch);
      const loss = machine.gradient(n);
      machine.update(n);
      return loss;
    },
    steps: (data, count) =>
      runToEnd(
        (session.takeSteps ?? singleSteps)(
          session,
          data,
          listRows(session, data),
          model.batchSize,
          checkWhole("count", count, 1),
          freshProgress(),
        ),
      ),
    gradient: (batch) => machine.gradient(takeBatch(session, batch)),
    evaluate(batch) {
      checkBatchSize(session, rowsOf(slots, batch));
      return evaluateAll(batch);
    },
    evaluateAll,
    predict(inputs) {
      const n = takeBatch(session, inputs, true);
      machine.predict(n);
      return machine.output.slice(0, n * outputs);
    },
    epochs,
    fit: (data, fitOptions) => runToEnd(epochs(data, fitOptions)),
    save(more) {
      const all = { ...metadata, ...more };
      const bytes = encodeCheckpoint(model, machine.state, session.progress, all);
      metadata = all;
      return bytes;
    },
    load(checkpoint) {
      const { length } = machine.parameterBytes;
      const { state, ...rest } = decodeCheckpoint(model, machine.state.length, length, checkpoint);
      machine.state.set(state);
      session.progress = rest.progress;
      lastData = undefined;
      return (metadata = rest.metadata);
    },
  };
}

/** Checks a batch, copies it into the arena, and returns its number of rows. */
function takeBatch(session: Session, batch: Batch, onlyInputs?: boolean): number {
  const { slots } = session;
  const n = checkBatchSize(session, rowsOf(slots, batch, onlyInputs));
  writeRows(slots, batch, 0, n, undefined, onlyInputs);
  return n;
}

function runToEnd<Result>(run: Generator<unknown, Result>): Result {
  let next = run.next();
  while (!next.done) next = run.next();
  return next.value;
}
