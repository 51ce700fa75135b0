// A search in several parts, each for a machine of its own: which candidates a shard tries, and where its
// outcomes lie until they are joined.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The `index`-th of `count` parts, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** `2/8`; undefined for what is no shard. */
export function shardOf(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index < shard.count ? shard : undefined;
}

/**
 * Candidates are dealt out like cards, so that neighbours, which take as long as each other, go to different
 * shards.
 */
export const isIn = ({ index, count }: Shard, candidate: number): boolean => candidate % count === index;

/** The results file of a shard: `wine.search.2-of-8.jsonl` beside `wine.search.jsonl`. */
export const shardFile = (whole: string, { index, count }: Shard): string =>
  `${withoutEnding(whole)}.${index}-of-${count}.jsonl`;

const withoutEnding = (file: string): string => file.replace(/\.jsonl$/, "");

/** The results files of all shards that there are, in order of their names. */
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

/** The shards that these candidates are of, if the results files are all of one cut. */
export function shardsOf(candidates: readonly number[], files: readonly string[]): Shard[] {
  const [count, ...others] = new Set(files.map((file) => Number(/-of-(\d+)\.jsonl$/.exec(file)?.[1])));
  if (others.length > 0) return [];
  const indices = new Set(candidates.map((candidate) => candidate % count));
  return [...indices].sort((a, b) => a - b).map((index) => ({ index, count }));
}

/** The flags of `tapeless search`. */
export interface EmitFlags {
  readonly emit?: "slurm" | "kubernetes";
  readonly shards?: number;
  readonly image?: string;
  readonly volume?: string;
  readonly output?: string;
}

export interface SearchFlags extends EmitFlags {
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
