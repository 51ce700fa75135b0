/**
 * `tapeless train`: compiles, runs the emitted trainer on the data, shows progress, prints loss and metrics
 * of every part.
 */
import type { Run } from "../../studio/explain/subject.ts";
import { hasDiverged, loadTrainer } from "../../compiler/load-trainer.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { Notes } from "../../runtime/checkpoints/checkpoint-header.ts";
import { foldsIn, trainOnFolds } from "../../runtime/training/cross-validate.ts";
import { datasetOf, type Dataset, type Placing } from "../../runtime/data/dataset.ts";
import { checkFields } from "../../runtime/data/fields.ts";
import { foldedRegime } from "../../runtime/program/folded-regime.ts";
import type { FoldedRun } from "../../runtime/training/folds.ts";
import type { ModelFacts } from "../../runtime/core/model-facts.ts";
import { inOwnUnits } from "../../runtime/training/own-units.ts";
import { writerOf } from "../../runtime/program/text-writer.ts";
import type { Trainer } from "../../runtime/trainer/trainer.ts";
import { epochText, trainOn, type Trainable } from "../../runtime/training/train-on.ts";
import { trainingFacts, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { rowsIn } from "../verify/batch-storage.ts";
import { checkEmitted } from "../compile/check-emitted.ts";
import { checkOutputs, isSameFile, ofSpec } from "../files/check-outputs.ts";
import { checkpointFiles } from "../train/checkpoint-files.ts";
import { compileSpec } from "../compile/compile-spec.ts";
import { onData, onFile } from "../compile/emitted-errors.ts";
import { progressLine } from "../terminal/progress-line.ts";
import type { LookInside } from "../train/live/look-inside.ts";
import { preparingOf } from "../../compiler/trainer/preparing.ts";
import { readSource } from "../files/read-source.ts";
import { checkReport, reportAnswers } from "../train/report-answers.ts";
import { say } from "../terminal/report-error.ts";
import { startingFrom } from "../train/start-from.ts";
import { tellDivergence, type Latest } from "../train/tell-divergence.ts";
import { checkTrainFlags, type TrainFlags } from "../train/train-flags.ts";
import { readCheckpointFile } from "../files/trained-values.ts";
import { usageError } from "../terminal/usage-error.ts";
import { watchEpochs } from "../train/watch-epochs.ts";

/** Returns the exit code: 1 for a training that diverged. */
export async function trainSpec(spec: string, flags: TrainFlags): Promise<number> {
  const isProbed = flags.serve !== undefined || flags.tensorboard !== undefined;
  const { compilation, source, hasSearch } = await compileSpec(spec, {
    target: flags.target,
    dtype: flags.dtype,
    probe: isProbed,
  });
  const { model } = compilation;
  checkTrainFlags(model, flags);
  await checkFiles(spec, model, flags);
  await checkReport(flags.report);
  if (hasSearch)
    process.stderr.write(
      "the spec is trained as it is written; `tapeless search` tries its other candidates\n",
    );
  const { emitText } = await import("../../compiler/compile-target.ts");
  const loaded = await loadTrainer(await emitText(compilation, flags.dtype));
  await checkEmitted(spec, compilation, loaded, flags);
  const emitted = flags.from === undefined ? loaded : await startingFrom(flags.from, loaded);
  const trainer = emitted.createTrainer(flags.seed === undefined ? {} : { seed: flags.seed });
  const resumed = flags.resume === undefined ? undefined : await resume(trainer, flags.resume, flags);

  const preparing = preparingOf(model, emitted.model);
  const { training } = preparing;
  const { epochs = training.epochs } = flags;
  const saveCheckpoint = await checkpointFiles(flags.out, flags.keep);
  // Of several trainings, the one of the model that is kept is watched.
  const isWatched = (notes: Notes = {}) =>
    training.folds === undefined || foldsIn(notes).length === training.folds;
  const watch = await watchEpochs(model.name, isWatched(resumed?.notes) ? trainer.epoch : 0, flags);
  let inside: LookInside | undefined;
  /** Once there is something to train on: a page that is told of should have something to show. */
  const open = async () => {
    if (isProbed)
      inside = await (
        await import("../train/live/open-inside.ts")
      ).openInside(model.name, trainer.epoch, flags);
  };
  const progress = await progressLine(process.stderr);
  let latest: Latest | undefined;
  const train: FoldedRun["train"] = async (own, dataset, stage) => {
    const { name = "", notes } = stage;
    const { fields } = dataset;
    const before = own === trainer ? resumed : undefined;
    if (before) onFile(before.file, "T3001", () => checkFields(fields, before.notes.fields));
    if (flags.showSchedule && own === trainer)
      await showSchedule(compilation, { rows: rowsIn(emitted.model, dataset.train), epochs: stage.epochs });
    const plain = seenAs(own, emitted.model, model, dataset, flags);
    const seen = isWatched(notes) && inside ? inside.stoppable(plain) : plain;
    const shown = { trainer: own, facts: emitted.model, dataset, epochs: stage.epochs };
    if (isWatched(notes)) await inside?.begin({ ...shown, accumulate: training.accumulate ?? 1 });
    else inside?.pass(name);
    const save = (more: Notes = {}) => saveCheckpoint(seen.save({ fields, ...notes, ...more }));
    // What has stopped early stays so, however often it is resumed.
    const hasStopped = before !== undefined && before.notes.stopped === own.epoch;
    const options = hasStopped ? { ...stage, epochs: 0 } : stage;
    const tells = training.folds === undefined && flags.sample === undefined;
    if (before && tells && own.epoch >= options.epochs) tellEnded(before.file, own.epoch, hasStopped);
    latest = { name, trainer: own, dataset, before: own.save() };
    const result = await trainOn(emitted.model, training, seen, dataset, options, async (report) => {
      latest = { name, trainer: own, dataset, before: own.save() };
      if (isWatched(notes)) {
        await watch.see(report);
        await inside?.see(report);
      }
      await save();
      progress.show(name + epochText(report, stage.epochs));
    });
    await save(own.epoch < stage.epochs && !inside?.isStopped() ? { stopped: own.epoch } : {});
    return result;
  };
  const read = () => readSource({ spec, source, model, facts: emitted.model, given: flags.data });
  const placed: Placing = (file, work) =>
    file === flags.resume ? onFile(file, "T3001", work) : onData(file, work);
  const trainOnce = async () => {
    // The rows as they were read take as much room as the data set: nothing holds on to them.
    const dataset = datasetOf(preparing, await read(), trainer.seed, placed);
    await open();
    return train(trainer, dataset, { epochs });
  };
  const trainFolds = async () => {
    const rows = await read();
    await open();
    return trainOnFolds({
      ...preparing,
      source: rows,
      placed,
      epochs,
      trainer,
      resume: flags.resume,
      resumed: resumed?.notes,
      createTrainer: emitted.createTrainer,
      train,
      warn: (message) => say([{ code: "T2006", severity: "warning", message }]),
    });
  };
  try {
    const result = await (training.folds === undefined ? trainOnce() : trainFolds());
    progress.end();
    await watch.end();
    if (flags.report !== undefined && latest !== undefined)
      await reportAnswers(compilation, emitted.model, latest.trainer, latest.dataset, flags.report);
    process.stdout.write(`${flags.json ? JSON.stringify(result) : foldedRegime.text(result)}\n`);
    await inside?.end(result.epochs < epochs ? "stopped early" : "done", foldedRegime.text(result));
    return 0;
  } catch (error) {
    progress.end();
    if (!hasDiverged(error) || latest === undefined) throw error;
    await watch.end();
    const code = await tellDivergence(error, latest, compilation, emitted.model);
    await inside?.end("diverged", error.message);
    return code;
  }
}

/** What is resumed may go on in its own file. @throws DiagnosticError (T1014) */
async function checkFiles(spec: string, model: Model, flags: TrainFlags): Promise<void> {
  const { out, plot, log, report, from, resume } = flags;
  const goesOn = out !== undefined && resume !== undefined && (await isSameFile(out, resume));
  await checkOutputs(
    { "--out": out, "--plot": plot, "--log": log, "--report": report },
    {
      ...ofSpec(spec, model, flags.data),
      "the file of --from": from,
      "the checkpoint of --resume": goesOn ? undefined : resume,
    },
  );
}

function tellEnded(file: string, epoch: number, hasStopped: boolean): void {
  const why = hasStopped ? "it stopped early" : "--epochs N trains longer";
  process.stderr.write(`${file}: nothing is left to train after epoch ${epoch} (${why})\n`);
}

/** On standard error: what is printed stays what the program prints. */
async function showSchedule(compilation: TargetCompilation, run: Run): Promise<void> {
  const { views } = await import("../../studio/views/index.ts");
  const { text } = views.schedule({ compilation, reports: [], of: undefined, run });
  process.stderr.write(`${text()}\n`);
}

/** The trainer as its spec wants it to be seen. */
function seenAs(
  trainer: Trainer,
  facts: ModelFacts,
  model: Model,
  dataset: Dataset,
  { sample: count, temperature, seed }: TrainFlags,
): Trainable {
  if (model.data !== undefined && writesTexts(model))
    return writerOf(trainer, facts, model.data, dataset, { count, temperature, seed });
  return inOwnUnits(trainer, { training: trainingFacts(model.training, model.metrics) }, dataset);
}

interface Resumed {
  readonly file: string;
  readonly notes: Notes;
}

async function resume(trainer: Trainer, file: string, { seed, sample }: TrainFlags): Promise<Resumed> {
  const { bytes } = await readCheckpointFile(file);
  const notes = onFile(file, "T3001", () => trainer.load(bytes));
  // Texts may be drawn from another seed than training was.
  if (seed !== undefined && seed !== trainer.seed && sample === undefined)
    throw usageError(`--seed ${seed}: ${file} was trained with seed ${trainer.seed}`, "leave --seed out");
  return { file, notes };
}
