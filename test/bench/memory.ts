// `npx tsx test/bench/memory.ts [MB …]`: measures the memory and time of training on large CSV files. Writes
// a file of each size (by default 274, 547 and 4000 MB) to a temporary folder, with 20 decimal numbers and a
// class per row. Then runs one epoch of the emitted program, of `tapeless train` and of `tapeless train
// --stream`, each in a separate process; for files above 1000 MB, only the last one. The ratio is the peak
// memory, minus that of an empty Node process, divided by the size of the file's numbers at 32 bits each.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const columns = 20;
const launcher = fileURLToPath(new URL("../../src/command/cli/tapeless.js", import.meta.url));

const spec = {
  name: "memory",
  inputs: { x: { shape: [columns] } },
  targets: { kind: { classes: 3 } },
  network: [{ type: "dense", units: 3 }],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.001 },
  training: { epochs: 1, batchSize: 256, seed: 1, test: { fraction: 0.1 }, validation: { fraction: 0.1 } },
  data: {
    file: "rows.csv",
    inputs: { x: { columns: ["c0..c19"], scale: "standard" } },
    targets: { kind: { columns: ["kind"] } },
  },
};

/** Writes rows until the file has at least this many bytes. Returns the number of rows. */
function writeRows(file: string, bytes: number): number {
  const handle = openSync(file, "w");
  writeSync(handle, `${Array.from({ length: columns }, (_, i) => `c${i}`).join()},kind\n`);
  let [state, rows, written] = [1, 0, 0];
  while (written < bytes) {
    let text = "";
    for (let row = 0; row < 1000; row++, rows++) {
      for (let i = 0; i < columns; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        text += `${(state / 2 ** 32).toFixed(6)},`;
      }
      text += `${state % 3}\n`;
    }
    written += writeSync(handle, text);
  }
  closeSync(handle);
  return rows;
}

/**
 * Runs Node in a separate process. Returns its peak memory in bytes and its time in seconds, and throws if it
 * fails.
 */
async function measured(folder: string, args: readonly string[]): Promise<{ peak: number; seconds: number }> {
  const report = join(folder, "peak.txt");
  const preload = join(folder, "report-peak.mjs");
  const text = 'import { writeFileSync } from "node:fs";\nprocess.on("exit", () => ';
  writeFileSync(
    preload,
    `${text}writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));\n`,
  );
  const start = performance.now();
  const child = spawn(process.execPath, ["--import", preload, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => (errors = (errors + piece.toString()).slice(-2000)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${String(code)}: ${errors}`);
  return { peak: Number(readFileSync(report, "utf8")) * 1024, seconds: (performance.now() - start) / 1000 };
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

async function main(sizes: readonly number[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-memory-"));
  try {
    writeFileSync(join(folder, "memory.json"), JSON.stringify(spec));
    await measured(folder, [launcher, "compile", "memory.json", "-o", "memory.ts"]);
    const { code } = transformSync(readFileSync(join(folder, "memory.ts"), "utf8"), {
      loader: "ts",
      format: "esm",
    });
    writeFileSync(join(folder, "memory.mjs"), code);
    const base = await measured(folder, ["--eval", ""]);
    console.log(`empty process: ${megabytes(base.peak)}`);
    for (const size of sizes) {
      const rows = writeRows(join(folder, "rows.csv"), size * 1e6);
      const numbers = rows * (columns + 1) * 4;
      console.log(`${size} MB of CSV: ${rows} rows, ${megabytes(numbers)} of numbers`);
      const runs = {
        ...(size <= 1000 && {
          "emitted program": ["memory.mjs", "--data", "rows.csv"],
          "tapeless train": [launcher, "train", "memory.json"],
        }),
        "tapeless train --stream": [launcher, "train", "memory.json", "--stream"],
      };
      for (const [name, args] of Object.entries(runs)) {
        const { peak, seconds } = await measured(folder, args);
        const ratio = ((peak - base.peak) / numbers).toFixed(2);
        console.log(
          `  ${name.padEnd(24)} ${megabytes(peak).padStart(8)}  ratio ${ratio}  ${seconds.toFixed(0)} s`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const given = process.argv.slice(2).map(Number);
await main(given.length > 0 ? given : [274, 547, 4000]);
