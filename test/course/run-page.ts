// Runs every command of the course: two blocks at a time, the commands of a block one after the other.
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blocksOf, commandsOf, type Command } from "./page.ts";
import { runCommand, type Run } from "./run-command.ts";

const graphs = fileURLToPath(new URL("../../graphs", import.meta.url));
const atOnce = 2;

export interface PageRuns {
  /** The runs of each block, by its text. */
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  /** Where the commands ran and left their files: a place of their own, from which `graphs/` is seen. */
  readonly folder: string;
  remove(): void;
}

/** @param seed taken instead of each spec's own, in commands that name none */
export async function runPage(page: string, seed?: number): Promise<PageRuns> {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-course-"));
  symlinkSync(graphs, join(folder, "graphs"), "junction");
  const known = new Map<string, Promise<Run>>();
  /** What stands in several blocks is run once. */
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

/** The same command with a seed, if it trains and names none. */
const withSeed = (command: Command, seed: number | undefined): Command =>
  seed === undefined || command.words[0] !== "train" || command.words.includes("--seed")
    ? command
    : { ...command, words: [...command.words, "--seed", String(seed)] };
