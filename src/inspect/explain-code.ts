/** The emitted file, and of each line which kernels and nodes it belongs to and where in the spec that is written. */
import type { LineOrigin } from "../emit/typescript/line-origins.ts";
import { emitTrainer } from "../pipeline.ts";
import type { Compilation } from "../pipeline.ts";
import type { SpecSource } from "../spec/read/spec-source.ts";
import type { ExplainedKernel, ExplainedLine, NodeId } from "./explanation.ts";
import { nodeNames } from "./node-names.ts";
import { placeFinder } from "./place-finder.ts";

export interface ExplainedCode {
  readonly text: string;
  readonly lines: readonly ExplainedLine[];
  /** Of each kernel of TypeScript, program by program: the function that runs it, and its lines with the comments above it. */
  readonly functions: readonly Pick<ExplainedKernel, "function" | "lines">[];
}

export interface CodeOptions {
  readonly dtype: "f32" | "f64";
  /** The text that the spec was read from, if it was. */
  readonly source?: SpecSource | undefined;
}

export async function explainCode(
  compilation: Compilation,
  { dtype, source }: CodeOptions,
): Promise<ExplainedCode> {
  const emitted = await emitTrainer(compilation, dtype);
  const kernelsOf = kernelIndices(compilation);
  const nodesOf = nodeIds(compilation);
  const placeOf = placeFinder(source);
  const lines: ExplainedLine[] = [];
  for (const [index, origin] of emitted.lines().entries())
    lines.push({
      line: index + 1,
      kernels: origin === undefined ? [] : kernelsOf(origin),
      nodes: origin === undefined ? [] : nodesOf(origin),
      place: await placeOf(origin?.path),
    });
  const count = compilation.programs.reduce((sum, { kernels }) => sum + kernels.length, 0);
  return { text: emitted.text, lines, functions: functionsIn(emitted.text, lines, count) };
}

/** Kernels are counted through all programs, in their order. */
function kernelIndices({ programs }: Compilation): (origin: LineOrigin) => number[] {
  const firstOf = new Map<string, number>();
  let count = 0;
  for (const { name, kernels } of programs) {
    firstOf.set(name, count);
    count += kernels.length;
  }
  return ({ kernels }) => kernels.map(({ program, index }) => (firstOf.get(program) ?? 0) + index);
}

function nodeIds({ lean }: Compilation): (origin: LineOrigin) => NodeId[] {
  const names = new Map(lean.map((graph) => [graph.name, nodeNames(graph)]));
  return ({ nodes }) =>
    nodes.flatMap(({ program, node }) => {
      const name = names.get(program)?.get(node);
      return name === undefined ? [] : [`${program}/${name}`];
    });
}

/** A kernel's function is the run of its lines that one beginning with `function` is among. */
function functionsIn(
  text: string,
  lines: readonly ExplainedLine[],
  count: number,
): ExplainedCode["functions"] {
  const found: Pick<ExplainedKernel, "function" | "lines">[] = [];
  for (let kernel = 0; kernel < count; kernel++) found.push({ function: "", lines: undefined });
  const texts = text.split("\n");
  texts.forEach((line, index) => {
    const name = /^function (\w+)\(/.exec(line)?.[1];
    const { kernels } = lines[index];
    if (name === undefined || kernels.length === 0) return;
    const isIn = (at: number) => lines[at]?.kernels[0] === kernels[0];
    let [first, last] = [index, index];
    while (isIn(first - 1)) first--;
    while (isIn(last + 1)) last++;
    for (const kernel of kernels) found[kernel] = { function: name, lines: [first + 1, last + 1] };
  });
  return found;
}
