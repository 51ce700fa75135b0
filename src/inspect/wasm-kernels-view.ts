/**
 * The kernels of the target wasm: how each was scheduled and how many cycles the cost model expects of it, beside what it takes if that
 * was measured; then its formulas, with its loops on vectors or with the text that is assembled.
 */
import { layOut } from "../emit/wasm/memory-layout.ts";
import { moduleText } from "../emit/wasm/module-text.ts";
import { printKernel } from "../loop/print.ts";
import type { Kernel } from "../loop/types.ts";
import type { VectorPrograms } from "../pipeline.ts";
import { flopsOfKernel } from "./flops.ts";
import { bytesTouched, nodesOf } from "./kernel-facts.ts";
import type { KernelTimes } from "./measure-kernels.ts";
import { columns } from "./view.ts";
import type { Subject, View } from "./view.ts";

export function wasmKernelsView(
  { compilation: { model }, times, text = "loops" }: Subject,
  vectors: VectorPrograms,
): View {
  const { batchSize } = model.training;
  const programs = programFacts(vectors, times, batchSize);
  const { backend, gigahertz } = times ?? {};
  const lines = [
    `${model.name}: kernels of WebAssembly, ${vectors.float}, batches of ${batchSize} rows`,
    ...(times === undefined ? [] : [measuredText(times)]),
    ...programs.flatMap(({ program, kernels }) => ["", `program ${program}`, ...tableOf(kernels)]),
    ...programs.flatMap(({ program, kernels }) =>
      kernels.flatMap((kernel) => ["", ...detailsOf(program, kernel, text)]),
    ),
    "",
  ];
  return {
    text: () => lines.join("\n"),
    json: () => ({ float: vectors.float, batchSize, backend, gigahertz, programs }),
  };
}

const measuredText = ({ backend, gigahertz }: KernelTimes): string =>
  `measured: each kernel by itself, one thread, ${backend === "relaxed" ? "relaxed" : "plain"} SIMD; the clock is ${gigahertz.toFixed(2)} GHz by a chain of additions`;

/** What there is to tell of a kernel; the measured figures only if it was measured. */
interface KernelFacts {
  readonly name: string;
  readonly nodes: ReturnType<typeof nodesOf>;
  readonly schedule: string;
  /** Whether threads share it. */
  readonly isShared: boolean;
  readonly flops: number;
  readonly bytes: number;
  /** By the cost model. */
  readonly estimatedCycles: number;
  readonly measuredCycles?: number;
  readonly microseconds?: number;
  /** On vectors, with one index an axis. */
  readonly loops: string;
  readonly wat: string;
}

function programFacts(
  { loops, programs, plan, float }: VectorPrograms,
  times: KernelTimes | undefined,
  batchSize: number,
) {
  const layout = layOut(programs, plan, batchSize);
  const { functions } = moduleText({ programs, plan, layout, float, batchSize }, false);
  const factsOf = (kernel: Kernel, placed: Kernel, bytes: number): KernelFacts => {
    const microseconds = times?.microseconds.get(placed);
    return {
      name: kernel.name,
      nodes: nodesOf(kernel),
      schedule: kernel.schedule?.text ?? "",
      isShared: kernel.split !== undefined,
      flops: flopsOfKernel(kernel),
      bytes,
      estimatedCycles: kernel.schedule?.cycles ?? 0,
      ...(times !== undefined &&
        microseconds !== undefined && {
          measuredCycles: Math.round(microseconds * 1000 * times.gigahertz),
          microseconds,
        }),
      loops: printKernel(kernel),
      wat: functions.get(placed) ?? "",
    };
  };
  return loops.map((program, p) => ({
    program: program.name,
    kernels: program.kernels.map((kernel, k) =>
      factsOf(kernel, programs[p].kernels[k], bytesTouched(kernel, program, batchSize)),
    ),
  }));
}

/** A line for each kernel, and one for all of them. */
function tableOf(kernels: readonly KernelFacts[]): string[] {
  const sum = (figure: (kernel: KernelFacts) => number) =>
    kernels.reduce((total, kernel) => total + figure(kernel), 0);
  const isMeasured = kernels.some(({ microseconds }) => microseconds !== undefined);
  const all = {
    name: "all",
    schedule: "",
    isShared: false,
    flops: sum(({ flops }) => flops),
    bytes: sum(({ bytes }) => bytes),
    estimatedCycles: sum(({ estimatedCycles }) => estimatedCycles),
    ...(isMeasured && {
      measuredCycles: sum(({ measuredCycles }) => measuredCycles ?? 0),
      microseconds: sum(({ microseconds }) => microseconds ?? 0),
    }),
  };
  const head = ["kernel", "schedule", "threads", "FLOP", "bytes", "estimated cycles"];
  const more = ["measured", "measured/estimated", "µs", "GFLOP/s"];
  return columns([
    isMeasured ? [...head, ...more] : head,
    ...[...kernels, all].map((kernel) => rowOf(kernel)),
  ]).map((line) => `  ${line}`);
}

function rowOf(kernel: Omit<KernelFacts, "nodes" | "loops" | "wat">): (string | number)[] {
  const { name, schedule, isShared, flops, bytes, estimatedCycles, measuredCycles, microseconds } = kernel;
  const row = [name, schedule, isShared ? "shared" : "", flops, bytes, estimatedCycles];
  if (measuredCycles === undefined || microseconds === undefined) return row;
  const ratio = estimatedCycles === 0 ? "" : measuredCycles / estimatedCycles;
  const speed = microseconds === 0 ? "" : flops / microseconds / 1000;
  return [...row, measuredCycles, ratio, microseconds, speed];
}

function detailsOf(program: string, kernel: KernelFacts, text: "loops" | "wat"): string[] {
  const { schedule, isShared, flops, bytes, loops, wat } = kernel;
  const shared = isShared ? ", shared by threads" : "";
  const head = `// ${program}: ${schedule}${shared}; ${flops} FLOP, ${bytes} bytes`;
  if (text === "loops") return [head, loops];
  return [head.replace("//", ";;"), ...kernel.nodes.map(({ text: formula }) => `;; ${formula}`), wat];
}
