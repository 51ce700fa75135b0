/**
 * Trains a spec in f64 for a while, with the emitted trainer or with the emitted PyTorch file, from a checkpoint to a
 * checkpoint in safetensors. Both can stop at any step.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadToTrain, openCheckpointFile, trainedOn } from "../../src/command/files/parameter-files.ts";
import { readSource } from "../../src/command/files/read-source.ts";
import { safetensors } from "../../src/command/formats/parameters/formats.ts";
import { encodeTensorCheckpoint } from "../../src/command/formats/parameters/tensor-checkpoint.ts";
import { savingSpec } from "../../src/command/formats/parameters/spec-changes.ts";
import { canPause } from "../../src/command/train/handle-pauses.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { datasetContextOf, regimeOf } from "../../src/compiler/trainer/dataset-context.ts";
import { trainRun } from "../../src/runtime/training/train-on.ts";
import { torchrunEnv } from "./pytorch.ts";
import { python } from "./python.ts";

/** One side of a training run: where it starts and where it ends. */
export interface Leg {
  /** The checkpoint to continue from, in either format. */
  readonly from?: Uint8Array | undefined;
  /** The number of epochs in total. */
  readonly epochs: number;
  /** Ends with the checkpoint before this step, counted over all epochs. */
  readonly until?: number;
  /** Whether PyTorch also saves after each step. */
  readonly everyStep?: boolean;
  /** The number of processes of PyTorch, started by torchrun if there are several. `until` kills the last one. */
  readonly processes?: number;
}

export interface Bench {
  readonly folder: string;
  /** The emitted PyTorch file. */
  readonly program: string;
  /** The spec, which names its data. */
  readonly spec: string;
  /** Returns the last checkpoint of the emitted trainer, in safetensors. */
  trainer(leg: Leg): Promise<Uint8Array>;
  /** Returns the last checkpoint of PyTorch. @throws Error with its standard error if it fails */
  pytorch(leg: Leg): Uint8Array;
  /** The error of the trainer for this checkpoint, in the file `given.safetensors`; empty if it accepts it. */
  refusal(checkpoint: Uint8Array): Promise<string>;
  remove(): void;
}

class Stopped extends Error {}

const isKilled = (status: number | null, stderr: string): boolean =>
  status === null || stderr.includes("SIGKILL");

/** `data`: the content of the CSV file of the spec. */
export async function checkpointBench(spec: ModelSpec, data: string): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "pytorch-checkpoints-"));
  const [file, csv, program] = ["spec.json", "data.csv", "emitted.py"].map((name) => join(folder, name));
  writeFileSync(file, JSON.stringify({ ...spec, data: { ...spec.data, file: "data.csv" } }));
  writeFileSync(csv, data);
  const { model, source } = await readSpec(file);
  writeFileSync(program, await emitText(compileFor(model, { target: "pytorch", dtype: "f64" }), "f64"));
  const compilation = compileFor(model, { dtype: "f64" });
  const emitted = await loadTrainer(
    await emitText(compilation, "f64", { isFormatted: false, isPausing: true }),
  );
  const request = { spec: file, source, model, facts: emitted.model, given: undefined, notify: () => {} };
  const killer = fileURLToPath(new URL("pytorch_killed.py", import.meta.url));
  return {
    folder,
    program,
    spec: file,
    async trainer({ from, epochs, until = Infinity }) {
      const trainer = emitted.createTrainer();
      const opened = from && (await openCheckpointFile(from));
      const resumed =
        opened && trainedOn(opened.header, loadToTrain(trainer, compilation, opened, opened.name));
      let last: Uint8Array = new Uint8Array(0);
      const start = {
        ...datasetContextOf(model, emitted.model),
        epochs,
        trainer,
        resumed,
        resume: "the checkpoint",
        regime: regimeOf(model),
        createTrainer: emitted.createTrainer,
        locateErrors: <T>(_: string, work: () => T): T => work(),
      };
      const run = trainRun(start, {
        read: () => readSource(request),
        begin(begun) {
          if (canPause(begun.trainer)) begun.trainer.pauseAfter(() => 1);
          return savingSpec(begun.trainer, model);
        },
        write: async (checkpoint) => {
          last = checkpoint();
        },
        async see(report, _, save) {
          await save();
          const { step } = safetensors.decode(encodeTensorCheckpoint(last, compilation.plan)).facts ?? {};
          if (report.soFar !== undefined && Number(step) >= until) throw new Stopped();
        },
      });
      await run.catch((error: unknown) => {
        if (!(error instanceof Stopped)) throw error;
      });
      return encodeTensorCheckpoint(last, compilation.plan);
    },
    pytorch({ from, epochs, until, everyStep = true, processes = 1 }) {
      const [before, after] = ["before.safetensors", "after.safetensors"].map((name) => join(folder, name));
      if (from !== undefined) writeFileSync(before, from);
      const args = ["--data", csv, "--epochs", String(epochs), "--dtype", "f64", "--out", after];
      const store = [
        "--rdzv-conf=store_type=file",
        `--rdzv-endpoint=${join(folder, `store-${randomUUID()}`)}`,
      ];
      const several = [`--nproc-per-node=${processes}`, "--rdzv-backend=c10d", ...store];
      const { status, stderr } = spawnSync(
        python,
        [
          ...(processes === 1 ? [] : ["-m", "torch.distributed.run", ...several]),
          ...(until === undefined ? [] : [killer, String(until)]),
          program,
          ...args,
          ...(everyStep ? ["--save-steps", "1"] : []),
          ...(from === undefined ? [] : ["--resume", before]),
        ],
        { encoding: "utf8", env: torchrunEnv },
      );
      // torchrun reports the signal that ended one of its processes, and fails.
      if (status !== 0 && (until === undefined || !isKilled(status, stderr))) throw new Error(stderr);
      return readFileSync(after);
    },
    async refusal(checkpoint) {
      const given = join(folder, "given.safetensors");
      writeFileSync(given, checkpoint);
      try {
        loadToTrain(emitted.createTrainer(), compilation, await openCheckpointFile(given), given);
        return "";
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        return error.diagnostics.map(({ message }) => message).join("; ");
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The numbers of a checkpoint by name: its tensors, and the numbers in its progress. */
export function numbersIn(checkpoint: Uint8Array): ReadonlyMap<string, readonly number[]> {
  const { tensors, facts = {} } = safetensors.decode(checkpoint);
  const progress: Readonly<Record<string, unknown>> = JSON.parse(facts.progress);
  const counts = ["step", "seed"].map((key): [string, number[]] => [key, [Number(facts[key])]]);
  const values = Object.entries(progress).map(([key, value]): [string, number[]] => [
    `progress.${key}`,
    typeof value === "number" ? [value] : [],
  ]);
  return new Map([
    ...tensors.map(({ name, numbers }): [string, number[]] => [name, Array.from(numbers())]),
    ...counts,
    ...values,
  ]);
}

/** The largest difference of the numbers of two checkpoints, relative for numbers above 1. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  const [own, others] = [numbersIn(a), numbersIn(b)];
  const names = [own, others].map((numbers) => [...numbers.keys()].sort().join(" "));
  if (names[0] !== names[1]) throw new Error(`the checkpoints have other tensors: ${names.join(" | ")}`);
  const each = [...own].flatMap(([name, values]) =>
    values.map((value, i) => {
      const other = others.get(name)?.[i] ?? NaN;
      return Math.abs(value - other) / Math.max(1, Math.abs(other));
    }),
  );
  return each.some(Number.isNaN) ? NaN : Math.max(0, ...each);
}
