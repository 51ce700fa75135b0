/**
 * The training worker: imports the emitted module and runs it as `tapeless train` does. After each `go`
 * request, it trains for the requested time and then waits.
 */
import type { Outputs, Probe, TrainReply, TrainerScript, TrainRequest } from "../../browser/messages.ts";
import { inUnitsOfTargets } from "../../../runtime/training/units-of-targets.ts";
import { trainOn } from "../../../runtime/training/train-on.ts";
import type { EpochReport, Trainer } from "../../../runtime/trainer/trainer.ts";
import type { Batch } from "../../../runtime/step/batch.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { importEmitted } from "./compiler.ts";

/**
 * Resumes training. While the worker waits for the next `go`, `resume` is set to the function that ends the
 * wait.
 */
const pending: { resume(milliseconds: number): void } = { resume() {} };

const send = (reply: TrainReply): void => self.postMessage(reply);

self.onmessage = ({ data: request }: MessageEvent<TrainRequest>) => {
  if (request.kind === "go") return pending.resume(request.milliseconds);
  train(request.trainer, request.probe).catch((error: unknown) =>
    send({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
};

const nextGo = (): Promise<number> => new Promise((resolve) => (pending.resume = resolve));

async function train({ script, training, data, naive }: TrainerScript, probe: Probe): Promise<void> {
  const { model, createTrainer } = await importEmitted(script);
  const trainer = createTrainer();
  const outputs = () => probe && predictAll(trainer, model, probe);
  if (data === undefined) return send({ kind: "failed", message: "the spec has no data to train on" });
  let reports: EpochReport[] = [];
  send({ kind: "ready", outputs: outputs() });
  let until = performance.now() + (await nextGo());
  const reportedEpochs = inUnitsOfTargets(trainer, { training }, data);
  const result = await trainOn(model, training, reportedEpochs, data, {}, (report) => {
    reports.push(report);
    if (performance.now() < until || report.epoch === training.epochs) return undefined;
    send({ kind: "epochs", reports, outputs: outputs() });
    reports = [];
    return nextGo().then((milliseconds) => void (until = performance.now() + milliseconds));
  });
  send({ kind: "done", reports, outputs: outputs(), result: { ...result, ...naive } });
}

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
