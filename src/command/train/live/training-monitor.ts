/**
 * Monitors training for the page of `--serve` and the files of `--tensorboard`. Probes (`trainer.probe`) do
 * not affect training. They always use the same rows: one batch, spread evenly over the training split.
 */
import { sizeOf } from "../../../runtime/model/facts.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { readCheckpoint } from "../../../runtime/checkpoints/checkpoint.ts";
import { batchFields } from "../../../runtime/step/batch.ts";
import type { Batch } from "../../../runtime/step/batch.ts";
import type { Dataset } from "../../../runtime/data/dataset.ts";
import type { ProbingTrainer } from "../../../runtime/trainer/probe.ts";
import type { EpochReport, History, Trainer } from "../../../runtime/trainer/trainer.ts";
import type { Trainable } from "../../../runtime/training/train-on.ts";
import type { LiveEvent } from "../../../studio/charts/live-events.ts";
import { openEventLog } from "./event-log.ts";
import type { EventLog } from "./event-log.ts";
import { serveTraining } from "./serve-training.ts";
import type { LivePage } from "./serve-training.ts";

type End = Extract<LiveEvent, { kind: "end" }>["outcome"];

/** The monitored training. */
export interface Subject {
  readonly trainer: Trainer;
  readonly facts: ModelFacts;
  readonly dataset: Dataset;
  /** The total number of epochs, including completed ones. */
  readonly epochs: number;
  /** Batches per step. */
  readonly accumulate: number;
}

export interface TrainingMonitor {
  /** Call this when training that is not monitored begins, such as the training of a fold. */
  announce(name: string): void;
  /** Call this when the monitored training begins. */
  begin(subject: Subject): Promise<void>;
  /** Wraps a trainer so that the button on the page ends its epochs. */
  stoppable(trainer: Trainable): Trainable;
  record(report: EpochReport): Promise<void>;
  /** Reports the outcome, and waits until the user closes the page. */
  end(outcome: End, text: string): Promise<void>;
  /** Reports that the training was stopped, and closes the page. */
  close(text: string): Promise<void>;
}

/**
 * The minimum number of milliseconds between events of steps, between probes in an epoch, and between probes
 * after epochs.
 */
const betweenSteps = 100;
const betweenProbes = 2000;
const betweenEpochs = 20;
/** Probes take at most this fraction of the time, plus this many milliseconds. */
const maxFraction = 1 / 25;
const freeMilliseconds = 200;

export function createMonitor(page: LivePage | undefined, log: EventLog | undefined): TrainingMonitor {
  const start = performance.now();
  const now = () => performance.now() - start;
  const send = (event: LiveEvent) => page?.send(event);
  let monitored: { readonly trainer: ProbingTrainer; readonly batch: Batch } | undefined;
  let [probed, spent, last] = [-Infinity, 0, -1];

  const probe = () => {
    if (monitored === undefined) return undefined;
    const began = now();
    const found = monitored.trainer.probe(monitored.batch);
    probed = now();
    // The first probe is not counted, because code that runs for the first time is slow.
    spent += last < 0 ? 0 : probed - began;
    return found;
  };
  const mayProbe = (pause: number) =>
    now() - probed >= pause && spent <= freeMilliseconds + maxFraction * now();
  const showProbe = (epoch: number, found = probe()) => {
    last = epoch;
    if (found !== undefined) send({ kind: "probe", at: now(), epoch, probe: found });
  };

  return {
    announce: (name) => send({ kind: "stage", at: now(), name: name.trim() }),
    async begin({ trainer, facts, dataset, epochs, accumulate }) {
      if (!isProbing(trainer)) throw new Error("internal: the trainer was compiled without probe");
      const rows = rowsIn(facts, dataset.train);
      const parameters = facts.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      monitored = { trainer, batch: spreadRows(facts, dataset.train, rows) };
      send({ kind: "start", at: now(), epoch: trainer.epoch, epochs, rows, parameters });
      const first = probe();
      showProbe(trainer.epoch, first);
      if (trainer.epoch === 0 && first !== undefined) await log?.probe(0, first);
      if (page === undefined) return;
      const rowsOfStep = facts.batchSize * accumulate;
      const stepsOfEpoch = Math.ceil(rows / rowsOfStep);
      const { rows: passed = 0 } = readCheckpoint(trainer.save()).header.progress;
      let [taken, since, sum, count] = [Math.ceil(passed / rowsOfStep), now(), 0, 0];
      trainer.onStep(({ loss, rows, learningRate }) => {
        taken++;
        sum += loss * rows;
        count += rows;
        if (now() - since < betweenSteps) return;
        const epoch = trainer.epoch + (((taken - 1) % stepsOfEpoch) + 1) / stepsOfEpoch;
        send({ kind: "steps", at: now(), epoch, loss: sum / count, rows: count, learningRate });
        if (mayProbe(betweenProbes)) showProbe(epoch);
        [since, sum, count] = [now(), 0, 0];
      });
    },
    stoppable: (trainer) => (page === undefined ? trainer : endingWith(trainer, page)),
    async record(report) {
      send({ kind: "epoch", at: now(), report });
      // Event files contain every epoch; the page gets a probe if there is time.
      const found = log !== undefined || mayProbe(betweenEpochs) ? probe() : undefined;
      if (found !== undefined) showProbe(report.epoch, found);
      await log?.add(report);
      if (found !== undefined) await log?.probe(report.epoch, found);
    },
    async end(outcome, text) {
      if (monitored !== undefined && last < monitored.trainer.epoch) showProbe(monitored.trainer.epoch);
      const isCut = outcome === "stopped early" && (page?.isStopped() ?? false);
      send({ kind: "end", at: now(), outcome: isCut ? "stopped" : outcome, text });
      if (page === undefined) return;
      // Listens before the line is printed, because the user may react to it at once.
      const left = page.untilLeft();
      process.stderr.write(`the page stays open until you press Ctrl-C: ${page.address}\n`);
      await left;
    },
    async close(text) {
      send({ kind: "end", at: now(), outcome: "stopped", text });
      await page?.close();
    },
  };
}

