// Runs the emitted file as a program: parses the command line, reads the data, trains, saves a checkpoint and
// prints the result. Importing the file does not run the program.
import type { CheckpointMetadata } from "../checkpoints/checkpoint.ts";
import type { Dataset, DatasetContext, Source } from "../data/dataset.ts";
import { checkNoted } from "../data/fields.ts";
import { hostFiles, isSameFile, openOutput, reading } from "./files.ts";
import { InputError, shown } from "../step/errors.ts";
import { csvText } from "../prediction/predictions.ts";
import type { Predicting } from "../prediction/predictions.ts";
import { checkWhole } from "../step/session.ts";
import {
  epochText,
  resultText,
  trainRun,
  type Host,
  type Regime,
  type Trainable,
} from "../training/train-on.ts";
import type { Trainer } from "../trainer/trainer.ts";

/** The globals of a host (Node, Deno, Bun) that the program uses. */
declare const process:
  | {
      argv: string[];
      exitCode?: number | string | null;
      stderr: { isTTY?: boolean; write(text: string): unknown };
      stdout: { on(event: "error", listener: (error: Error) => void): unknown };
    }
  | undefined;
declare const URL: new (url: string) => { readonly href: string };

declare const console: { log(text: string): void };

/** A trainer as a program. */
export interface Program extends DatasetContext {
  createTrainer(options: { seed?: number | undefined }): Trainer;
  /** Reads the data files that the flags name. */
  reader: DataReader;
  /** Present if a run has several stages, such as cross-validation. */
  regime?: Regime;
  /** Makes predictions for the rows of a file. Absent if the program samples texts instead. */
  predict?: Predicting;
  /** Further lines of the help text. */
  seenHelp?: string;
  /** Wraps the trainer so that it reports errors in original units or samples texts. */
  seen?(trainer: Trainer, program: Program, dataset: Dataset, flags: Flags): Trainable | Promise<Trainable>;
}

/** The given flags and their values. */
export type Flags = Record<string, string | undefined>;

/** Reads the files that the flags name. */
export interface DataReader {
  /** The help text after "--data", and lines for other flags. */
  help: string;
  read(program: Program, flags: Flags): Promise<Source>;
}

/** Runs the program if this file is the host's main module. `meta` is the import.meta of the file. */
export async function runIfMain(meta: { url?: string; main?: boolean }, program: Program): Promise<void> {
  if (typeof process === "undefined" || !(await isMain(meta, process.argv[1]))) return;
  // A reader may close the pipe early, as in `… --predict rows.csv | head`. That is not an error.
  process.stdout.on("error", (error) => {
    if (!error.message.includes("EPIPE")) throw error;
  });
  process.exitCode = await runProgram(program, process.argv.slice(2));
}

/** The program of a file whose spec has no data. Prints an error if this file is the host's main module. */
export async function refuseIfMain(meta: { url?: string; main?: boolean }, name: string): Promise<void> {
  if (typeof process === "undefined" || !(await isMain(meta, process.argv[1]))) return;
  say(
    `error: the spec of "${name}" has no data section, so this file cannot train by itself: add one, which assigns ` +
      "columns of a file to inputs and targets, and compile again; or import createTrainer from this file\n",
  );
  process.exitCode = 2;
}

/**
 * Whether this file is the host's main module. Some hosts set import.meta.main. On other hosts, the URL of
 * the file is compared with the URL of the script.
 */
async function isMain(
  { url, main }: { url?: string; main?: boolean },
  script: string | undefined,
): Promise<boolean> {
  const hasNames = url !== undefined && script !== undefined;
  return main ?? (hasNames && isSameFile(await hostFiles(), await scriptFile(), new URL(url)));
}

/** Returns the path of the script. Some hosts accept a path without the extension. */
async function scriptFile(): Promise<string> {
  const script = `${process?.argv[1]}`;
  const { realpath } = await hostFiles();
  return realpath(script).catch(() => `${script}.ts`);
}

/** Runs the command line. Exit codes: 0 for success, 1 if training fails, 2 for invalid data or arguments. */
export async function runProgram(program: Program, args: readonly string[]): Promise<number> {
  try {
    console.log(await trainAsAsked(program, helpText(program), args));
    return 0;
  } catch (error) {
    say(`error: ${shown(error instanceof Error ? error.message : String(error), 1000)}\n`);
    return error instanceof InputError ? 2 : 1;
  }
}

