/** Splits a search into shards for several machines. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ClusterFlags } from "../cluster/flags.ts";

/** Shard `index` of `count`, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Parses `2/8`; undefined if the text is not a shard. */
export function shardOf(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index < shard.count ? shard : undefined;
}

/** Assigns candidates round-robin, because neighbours have similar training times. */
export const isIn = ({ index, count }: Shard, candidate: number): boolean => candidate % count === index;

/** The results file of a shard: `wine.search.2-of-8.jsonl` next to `wine.search.jsonl`. */
export const shardFile = (whole: string, { index, count }: Shard): string =>
  `${withoutEnding(whole)}.${index}-of-${count}.jsonl`;

const withoutEnding = (file: string): string => file.replace(/\.jsonl$/, "");

/** All existing results files of shards, sorted by name. */
export function shardFiles(whole: string): string[] {
  const folder = dirname(whole);
  const start = `${basename(withoutEnding(whole))}.`;
  const isShard = (name: string) =>
    name.startsWith(start) && /^\d+-of-\d+\.jsonl$/.test(name.slice(start.length));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter(isShard)
    .sort()
    .map((name) => join(folder, name));
}

/** The shards that train these candidates; none if the results files differ in the number of shards. */
export function shardsOf(candidates: readonly number[], files: readonly string[]): Shard[] {
  const [count, ...others] = new Set(files.map((file) => Number(/-of-(\d+)\.jsonl$/.exec(file)?.[1])));
  if (others.length > 0) return [];
  const indices = new Set(candidates.map((candidate) => candidate % count));
  return [...indices].sort((a, b) => a - b).map((index) => ({ index, count }));
}

/** The flags of `tapeless search`. */
export interface EmitFlags extends ClusterFlags {
  readonly shards?: number;
  readonly output?: string;
}

export interface SearchFlags extends EmitFlags {
  /** What trains the candidates: emitted trainers, or emitted PyTorch files. */
  readonly engine: "tapeless" | "pytorch";
  /** The device of PyTorch. */
  readonly device?: "cpu" | "cuda";
  readonly data?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly csv?: string;
  readonly writeBest?: string;
  readonly shard?: Shard;
  readonly merge?: boolean;
  readonly dtype: "f32" | "f64";
  readonly json?: boolean;
}
