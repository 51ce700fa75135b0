// Runs every command of the course: two blocks at a time, and the commands of a block in order.
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blocksOf, commandsOf, type Command } from "./page.ts";
import { runCommand, type Run } from "./run-command.ts";

const graphs = fileURLToPath(new URL("../../graphs", import.meta.url));
const atOnce = 2;

export interface PageRuns {
  /** The runs of each block, by the text of the block. */
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  /** The temporary folder in which the commands ran. It has a link to `graphs/`. */
  readonly folder: string;
  remove(): void;
}

/** @param seed replaces the seed of each spec, in commands without --seed */
export async function runPage(page: string, seed?: number): Promise<PageRuns> {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-course-"));
  symlinkSync(graphs, join(folder, "graphs"), "junction");
  const known = new Map<string, Promise<Run>>();
  /** A command that occurs in several blocks is run once. */
  const run = (command: Command): Promise<Run> => {
    const before = known.get(command.text);
    const now = before ?? runCommand(withSeed(command, seed), folder);
    known.set(command.text, now);
    return now;
  };
  const runs = new Map<string, readonly Run[]>();
  const waiting = blocksOf(page);
  const work = async () => {
    for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
      const done: Run[] = [];
      for (const command of commandsOf(block)) done.push(await run(command));
      runs.set(block, done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { runs, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The same command with --seed, if it trains and has no seed. */
const withSeed = (command: Command, seed: number | undefined): Command =>
  seed === undefined || command.words[0] !== "train" || command.words.includes("--seed")
    ? command
    : { ...command, words: [...command.words, "--seed", String(seed)] };