const isProbing = (trainer: Trainer): trainer is ProbingTrainer => "probe" in trainer;

const rowsIn = (facts: ModelFacts, data: Batch): number => {
  const [{ name, size }] = batchFields(facts);
  return data[name].length / size;
};

/** Selects rows at equal distances, because files are often sorted by target. */
function spreadRows(facts: ModelFacts, data: Batch, rows: number): Batch {
  const count = Math.min(rows, facts.batchSize);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
  return Object.fromEntries(
    batchFields(facts).map(({ name, size }) => {
      const values = new Float64Array(count * size);
      chosen.forEach((row, i) => {
        for (let j = 0; j < size; j++) values[i * size + j] = data[name][row * size + j];
      });
      return [name, values];
    }),
  );
}

/**
 * Ends the epochs on request, at the next pause inside an epoch or after one. Unlike early stopping, this keeps
 * the last parameters, so training can be resumed after the last step.
 */
function endingWith(trainer: Trainable, page: LivePage): Trainable {
  return {
    get epoch() {
      return trainer.epoch;
    },
    save: (metadata) => trainer.save(metadata),
    evaluateAll: (data) => trainer.evaluateAll(data),
    samples: () => trainer.samples?.(),
    isInterrupted: () => page.isStopped(),
    *epochs(data, options): Generator<EpochReport, History> {
      const run = trainer.epochs(data, options);
      const epochs: EpochReport[] = [];
      for (let next = run.next(); ; next = run.next()) {
        if (next.done) return next.value;
        yield next.value;
        const isInside = next.value.soFar !== undefined;
        if (!isInside) epochs.push(next.value);
        // After the last epoch, the run must complete to restore the best epoch.
        if (page.isStopped() && (isInside || epochs.length < (options?.epochs ?? Infinity))) break;
      }
      return { epochs, bestEpoch: epochs.findLast(({ best }) => best)?.epoch ?? 0, stoppedEarly: false };
    },
  };
}

/** The flags of `train` that monitor it. */
export interface MonitorFlags {
  /** A port; true selects a free one. */
  readonly serve?: number | true;
  readonly tensorboard?: string;
}

/**
 * `epoch`: the number of completed epochs.
 * @throws DiagnosticError if the page or the files cannot be created
 */
export async function openMonitor(
  model: string,
  epoch: number,
  { serve, tensorboard }: MonitorFlags,
): Promise<TrainingMonitor> {
  const log = tensorboard === undefined ? undefined : await openEventLog(tensorboard, epoch);
  if (serve === undefined) return createMonitor(undefined, log);
  const page = await serveTraining(model, serve === true ? 0 : serve);
  process.stderr.write(`watch the training at ${page.address}\n`);
  return createMonitor(page, log);
}
