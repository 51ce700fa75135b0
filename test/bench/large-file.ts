// Writes a large CSV file and reads it with the command line's reader, in a separate process.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import * as z from "zod";

export const [rows, columns] = [500_000, 20];

/** Writes numbers with six decimals and a class per row. Returns the last number. */
function writeLarge(file: string): number {
  const handle = openSync(file, "w");
  writeSync(handle, `${Array.from({ length: columns }, (_, i) => `c${i}`).join()},kind\n`);
  let [state, last] = [1, NaN];
  for (let start = 0; start < rows; start += 1000) {
    let text = "";
    for (let row = 0; row < 1000; row++) {
      for (let i = 0; i < columns; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        last = Math.round((state / 2 ** 32) * 1e6) / 1e6;
        text += `${last.toFixed(6)},`;
      }
      text += `${state % 3}\n`;
    }
    writeSync(handle, text);
  }
  closeSync(handle);
  return last;
}

/**
 * The size of the values in the reader's memory in bytes. Each number takes 64 bits, and each class takes 32.
 */
export const bytesOfValues = rows * (columns * 8 + 4);

const result = z.object({ rows: z.number(), last: z.number(), peak: z.number() });

export interface LargeFile {
  /** The number of rows read, and the last number read. */
  readonly rows: number;
  readonly last: number;
  /** The last number that was written. */
  readonly written: number;
  /** The largest resident memory of the process, in bytes. */
  readonly peak: number;
}

export function readLargeFile(): LargeFile {
  const folder = mkdtempSync(join(tmpdir(), "large-files-"));
  try {
    const [file, reader] = [join(folder, "large.csv"), join(folder, "read.mjs")];
    const written = writeLarge(file);
    // The reader is bundled, so that the memory of a module loader does not count.
    buildSync({
      entryPoints: [fileURLToPath(new URL("read-large.ts", import.meta.url))],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: reader,
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const text = execFileSync(process.execPath, [reader, file], { encoding: "utf8" });
    return { ...result.parse(JSON.parse(text)), written };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
