// `npm run bench -- --limits`: compares the speed of the TypeScript target, compile times and code sizes
// with their limits. Speeds depend on the machine, so their limits are ratios of measurements of the same
// run.
import { Bench } from "tinybench";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { bytesPerStep } from "./allocations.ts";
import { coldStart, towerCompile } from "./compile-times.ts";
import { digitsTrainers, mostBytes, sizesOf, trainerFor } from "./emitted.ts";
import { median } from "./figures.ts";
import { bytesOfValues, readLargeFile } from "./large-file.ts";
import type { Line } from "./lines.ts";
import { mnist, mnistLayers, small } from "./models.ts";
import { productFlops, tripleLoopStep } from "./triple-loop.ts";

/**
 * The seconds per call of each task, for each round. The speed of a shared machine changes over time, but
 * hardly within a round, so callers compute ratios within rounds and take the median.
 */
async function roundsOf(tasks: readonly (() => void)[], rounds = 7): Promise<number[][]> {
  const found: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time: 500, warmupTime: round === 0 ? 1000 : 50 });
    tasks.forEach((task, i) => bench.add(`task ${i}`, task, { async: false }));
    await bench.run();
    found.push(
      bench.tasks.map(({ name, result }) => {
        if (result.state !== "completed") throw new Error(`measuring ${name} ended as ${result.state}`);
        return result.latency.p50 / 1000;
      }),
    );
  }
  return found;
}

/** Combines many short calls into one task, because the time of one call is near the clock's resolution. */
const times = (count: number, task: () => void) => () => {
  for (let i = 0; i < count; i++) task();
};

function randomBatch(
  inputs: Readonly<Record<string, number>>,
  target: string,
  classes: number,
  rows: number,
): Batch {
  const values = (size: number) => new Float32Array(size).map((_, i) => Math.sin(i * 7 + 1));
  return {
    ...Object.fromEntries(Object.entries(inputs).map(([name, size]) => [name, values(rows * size)])),
    [target]: new Int32Array(rows).map((_, i) => (i * 3) % classes),
  };
}

async function speeds(): Promise<Line[]> {
  const { inputs, classes, batchSize } = mnistLayers;
  const [large, little] = [await trainerFor(mnist), await trainerFor(small)];
  const images = randomBatch({ pixels: inputs }, "digit", classes, batchSize);
  const flowers = randomBatch({ flower: 4 }, "species", 3, 16);
  const littleSteps = 200;
  const rounds = await roundsOf([
    tripleLoopStep(mnistLayers),
    () => large.step(images),
    times(littleSteps, () => little.step(flowers)),
  ]);
  const gigaflops = (seconds: number) => productFlops(mnistLayers) / seconds / 1e9;
  const triple = median(rounds.map(([loop]) => gigaflops(loop)));
  const emitted = median(rounds.map(([, step]) => gigaflops(step)));
  const ratio = median(rounds.map(([loop, step]) => loop / step));
  const rate = median(rounds.map(([, , steps]) => littleSteps / steps));
  const perTriple = median(rounds.map(([loop, , steps]) => littleSteps / steps / gigaflops(loop)));
  return [
    { what: "784-128-10: triple loop, products only", measured: `${triple.toFixed(2)} GFLOP/s` },
    { what: "784-128-10: emitted step, all of it", measured: `${emitted.toFixed(2)} GFLOP/s` },
    {
      what: "  emitted / triple loop",
      measured: ratio.toFixed(2),
      limit: "at least 3",
      holds: ratio >= 3,
    },
    { what: "4-16-3: emitted step", measured: `${Math.round(rate).toLocaleString("en")} steps/s` },
    {
      what: "  per GFLOP/s of the triple loop",
      measured: `${Math.round(perTriple).toLocaleString("en")} steps/s`,
      limit: "at least 100,000",
      holds: perTriple >= 100_000,
    },
  ];
}

async function compiling(): Promise<Line[]> {
  const cold = coldStart();
  await towerCompile(2);
  const [low, high] = [await towerCompile(20), await towerCompile(200)];
  const [time, length] = [high.milliseconds / low.milliseconds, high.bytes / low.bytes];
  return [
    {
      what: "compile graphs/digits.json from a cold start",
      measured: `${Math.round(cold)} ms`,
      limit: "under 1500 ms",
      holds: cold < 1500,
    },
    { what: "compile 20 layers, all loaded", measured: `${Math.round(low.milliseconds)} ms` },
    { what: "compile 200 layers, all loaded", measured: `${Math.round(high.milliseconds)} ms` },
    { what: "  200 layers / 20: time", measured: time.toFixed(2), limit: "under 12", holds: time < 12 },
    { what: "  200 layers / 20: bytes", measured: length.toFixed(2), limit: "under 10", holds: length < 10 },
  ];
}

async function sizes(): Promise<Line[]> {
  const { whole, module } = await digitsTrainers();
  const { plain, minified, gzipped } = await sizesOf(whole);
  const page = (await sizesOf(module)).gzipped;
  return [
    { what: "generated/digits.ts", measured: `${plain} bytes` },
    { what: "  minified", measured: `${minified} bytes` },
    {
      what: "  minified and gzipped",
      measured: `${gzipped} bytes`,
      limit: `under ${mostBytes.whole} bytes`,
      holds: gzipped < mostBytes.whole,
    },
    {
      what: "  the same with --module, as a page takes it",
      measured: `${page} bytes`,
      limit: `under ${mostBytes.module} bytes`,
      holds: page < mostBytes.module,
    },
  ];
}

const fewNumbers = 72;

/**
 * Measures the bytes that a step allocates. A double that a function returns takes 16 bytes on the heap. The
 * loss is one such number; a few more are allowed.
 */
async function allocations(): Promise<Line[]> {
  const found: Line[] = [];
  for (const name of ["classifier", "joins", "regression", "perceptron", "alike"])
    for (const rows of [6, 64]) {
      const bytes = await bytesPerStep(name, rows);
      const measured = `${bytes.toFixed(1)} bytes`;
      const what = `a step of ${name}, ${rows} rows, leaves on the heap`;
      found.push({ what, measured, limit: `under ${fewNumbers} bytes`, holds: bytes < fewNumbers });
    }
  return found;
}

/**
 * Measures the memory for reading a file. A reader that keeps the file as one string, or its rows as objects,
 * would need several times the size of the values.
 */
function reading(): Line {
  const { peak } = readLargeFile();
  const limit = 1.5 * bytesOfValues + 100e6;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  return {
    what: `reading ${megabytes(bytesOfValues)} of values from CSV, peak memory`,
    measured: megabytes(peak),
    limit: `under ${megabytes(limit)}`,
    holds: peak < limit,
  };
}

export const limitLines = async (): Promise<Line[]> => [
  ...(await speeds()),
  ...(await allocations()),
  reading(),
  ...(await compiling()),
  ...(await sizes()),
];
