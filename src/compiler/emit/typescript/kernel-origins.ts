/** Where the lines of a kernel's function come from, which may serve several kernels. */
import type { LineOrigin } from "../emitted-file.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { Kernel, Provenance } from "../../loop/types.ts";
import { mainLine, statementProvenance } from "../statement-provenance.ts";

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
