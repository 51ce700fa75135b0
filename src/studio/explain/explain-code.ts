/**
 * Explains the emitted file: for each line, the kernels and nodes that it belongs to, and the location in the
 * spec from which it comes.
 */
import type { KernelIndex, LineOrigin } from "../../compiler/emit/emitted-file.ts";
import { emitTarget } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { ExplainedKernel, ExplainedLine, NodeId } from "../explanation.ts";
import { nodeNames } from "./graph-formulas.ts";
import { locationFinder } from "./source-map.ts";
import { targetKernels } from "./target-kernels.ts";
import type { TargetKernel } from "./target-kernels.ts";

export interface ExplainedCode {
  readonly text: string;
  readonly lines: readonly ExplainedLine[];
  /**
   * For each kernel of the target, program by program: the TypeScript function that implements the kernel,
   * and the lines of that function, including the comments above it.
   */
  readonly functions: readonly Pick<ExplainedKernel, "function" | "lines">[];
}

export interface CodeOptions {
  readonly dtype: "f32" | "f64";
  /** The text from which the spec was read, if there is one. */
  readonly source?: SpecSource | undefined;
}

export async function explainCode(
  compilation: TargetCompilation,
  { dtype, source }: CodeOptions,
): Promise<ExplainedCode> {
  const emitted = await emitTarget(compilation, dtype);
  const kernels = targetKernels(compilation);
  const kernelsOf = kernelFinder(kernels);
  const nodesOf = nodeIds(compilation);
  const locationOf = locationFinder(source);
  const origins = emitted.lines();
  const lines: ExplainedLine[] = [];
  for (const [index, origin] of origins.entries())
    lines.push({
      line: index + 1,
      kernels: origin === undefined ? [] : kernelsOf(origin),
      nodes: origin === undefined ? [] : nodesOf(origin),
      location: await locationOf(origin?.path),
    });
  const functions = functionsIn(emitted.text, origins);
  return {
    text: emitted.text,
    lines,
    functions: kernels.map(
      ({ program: { name }, source: index }) =>
        functions.get(keyOf({ program: name, index })) ?? { function: "", lines: undefined },
    ),
  };
}

const keyOf = ({ program, index }: KernelIndex): string => `${program} ${index}`;

/**
 * Returns the kernels to which a line belongs. If vectorisation split a lowered kernel into parts, only the
 * parts that contain a node of the line are returned, or all parts if none does.
 */
function kernelFinder(kernels: readonly TargetKernel[]): (origin: LineOrigin) => number[] {
  const bySource = groupBy(kernels, ({ program: { name }, source }) =>
    keyOf({ program: name, index: source }),
  );
  return (origin) => {
    const nodes = new Set(origin.nodes.map(({ node }) => node));
    return origin.kernels.flatMap((id) => {
      const parts = bySource.get(keyOf(id)) ?? [];
      const own = parts.filter(({ kernel }) =>
        kernel.provenance.some(({ node }) => node !== undefined && nodes.has(node)),
      );
      return (own.length > 0 ? own : parts).map(({ index }) => index);
    });
  };
}

function nodeIds({ rematerialised }: TargetCompilation): (origin: LineOrigin) => NodeId[] {
  const names = new Map(rematerialised.map((graph) => [graph.name, nodeNames(graph)]));
  return ({ nodes }) =>
    nodes.flatMap(({ program, node }) => {
      const name = names.get(program)?.get(node);
      return name === undefined ? [] : [`${program}/${name}`];
    });
}

/**
 * Finds the function of each kernel, by the kernel's program and index. The lines of a function are
 * consecutive, and one of them begins with `function`.
 */
function functionsIn(
  text: string,
  origins: readonly (LineOrigin | undefined)[],
): Map<string, ExplainedCode["functions"][number]> {
  const found = new Map<string, ExplainedCode["functions"][number]>();
  const firstKey = (at: number): string | undefined => {
    const kernel = origins[at]?.kernels[0];
    return kernel && keyOf(kernel);
  };
  text.split("\n").forEach((line, index) => {
    const name = /^function (\w+)\(/.exec(line)?.[1];
    const own = firstKey(index);
    if (name === undefined || own === undefined) return;
    let [first, last] = [index, index];
    while (firstKey(first - 1) === own) first--;
    while (firstKey(last + 1) === own) last++;
    for (const kernel of origins[index]?.kernels ?? [])
      found.set(keyOf(kernel), { function: name, lines: [first + 1, last + 1] });
  });
  return found;
}
