// A large file in little memory: whoever holds it as one text, or its rows as objects, needs a multiple of what its values take.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "large-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [rows, columns] = [500_000, 20];

/** Numbers with six digits after the point, and a class; the last of the numbers. */
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

test(
  "reading takes less memory than 1.5 times the values' own size, and 100 MB",
  { timeout: 300_000 },
  () => {
    const [file, reader] = [join(folder, "large.csv"), join(folder, "read.mjs")];
    const last = writeLarge(file);
    // Bundled: no loader's memory is counted.
    buildSync({
      entryPoints: [fileURLToPath(new URL("read-large.ts", import.meta.url))],
      ...{ bundle: true, platform: "node", format: "esm", outfile: reader },
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const found = JSON.parse(execFileSync(process.execPath, [reader, file], { encoding: "utf8" }));
    expect([found.rows, found.last]).toEqual([rows, last]);
    // each number in 64 bits, each class in 32
    const values = rows * (columns * 8 + 4);
    expect(found.peak).toBeLessThan(1.5 * values + 100e6);
  },
);
