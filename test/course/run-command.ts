// Runs a command of the course, and reads metrics from its printed output.
import { runTapeless } from "../support/run-tapeless.ts";
import type { Command } from "./page.ts";

/**
 * Metrics by name, such as "loss" or "accuracy"; those of a split with its name, such as "validation.loss".
 */
export type Figures = Readonly<Record<string, number>>;

/** The outcome of a command. */
export interface Run {
  readonly command: Command;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The final metrics by split, such as "train.loss". Empty for other commands, and for a failed one. */
  readonly result: Figures;
  /**
   * The metrics of each epoch: "loss" and other metrics of the training split, "validation.loss" and so on.
   */
  readonly epochs: readonly Figures[];
}

/** @param folder the working directory of the command */
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
 * Parses lines such as "train       loss 0.1234  accuracy 0.9667", one for each split. With folds, the mean
 * over folds is returned as the validation split.
 */
function resultIn(text: string): Figures {
  const lines = text.matchAll(/^(train|validation|test) +(.*)$/gm);
  return Object.assign(meanIn(text), ...Array.from(lines, ([, part, rest]) => figuresIn(rest, `${part}.`)));
}

/**
 * The columns of the table of folds, with the values of its line "mean               48  0.0630    0.9667".
 */
function meanIn(text: string): Figures {
  const cells = (start: string): string[] =>
    new RegExp(`^${start}\\b.*$`, "m").exec(text)?.[0].split(/ {2,}/).slice(1) ?? [];
  const values = cells("mean");
  return Object.fromEntries(cells("fold").map((name, i) => [`validation.${name}`, Number(values[i])]));
}

/** Parses "epoch 3/100  loss 0.7410  accuracy 0.9778  validation loss 0.5393  accuracy 0.9333  best". */
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
