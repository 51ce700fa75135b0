// Splits the rows of a random table at random, and trains a model on them in ways that must give the same bits:
//
//   a column of splits   a file for each split   each of them with --stream, without shuffling
//
// A run with --stream that is stopped after an epoch and resumed must give the bits of the undisturbed run. A run that
// is refused must be refused with --stream, too, with the same message.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readCheckpoint } from "../../src/runtime/checkpoints/checkpoint.ts";
import { runTapeless } from "../support/run-tapeless.ts";
import type { Random } from "./random.ts";

/** The rows of a table as the text of its cells; the first row contains the names of the columns. */
export interface TableText {
  readonly lines: readonly (readonly string[])[];
  textOf(lines: readonly (readonly string[])[]): string;
}

/** A run, without what may differ between runs that must be equal. */
interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly errors: string;
  readonly trained: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const objectIn = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/**
 * Messages about values that the file of the training rows does not contain. With a column of splits, the file
 * contains all values.
 */
const needsAllRows = /has \d+ classes, but|is not one of the classes|its shape must be/;

/** Returns what is wrong, or undefined. `spec` is the file that `tapeless init` wrote. */
export async function trySplits(
  folder: string,
  r: Random,
  spec: string,
  table: TableText,
): Promise<string | undefined> {
  const [names, ...rows] = table.lines;
  const splits = rows.map((_, row) =>
    row < 3
      ? (["train", "validation", "test"] as const)[row]
      : r.pick(["train", "train", "validation", "test"]),
  );
  const write = (file: string, lines: readonly (readonly string[])[]) =>
    writeFileSync(join(folder, file), table.textOf(lines));
  write("column.csv", [[...names, "split"], ...rows.map((row, i) => [...row, splits[i]])]);
  for (const split of ["train", "validation", "test"])
    write(`${split}.csv`, [names, ...rows.filter((_, i) => splits[i] === split)]);

  const { data, training, ...model } = objectIn(parse(readFileSync(join(folder, spec), "utf8")));
  const { file: _, ...columns } = objectIn(data);
  const shuffled = r.chance(0.5);
  const specOf = (files: Json, rules: Json, shuffle: boolean) => ({
    ...model,
    training: { ...objectIn(training), epochs: 2, shuffle, validation: undefined, test: undefined, ...rules },
    data: { ...columns, ...files },
  });
  const inColumn = (shuffle: boolean) =>
    specOf({ file: "column.csv" }, { validation: { column: "split" }, test: { column: "split" } }, shuffle);
  const isShort = r.chance(0.5);
  const inFiles = (shuffle: boolean) =>
    isShort
      ? specOf(
          { file: "train.csv" },
          { validation: { file: "validation.csv" }, test: { file: "test.csv" } },
          shuffle,
        )
      : specOf({ train: "train.csv", validation: "validation.csv", test: "test.csv" }, {}, shuffle);
  const sizes = ["--stream", "--block", `${r.whole(1, rows.length + 2)}`, "--buffer", `${r.whole(1, 6)}`];
  const run = (content: Json, ...args: readonly string[]) => outcomeOf(folder, content, args);

  const inMemory = await run(inColumn(shuffled));
  const ofFiles = await run(inFiles(shuffled));
  // The message about a split without rows depends on where its rows would be.
  const isExplained = ofFiles.code === 2 && (inMemory.code === 2 || needsAllRows.test(ofFiles.errors));
  const plain = shuffled ? await run(inColumn(false)) : inMemory;
  const plainFiles = shuffled ? await run(inFiles(false)) : ofFiles;
  const whole = await run(inColumn(true), ...sizes);
  await run(inColumn(true), ...sizes, "--epochs", "1");
  const resumed = await run(inColumn(true), ...sizes, "--resume", checkpoint);
  return (
    (isExplained ? undefined : difference("a file for each split", inMemory, ofFiles)) ??
    difference(`a column, ${sizes.join(" ")}`, plain, await run(inColumn(false), ...sizes)) ??
    difference(`files, ${sizes.join(" ")}`, plainFiles, await run(inFiles(false), ...sizes)) ??
    (whole.code === 0 ? difference(`resumed, ${sizes.join(" ")}`, whole, resumed) : undefined)
  );
}

const checkpoint = "splits.ckpt";

async function outcomeOf(folder: string, content: Json, args: readonly string[]): Promise<Outcome> {
  writeFileSync(join(folder, "splits.json"), JSON.stringify(content, undefined, 2));
  const file = join(folder, checkpoint);
  if (!args.includes("--resume")) rmSync(file, { force: true });
  const command = ["train", "splits.json", "--json", "--out", checkpoint, ...args];
  const { code, stdout, stderr } = await runTapeless(folder, command);
  if (code !== 0 || !existsSync(file)) return { code, stdout, errors: errorsIn(stderr), trained: undefined };
  const { header, data } = readCheckpoint(readFileSync(file));
  const trained = { fields: header.notes.fields, progress: header.progress, data: [...data] };
  return { code, stdout, errors: "", trained };
}

/** The errors without their code frames. The name of the file differs between runs. */
const errorsIn = (stderr: string): string =>
  stderr
    .split("\n")
    .filter((line) => /error T\d+:/.test(line))
    .map((line) => line.replace(/^.*?(?=error T)/, ""))
    .join("\n");

function difference(what: string, expected: Outcome, found: Outcome): string | undefined {
  const [left, right] = [expected, found].map((outcome) => JSON.stringify(outcome));
  if (left === right) return undefined;
  const short = ({ code, stdout, errors }: Outcome) => `${code} ${stdout.trim()} ${errors}`;
  return `${what}:\n  expected ${short(expected)}\n  found    ${short(found)}`;
}
