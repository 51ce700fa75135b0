/**
 * `tapeless train`: compiles a spec, runs the emitted trainer on the data, shows progress, and prints loss
 * and metrics of every split.
 */
import { loadTrainer } from "../../compiler/load-trainer.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { datasetContextOf, regimeOf } from "../../compiler/trainer/dataset-context.ts";
import type { CheckpointMetadata } from "../../runtime/checkpoints/checkpoint.ts";
import type { LocateErrors } from "../../runtime/data/dataset.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { trainRun } from "../../runtime/training/train-on.ts";
import { checkEmitted, compileSpec, onData, onFile } from "../compile/compile-spec.ts";
import { checkOutputs, isSameFile, ofSpec } from "../files/write-file.ts";
import { loadToTrain, readCheckpointFile, trainedOn } from "../files/parameter-files.ts";
import { usageError } from "../terminal/report-error.ts";
import { checkResumedStream, checkStream, sizesIn } from "../train/stream/check-stream.ts";
import { openStream } from "../train/stream/open-stream.ts";
import { checkReport } from "../train/report-predictions.ts";
import { startingFrom } from "../train/start-from.ts";
import { checkTrainFlags, type TrainFlags } from "../train/train-flags.ts";
import { trainHost } from "../train/train-host.ts";

/** Returns the exit code: 1 if the training diverges, 130 or 143 if a signal stops it. */
export async function trainSpec(spec: string, flags: TrainFlags): Promise<number> {
  const isProbed = flags.serve !== undefined || flags.tensorboard !== undefined;
  const { compilation, source, hasSearch } = await compileSpec(spec, {
    target: flags.target,
    dtype: flags.dtype,
    probe: isProbed,
  });
  const { model } = compilation;
  checkTrainFlags(model, flags);
  checkStream(model, flags);
  await checkFiles(spec, model, flags);
  await checkReport(flags.report);
  if (hasSearch)
    process.stderr.write("training the spec without its search; `tapeless search` trains the candidates\n");
  const { emitText } = await import("../../compiler/compile-target.ts");
  const text = await emitText(compilation, flags.dtype, {
    isFormatted: false,
    isPausing: true,
    isStreaming: flags.stream,
  });
  const loaded = await loadTrainer(text);
  await checkEmitted(spec, compilation, loaded, flags);
  const emitted = flags.from === undefined ? loaded : await startingFrom(flags.from, loaded);
  const { createTrainer } = emitted;
  const trainer = createTrainer(flags.seed === undefined ? {} : { seed: flags.seed });
  const { resume } = flags;
  const resumed = resume === undefined ? undefined : await resumeFrom(trainer, compilation, resume, flags);

  const context = datasetContextOf(model, emitted.model);
  const { epochs = context.training.epochs } = flags;
  const setup = { spec, source, compilation, emitted, trainer, resumed, epochs, isProbed };
  const host = await trainHost(setup, flags);
  const locateErrors: LocateErrors = (file, work) =>
    file === resume ? onFile(file, "T3001", work) : onData(file, work);
  const start = { ...context, epochs, trainer, resume, resumed, createTrainer, locateErrors };
  const stream = flags.stream
    ? openStream({ context, seed: trainer.seed, sizes: sizesIn(flags), locateErrors, ...host.request })
    : undefined;
  try {
    await host.end(
      await trainRun(
        { ...start, regime: stream?.regime ?? regimeOf(model) },
        stream ? { ...host, read: stream.read } : host,
      ),
    );
    return 0;
  } catch (error) {
    return await host.fail(error);
  } finally {
    stream?.close();
    host.release();
  }
}

/** Checks the files. A resumed run may overwrite its own checkpoint. @throws DiagnosticError (T1014) */
async function checkFiles(spec: string, model: Model, flags: TrainFlags): Promise<void> {
  const { out, plot, log, report, from, resume } = flags;
  const isSameCheckpoint = out !== undefined && resume !== undefined && (await isSameFile(out, resume));
  await checkOutputs(
    { "--out": out, "--plot": plot, "--log": log, "--report": report },
    {
      ...ofSpec(spec, model, flags.data),
      "the file of --from": from,
      "the checkpoint of --resume": isSameCheckpoint ? undefined : resume,
    },
  );
}

/** Loads a checkpoint into the trainer and returns its metadata. */
async function resumeFrom(
  trainer: Trainer,
  compilation: Compilation,
  file: string,
  flags: TrainFlags,
): Promise<CheckpointMetadata> {
  const { seed, sample } = flags;
  const opened = await readCheckpointFile(file);
  const metadata = loadToTrain(trainer, compilation, opened, file);
  checkResumedStream(file, metadata, flags);
  // The seed of sampling may differ from that of training.
  if (seed !== undefined && seed !== trainer.seed && sample === undefined)
    throw usageError(`--seed ${seed}: ${file} was trained with seed ${trainer.seed}`, "omit --seed");
  return trainedOn(opened.header, metadata);
}
