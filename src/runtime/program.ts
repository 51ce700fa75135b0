// The program part of an emitted file: reads the command line and the data, trains, saves, prints. Nothing here runs, and no host
// is reached, unless the file is the program itself.
import { datasetOf, type Dataset } from "./dataset.ts";
import type { DataFacts } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import { parseCsv } from "./parse-csv.ts";
import { checkWhole } from "./session.ts";
import { epochText, resultText, trainOn, type Trainable } from "./train-on.ts";
import type { Trainer } from "./trainer.ts";

/** What a host (Node, Deno, Bun) offers, as far as it is used here. */
declare const process:
  | {
      argv: string[];
      exitCode?: number | string | null;
      stderr: { isTTY?: boolean; write(text: string): unknown };
    }
  | undefined;
declare const console: { log(text: string): void };

interface HostFiles {
  readFile(path: string): Promise<Uint8Array>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  realpath(path: string): Promise<string>;
}
interface HostPaths {
  pathToFileURL(path: string): { href: string };
}

/** A trainer as a program. */
export interface Program {
  model: ModelFacts;
  training: TrainingFacts;
  data: DataFacts;
  createTrainer(options: { seed?: number }): Trainer;
  /** Only where the spec gives the test part a file of its own. */
  testFile?: TestFile;
  /** Brings errors into the target's own units; only where the target is scaled. */
  ownUnits?(trainer: Trainable, training: TrainingFacts, dataset: Dataset): Trainable;
}

/** A flag for the file of the test rows. */
export interface TestFile {
  flag: string;
  /** Its line of the help. */
  help: string;
  /** Puts the rows of the file, if the flag gave one, into the data set. */
  read(path: string | undefined, model: ModelFacts, dataset: Dataset): Promise<void>;
}

interface Flags {
  data?: string;
  test?: string;
  epochs?: number;
  seed?: number;
  out?: string;
  resume?: string;
  json: boolean;
  help: boolean;
}

/** Runs the program if `meta`, the file's import.meta, says that this file is what the host was started with. */
export async function runIfMain(meta: { url?: string; main?: boolean }, program: Program): Promise<void> {
  if (typeof process === "undefined" || !(await isMain(meta, process.argv[1]))) return;
  process.exitCode = await runProgram(program, process.argv.slice(2));
}

/** Some hosts say it; for the others, the file's own address must be that of the script they were given. */
async function isMain(
  { url, main }: { url?: string; main?: boolean },
  script: string | undefined,
): Promise<boolean> {
  if (main !== undefined || url === undefined || script === undefined) return main === true;
  const { realpath } = await hostFiles();
  const specifier: string = "node:url";
  const paths: HostPaths = await import(specifier);
  const file = await realpath(script).catch(() => `${script}.ts`);
  return paths.pathToFileURL(file).href === url;
}

// Through a variable: bundlers and type checkers then look for no module.
async function hostFiles(): Promise<HostFiles> {
  const specifier: string = "node:fs/promises";
  const files: HostFiles = await import(specifier);
  return files;
}

/** Trains as the arguments say. The exit code: 0 done, 1 the training failed, 2 the data or the arguments are wrong. */
export async function runProgram(program: Program, args: readonly string[]): Promise<number> {
  try {
    await trainAsAsked(program, parseFlags(args, program.testFile?.flag));
    return 0;
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof InputError ? 2 : 1;
  }
}

