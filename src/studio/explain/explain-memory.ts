/**
 * The arena: where each buffer lies, the value that it holds, and for temporaries from which call of their
 * program to which they live.
 */
import { sum } from "d3-array";
import type { Placement } from "../../compiler/loop/memory.ts";
import { bufferType } from "../../compiler/loop/print.ts";
import { programNames } from "../../compiler/loop/program-names.ts";
import type { ProgramName } from "../../compiler/loop/program-names.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { bufferNames, nodeNames } from "./node-names.ts";
import type { ExplainedBuffer, ExplainedMemory, NodeId } from "../explanation.ts";

/** Of the target's own plan. Storage first, then the temporaries of each program, all by their places. */
export function explainMemory(compilation: Compilation): ExplainedMemory {
  const { plan } = compilation.vectors ?? compilation;
  const nodeOf = nodesOfBuffers(compilation);
  // A name for several adjacent buffers as one takes no room of its own.
  const storage = [...plan.storage.values()].filter(({ buffer }) => buffer.covers === undefined);
  const temporaries = programNames.flatMap((program) =>
    byPlace(plan.temporaries.get(program)?.values() ?? []).map((placement) =>
      explainedBuffer(placement, program, nodeOf(placement.buffer.name, program)),
    ),
  );
  return {
    bytes: plan.bytes,
    temporaryBytes: plan.temporaryBytes,
    lowerBound: plan.lowerBound,
    withoutSharing: sum(temporaries, ({ bytes }) => bytes),
    buffers: [
      ...byPlace(storage).map((placement) =>
        explainedBuffer(placement, undefined, nodeOf(placement.buffer.name)),
      ),
      ...temporaries,
    ],
  };
}

const byPlace = (placements: Iterable<Placement>): Placement[] =>
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
 * The value in a buffer: of a temporary in its program, of storage in the first program that leaves or finds
 * it there.
 */
function nodesOfBuffers({
  lean,
}: Compilation): (buffer: string, program?: ProgramName) => NodeId | undefined {
  const programs = lean.map((graph) => {
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
