/** Describes training that a signal has stopped: its checkpoint, and the command that continues it. */
import { existsSync } from "node:fs";
import { defaultTarget } from "../../compiler/targets.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { epochText, figureText } from "../../runtime/training/train-on.ts";
import { stopName } from "../terminal/stop-signals.ts";
import type { StopSignal } from "../terminal/stop-signals.ts";
import type { TrainFlags } from "./train-flags.ts";

/** The error for training that a signal has stopped, after its checkpoint was written. */
export class Interrupted extends Error {
  readonly signal: StopSignal;
  /** The report at which training stopped, inside an epoch or after one. */
  readonly report: EpochReport;
  readonly checkpoint: string;
  constructor(signal: StopSignal, report: EpochReport, checkpoint: string) {
    super(`stopped by ${stopName(signal)}`);
    this.name = "Interrupted";
    this.signal = signal;
    this.report = report;
    this.checkpoint = checkpoint;
  }
}

/**
 * The file of the checkpoint if training without `--out` is stopped: in the current folder, named after the
 * model. It may replace the file from which training was resumed, but no other file.
 */
export function stoppedFile(model: string, resume: string | undefined): string {
  const names = (number: number): string => `${model}.stopped${number === 1 ? "" : `-${number}`}.ckpt`;
  let number = 1;
  while (names(number) !== resume && existsSync(names(number))) number++;
  return names(number);
}

/** Stopped training: its name, its number of epochs, and the report of the last complete epoch. */
interface Stopped {
  readonly name: string;
  readonly epochs: number;
  readonly report: EpochReport | undefined;
}

/** The text that is printed after a stop. `command` continues training. */
export function interruptionText(
  { message, report: { epoch, loss, soFar }, checkpoint }: Interrupted,
  { name, epochs, report: last }: Stopped,
  command: string,
): string {
  const point = soFar && `, step ${soFar.step}/${soFar.steps}, loss ${figureText(loss)}`;
  return [
    `${message}: ${name}${soFar ? "in" : "after"} epoch ${epoch}/${epochs}${point ?? ""}`,
    ...(last === undefined ? [] : [epochText(last, epochs)]),
    `checkpoint: ${checkpoint}`,
    `to continue: ${command}`,
    "",
  ].join("\n");
}

/** Values of flags that the command may omit. */
const defaults: Readonly<Record<string, unknown>> = {
  target: defaultTarget,
  dtype: "f32",
  checkKernels: true,
};

/** The command that continues training from the checkpoint, with the same flags. */
export function resumeCommand(spec: string, flags: TrainFlags, checkpoint: string): string {
  const { resume: _, from: __, out: ___, ...others } = flags;
  const words = Object.entries(others).flatMap(([key, value]): string[] => {
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (value === undefined || value === defaults[key]) return [];
    if (value === false) return [`--no-${flag}`];
    return value === true ? [`--${flag}`] : [`--${flag}`, String(value)];
  });
  const given = [spec, ...words, "--out", flags.out ?? checkpoint, "--resume", checkpoint];
  // npm sets this variable for the commands that npx runs.
  const runner = process.env.npm_command === "exec" ? "npx tapeless" : "tapeless";
  return `${runner} train ${given.map(quoted).join(" ")}`;
}

/** The word for a shell. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