/** Trains or predicts, as the arguments say. Returns the text for the standard output. */
async function trainAsAsked(program: Program, help: string, args: readonly string[]): Promise<string> {
  const { model, training, predict } = program;
  const flags = parseFlags(help, args);
  if (flags["--help"]) return help;
  const { "--out": out, "--resume": resume } = flags;
  const seed = countIn(flags, "--seed");
  const total = countIn(flags, "--epochs") ?? training.epochs;
  const trainer = program.createTrainer({ seed });
  let resumed: CheckpointMetadata = {};
  if (resume !== undefined) {
    const bytes = await reading(resume, (files) => files.readFile(resume));
    resumed = locateErrors(resume, () => trainer.load(bytes));
    locateErrors(resume, () => checkNoted(model, resumed.fields));
    // The seed of sampling may differ from that of training.
    if (seed !== undefined && seed !== trainer.seed && !flags["--sample"])
      throw new InputError(`--seed ${seed}: ${resume} was trained with seed ${trainer.seed}`);
  }
  const source = await program.reader.read(program, flags);
  if (flags["--predict"] && predict) {
    const { fields } = resumed;
    if (!fields) throw new InputError("--predict needs --resume CHECKPOINT, a file from --out");
    if (program.regime) {
      const doubt = program.regime.doubt(training, resumed);
      if (doubt) warn(doubt);
    }
    return csvText(locateErrors(source.file, () => predict(program, fields, source.table, trainer)));
  }
  if (out !== undefined) await reading(await scriptFile(), async () => {}, out);
  const write = out === undefined ? out : await openOutput(out);
  const host: Host = {
    read: async () => source,
    begin: (begun) => program.seen?.(begun.trainer, program, begun.dataset, flags) ?? begun.trainer,
    write: async (checkpoint) => write?.(checkpoint()),
    async see(report, { name = "", epochs }, save) {
      await save();
      showProgress(name + epochText(report, epochs), report.epoch === epochs);
    },
    ...(program.regime && { warn }),
  };
  const start = { ...program, epochs: total, trainer, resume, resumed, locateErrors };
  const result = await trainRun(start, host);
  return flags["--json"] ? JSON.stringify(result) : (program.regime?.text ?? resultText)(result);
}

/** Runs `work` on the content of a file. If `work` throws, the error names the file and line. */
export function locateErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${path}${error.line === undefined ? "" : `:${error.line}`}: ${error.message}`);
  }
}

/** On a terminal, redraws a single line. Elsewhere, prints a line for each epoch. */
function showProgress(text: string, isLast: boolean): void {
  const redraws = process?.stderr.isTTY;
  say(redraws ? `\r\x1b[2K${text}${isLast ? "\n" : ""}` : `${text}\n`);
}

const warn = (text: string): void => say(`warning: ${text}\n`);

export function say(text: string): void {
  process?.stderr.write(text);
}

/**
 * Parses flags according to the help text. A flag is valid if the help has a line for it. The flag takes a
 * value if a word in capitals follows it in this line.
 */
export function parseFlags(help: string, args: readonly string[]): Flags {
  const flags: Flags = {};
  const words = args.flatMap(
    (arg) => /^(--\w+)=(.*)/s.exec(arg)?.slice(1) ?? (arg === "-h" ? "--help" : arg),
  );
  for (let i = 0; i < words.length; i++) {
    const flag = words[i]!;
    const line = `\n  ${flag} `;
    const position = help.indexOf(line);
    if (/ /.test(flag) || position < 0) throw new InputError(`unknown argument ${flag} (see --help)`);
    flags[flag] = flag;
    if (help[position + line.length] === " ") continue;
    i++;
    const value = words[i] ?? "--";
    if (value.startsWith("--")) throw new InputError(`${flag} needs a value`);
    flags[flag] = value;
  }
  return flags;
}

/** Returns the value of a flag as a whole number, or undefined if the flag is absent. */
export function countIn(flags: Flags, flag: string): number | undefined {
  const text = flags[flag];
  return text === undefined ? text : checkWhole(flag, /^\d+$/.test(text) ? Number(text) : NaN, 0, text);
}

function helpText({ model, training, reader, seenHelp = "" }: Program): string {
  return `Trains "${model.name}".

  --data ${reader.help}
  --epochs N           epochs in total, including those of a checkpoint (default: ${training.epochs})
  --seed N             the random seed (default: ${training.seed})
  --out CHECKPOINT     write a checkpoint after every epoch
  --resume CHECKPOINT  continue from a checkpoint${seenHelp}
  --json               print the result as JSON
  --help               print this help`;
}
