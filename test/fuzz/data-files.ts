// Damages data files of every format and reads them in this process. Each file must be read, or rejected with
// a diagnostic. To run the check separately, use `npx tsx test/fuzz/data-files.ts --seed S --count N`; the
// last line of its output contains the number of failures.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { readIdx } from "../../src/command/formats/tables/read-idx.ts";
import { readTable } from "../../src/command/formats/tables/read-table.ts";
import type { Wanted } from "../../src/command/formats/tables/column-builder.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { npz, safetensors } from "../../src/command/formats/parameters/formats.ts";
import { InputError } from "../../src/runtime/step/errors.ts";
import { model } from "../runtime/linear-machine.ts";
import { sampleFiles, type SampleFile } from "./sample-files.ts";
import { numbersIn } from "../support/numbers-in.ts";

/** A file that was handled incorrectly. */
export interface DataFault {
  readonly format: string;
  readonly index: number;
  readonly what: string;
}

const wanted = (columns: string[]): Wanted => ({
  model: {
    ...model,
    inputs: { x: { shape: [4], dtype: "f32" } },
    targets: { y: { shape: [], classes: 3 } },
  },
  data: {
    inputs: { x: { columns: columns.slice(0, 4), drop: true } },
    targets: { y: { columns: columns.slice(4) } },
  },
});

/** Reads the file like the command line, including its values. */
async function read({ kind, columns }: SampleFile, file: string, bytes: Uint8Array): Promise<void> {
  if (kind === "tensors") {
    const { decode } = bytes[0] === 0x50 ? npz : safetensors;
    for (const tensor of decode(bytes).tensors) tensor.numbers();
    return;
  }
  writeFileSync(file, bytes);
  const table =
    kind === "idx"
      ? await readIdx({ ...model, inputs: { x: { shape: [4], dtype: "f32" } } }, { x: file })
      : await readTable(file, wanted([...columns]));
  for (const name of columns) {
    if (table.columns.has(name)) numbersIn(table, name);
    table.columns.get(name)?.text(table.rows - 1);
  }
}

/** Returns why a thrown error is not acceptable, or undefined if it is. */
function wrongError(error: unknown): string | undefined {
  if (!(error instanceof DiagnosticError || error instanceof InputError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error.message.length > 2000) return `the message has ${error.message.length} characters`;
  const sign = /[^\n\P{Cc}]/u.exec(error.message);
  return sign === null ? undefined : `the message holds the control character ${sign[0].charCodeAt(0)}`;
}

/** Returns a function that draws integers below a bound, the same integers for the same seed. */
function drawer(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const hostileBytes = [
  0x00, 0x01, 0x0a, 0x1f, 0x22, 0x28, 0x2c, 0x30, 0x39, 0x5b, 0x7b, 0x7f, 0x80, 0xfe, 0xff,
];

/**
 * Makes one to four changes: flips bits, replaces bytes, writes numbers with all bits set, removes,
 * duplicates or moves pieces.
 */
function damaged(original: Uint8Array, draw: (bound: number) => number): Uint8Array {
  let bytes = original;
  for (let changes = 1 + draw(4); changes > 0 && bytes.length > 0; changes--) {
    const at = draw(bytes.length);
    const end = Math.min(bytes.length, at + 1 + draw(draw(4) === 0 ? 400 : 8));
    const copy = bytes.slice();
    switch (draw(8)) {
      case 0:
        copy[at] ^= 1 << draw(8);
        break;
      case 1:
        copy[at] = hostileBytes[draw(hostileBytes.length)];
        break;
      case 2:
        copy.fill(0xff, at, end);
        break;
      case 3:
        copy.fill(0, at, end);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
        continue;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
        continue;
      case 6:
        copy.set(bytes.subarray(at, end), draw(bytes.length - (end - at) + 1));
        break;
      default:
        if (draw(4) > 0) copy[at] = draw(256);
        else bytes = bytes.subarray(0, at);
        if (bytes.length === at) continue;
    }
    bytes = copy;
  }
  return bytes;
}

/** Reads an undamaged sample. */
export async function readSample(sample: SampleFile): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sample-"));
  try {
    await read(sample, join(folder, "rows"), sample.bytes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Damages and reads `count` files, one format after the other. Calls `begin` before each file is read, so
 * that the caller can name a file on which the reader hangs.
 */
export async function fuzzDataFiles(
  seed: number,
  count: number,
  begin: (format: string, index: number) => void = () => {},
): Promise<DataFault[]> {
  const folder = mkdtempSync(join(tmpdir(), "damaged-"));
  const file = join(folder, "rows");
  const samples = sampleFiles();
  const faults: DataFault[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const sample = samples[index % samples.length];
      begin(sample.format, index);
      const bytes = damaged(sample.bytes, drawer(seed * 1_000_003 + index));
      try {
        await read(sample, file, new Uint8Array(bytes));
      } catch (error) {
        const what = wrongError(error);
        if (what !== undefined) faults.push({ format: sample.format, index, what });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return faults;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seed: { type: "string" }, count: { type: "string" } } });
  const [seed, count] = [Number(values.seed ?? 1), Number(values.count ?? 2000)];
  let current = "";
  const faults = await fuzzDataFiles(seed, count, (format, index) => {
    current = `${format} ${index}`;
    if (process.stderr.isTTY) process.stderr.write(`\r${current}\x1b[K`);
  });
  for (const { format, index, what } of faults) console.log(`${format} ${index}: ${what}`);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${count} files of seed ${seed}, ${faults.length} handled incorrectly, at most ${peak} MB`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) void main();
