/**
 * What the values of flags may be: from the words of the command line to values, or a sentence that says what
 * would be right.
 */
import { InvalidArgumentError } from "commander";
import { shardOf } from "../search/shards.ts";
import type { Shard } from "../search/shards.ts";

/** The range of the emitted program's flags too. */
const largestWhole = 0xffffffff;

export function whole(text: string): number {
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

export function temperature(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It must be a number of at least 0.");
}

/** A flag that may be repeated, or have several values with commas between them. */
export const collect = (text: string, before: readonly string[]): string[] => [...before, ...text.split(",")];
