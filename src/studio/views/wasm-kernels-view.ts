/**
 * The view of the kernels of the target wasm. For each kernel, it shows the schedule, the cycles that the
 * cost model estimates, and the measured time if available. The formulas follow, with the vectorised loops or
 * the WebAssembly text.
 */
import { printKernel } from "../../compiler/loop/print.ts";
import type { Compilation, VectorPrograms } from "../../compiler/pipeline.ts";
import { explainKernels } from "../explain/explain-kernels.ts";
import type { ExplainedKernel } from "../explanation.ts";
import { fusedText, isSelected, nodesOf, targetKernels } from "../explain/target-kernels.ts";
import type { KernelTimes } from "../measure/measure-kernels.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";

export function wasmKernelsView(
  { compilation, of, times, text = "loops" }: Subject,
  vectors: VectorPrograms,
): View {
  const { model } = compilation;
  const { batchSize } = model.training;
  const programs = programFacts(compilation, vectors, times)
    .map(({ program, kernels }) => ({
      program,
      kernels: kernels.filter(({ name }) => isSelected(of, program, name)),
    }))
    .filter(({ kernels }) => kernels.length > 0);
  const { backend, gigahertz } = times ?? {};
  const lines = [
    `${model.name}: kernels of WebAssembly, ${vectors.float}, batches of ${batchSize} rows`,
    ...(times === undefined ? [] : [measuredText(times)]),
    ...programs.flatMap(({ program, kernels }) => [
      "",
      `program ${program}: ${fusedText(kernels)}`,
      ...tableOf(kernels),
    ]),
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
  `measured: each kernel alone, one thread, ${backend === "relaxed" ? "relaxed" : "plain"} SIMD; the ` +
  `clock rate is ${gigahertz.toFixed(2)} GHz, measured with a chain of additions`;

/** The facts about a kernel. The measured values exist only if the kernel was measured. */
interface KernelFacts {
  readonly name: string;
  readonly nodes: ReturnType<typeof nodesOf>;
  readonly schedule: string;
  readonly inlined: readonly string[];
  readonly fused: ExplainedKernel["fused"];
  /** The number of kernels that share the function, this one included. */
  readonly sharedBy: number;
  /** Whether several threads share the work of the kernel. */
  readonly isShared: boolean;
  readonly flops: number;
  readonly bytes: number;
  /** The number of cycles that the cost model estimates. */
  readonly estimatedCycles: number;
  readonly measuredCycles?: number;
  readonly microseconds?: number;
  /** The vectorised loops, with one index per axis. */
  readonly loops: string;
  readonly wat: string;
}

function programFacts(
  compilation: Compilation,
  { loops }: VectorPrograms,
  times: KernelTimes | undefined,
): { readonly program: string; readonly kernels: readonly KernelFacts[] }[] {
  const explained = explainKernels(compilation);
  const facts = targetKernels(compilation).map(({ index, kernel, placed, program }) => {
    const { inlined, fused, sharedBy, flops, bytes, wat = "" } = explained[index];
    const microseconds = times?.microseconds.get(placed);
    const own: KernelFacts = {
      name: kernel.name,
      nodes: nodesOf(kernel),
      inlined,
      fused,
      sharedBy,
      schedule: kernel.schedule ?? "scalars",
      isShared: kernel.split !== undefined,
      flops,
      bytes,
      estimatedCycles: kernel.cycles ?? 0,
      ...(times !== undefined &&
        microseconds !== undefined && {
          measuredCycles: Math.round(microseconds * 1000 * times.gigahertz),
          microseconds,
        }),
      loops: printKernel(kernel),
      wat,
    };
    return { program: program.name, own };
  });
  return loops.map(({ name }) => ({
    program: name,
    kernels: facts.filter(({ program }) => program === name).map(({ own }) => own),
  }));
}

/** A table with one line per kernel, and one for the total. */
function tableOf(kernels: readonly KernelFacts[]): string[] {
  const sum = (value: (kernel: KernelFacts) => number) =>
    kernels.reduce((total, kernel) => total + value(kernel), 0);
  const isMeasured = kernels.some(({ microseconds }) => microseconds !== undefined);
  const all = {
    name: "all",
    fused: {
      nests: sum(({ fused }) => fused.nests),
      values: [],
      bytesSaved: sum(({ fused }) => fused.bytesSaved),
    },
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
  const head = ["kernel", "schedule", "threads", "nests", "FLOP", "bytes", "bytes saved", "estimated cycles"];
  const more = ["measured", "measured/estimated", "µs", "GFLOP/s"];
  return columns([
    isMeasured ? [...head, ...more] : head,
    ...[...kernels, all].map((kernel) => rowOf(kernel)),
  ]).map((line) => `  ${line}`);
}

type MeasuredValues = Omit<KernelFacts, "nodes" | "inlined" | "sharedBy" | "loops" | "wat">;

function rowOf(kernel: MeasuredValues): (string | number)[] {
  const { name, schedule, isShared, fused, flops, bytes, estimatedCycles, measuredCycles, microseconds } =
    kernel;
  const row = [
    name,
    schedule,
    isShared ? "shared" : "",
    fused.nests,
    flops,
    bytes,
    fused.bytesSaved,
    estimatedCycles,
  ];
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
