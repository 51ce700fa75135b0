/**
 * The training worker: imports the emitted module and runs it as `tapeless train` does. After each `go`
 * request, it trains for the requested time or for one step, and then waits.
 */
import type {
  Outputs,
  Pace,
  Probe,
  Seen,
  TrainReply,
  TrainerScript,
  TrainRequest,
  Watched,
} from "../../browser/messages.ts";
import { inUnitsOfTargets } from "../../../runtime/training/units-of-targets.ts";
import { trainOn } from "../../../runtime/training/train-on.ts";
import type { EpochReport, Trainer } from "../../../runtime/trainer/trainer.ts";
import type { Batch } from "../../../runtime/step/batch.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { importEmitted } from "./compiler.ts";
import type { EmittedModule } from "./compiler.ts";

/**
 * Resumes training. While the worker waits for the next `go`, `resume` is set to the function that ends the
 * wait.
 */
const pending: { resume(pace: Pace): void } = { resume() {} };

/** The trainer of the layers, whose parameters are copied from the trained ones, and the rows of its values. */
interface Watch {
  readonly module: EmittedModule;
  readonly trainer: Trainer;
  readonly probe: NonNullable<Probe>;
}

const state: { trainer?: Trainer; watch?: Watch; parameters: string } = { parameters: "initial parameters" };

const send = (reply: TrainReply): void => self.postMessage(reply);

self.onmessage = ({ data: request }: MessageEvent<TrainRequest>) => {
  if (request.kind === "go") return pending.resume(request.pace);
  if (request.kind === "save") return save();
  const work =
    request.kind === "watch"
      ? watch(request.layers.script, request.probe)
      : train(request.trainer, request.probe);
  work.catch((error: unknown) =>
    send({
      kind: "failed",
      message: error instanceof Error ? error.message : String(error),
      // The emitted module has its own class of this name.
      hasDiverged: error instanceof Error && error.name === "TrainingDiverged",
    }),
  );
};

/** A trainer that has not started yet has nothing to save. */
function save(): void {
  const { trainer, parameters } = state;
  if (trainer !== undefined) send({ kind: "saved", checkpoint: trainer.save(), parameters });
}

const nextGo = (): Promise<Pace> => new Promise((resolve) => (pending.resume = resolve));

async function watch(script: string, probe: Probe): Promise<void> {
  if (probe === undefined) return;
  const module = await importEmitted(script);
  state.watch = { module, trainer: module.createTrainer(), probe };
  const watched = watchedNow();
  if (watched !== undefined) send({ kind: "watched", watched });
}

/** The values of the layers, if they are watched. */
function watchedNow(): Watched | undefined {
  const { trainer, watch } = state;
  if (trainer === undefined || watch === undefined) return undefined;
  const parameters: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(trainer.parameters)) {
    watch.trainer.parameters[name]?.set(values);
    parameters[name] = Float64Array.from(values);
  }
  return { values: predictAll(watch.trainer, watch.module.model, watch.probe), parameters };
}

async function train({ script, training, data, naive }: TrainerScript, probe: Probe): Promise<void> {
  const { model, createTrainer } = await importEmitted(script);
  const trainer = createTrainer();
  state.trainer = trainer;
  const seen = (): Seen => ({
    outputs: probe && predictAll(trainer, model, probe),
    watched: watchedNow(),
  });
  if (data === undefined)
    return send({ kind: "failed", message: "the spec has no data to train on", hasDiverged: false });
  let reports: EpochReport[] = [];
  let until = 0;
  const proceed = async (): Promise<void> => {
    const pace = await nextGo();
    // After a step, the trainer pauses. An evaluation is one piece of work, so it never pauses.
    trainer.pauseAfter(pace === "step" ? (kind) => (kind === "steps" ? 1 : Infinity) : undefined);
    until = pace === "step" ? 0 : performance.now() + pace.milliseconds;
  };
  send({ kind: "ready", ...seen() });
  await proceed();
  const reportedEpochs = inUnitsOfTargets(trainer, { training }, data);
  const result = await trainOn(model, training, reportedEpochs, data, {}, (report) => {
    state.parameters = parametersAfter(report);
    if (report.soFar !== undefined) {
      send({ kind: "step", report, ...seen() });
      return proceed();
    }
    reports.push(report);
    if (performance.now() < until || report.epoch === training.epochs) return undefined;
    send({ kind: "epochs", reports, ...seen() });
    reports = [];
    return proceed();
  });
  state.parameters = "parameters after training";
  send({ kind: "done", reports, result: { ...result, ...naive }, ...seen() });
}

const parametersAfter = ({ epoch, soFar }: EpochReport): string =>
  soFar === undefined
    ? `parameters after epoch ${epoch}`
    : `parameters after step ${soFar.step} of epoch ${epoch}`;

/** Predicts any number of rows, one batch at a time. */
function predictAll(
  trainer: Trainer,
  { batchSize, inputs, targets }: ModelFacts,
  rows: NonNullable<Probe>,
): Outputs {
  const sizes = Object.keys(rows).map(
    (name) => [name, inputs[name].shape.reduce((product, size) => product * size, 1)] as const,
  );
  const [[first, width]] = sizes;
  const count = rows[first].length / width;
  const batchFrom = (start: number): Batch =>
    Object.fromEntries(
      sizes.map(([name, size]) => [
        name,
        Array.prototype.slice.call(rows[name], start * size, (start + batchSize) * size),
      ]),
    );
  const parts = new Map(Object.keys(targets).map((target): [string, Numbers[]] => [target, []]));
  for (let start = 0; start < count; start += batchSize)
    for (const [target, numbers] of predictedBy(trainer, targets, batchFrom(start)))
      parts.get(target)?.push(numbers);
  return Object.fromEntries([...parts].map(([target, own]) => [target, joined(own)]));
}

type Numbers = Float32Array | Float64Array;

/** The predictions for each target. A trainer with one target returns an array, which later calls overwrite. */
function predictedBy(
  { predict }: { predict(batch: Batch): Numbers | Readonly<Record<string, Numbers>> },
  targets: ModelFacts["targets"],
  batch: Batch,
): [string, Numbers][] {
  const predicted = predict(batch);
  const isArray = predicted instanceof Float32Array || predicted instanceof Float64Array;
  return isArray
    ? Object.keys(targets).map((target) => [target, predicted.slice()])
    : Object.entries(predicted);
}

function joined(parts: readonly Numbers[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
