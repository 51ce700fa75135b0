/** The origins of kernel lines and of the offsets in the arena. */
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { leafName } from "../../ir/nodes.ts";
import type { Graph } from "../../ir/nodes.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { Kernel, LoopProgram, Provenance } from "../../loop/types.ts";
import type { LineOrigin, ServedNode } from "../emitted-file.ts";
import { mainLine, statementProvenance } from "../statement-provenance.ts";

/** One of the kernels that share a function. */
export interface KernelInstance {
  readonly program: string;
  /** The index of the kernel in its program. */
  readonly index: number;
  readonly kernel: Kernel;
}

/** The origin of a whole function. */
export const originOfKernels = (instances: readonly KernelInstance[]): LineOrigin =>
  originOfLines(
    instances.map((instance) => ({
      instance,
      main: mainLine(instance.kernel),
      lines: instance.kernel.provenance,
    })),
  );

/**
 * The origin of a provenance line of the first kernel. It includes the corresponding lines of the other
 * kernels.
 */
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
 * The origin of each statement, outer statements before inner ones. All kernels of one function have the same
 * statements in the same order.
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
  /** The main line of the kernel. */
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

/**
 * The line that represents an instance: the main line of the kernel if it is in `lines`, or else the last of
 * these lines.
 */
function mainOf({ main, lines }: InstanceLines): Provenance | undefined {
  return main !== undefined && lines.includes(main) ? main : lines.at(-1);
}

/** The path of a line. A value outside of layers, such as the step number, has the path of its kernel. */
const pathOf = (line: Provenance | undefined, { provenance }: Kernel): SpecPath | undefined =>
  line?.path ?? provenance.findLast(({ path }) => path !== undefined)?.path;

/** The longest common prefix of all defined paths. */
function commonPath(paths: readonly (SpecPath | undefined)[]): SpecPath | undefined {
  const [first, ...others] = paths.filter((path) => path !== undefined);
  if (first === undefined) return undefined;
  const differs = first.findIndex((step, i) => others.some((path) => path[i] !== step));
  return differs < 0 ? first : first.slice(0, differs);
}

/**
 * Returns the origin of an offset, by program and buffer. The origin of storage is the same in all programs.
 */
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

/** Records the origin of the first store to each buffer. */
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
