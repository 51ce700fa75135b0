/**
 * The view of kernels. For each kernel, it shows the nodes that are fused into it, the savings, operations
 * and memory. The loops after fusion, with one index per axis, and the emitted function follow. JSON also
 * contains the scheduled loops, with blocking and computed addresses. Kernels of the target wasm have a
 * separate view.
 */
import { sum } from "d3-array";
import type { ProgramName } from "../../compiler/loop/types.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { counted } from "../../compiler/util/number-text.ts";
import type { ExplainedCode } from "../explain/explain-code.ts";
import { explainKernels } from "../explain/explain-kernels.ts";
import type { ExplainedKernel } from "../explanation.ts";
import { fusedText, isSelected, nodesOf, targetKernels } from "../explain/target-kernels.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";
import { wasmKernelsView } from "./wasm-kernels-view.ts";

export function kernelsView(subject: Subject): View {
  const { compilation, of, code, text } = subject;
  const { vectors, model } = compilation;
  if (vectors !== undefined) return wasmKernelsView(subject, vectors);
  const kernels = explainKernels(compilation, code?.functions);
  const isWanted = ({ program, name }: ExplainedKernel) => isSelected(of, program, name);
  const programs = [...groupBy(kernels.filter(isWanted), ({ program }) => program)];
  const lines = code?.text.split("\n");
  const json = () => {
    const sources = targetKernels(compilation);
    return programs.map(([program, own]) => ({
      program,
      kernels: own.map(({ index, call, name, inlined, flops, bytes, fused, loops, scheduled, ...rest }) => ({
        name,
        call,
        nodes: nodesOf(sources[index].kernel),
        inlined,
        flops,
        bytes,
        fused,
        loops,
        scheduled,
        function: rest.function,
        sharedBy: rest.sharedBy,
        lines: rest.lines,
        code: lines && textOf(lines, rest.lines),
      })),
    }));
  };
  const shown = text === "loops" ? undefined : lines;
  return {
    text: () =>
      [
        `${model.name}: kernels, batches of ${model.training.batchSize} rows`,
        ...programs.flatMap(([program, own]) => ["", ...tableOf(program, own)]),
        ...detailsOf(programs, kernels, shown),
        "",
      ].join("\n"),
    json,
  };
}

/** A table of the savings of fusion, with one line per kernel, and a total if there are several. */
function tableOf(program: ProgramName, kernels: readonly ExplainedKernel[]): string[] {
  const total = (of: (kernel: ExplainedKernel) => number): number => sum(kernels, of);
  const rows = kernels.map(({ call, name, fused, flops, bytes }) => [
    call,
    name,
    fused.nests,
    flops,
    bytes,
    fused.bytesSaved,
    listText(fused.values),
  ]);
  const all = [
    "",
    "all",
    total(({ fused }) => fused.nests),
    total(({ flops }) => flops),
    total(({ bytes }) => bytes),
    total(({ fused }) => fused.bytesSaved),
    "",
  ];
  const head = ["call", "kernel", "nests", "FLOP", "bytes", "bytes saved", "in registers"];
  return [
    `program ${program}: ${fusedText(kernels)}`,
    ...columns([head, ...rows, ...(rows.length > 1 ? [all] : [])]).map((line) => `  ${line}`),
  ];
}

const maxListed = 4;

/** Lists names, such as `stepSize, adam`, and shortens a long list. */
function listText(ids: readonly string[]): string {
  const names = ids.map((id) => id.slice(id.indexOf("/") + 1));
  if (names.length <= maxListed) return names.join(", ");
  return `${names.slice(0, maxListed - 1).join(", ")} and ${names.length - maxListed + 1} more`;
}

/**
 * The loops of each kernel. If several kernels share a function, only the first one shows the function.
 * `lines` are the lines of the emitted file, if the file is shown.
 */
function detailsOf(
  programs: readonly (readonly [ProgramName, readonly ExplainedKernel[]])[],
  all: readonly ExplainedKernel[],
  lines: readonly string[] | undefined,
): string[] {
  const first = new Map<string, ExplainedKernel>();
  return programs.flatMap(([program, kernels]) =>
    kernels.flatMap((kernel) => {
      const { call, name, nodes, flops, bytes, loops } = kernel;
      const head = `// ${program}, call ${call}: ${counted(nodes.length, "node")}, ${flops} FLOP, ${bytes} bytes`;
      const before = first.get(kernel.function);
      if (lines === undefined) return ["", head, loops];
      if (before !== undefined)
        return [
          "",
          head,
          `kernel ${name}`,
          `  runs ${kernel.function}, see ${before.program}, call ${before.call}`,
        ];
      first.set(kernel.function, kernel);
      const others = all.filter((other) => other !== kernel && other.function === kernel.function);
      return ["", head, loops, "", `// ${servesText(kernel, others)}`, ...functionLines(lines, kernel)];
    }),
  );
}

function servesText({ lines = [1, 0] }: ExplainedKernel, others: readonly ExplainedKernel[]): string {
  const [first, last] = lines;
  const calls = others.slice(0, maxListed).map(({ program, call }) => `${program} ${call}`);
  const more = others.length > maxListed ? ` and ${others.length - maxListed} more` : "";
  return (
    `lines ${first} to ${last} of the emitted ` +
    `file${calls.length === 0 ? "" : `, also used by ${calls.join(", ")}${more}`}`
  );
}

const textOf = (
  lines: readonly string[],
  [first, last]: ExplainedCode["functions"][number]["lines"] = [1, 0],
): string => lines.slice(first - 1, last).join("\n");

/**
 * The lines of a kernel's function. The formulas above the function are omitted, because they already appear
 * above the loops.
 */
function functionLines(
  lines: readonly string[],
  { lines: [first, last] = [1, 0] }: ExplainedKernel,
): string[] {
  const own = lines.slice(first - 1, last);
  return own.slice(own.findIndex((line) => line.startsWith("function ")));
}
