/**
 * Looks into a training while it runs, for the page of `--serve` and the files of `--tensorboard`. Looking
 * changes nothing of the training (`trainer.probe`), and the same rows are looked at every time: as many as a
 * batch has, spread over the training part.
 */
import { sizeOf } from "../../../runtime/model/facts.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
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

/** What the training that is shown consists of. */
export interface Subject {
  readonly trainer: Trainer;
  readonly facts: ModelFacts;
  readonly dataset: Dataset;
  /** In all, those that are done included. */
  readonly epochs: number;
  /** Batches of a step. */
  readonly accumulate: number;
}

export interface LookInside {
  /** A training begins that is not shown. */
  pass(name: string): void;
  /** The training begins that is shown. */
  begin(subject: Subject): Promise<void>;
  /** The trainer, whose epochs end where somebody has pressed the page's button. */
  stoppable(trainer: Trainable): Trainable;
  see(report: EpochReport): Promise<void>;
  /** Tells how it ended, and waits until the page is left. */
  end(outcome: End, text: string): Promise<void>;
}

/** So often at most, in milliseconds, the page is told of steps; and so often a long epoch is looked into. */
const betweenSteps = 100;
const betweenProbes = 2000;
const betweenEpochs = 20;
/** Looking takes at most this share of the time, beside so many milliseconds that nobody notices. */
const share = 1 / 25;
const unnoticed = 200;

export function lookInside(page: LivePage | undefined, log: EventLog | undefined): LookInside {
  const start = performance.now();
  const now = () => performance.now() - start;
  const tell = (event: LiveEvent) => page?.send(event);
  let shown: { readonly trainer: ProbingTrainer; readonly batch: Batch } | undefined;
  let [probed, spent, last] = [-Infinity, 0, -1];

  const probe = () => {
    if (shown === undefined) return undefined;
    const began = now();
    const found = shown.trainer.probe(shown.batch);
    probed = now();
    // The first time code is run it is slow, and says nothing of what looking costs.
    spent += last < 0 ? 0 : probed - began;
    return found;
  };
  const mayProbe = (pause: number) => now() - probed >= pause && spent <= unnoticed + share * now();
  const showProbe = (epoch: number, found = probe()) => {
    last = epoch;
    if (found !== undefined) tell({ kind: "probe", at: now(), epoch, probe: found });
  };

  return {
    pass: (name) => tell({ kind: "stage", at: now(), name: name.trim() }),
    async begin({ trainer, facts, dataset, epochs, accumulate }) {
      if (!isProbing(trainer)) throw new Error("internal: the trainer cannot be looked into");
      const rows = rowsIn(facts, dataset.train);
      const parameters = facts.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      shown = { trainer, batch: spreadRows(facts, dataset.train, rows) };
      tell({ kind: "start", at: now(), epoch: trainer.epoch, epochs, rows, parameters });
      const first = probe();
      showProbe(trainer.epoch, first);
      if (trainer.epoch === 0 && first !== undefined) await log?.probe(0, first);
      if (page === undefined) return;
      const stepsOfEpoch = Math.ceil(rows / (facts.batchSize * accumulate));
      let [taken, since, sum, count] = [0, now(), 0, 0];
      trainer.onStep(({ loss, rows, learningRate }) => {
        taken++;
        sum += loss * rows;
        count += rows;
        if (now() - since < betweenSteps) return;
        const epoch = trainer.epoch + (((taken - 1) % stepsOfEpoch) + 1) / stepsOfEpoch;
        tell({ kind: "steps", at: now(), epoch, loss: sum / count, rows: count, learningRate });
        if (mayProbe(betweenProbes)) showProbe(epoch);
        [since, sum, count] = [now(), 0, 0];
      });
    },
    stoppable: (trainer) => (page === undefined ? trainer : endingWith(trainer, page)),
    async see(report) {
      tell({ kind: "epoch", at: now(), report });
      // Event files hold every epoch; the page is shown as much as there is time for.
      const found = log !== undefined || mayProbe(betweenEpochs) ? probe() : undefined;
      if (found !== undefined) showProbe(report.epoch, found);
      await log?.add(report);
      if (found !== undefined) await log?.probe(report.epoch, found);
    },
    async end(outcome, text) {
      if (shown !== undefined && last < shown.trainer.epoch) showProbe(shown.trainer.epoch);
      const isCut = outcome === "stopped early" && (page?.isStopped() ?? false);
      tell({ kind: "end", at: now(), outcome: isCut ? "stopped" : outcome, text });
      if (page === undefined) return;
      // Whoever reads that it stays may leave at once: by then it is listened to.
      const left = page.untilLeft();
      process.stderr.write(`the page stays until Ctrl-C: ${page.address}\n`);
      await left;
    },
  };
}

const isProbing = (trainer: Trainer): trainer is ProbingTrainer => "probe" in trainer;

const rowsIn = (facts: ModelFacts, data: Batch): number => {
  const [{ name, size }] = batchFields(facts);
  return data[name].length / size;
};

/** Rows at equal distances: files are often sorted by what is to be predicted. */
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

/** A stop is no early stopping: the parameters stay those of the last epoch, and whoever resumes goes on from there. */
function endingWith(trainer: Trainable, page: LivePage): Trainable {
  return {
    get epoch() {
      return trainer.epoch;
    },
    save: (notes) => trainer.save(notes),
    evaluateAll: (data) => trainer.evaluateAll(data),
    samples: () => trainer.samples?.(),
    isInterrupted: () => page.isStopped(),
    *epochs(data, options): Generator<EpochReport, History> {
      const run = trainer.epochs(data, options);
      const epochs: EpochReport[] = [];
      for (let next = run.next(); ; next = run.next()) {
        if (next.done) return next.value;
        epochs.push(next.value);
        yield next.value;
        // After the last one there is nothing to stop, and the best epoch is still to be restored.
        if (page.isStopped() && epochs.length < (options?.epochs ?? Infinity)) break;
      }
      return { epochs, bestEpoch: epochs.findLast(({ best }) => best)?.epoch ?? 0, stoppedEarly: false };
    },
  };
}

/** What the flags of `train` ask to be looked at from inside. */
export interface InsideFlags {
  /** A port; true: any that is free. */
  readonly serve?: number | true;
  readonly tensorboard?: string;
}

/**
 * `epoch`: how many the trainer has behind it. @throws DiagnosticError if there can be no page or no files,
 * before any training.
 */
export async function openInside(
  model: string,
  epoch: number,
  { serve, tensorboard }: InsideFlags,
): Promise<LookInside> {
  const log = tensorboard === undefined ? undefined : await openEventLog(tensorboard, epoch);
  if (serve === undefined) return lookInside(undefined, log);
  const page = await serveTraining(model, serve === true ? 0 : serve);
  process.stderr.write(`the training can be seen at ${page.address}\n`);
  return lookInside(page, log);
}
