/**
 * The arena: what it takes and what sharing saves, the lifetimes of the temporaries of each program, and the
 * place of every buffer.
 */
import { max, sum } from "d3-array";
import { counted, sizeText } from "../../compiler/util/number-text.ts";
import { explainMemory } from "../explain/explain-memory.ts";
import { countOptionsOf } from "../explain/graph-counts.ts";
import { memorySentences, programMemories } from "../explain/program-memory.ts";
import type { ProgramMemory, Temporary } from "../explain/program-memory.ts";
import type { Subject } from "../explain/subject.ts";
import type { ExplainedBuffer } from "../explanation.ts";
import { memorySvg } from "./memory-svg.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";

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

// Lifetimes in a terminal: a row for each temporary, a column for each call, or for several where there are many.

/** In characters: what names and columns may take at most. */
const nameWidth = 32;
const columnsWidth = 60;
/** So many temporaries are shown, the largest. */
const mostRows = 40;
const levels = " ▁▂▃▄▅▆▇█";

function memoryLines({ program, calls, temporaries, live, peak }: ProgramMemory): string[] {
  const head = `program ${program}: ${counted(calls.length, "call")}, `;
  if (temporaries.length === 0) return [`${head}no temporaries`];
  const perColumn = Math.ceil(calls.length / columnsWidth);
  const spans = Array.from(
    { length: Math.ceil(calls.length / perColumn) },
    (_, column) => column * perColumn,
  );
  const shown = largest(temporaries);
  const rest = temporaries.filter((each) => !shown.has(each));
  const width = Math.min(nameWidth, max(shown, ({ name }) => name.length) ?? 0);
  const row = (name: string, bytes: number, cells: string): string =>
    `  ${cut(name, width).padEnd(width)}  ${sizeText(bytes).padStart(8)}  ${cells}`.trimEnd();
  const level = (from: number): string => {
    const most = max(live.slice(from, from + perColumn)) ?? 0;
    return levels[Math.ceil((most / peak.bytes) * (levels.length - 1))];
  };
  const cell = ({ first, last }: Temporary, from: number): string =>
    first <= from + perColumn && last > from ? "█" : "·";
  return [
    `${head}${counted(temporaries.length, "temporary", "temporaries")}, at most ${sizeText(peak.bytes)} at ` +
      `once, in call ${peak.call}: ${calls[peak.call - 1]}`,
    row("all", peak.bytes, spans.map(level).join("")),
    ...temporaries.flatMap((each) =>
      shown.has(each) ? [row(each.name, each.bytes, spans.map((from) => cell(each, from)).join(""))] : [],
    ),
    ...(rest.length === 0
      ? []
      : [
          `  … and ${rest.length} smaller ones, ${sizeText(sum(rest, ({ bytes }) => bytes))} together; ` +
            "--format json has them all",
        ]),
    `  ${" ".repeat(width + 12)}calls 1 to ${calls.length}${perColumn === 1 ? "" : `, ${perColumn} a column`}`,
  ];
}

function largest(temporaries: readonly Temporary[]): Set<Temporary> {
  return new Set([...temporaries].sort((a, b) => b.bytes - a.bytes).slice(0, mostRows));
}

const cut = (name: string, width: number): string =>
  name.length > width ? `${name.slice(0, width - 1)}…` : name;
