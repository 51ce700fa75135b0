/**
 * The arena: what it takes and what sharing saves, the lifetimes of the temporaries of each program, and the
 * place of every buffer.
 */
import { countOptionsOf } from "../explain/graph-counts.ts";
import { explainMemory } from "../explain/explain-memory.ts";
import type { ExplainedBuffer } from "../explanation.ts";
import { memorySvg } from "./memory-svg.ts";
import { memoryLines } from "./memory-text.ts";
import { memorySentences, programMemories } from "../explain/program-memory.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";

export function memoryView({ compilation }: Subject): View {
  const { name } = compilation.model;
  const { float, batchSize } = countOptionsOf(compilation);
  const memory = explainMemory(compilation);
  const title = `${name}: memory for batches of ${batchSize} rows, ${float}`;
  const text = () =>
    [
      title,
      ...memorySentences(memory, (bytes) => `${bytes} bytes`),
      ...programMemories(compilation, memory).flatMap((program) => ["", ...memoryLines(program)]),
      "",
      ...tableOf(memory.buffers),
      "",
    ].join("\n");
  return {
    text,
    json: () => memory,
    svg: () => memorySvg(title, memory, programMemories(compilation, memory)),
  };
}

/** Calls are counted from 1, as in the emitted file. */
const tableOf = (buffers: readonly ExplainedBuffer[]): string[] =>
  columns([
    ["region", "buffer", "type", "offset", "bytes", "lives"],
    ...buffers.map(({ region, name, type, offset, bytes, life }) => {
      const lives = life ? `${life.program}: calls ${life.first} to ${life.last}` : "always";
      return [region, name, type, offset, bytes, lives];
    }),
  ]);
