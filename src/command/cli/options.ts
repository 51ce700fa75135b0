/** Values of command-line flags, and the flags of `tapeless train` with their help. */
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { shardOf } from "../search/shards.ts";
import type { Shard } from "../search/shards.ts";

// Parsers of flag values. Commander prints their messages after the name and the value of the flag.

/** The upper limit of whole numbers, as in the flags of the emitted program. */
const largestWhole = 0xffffffff;

function whole(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= largestWhole) return Number(text);
  throw new InvalidArgumentError(`It must be an integer from 0 to ${largestWhole}.`);
}

/** A whole number of at least 1. */
export function positive(text: string): number {
  if (whole(text) > 0) return whole(text);
  throw new InvalidArgumentError("It must be at least 1.");
}

/** The number of a row, or `worst`. */
export function rowChoice(text: string): number | "worst" {
  if (text === "worst") return text;
  if (/^\d+$/.test(text) && whole(text) > 0) return whole(text);
  throw new InvalidArgumentError('It must be the number of a row, counted from 1, or "worst".');
}

export function port(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 0xffff) return Number(text);
  throw new InvalidArgumentError("It must be a port number, at most 65535; 0 selects a free port.");
}

export function shard(text: string): Shard {
  const parsed = shardOf(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError(
    "It must be the index of a shard, counted from 0, and the number of shards, such as 0/4.",
  );
}

function temperature(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It must be a number of at least 0.");
}

/** Collects the values of a flag that may be repeated, and may list several values, separated by commas. */
export const collect = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(","),
];

/** The options of `tapeless train` other than target and element type, with their help. */
export const withTrainOptions = (command: Command): Command =>
  command
    .option(
      "--data <file>",
      "train on this file (CSV, JSON Lines, NumPy, Parquet) or folder of IDX files (default: as in the spec)",
    )
    .option(
      "--epochs <n>",
      "train for this many epochs in total, including those of the resumed checkpoint (default: as in the spec)",
      whole,
    )
    .option("--seed <n>", "set the random seed (default: as in the spec)", whole)
    .option(
      "--out <checkpoint>",
      "write a checkpoint to this file after every epoch, and on Ctrl-C; a .safetensors file is also for PyTorch",
    )
    .option(
      "--keep <k>",
      "keep the last k checkpoints; the names of older ones contain the epoch (default: 1)",
      positive,
    )
    .option("--resume <checkpoint>", "continue training from this checkpoint")
    .option(
      "--from <file>",
      "start from those parameters in this checkpoint, .safetensors or .npz file whose names and shapes match",
    )
    .option(
      "--sample <n>",
      "generate n texts after training; with --resume, --seed sets the seed for the texts",
      whole,
    )
    .option(
      "--temperature <t>",
      "set the sampling temperature: 0 selects the most likely character, 1 samples the learned " +
        "distribution (default: 1)",
      temperature,
    )
    .option(
      "--find-learning-rate",
      "instead of training, run a learning-rate range test on the training split",
    )
    .option("--show-schedule", "show the learning-rate schedule before training")
    .option("--chart", "draw the loss curves after training (default: if standard error is a terminal)")
    .option("--no-chart", "do not draw loss curves")
    .option(
      "--report [file]",
      "report correct and wrong predictions by class, or prediction errors, on standard error or to a file " +
        "(.txt, .json, .svg, .html)",
    )
    .option("--plot <file>", "plot losses and metrics by epoch to this file (.svg)")
    .option(
      "--log <file>",
      "append a line of JSON to this file after each epoch; with --resume, continue an existing file",
    )
    .option(
      "--serve [port]",
      "show losses, activations and gradients on a local web page, at the printed address (default port: a free " +
        'one); the page remains after training, until you press Ctrl-C or the button "Stop serving"',
      port,
    )
    .option(
      "--tensorboard <folder>",
      "write metrics by epoch and histograms of activations, gradients and weights for TensorBoard; with --resume, " +
        "continue existing files",
    );
