/** Where the places of the arena come from: a leaf of the graphs, or what is stored there. */
import type { LineOrigin, ServedNode } from "../emitted-file.ts";
import { leafName } from "../../ir/nodes.ts";
import type { Graph } from "../../ir/nodes.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { LoopProgram } from "../../loop/types.ts";
import { statementOrigins } from "./kernel-origins.ts";

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
