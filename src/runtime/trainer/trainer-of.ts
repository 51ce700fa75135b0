// Builds a trainer from compiled kernels (`machine`): checks inputs and tracks the progress of training.
import { checkTrainerOptions } from "../step/errors.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../checkpoints/checkpoint.ts";
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import { planFit, runEpochs } from "./epochs.ts";
import { evaluateRows } from "./evaluate.ts";
import type { Machine } from "../step/machine.ts";
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import {
  allRows,
  checkBatchSize,
  checkWhole,
  freshProgress,
  gradientOfBatch,
  packParameters,
} from "../step/session.ts";
import type { Session } from "../step/session.ts";
import { singleSteps } from "../step/steps.ts";
import { rowsOf, slotsOf, writeRows } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { EpochReport, FitOptions, History, Trainer } from "./trainer.ts";

/** A new trainer. `seed` (0 to 4294967295, by default the seed of the spec) determines all random numbers. */
export function trainerOf(
  model: ModelFacts,
  machine: Machine,
  training: TrainingFacts,
  options: { seed?: number } = {},
  gradientOf = gradientOfBatch,
  takeSteps = singleSteps,
): Trainer {
  checkTrainerOptions(options);
  const slots = slotsOf(model, machine);
  const session: Session = {
    model,
    training,
    machine,
    slots,
    gradientOf,
    takeSteps,
    progress: freshProgress(),
  };
  const outputs = machine.output.length / model.batchSize;
  machine.initialise(checkWhole("seed", options.seed ?? training.seed));

  let lastData: Batch | undefined;
  let metadata: CheckpointMetadata = {};
  const epochs = (data: Batch, fitOptions: FitOptions = {}) => {
    const plan = planFit(session, data, fitOptions);
    // Metrics on different data are not comparable, so start a new search for the best epoch.
    if (lastData !== undefined && lastData !== data) session.progress.monitor = "";
    lastData = data;
    return runEpochs(session, plan);
  };
  const evaluateAll = (data: Batch) => evaluateRows(session, data, allRows(rowsOf(slots, data)));

  return {
    parameters: machine.parameters,
    gradients: machine.gradients,
    backend: machine.backend ?? "ts",
    get seed() {
      return machine.seed[0] >>> 0;
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
      takeSteps(session, data, allRows(rowsOf(slots, data)), model.batchSize, checkWhole("count", count, 1)),
    gradient: (batch) => machine.gradient(takeBatch(session, batch)),
    evaluate(batch) {
      checkBatchSize(session, rowsOf(slots, batch));
      return evaluateAll(batch);
    },
    evaluateAll,
    predict(inputs) {
      const n = takeBatch(session, inputs, false);
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
      const { length } = packParameters(machine);
      const { state, ...rest } = decodeCheckpoint(model, machine.state.length, length, checkpoint);
      machine.state.set(state);
      session.progress = rest.progress;
      lastData = undefined;
      return (metadata = rest.metadata);
    },
  };
}

/** Checks a batch, copies it into the arena, and returns its number of rows. */
function takeBatch(session: Session, batch: Batch, needsTargets = true): number {
  const { slots } = session;
  const n = checkBatchSize(session, rowsOf(slots, batch, needsTargets));
  writeRows(slots, batch, 0, n, undefined, needsTargets);
  return n;
}

function runToEnd(run: Generator<EpochReport, History>): History {
  let next = run.next();
  while (!next.done) next = run.next();
  return next.value;
}
