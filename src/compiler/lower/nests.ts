/**
 * A graph as nests of loops, the representation between lowering and kernels. At first, each nest computes
 * one materialised node; after fusion, it may compute several. A loop along time contains the nests of its
 * step.
 */
import { nameMaker } from "../util/name-maker.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { visitStatements } from "../loop/statements.ts";
import type { Buffer, For, Kernel, LoopProgram, Provenance, Statement } from "../loop/types.ts";
import { checkLoops } from "../loop/verify.ts";
import type { Representation } from "../stages/define.ts";
import type { Fresh } from "../stages/loops.ts";

/** One value that a nest computes. */
export interface Label {
  readonly provenance: Provenance;
  /** The value, as a candidate for the kernel's name; undefined for a copy. */
  readonly value?: LabelledValue | undefined;
}

export interface LabelledValue {
  readonly node: Node;
  /** The name of the node, and the buffer that contains its value. */
  readonly name: string;
  readonly buffer: string;
}

export interface Nest {
  readonly statements: readonly Statement[];
  readonly labels: readonly Label[];
  /**
   * Whether the nest must not be joined with an earlier nest. Later nests may still be joined with this one.
   */
  readonly stays?: boolean | undefined;
  /** The operand and the axes of a reduction. Nests with equal operand and axes can share a loop. */
  readonly reduces?: { readonly x: Node; readonly axes: string } | undefined;
  /**
   * A loop along time, which follows the statements above, and the nests of its step, which follow the
   * statements in the loop's body.
   */
  readonly along?: { readonly loop: For; readonly step: readonly Nest[] } | undefined;
}

export interface Nests {
  readonly graph: Graph;
  readonly nests: readonly Nest[];
  readonly storage: ReadonlyMap<string, Buffer>;
  /** In the order of lowering. Temporaries that are never stored are dropped when kernels are formed. */
  readonly temporaries: readonly Buffer[];
}

/** The nest with its loop along time, if there is one, as an ordinary statement. */
export function flat({ along, ...nest }: Nest): Nest {
  if (along === undefined) return nest;
  const step = along.step.map(flat);
  const loop = { ...along.loop, body: [...along.loop.body, ...step.flatMap(({ statements }) => statements)] };
  return {
    ...nest,
    statements: [...nest.statements, loop],
    labels: [...nest.labels, ...step.flatMap(({ labels }) => labels)],
  };
}

/**
 * Applies `map` to every list of nests: to the list of the program and to the list of each step. Unchanged
 * lists are shared with the input.
 */
export function mapLists(
  nests: readonly Nest[],
  map: (list: readonly Nest[]) => readonly Nest[],
): readonly Nest[] {
  const mapped = nests.map((nest) => {
    if (nest.along === undefined) return nest;
    const step = mapLists(nest.along.step, map);
    return step === nest.along.step ? nest : { ...nest, along: { ...nest.along, step } };
  });
  return map(mapped.every((nest, i) => nest === nests[i]) ? nests : mapped);
}

/**
 * A generator of names that are not used in the nests. Each name contains `#`, which distinguishes it from
 * the names of buffers.
 */
export function freshInNests(nests: readonly Nest[]): Fresh {
  const used = new Set<string>();
  for (const nest of nests)
    visitStatements(flat(nest).statements, (s) => {
      if (s.kind === "let") used.add(s.name);
      if (s.kind === "for") used.add(s.variable);
    });
  const unique = nameMaker(used, "#");
  return (base) => unique(`${base}#`);
}

/** Turns each nest into a kernel, in order. Temporaries that are never stored get no buffer. */
export function kernelsOf({ graph, nests, storage, temporaries }: Nests): LoopProgram {
  const kernelName = nameMaker([], "_");
  const outputs = new Set(graph.outputs.map(({ node }) => node));
  const kernels = nests
    .map(flat)
    .filter(({ statements }) => statements.length > 0)
    .map(({ statements, labels }): Kernel => {
      const main = mainOf(statements, labels, outputs);
      return {
        name: kernelName(main?.name ?? "copy"),
        body: statements,
        provenance: displayedProvenance(labels),
      };
    });
  const used = new Set<string>();
  for (const { body } of kernels) visitStatements(body, (s) => s.kind === "store" && used.add(s.buffer));
  const stored = temporaries.filter(({ name }) => used.has(name));
  const buffers = new Map([...storage, ...stored.map((buffer) => [buffer.name, buffer] as const)]);
  return { name: graph.name, kernels, buffers };
}

/** The provenance of a kernel, without copies unless the kernel consists only of copies. */
function displayedProvenance(labels: readonly Label[]): readonly Provenance[] {
  const displayed = labels.filter(({ value, provenance }) => value !== undefined && !provenance.isCopy);
  return (displayed.length > 0 ? displayed : labels).map(({ provenance }) => provenance);
}

/**
 * The value that names a kernel. In order of preference, it is the last output that is not a scalar, the last
 * output, the last forward value that the kernel stores, the last value that it stores, or the last value.
 */
function mainOf(
  statements: readonly Statement[],
  labels: readonly Label[],
  outputs: ReadonlySet<Node>,
): LabelledValue | undefined {
  const values = labels.flatMap(({ value }) => value ?? []);
  const kept = new Set<string>();
  visitStatements(statements, (s) => s.kind === "store" && kept.add(s.buffer));
  const lasting = values.filter(({ buffer }) => kept.has(buffer));
  const choices = [
    values.filter(({ node }) => outputs.has(node) && node.type.shape.length > 0),
    values.filter(({ node }) => outputs.has(node)),
    lasting.filter(({ node }) => node.origin.forward === undefined),
    lasting,
    values,
  ];
  return choices.find((list) => list.length > 0)?.at(-1);
}

export const nestsOfLoops: Representation<Nests> = {
  check: (nests, after) => checkLoops(kernelsOf(nests), after),
  snapshots: (nests) => [kernelsOf(nests)],
};
