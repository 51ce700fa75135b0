/**
 * Explains the arena: the offset and value of each buffer, and the lifetimes of temporaries over the calls of
 * a program.
 */
import { greatest, max, sum } from "d3-array";
import type { Node } from "../../compiler/ir/nodes.ts";
import { bufferType } from "../../compiler/loop/print.ts";
import { programNames } from "../../compiler/loop/types.ts";
import type { Placement, ProgramName } from "../../compiler/loop/types.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { ExplainedBuffer, ExplainedMemory, NodeId, RegionName } from "../explanation.ts";
import { regionOf } from "./explain-nodes.ts";
import { bufferNames, nodeNames } from "./graph-formulas.ts";

// The buffers: their offsets and values, and for temporaries the first and last call that use them.

/**
 * Shows the memory plan of the target. Storage comes first, then the temporaries of each program; each list
 * is sorted by offset.
 */
export function explainMemory(compilation: Compilation): ExplainedMemory {
  const { plan } = compilation.vectors ?? compilation;
  const nodeOf = nodesOfBuffers(compilation);
  // A buffer that covers several adjacent buffers adds no memory, so it is not listed.
  const storage = [...plan.storage.values()].filter(({ buffer }) => buffer.covers === undefined);
  const temporaries = programNames.flatMap((program) =>
    byOffset(plan.temporaries.get(program)?.values() ?? []).map((placement) =>
      explainedBuffer(placement, program, nodeOf(placement.buffer.name, program)),
    ),
  );
  return {
    bytes: plan.bytes,
    temporaryBytes: plan.temporaryBytes,
    lowerBound: plan.lowerBound,
    withoutSharing: sum(temporaries, ({ bytes }) => bytes),
    buffers: [
      ...byOffset(storage).map((placement) =>
        explainedBuffer(placement, undefined, nodeOf(placement.buffer.name)),
      ),
      ...temporaries,
    ],
  };
}

const byOffset = (placements: Iterable<Placement>): Placement[] =>
  [...placements].sort((a, b) => a.offset - b.offset);

function explainedBuffer(
  { buffer, offset, bytes, lifetime }: Placement,
  program: ProgramName | undefined,
  node: NodeId | undefined,
): ExplainedBuffer {
  const life =
    lifetime === undefined || program === undefined
      ? undefined
      : { program, first: lifetime[0] + 1, last: lifetime[1] + 1 };
  return { name: buffer.name, region: buffer.region, type: bufferType(buffer), offset, bytes, life, node };
}

/**
 * Returns the node whose value is in a buffer. For a temporary, it is a node of the buffer's program; for
 * storage, a node of the first program that writes or reads it.
 */
function nodesOfBuffers({
  rematerialised,
}: Compilation): (buffer: string, program?: ProgramName) => NodeId | undefined {
  const programs = rematerialised.map((graph) => {
    const names = nodeNames(graph);
    const ids = [...bufferNames(graph)].map(([node, buffer]): [string, NodeId] => [
      buffer,
      `${graph.name}/${names.get(node) ?? node.op}`,
    ]);
    return { name: graph.name, ids: new Map(ids) };
  });
  return (buffer, program) =>
    programs.find(({ name, ids }) => (program ?? name) === name && ids.has(buffer))?.ids.get(buffer);
}

// The temporaries of one program: their lifetimes over its calls, and the peak.

export interface ProgramMemory {
  readonly program: ProgramName;
  /** The names of the program's kernels, in the order of their calls. */
  readonly calls: readonly string[];
  /**
   * The temporaries, sorted by the first call that uses them. Offsets count from the start of the temporaries
   * in the arena.
   */
  readonly temporaries: readonly Temporary[];
  /** The number of live bytes during each call. */
  readonly live: readonly number[];
  /** The call with the most live bytes, counted from 1. */
  readonly peak: { readonly call: number; readonly bytes: number };
  /** The number of bytes from the start of the first temporary to the end of the last. */
  readonly bytes: number;
}

export interface Temporary extends ExplainedBuffer {
  readonly first: number;
  readonly last: number;
  /**
   * The phase of training that the value belongs to; undefined for buffers that a schedule adds, such as
   * packed copies.
   */
  readonly part: RegionName | undefined;
  readonly layer: string | undefined;
}

/** Returns one entry for each program that has calls, in order. */
export function programMemories(
  compilation: Compilation,
  { buffers, bytes, temporaryBytes }: ExplainedMemory,
): ProgramMemory[] {
  const { programs } = compilation.vectors ?? compilation;
  const base = Math.min(
    bytes,
    ...buffers.flatMap(({ life, offset }) => (life === undefined ? [] : [offset])),
  );
  return programNames.flatMap((program): ProgramMemory[] => {
    const kernels = programs.find(({ name }) => name === program)?.kernels ?? [];
    if (kernels.length === 0) return [];
    const nodeIn = nodesByBuffer(compilation, program);
    const temporaries = buffers.flatMap((buffer): Temporary[] => {
      const { life, offset, name } = buffer;
      if (life?.program !== program) return [];
      const node = nodeIn.get(name);
      const part = node && regionOf(node, program);
      return [
        {
          ...buffer,
          offset: offset - base,
          first: life.first,
          last: life.last,
          part,
          layer: node?.origin.layer,
        },
      ];
    });
    const live = liveBytes(temporaries, kernels.length);
    const call = greatest(live.keys(), (k) => live[k]) ?? 0;
    return [
      {
        program,
        calls: kernels.map(({ name }) => name),
        temporaries: temporaries.sort((a, b) => a.first - b.first || a.offset - b.offset),
        live,
        peak: { call: call + 1, bytes: live[call] },
        bytes: Math.min(temporaryBytes, max(temporaries, (each) => each.offset + each.bytes) ?? 0),
      },
    ];
  });
}

function nodesByBuffer({ rematerialised }: Compilation, program: ProgramName): Map<string, Node> {
  const graph = rematerialised.find(({ name }) => name === program);
  return new Map(graph && [...bufferNames(graph)].map(([node, buffer]) => [buffer, node]));
}

function liveBytes(temporaries: readonly Temporary[], calls: number): number[] {
  const change = new Array<number>(calls + 1).fill(0);
  for (const { first, last, bytes } of temporaries) {
    change[first - 1] += bytes;
    change[last] -= bytes;
  }
  let live = 0;
  return change.slice(0, calls).map((delta) => (live += delta));
}

/** Returns the totals as sentences. */
export function memorySentences(
  { bytes, temporaryBytes, lowerBound, withoutSharing, buffers }: ExplainedMemory,
  sizeOf: (bytes: number) => string,
): string[] {
  const storage = sum(buffers, (buffer) => (buffer.life === undefined ? buffer.bytes : 0));
  return [
    `arena ${sizeOf(bytes)}: storage ${sizeOf(storage)}, temporaries ${sizeOf(temporaryBytes)}`,
    `temporaries need ${sizeOf(withoutSharing)} without sharing memory; the lower bound for any plan ` +
      `is ${sizeOf(lowerBound)}`,
  ];
}