async function trainAsAsked(program: Program, flags: Flags): Promise<void> {
  const { model, training, data, createTrainer } = program;
  if (flags.help) return console.log(helpText(program));
  if (flags.data === undefined)
    throw new InputError("--data FILE is needed: the CSV file to train on (see --help)");
  const text = await reading(flags.data, (files, path) => files.readFile(path, "utf8"));
  const trainer = createTrainer({ seed: flags.seed });
  if (flags.resume !== undefined) {
    const bytes = await reading(flags.resume, (files, path) => files.readFile(path));
    placed(flags.resume, () => trainer.load(bytes));
    if (flags.seed !== undefined && flags.seed !== trainer.seed) {
      throw new InputError(`--seed ${flags.seed}: ${flags.resume} was trained with seed ${trainer.seed}`);
    }
  }
  const dataset = placed(flags.data, () => datasetOf(model, data, training, trainer.seed, parseCsv(text)));
  await program.testFile?.read(flags.test, model, dataset);
  const total = flags.epochs ?? training.epochs;
  const save = async () => {
    if (flags.out !== undefined) await writeWhole(flags.out, trainer.save());
  };
  // With no epoch left to run, the checkpoint asked for is the one that was read.
  if (trainer.epoch >= total) await save();
  const shown = program.ownUnits?.(trainer, training, dataset) ?? trainer;
  const result = await trainOn(model, training, shown, dataset, { epochs: total }, async (report) => {
    await save();
    showProgress(epochText(report, total), report.epoch === total);
  });
  console.log(flags.json ? JSON.stringify(result) : resultText(result));
}

/** Reads a file, or says that it cannot be read. */
export async function reading<T>(
  path: string,
  read: (files: HostFiles, path: string) => Promise<T>,
): Promise<T> {
  return read(await hostFiles(), path).catch((error: Error) => {
    throw new InputError(`cannot read ${path}: ${error.message}`);
  });
}

/** Does the work; what is wrong with the file's content is then said with the file's name and line. */
export function placed<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${path}${error.line === undefined ? "" : `:${error.line}`}: ${error.message}`);
  }
}

/** Writes a file so that at no moment there is half of one: beside it first, then renamed onto it. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const files = await hostFiles();
  const partial = `${path}.partial`;
  try {
    await files.writeFile(partial, bytes);
    await files.rename(partial, path);
  } catch (error) {
    await files.rm(partial, { force: true });
    throw new InputError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** One line that is redrawn on a terminal; a line for each epoch anywhere else. */
function showProgress(text: string, isLast: boolean): void {
  const redraws = typeof process !== "undefined" && process.stderr.isTTY === true;
  say(redraws ? `\r\x1b[2K${text}${isLast ? "\n" : ""}` : `${text}\n`);
}

function say(text: string): void {
  if (typeof process !== "undefined") process.stderr.write(text);
}

function parseFlags(args: readonly string[], testFlag: string | undefined): Flags {
  const flags: Flags = { json: false, help: false };
  const words = args.flatMap((arg) => /^(--\w+)=(.*)/s.exec(arg)?.slice(1) ?? arg);
  for (let i = 0; i < words.length; i++) {
    const flag = words[i];
    const value = () => {
      i++;
      if (i >= words.length || words[i].startsWith("--")) throw new InputError(`${flag} needs a value`);
      return words[i];
    };
    const count = () => {
      const text = value();
      return checkWhole(flag, /^\d+$/.test(text) ? Number(text) : NaN, 0, text);
    };
    if (flag === "--data") flags.data = value();
    else if (flag === testFlag) flags.test = value();
    else if (flag === "--epochs") flags.epochs = count();
    else if (flag === "--seed") flags.seed = count();
    else if (flag === "--out") flags.out = value();
    else if (flag === "--resume") flags.resume = value();
    else if (flag === "--json") flags.json = true;
    else if (flag === "--help" || flag === "-h") flags.help = true;
    else throw new InputError(`unknown argument ${flag} (--help lists all)`);
  }
  return flags;
}

function helpText({ model, training, testFile }: Program): string {
  return `Trains "${model.name}" on a CSV file whose first row names the columns.

  --data FILE          the file (needed)${testFile?.help ?? ""}
  --epochs N           epochs in all, those before a checkpoint included (${training.epochs})
  --seed N             what everything random derives from (${training.seed})
  --out CHECKPOINT     write all that resuming needs, after every epoch
  --resume CHECKPOINT  go on from there
  --json               print the result as one JSON object
  --help               print this`;
}
