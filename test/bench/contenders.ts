// The contenders of a workload, and the command that starts each of them. If a contender lacks a feature, its
// own process reports this.
import { transform } from "esbuild";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Unsupported } from "../../src/compiler/diagnostics/errors.ts";
import { compile } from "../../src/index.ts";
import type { CompileOptions } from "../../src/index.ts";
import { downloadOfModule, downloadOfPeer } from "./download-size.ts";
import { flopsPerPeakStep, peakIterations, peakKernel } from "./peak-kernel.ts";
import { specOf } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

export interface Contender {
  /** The name in the tables. */
  readonly name: string;
  readonly kind: "ours" | "peer" | "peak";
  readonly threads: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The number of bytes that a browser downloads; undefined for a contender that does not run in browsers. */
  readonly download?: number;
  /** The operations of one step, if they differ from those of the workload. */
  readonly flops?: number;
}

export interface Engines {
  /** Runs all JavaScript. */
  readonly node: string;
  /** The path of a Python that has `torch`; empty if there is none. */
  readonly python: string;
}

export const benchFolder = fileURLToPath(new URL(".", import.meta.url));
const runContender = join(benchFolder, "contenders/run-contender.mjs");

/** Environment variables that restrict linear-algebra libraries to one thread. */
const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** The compiler's targets. A target that does not support a workload is omitted. */
const targets = ["ts", "wasm"] as const;

/** Workloads that are large enough for two threads. */
const splitWorkloads: readonly string[] = ["wide", "lenet"];

/** This compiler's trainers for a workload. They are written to the folder of the workload. */
export async function ourContenders(
  workload: Workload,
  folder: string,
  { node }: Engines,
): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const target of targets) {
    const code = await emitted(workload, { target, program: false });
    if (code === undefined) continue;
    const module = join(folder, `trainer-${target}.mjs`);
    const { code: script } = await transform(code, {
      loader: "ts",
      format: "esm",
      minify: true,
      target: "es2022",
    });
    await writeFile(module, script);
    const contender = (name: string, options: object, threads = 1): Contender => ({
      ...trainerContender(module, target, folder, node, options),
      name,
      threads,
      download: downloadOfModule(script),
    });
    found.push(contender(`tapeless ${target}`, {}));
    // The public types in an emitted file show which features its trainer has.
    if (/^ {2}steps\(/m.test(code)) found.push(contender(`tapeless ${target}, steps()`, { together: true }));
    if (/\bthreads\?:/.test(code) && splitWorkloads.includes(workload.name))
      found.push(contender(`tapeless ${target}, 2 threads`, { threads: 2 }, 2));
  }
  return found;
}

/** A compiled trainer as a contender. `folder` has the data of the workload, `options` are those of ours.mjs. */
export const trainerContender = (
  module: string,
  target: "ts" | "wasm",
  folder: string,
  node: string,
  options: object = {},
): Contender => ({
  name: module,
  kind: "ours",
  threads: 1,
  command: node,
  args: [
    runContender,
    join(benchFolder, "contenders/ours.mjs"),
    folder,
    JSON.stringify({ module, target, ...options }),
  ],
});

/** The code of the trainer, or undefined if the target does not support the workload. */
async function emitted(workload: Workload, options: CompileOptions): Promise<string | undefined> {
  try {
    return (await compile(specOf(workload), options)).code;
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

/**
 * The libraries that run in JavaScript: the name of their file in ./peers without its extension, and their
 * name in the tables.
 */
const javascriptPeers = [
  ["tfjs-wasm", "TensorFlow.js wasm"],
  ["tfjs-cpu", "TensorFlow.js cpu"],
  ["jax-js", "jax-js wasm"],
  ["brain", "brain.js"],
] as const;

/** The other libraries as contenders. They must already be installed. */
export async function peerContenders(folder: string, { node, python }: Engines): Promise<Contender[]> {
  const inJavaScript = javascriptPeers.map(async ([file, name]): Promise<Contender> => {
    const module = join(benchFolder, "peers", `${file}.mjs`);
    return {
      name,
      kind: "peer",
      threads: 1,
      command: node,
      args: [runContender, module, folder],
      download: await downloadOfPeer(module),
    };
  });
  return [...(await Promise.all(inJavaScript)), ...(python === "" ? [] : handWritten(folder, python))];
}

const inPython = (name: string, folder: string, python: string, options: readonly string[]): Contender => ({
  name,
  kind: "peer",
  threads: 1,
  command: python,
  args: [join(benchFolder, "peers/torch_eager.py"), folder, ...options],
  environment: oneThread,
});

/** The loops of PyTorch that a person would write. */
const handWritten = (folder: string, python: string): readonly Contender[] => [
  inPython("PyTorch eager", folder, python, []),
  inPython("PyTorch eager, fused", folder, python, ["fused"]),
];

/** The hand-written loops of PyTorch, and the file that the target `pytorch` emits, which is the last one. */
export async function pytorchContenders(
  workload: Workload,
  folder: string,
  python: string,
): Promise<readonly Contender[]> {
  const file = join(folder, "emitted.py");
  await writeFile(file, (await compile(specOf(workload), { target: "pytorch" })).code);
  return [...handWritten(folder, python), inPython("tapeless pytorch", folder, python, ["emitted", file])];
}

/**
 * The kernels that measure the SIMD peak. The relaxed kernel runs only in engines that support relaxed SIMD.
 */
export async function peakContenders(folder: string, { node }: Engines): Promise<Contender[]> {
  return Promise.all(
    (["plain", "relaxed"] as const).map(async (kind): Promise<Contender> => {
      const module = join(folder, `peak-${kind}.wasm`);
      if (!existsSync(module)) await writeFile(module, await peakKernel(kind));
      return {
        name: `SIMD peak, ${kind === "plain" ? "multiply and add" : "relaxed multiply-add"}`,
        kind: "peak",
        threads: 1,
        command: node,
        args: [
          runContender,
          join(benchFolder, "contenders/peak.mjs"),
          folder,
          JSON.stringify({ module, iterations: peakIterations }),
        ],
        flops: flopsPerPeakStep,
      };
    }),
  );
}
