/** Where the lines of kernels and the offsets of the arena come from. */
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { leafName } from "../../ir/nodes.ts";
import type { Graph } from "../../ir/nodes.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { Kernel, LoopProgram, Provenance } from "../../loop/types.ts";
import type { LineOrigin, ServedNode } from "../emitted-file.ts";
import { mainLine, statementProvenance } from "../statement-provenance.ts";

// Where the lines of a kernel's function come from, which may serve several kernels.

/** One of the kernels that a function serves. */
export interface KernelInstance {
  readonly program: string;
  /** Among the kernels of its program. */
  readonly index: number;
  readonly kernel: Kernel;
}

/** Of the function as a whole. */
export const originOfKernels = (instances: readonly KernelInstance[]): LineOrigin =>
  originOfLines(
    instances.map((instance) => ({
      instance,
      main: mainLine(instance.kernel),
      lines: instance.kernel.provenance,
    })),
  );

/** Of a line of the first kernel's provenance, and of those in its place in the others. */
export function lineOrigin(instances: readonly KernelInstance[], line: Provenance): LineOrigin {
  const index = instances[0].kernel.provenance.indexOf(line);
  return originOfLines(
    instances.map((instance) => ({
      instance,
      main: mainLine(instance.kernel),
      lines: instance.kernel.provenance.slice(index, index + 1),
    })),
  );
}

/**
 * Of each statement, an outer one before those in it. Kernels of one function have the same statements in the
 * same order, so each line of it serves in all of them what stands in its place.
 */
export function statementOrigins(instances: readonly KernelInstance[]): readonly LineOrigin[] {
  const ofInstances = instances.map((instance) => ({
    instance,
    main: mainLine(instance.kernel),
    lines: statementProvenance(instance.kernel),
  }));
  return ofInstances[0].lines.map((_, index) =>
    originOfLines(ofInstances.map(({ instance, main, lines }) => ({ instance, main, lines: lines[index] }))),
  );
}

interface InstanceLines {
  readonly instance: KernelInstance;
  /** The kernel's main line. */
  readonly main: Provenance | undefined;
  readonly lines: readonly Provenance[];
}

function originOfLines(all: readonly InstanceLines[]): LineOrigin {
  const main = all.map(mainOf);
  const names = new Set(main.map((line) => line?.value));
  const [name] = names;
  return {
    kernels: all.map(({ instance: { program, index } }) => ({ program, index })),
    nodes: all.flatMap(({ instance: { program }, lines }) =>
      lines.flatMap(({ node }) => (node === undefined ? [] : [{ program, node }])),
    ),
    path: commonPath(all.map(({ instance: { kernel } }, i) => pathOf(main[i], kernel))),
    name: names.size === 1 ? name : undefined,
  };
}

/** Of these lines the one that speaks for them: the kernel's main one, or the last. */
function mainOf({ main, lines }: InstanceLines): Provenance | undefined {
  return main !== undefined && lines.includes(main) ? main : lines.at(-1);
}

/** Of a value that is in no layer, as the number of the step, that of its kernel. */
const pathOf = (line: Provenance | undefined, { provenance }: Kernel): SpecPath | undefined =>
  line?.path ?? provenance.findLast(({ path }) => path !== undefined)?.path;

/** What the paths begin with; those of nothing aside. */
function commonPath(paths: readonly (SpecPath | undefined)[]): SpecPath | undefined {
  const [first, ...others] = paths.filter((path) => path !== undefined);
  if (first === undefined) return undefined;
  const differs = first.findIndex((step, i) => others.some((path) => path[i] !== step));
  return differs < 0 ? first : first.slice(0, differs);
}

// Where the places of the arena come from: a leaf of the graphs, or what is stored there.

/** By the program and the name of the buffer; storage is the same in all programs. */
export function placeOrigins(
  programs: readonly LoopProgram[],
  graphs: readonly Graph[],
): (program: string, buffer: string) => LineOrigin | undefined {
  const leaves = new Map<string, LineOrigin>();
  for (const { program, node } of leavesOf(graphs)) {
    const name = leafName(node) ?? "";
    const known = leaves.get(name);
    leaves.set(name, {
      kernels: [],
      nodes: [...(known?.nodes ?? []), { program, node }],
      path: known?.path ?? node.origin.path,
      name,
    });
  }
  const stored = new Map<string, LineOrigin>();
  for (const program of programs) noteStores(program, stored);
  return (program, buffer) =>
    leaves.get(buffer) ?? stored.get(`${program} ${buffer}`) ?? stored.get(` ${buffer}`);
}

const leavesOf = (graphs: readonly Graph[]): ServedNode[] =>
  graphs.flatMap(({ name: program, nodes }) =>
    nodes.filter((node) => leafName(node) !== undefined).map((node) => ({ program, node })),
  );

/** The first that is stored in a place says where it comes from. */
function noteStores({ name: program, kernels, buffers }: LoopProgram, stored: Map<string, LineOrigin>): void {
  kernels.forEach((kernel, index) => {
    const statements = statementOrigins([{ program, index, kernel }]);
    let count = 0;
    visitStatements(kernel.body, (statement) => {
      const origin = statements[count++];
      if (statement.kind !== "store") return;
      const isStorage = buffers.get(statement.buffer)?.storage !== undefined;
      const key = `${isStorage ? "" : program} ${statement.buffer}`;
      if (!stored.has(key)) stored.set(key, origin);
    });
  });
}
