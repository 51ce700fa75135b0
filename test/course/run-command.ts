// Runs a command of the course as a person would, and reads from what it prints the figures that a person sees.
import { runTapeless } from "../support/run-tapeless.ts";
import type { Command } from "./page.ts";

/** Figures by name: "loss", "accuracy"; those of a part after its name: "validation.loss". */
export type Figures = Readonly<Record<string, number>>;

/** What a command came to. */
export interface Run {
  readonly command: Command;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What training came to, by part: "train.loss". Empty for other commands, and for one that failed. */
  readonly result: Figures;
  /** What training told of each epoch: "loss" and metrics of the training part, "validation.loss" and so on. */
  readonly epochs: readonly Figures[];
}

/** @param folder where the command runs and leaves its files */
export async function runCommand(command: Command, folder: string): Promise<Run> {
  const { code, stdout, stderr } = await runTapeless(folder, command.words);
  return {
    command,
    code,
    stdout,
    stderr,
    result: resultIn(stdout),
    epochs: stderr.split("\n").flatMap(epochIn),
  };
}

/**
 * "train       loss 0.1234  accuracy 0.9667", a line for each part; of folds the mean stands for the
 * validation part.
 */
function resultIn(text: string): Figures {
  const lines = text.matchAll(/^(train|validation|test) +(.*)$/gm);
  return Object.assign(meanIn(text), ...Array.from(lines, ([, part, rest]) => figuresIn(rest, `${part}.`)));
}

/** The columns of a table of folds, and its line "mean               48  0.0630    0.9667". */
function meanIn(text: string): Figures {
  const cells = (start: string): string[] =>
    new RegExp(`^${start}\\b.*$`, "m").exec(text)?.[0].split(/ {2,}/).slice(1) ?? [];
  const values = cells("mean");
  return Object.fromEntries(cells("fold").map((name, i) => [`validation.${name}`, Number(values[i])]));
}

/** "epoch 3/100  loss 0.7410  accuracy 0.9778  validation loss 0.5393  accuracy 0.9333  best". */
function epochIn(line: string): Figures[] {
  const [, train, validation] = /^epoch \d+\/\d+  (.*?)(?:  validation (.*?))?(?:  best)?$/.exec(line) ?? [];
  return train === undefined
    ? []
    : [{ ...figuresIn(train, ""), ...figuresIn(validation ?? "", "validation.") }];
}

const figuresIn = (text: string, prefix: string): Figures =>
  Object.fromEntries(
    Array.from(text.matchAll(/(\S+) (-?\d\S*)/g), ([, name, value]) => [prefix + name, Number(value)]),
  );
