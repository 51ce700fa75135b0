/** Lifetimes in a terminal: a row for each temporary, a column for each call, or for several where there are many. */
import { max, sum } from "d3-array";
import { counted, sizeText } from "../../compiler/util/size-text.ts";
import type { ProgramMemory, Temporary } from "../explain/program-memory.ts";

/** In characters: what names and columns may take at most. */
const nameWidth = 32;
const columnsWidth = 60;
/** So many temporaries are shown, the largest. */
const mostRows = 40;
const levels = " ▁▂▃▄▅▆▇█";

export function memoryLines({ program, calls, temporaries, live, peak }: ProgramMemory): string[] {
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
    `  ${" ".repeat(width + 12)}${perColumn === 1 ? `calls 1 to ${calls.length}` : `calls 1 to ${calls.length}, ${perColumn} a column`}`,
  ];
}

function largest(temporaries: readonly Temporary[]): Set<Temporary> {
  return new Set([...temporaries].sort((a, b) => b.bytes - a.bytes).slice(0, mostRows));
}

const cut = (name: string, width: number): string =>
  name.length > width ? `${name.slice(0, width - 1)}…` : name;
