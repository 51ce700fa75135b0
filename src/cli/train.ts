/** `tapeless train`: compiles, runs the emitted trainer on the data, shows progress, prints loss and metrics of every part. */
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { DiagnosticError, Unsupported } from "../diagnostics/errors.ts";
import { loadTrainer } from "../load-trainer.ts";
import type { Compilation } from "../pipeline.ts";
import { datasetOf } from "../runtime/dataset.ts";
import type { Dataset } from "../runtime/dataset.ts";
import type { ModelFacts } from "../runtime/model-facts.ts";
import { inOwnUnits } from "../runtime/own-units.ts";
import { testPartOf } from "../runtime/test-file.ts";
import type { Trainer } from "../runtime/trainer.ts";
import { epochText, resultText, trainOn } from "../runtime/train-on.ts";
import { dataFormatGap } from "../spec/known-gaps.ts";
import { trainingFacts } from "../spec/trainer-facts.ts";
import type { ModelData } from "../spec/types.ts";
import { compileSpec } from "./compile-spec.ts";
import { onFile } from "./emitted-errors.ts";
import { fileReason } from "./file-reason.ts";
import { progressLine } from "./progress-line.ts";
import { readData, type DataFile } from "./read-data.ts";
import { say } from "./report-error.ts";
import { usageError } from "./usage-error.ts";
import { writeFile } from "./write-file.ts";

export interface TrainFlags {
  readonly data?: string;
  readonly epochs?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly dtype: "f32" | "f64";
  readonly json?: boolean;
}

/** Returns the exit code: 1 for a training that diverged. */
export async function trainSpec(spec: string, flags: TrainFlags): Promise<number> {
  const { compilation, source } = await compileSpec(spec, { dtype: flags.dtype });
  const { model } = compilation;
  const { rows, testRows, data } = dataOf(spec, model.data, flags.data);
  const table = await readData(rows, source);
  const testTable = testRows === undefined ? undefined : await readData(testRows, source);
  const { emitTypeScript } = await import("../pipeline.ts");
  const emitted = await loadTrainer(await emitTypeScript(compilation, flags.dtype));
  const trainer = emitted.createTrainer(flags.seed === undefined ? {} : { seed: flags.seed });
  if (flags.resume !== undefined) await resume(trainer, flags.resume, flags.seed);

  const training = trainingFacts(model.training, model.metrics);
  const dataset = onFile(rows.file, "T2004", () =>
    datasetOf(emitted.model, data, training, trainer.seed, table),
  );
  if (testRows !== undefined && testTable !== undefined)
    dataset.test = onFile(testRows.file, "T2004", () => testPartOf(emitted.model, dataset, testTable));
  const total = flags.epochs ?? training.epochs;
  const save = async () => {
    if (flags.out !== undefined) await writeFile(flags.out, trainer.save());
  };
  // With no epoch left to run, the checkpoint asked for is the one that was read.
  if (trainer.epoch >= total) await save();
  const progress = await progressLine(process.stderr);
  let before = trainer.save();
  try {
    const result = await trainOn(
      emitted.model,
      training,
      inOwnUnits(trainer, training, dataset),
      dataset,
      { epochs: total },
      async (report) => {
        before = trainer.save();
        await save();
        progress.show(epochText(report, total));
      },
    );
    progress.end();
    process.stdout.write(`${flags.json ? JSON.stringify(result) : resultText(result)}\n`);
    return 0;
  } catch (error) {
    progress.end();
    if (!(error instanceof Error) || error.name !== "TrainingDiverged") throw error;
    return tellDivergence(error, { compilation, facts: emitted.model, trainer, dataset, before });
  }
}

/** Which files, and what their columns mean. A file that is given stands for the spec's training rows. @throws DiagnosticError if the spec does not say. */
function dataOf(
  spec: string,
  data: ModelData | undefined,
  given: string | undefined,
): { rows: DataFile; testRows: DataFile | undefined; data: ModelData } {
  if (data === undefined)
    throw new DiagnosticError([
      {
        code: "T2005",
        severity: "error",
        message: "the spec has no `data` section, so nothing says which columns are which input and target",
        place: { file: spec },
        hint: 'add "data": { "file": …, "inputs": …, "targets": … }',
      },
    ]);
  const gap = given === undefined ? undefined : dataFormatGap(given);
  if (gap) throw new Unsupported(`${gap.message}; ${gap.hint}`);
  const besideSpec = (file: string) => (isAbsolute(file) ? file : join(dirname(spec), file));
  return {
    rows:
      given === undefined
        ? { file: besideSpec(data.file), path: ["data", data.test === undefined ? "file" : "train"] }
        : { file: given },
    testRows: data.test === undefined ? undefined : { file: besideSpec(data.test), path: ["data", "test"] },
    data,
  };
}

async function resume(trainer: Trainer, file: string, seed: number | undefined): Promise<void> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new DiagnosticError([
      {
        code: "T3001",
        severity: "error",
        message: `the checkpoint cannot be read: ${fileReason(error)}`,
        place: { file },
      },
    ]);
  });
  onFile(file, "T3001", () => trainer.load(bytes));
  if (seed !== undefined && seed !== trainer.seed)
    throw usageError(`--seed ${seed}: ${file} was trained with seed ${trainer.seed}`, "leave --seed out");
}

interface Diverged {
  readonly compilation: Compilation;
  readonly facts: ModelFacts;
  readonly trainer: Trainer;
  readonly dataset: Dataset;
  /** The checkpoint after the last epoch that went well. */
  readonly before: Uint8Array;
}

/** The trainer says step, epoch and rate; running the epoch again beside the interpreter says in which node it began. */
async function tellDivergence(
  error: Error,
  { compilation, facts, trainer, dataset, before }: Diverged,
): Promise<number> {
  const { explainDivergence } = await import("../verify/explain-divergence.ts");
  trainer.load(before);
  const cause = explainDivergence(compilation, facts, trainer, dataset.train);
  say([
    {
      code: "T4001",
      severity: "error",
      message: error.message,
      hint: "a smaller learning rate, gradient clipping (`optimizer.clip`) or scaled inputs may help",
      notes: cause === undefined ? [] : [cause],
    },
  ]);
  return 1;
}
