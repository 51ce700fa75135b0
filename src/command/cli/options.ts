/** Values of command-line flags, and the flags of `tapeless train` with their help. */
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { shardOf } from "../search/shards.ts";
import type { Shard } from "../search/shards.ts";

// From the words of the command line to values, or a message that says what would be right.

/** The range of the emitted program's flags too. */
const largestWhole = 0xffffffff;

function whole(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= largestWhole) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${largestWhole}.`);
}

/** From 1 on. */
export function positive(text: string): number {
  if (whole(text) > 0) return whole(text);
  throw new InvalidArgumentError("It must be at least 1.");
}

export function port(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 0xffff) return Number(text);
  throw new InvalidArgumentError("It must be a port, a whole number up to 65535; 0 takes any that is free.");
}

export function shard(text: string): Shard {
  const part = shardOf(text);
  if (part !== undefined) return part;
  throw new InvalidArgumentError("It must be two whole numbers as 0/4: which part, from 0, and of how many.");
}

function temperature(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It must be a number of at least 0.");
}

/** A flag that may be repeated, or have several values with commas between them. */
export const collect = (text: string, before: readonly string[]): string[] => [...before, ...text.split(",")];

/** The options of `tapeless train` other than target and element type, with their help. */
export const withTrainOptions = (command: Command): Command =>
  command
    .option(
      "--data <file>",
      "train on this file (CSV, JSON Lines, NumPy, Parquet) or this folder of IDX files (default: the spec's)",
    )
    .option("--epochs <n>", "epochs in all, those before a checkpoint included (default: the spec's)", whole)
    .option("--seed <n>", "what everything random derives from (default: the spec's)", whole)
    .option("--out <checkpoint>", "write all that resuming needs, after every epoch")
    .option(
      "--keep <k>",
      "keep the last k checkpoints, older ones with their epoch in the name (default: 1)",
      positive,
    )
    .option("--resume <checkpoint>", "go on from there")
    .option(
      "--from <file>",
      "start from the parameters of a checkpoint, .safetensors or .npz that match by name and shape",
    )
    .option("--sample <n>", "write n new texts at the end; with --resume, --seed then says which", whole)
    .option(
      "--temperature <t>",
      "how bold they are: 0 the likeliest characters, 1 as likely as in the data (default: 1)",
      temperature,
    )
    .option(
      "--find-learning-rate",
      "instead of training, find a rate: steps on the training part whose rates rise",
    )
    .option("--show-schedule", "before training, show the learning rate of its steps")
    .option(
      "--chart",
      "show the losses over the epochs at the end (default: if standard error is a terminal)",
    )
    .option("--no-chart", "show none")
    .option(
      "--report [file]",
      "tell right from wrong answers, class by class, or how far off numbers are; to a file (.txt, .json, .svg, .html)",
    )
    .option("--plot <file>", "write losses and metrics over the epochs as a picture (.svg)")
    .option(
      "--log <file>",
      "write a line of JSON for each epoch as it ends; with --resume, go on with the file",
    )
    .option(
      "--serve [port]",
      "show the training from inside on a page of this machine, at an address that is told (default port: a " +
        "free one); the page stays after the end, until Ctrl-C or its button",
      port,
    )
    .option(
      "--tensorboard <folder>",
      "write figures by epoch, and histograms of activations, gradients and weights, for TensorBoard; a " +
        "training with --resume goes on there",
    );
