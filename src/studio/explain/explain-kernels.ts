/**
 * Explains the kernels of the target: the nodes that each computes, its cost, the savings of fusion, its
 * loops and its code.
 */
import { sum } from "d3-array";
import type { Node } from "../../compiler/ir/nodes.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import { printKernel } from "../../compiler/loop/print.ts";
import { programNames } from "../../compiler/loop/types.ts";
import type { Kernel } from "../../compiler/loop/types.ts";
import { layOut } from "../../compiler/emit/wasm/memory-layout.ts";
import { moduleText } from "../../compiler/emit/wasm/module-text.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { bufferNames, nodeNames } from "./graph-formulas.ts";
import {
  bytesTouched,
  computingKernels,
  flopsOfKernel,
  kernelOfNest,
  unfusedNests,
} from "./target-kernels.ts";
import type { TargetKernel } from "./target-kernels.ts";
import type { ExplainedCode } from "./explain-code.ts";
import type { ExplainedKernel, NodeId } from "../explanation.ts";

/**
 * Returns the kernels program by program, in execution order. `functions` has the code of each kernel, if
 * code is shown.
 */
export function explainKernels(
  compilation: Compilation,
  functions?: ExplainedCode["functions"],
): ExplainedKernel[] {
  const { model, lowered } = compilation;
  const { batchSize } = model.training;
  const kernels = computingKernels(compilation);
  const idOf = nodeIdsOf(compilation);
  const fused = fusedOf(compilation, kernels, idOf);
  const watOf = watTexts(compilation);
  const functionOf = (index: number) => functions?.[index] ?? { function: "", lines: undefined };
  const codeOf = ({ index, placed }: TargetKernel) => watOf(placed) ?? (functionOf(index).function || index);
  const alike = groupBy(kernels, codeOf);
  return programNames.flatMap((program) => {
    const sources = lowered.find(({ name }) => name === program)?.kernels ?? [];
    const own = kernels.filter((each) => each.program.name === program);
    return own.map((each): ExplainedKernel => {
      const { index, indexInProgram, kernel, placed, source, nodes, inlined } = each;
      const wat = watOf(placed);
      return {
        index,
        program,
        call: indexInProgram + 1,
        name: kernel.name,
        nodes: nodes.map((node) => idOf(program, node)),
        inlined: inlined.map((node) => idOf(program, node)),
        flops: flopsOfKernel(kernel),
        bytes: bytesTouched(kernel, each.program, batchSize),
        fused: fused[index],
        loops: printKernel(sources[source]),
        scheduled: printKernel(wat === undefined ? placed : kernel),
        schedule: scheduleText(kernel),
        ...functionOf(index),
        wat,
        sharedBy: alike.get(codeOf(each))?.length ?? 1,
      };
    });
  });
}

const scheduleText = ({ schedule, split }: Kernel): string | undefined =>
  schedule && (split === undefined ? schedule : `${schedule}, shared by threads`);

type IdOf = (program: string, node: Node) => NodeId;

function nodeIdsOf({ rematerialised }: Compilation): IdOf {
  const names = new Map(rematerialised.map((graph) => [graph.name, nodeNames(graph)]));
  return (program, node) => `${program}/${names.get(program)?.get(node) ?? node.op}`;
}

/** For the target wasm, returns each kernel's function as text, without relaxed SIMD instructions. */
function watTexts({ vectors, model }: Compilation): (placed: Kernel) => string | undefined {
  if (vectors === undefined) return () => undefined;
  const { programs, plan, float } = vectors;
  const { batchSize } = model.training;
  const layout = layOut(programs, plan, batchSize);
  const { functions } = moduleText({ programs, plan, layout, float, batchSize }, false);
  return (placed) => functions.get(placed);
}

/** The savings of fusion, by kernel index. */
function fusedOf(
  compilation: Compilation,
  kernels: readonly TargetKernel[],
  idOf: IdOf,
): readonly ExplainedKernel["fused"][] {
  const { batchSize } = compilation.model.training;
  return programNames.flatMap((name) => {
    const own = kernels.filter(({ program }) => program.name === name);
    const lowered = compilation.lowered.find((program) => program.name === name);
    const graph = compilation.rematerialised.find((each) => each.name === name);
    if (lowered === undefined || graph === undefined) return [];
    const unfused = unfusedNests(name, compilation);
    const nests = groupBy(unfused.kernels, kernelOfNest(own.map(({ kernel }) => kernel)));
    const buffers = bufferNames(graph);
    const inMemory = new Set(own.flatMap(({ kernel }) => [...accessesOf(kernel.body).stored]));
    // An output is always written to storage, even if a temporary contains it first.
    const outputs = new Set(graph.outputs.map(({ node }) => node));
    const isKept = (node: Node): boolean => {
      const buffer = buffers.get(node) ?? "";
      return (
        !outputs.has(node) && unfused.buffers.get(buffer)?.region === "temporary" && !inMemory.has(buffer)
      );
    };
    const bytesSaved = lowered.kernels.map((kernel, source) => {
      const before = own.flatMap((each, k) => (each.source === source ? (nests.get(k) ?? []) : []));
      return (
        sum(before, (nest) => bytesTouched(nest, unfused, batchSize)) -
        bytesTouched(kernel, lowered, batchSize)
      );
    });
    return own.map(({ kernel, source }, k) => ({
      nests: nests.get(k)?.length ?? 0,
      values: kernel.provenance.flatMap(({ node }) => (node && isKept(node) ? [idOf(name, node)] : [])),
      // If a lowered kernel was split into parts, its main part has the name of the lowered kernel.
      bytesSaved: kernel.name === lowered.kernels[source].name ? bytesSaved[source] : 0,
    }));
  });
}
