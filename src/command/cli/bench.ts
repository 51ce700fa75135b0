/** `tapeless bench`: measures the speed of the emitted trainer on random data, and its size. */
import { gzipSync } from "node:zlib";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { checkEmitted, compileSpec } from "../compile/compile-spec.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
import { sizeText } from "../../compiler/util/number-text.ts";

export interface BenchFlags {
  readonly target: RunnableTarget;
  readonly dtype: "f32" | "f64";
  readonly checkKernels?: boolean;
  readonly json?: boolean;
}

/** The length of one timed run in milliseconds. The clock is too coarse and too slow to time single steps. */
const runLength = 2;
const measuringTime = 1000;

/**
 * Prints medians of steps/s, samples/s and GFLOP/s for full batches, and the sizes of the arena and the file.
 */
export async function benchSpec(spec: string, flags: BenchFlags): Promise<number> {
  const { target, dtype, json } = flags;
  const { compilation } = await compileSpec(spec, { target, dtype });
  const { emitText } = await import("../../compiler/compile-target.ts");
  const code = await emitText(compilation, dtype);
  const emitted = await loadTrainer(code);
  await checkEmitted(spec, compilation, emitted, flags);
  const { model, createTrainer } = emitted;
  const { randomBatch } = await import("../../runtime/check/batches.ts");
  const batch = randomBatch(model, model.batchSize, 1);
  const trainer = createTrainer({ seed: 1 });
  const stepsPerSecond = await speedOf(() => trainer.step(batch));

  const flops = flopsOfProgram(compilation, "gradient") + flopsOfProgram(compilation, "update");
  const result = {
    model: model.name,
    target: model.target,
    backend: trainer.backend,
    dtype,
    batchSize: model.batchSize,
    stepsPerSecond,
    samplesPerSecond: stepsPerSecond * model.batchSize,
    gflopsPerSecond: (stepsPerSecond * flops) / 1e9,
    flopsPerStep: flops,
    arenaBytes: (compilation.vectors ?? compilation).plan.bytes,
    codeBytes: Buffer.byteLength(code),
    gzipBytes: gzipSync(code).length,
  };
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : benchText(result));
  return 0;
}

/** Calls per second in the median run. */
async function speedOf(work: () => void): Promise<number> {
  const { Bench } = await import("tinybench");
  // Warm up until the engine has optimized the code, and count how many calls fit into a run.
  const warm = performance.now() + measuringTime / 4;
  let calls = 0;
  while (performance.now() < warm) {
    work();
    calls++;
  }
  const perRun = Math.max(1, Math.round((calls / (measuringTime / 4)) * runLength));
  const bench = new Bench({ time: measuringTime });
  bench.add("steps", () => {
    for (let i = 0; i < perRun; i++) work();
  });
  const [task] = await bench.run();
  const { result } = task;
  if (result.state === "errored") throw result.error;
  invariant(result.state === "completed", "an uninterrupted measurement completes");
  return (1000 / result.latency.p50) * perRun;
}

interface BenchResult {
  readonly model: string;
  readonly target: string;
  readonly backend: string;
  readonly dtype: string;
  readonly batchSize: number;
  readonly stepsPerSecond: number;
  readonly samplesPerSecond: number;
  readonly gflopsPerSecond: number;
  readonly flopsPerStep: number;
  readonly arenaBytes: number;
  readonly codeBytes: number;
  readonly gzipBytes: number;
}

const backendText = ({ target, backend }: BenchResult): string =>
  target === backend ? target : `${target} (${backend})`;

function benchText(result: BenchResult): string {
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  return [
    `${result.model}: ${backendText(result)} ${result.dtype}, batch size ${result.batchSize}`,
    `  ${count(result.stepsPerSecond)} steps/s`,
    `  ${count(result.samplesPerSecond)} samples/s`,
    `  ${result.gflopsPerSecond.toPrecision(3)} GFLOP/s (${count(result.flopsPerStep)} FLOP per step)`,
    `  ${sizeText(result.arenaBytes)} arena, ${sizeText(result.codeBytes)} of code ` +
      `(${sizeText(result.gzipBytes)} gzip)`,
    "",
  ].join("\n");
}
