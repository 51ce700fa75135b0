/**
 * The view of the arena: its size, the savings of sharing, and the lifetimes of temporaries, as text, as JSON
 * and as SVG.
 */
import { max, rollups, sum } from "d3-array";
import { scaleLinear } from "d3-scale";
import { counted, sizeText } from "../../compiler/util/number-text.ts";
import { axisScale } from "../charts/chart.ts";
import { element, legend, legendHeight, pageSvg, pageWidth, textAt, escapeXml } from "../charts/svg.ts";
import type { Block } from "../charts/svg.ts";
import { explainMemory, memorySentences, programMemories } from "../explain/explain-memory.ts";
import type { ProgramMemory, Temporary } from "../explain/explain-memory.ts";
import { countOptionsOf } from "../explain/graph-counts.ts";
import type { Subject } from "../explain/subject.ts";
import type { ExplainedBuffer, ExplainedMemory, RegionName } from "../explanation.ts";
import { columns } from "./view.ts";
import type { View } from "./view.ts";

// The arena as a picture: a bar for its content, then a plot of the temporaries of each program. A temporary
// is a box at its offset, and extends over the calls in which it is live. Boxes in the same column are live
// at the same time; boxes in the same row share memory.

const margin = { left: 72, right: 24, head: 44, foot: 52 } as const;
const plotWidth = pageWidth - margin.left - margin.right;
const plotHeight = 240;
/** The approximate width and height of a letter of a label. */
const letter = { width: 6, height: 11 } as const;

/** The order in which colours are assigned. */
const parts: readonly RegionName[] = ["forward", "backward", "update", "evaluation"];
const colourOfOthers = 5;

function memorySvg(title: string, memory: ExplainedMemory, programs: readonly ProgramMemory[]): string {
  const [subtitle] = memorySentences(memory, sizeText);
  const drawn = programs.filter(({ temporaries }) => temporaries.length > 0);
  const inUse = new Set(drawn.flatMap(({ temporaries }) => temporaries.map(({ part }) => part)));
  const usedColours = parts.filter((part) => inUse.has(part));
  return pageSvg({
    title,
    subtitle,
    blocks: [arenaBlock(memory, usedColours), ...drawn.map((program) => programBlock(program, usedColours))],
  });
}

/** The content of the arena as a bar with a legend. The width of each region is proportional to its size. */
function arenaBlock(memory: ExplainedMemory, usedColours: readonly RegionName[]): Block {
  const { buffers, bytes, temporaryBytes } = memory;
  const fixed = buffers.filter(({ life }) => life === undefined);
  const sizes = rollups(
    fixed,
    (list) => sum(list, (buffer) => buffer.bytes),
    (buffer) => buffer.region,
  );
  const bands = [...sizes, ["temporaries", temporaryBytes] as const].filter(([, size]) => size > 0);
  const series = usedColours.map((name) => ({ name, points: [], as: "dots" as const }));
  const x = scaleLinear([0, bytes], [0, plotWidth]);
  const names = bands
    .slice(0, -1)
    .map(([name, size]) => `${name} ${sizeText(size)}`)
    .join(" · ");
  return {
    height: 84 + legendHeight(series, plotWidth),
    svg: (top) => {
      let before = 0;
      const drawn = bands.flatMap(([name, size], i) => {
        const [left, width] = [margin.left + x(before), x(size)];
        before += size;
        const box = { class: "band", x: left, y: top + 12, width, height: 22 };
        const band = element(
          "rect",
          { ...box, "fill-opacity": i % 2 === 0 ? 0.2 : 0.4 },
          element("title", {}, escapeXml(`${name}: ${sizeText(size)}`)),
        );
        return hasRoom(name, width, 22) ? [band, textAt(left + 4, top + 27, name)] : [band];
      });
      return element(
        "g",
        {},
        ...drawn,
        textAt(margin.left, top + 52, names, { class: "quiet" }),
        ...legend(series, margin.left, top + 80, plotWidth),
      );
    },
  };
}

const programBlock = (memory: ProgramMemory, usedColours: readonly RegionName[]): Block => ({
  height: margin.head + plotHeight + margin.foot,
  svg: (top) => programSvg(memory, usedColours, top),
});

function programSvg(memory: ProgramMemory, usedColours: readonly RegionName[], top: number): string {
  const { program, calls, temporaries, peak, bytes } = memory;
  const [plotTop, bottom, right] = [
    top + margin.head,
    top + margin.head + plotHeight,
    pageWidth - margin.right,
  ];
  const x = scaleLinear([1, calls.length + 1], [margin.left, right]);
  const y = scaleLinear([0, bytes], [bottom, plotTop]);
  const call = x(2) - x(1);
  const middle = axisScale(
    { label: "call", isInteger: true },
    {
      values: [1, calls.length],
      range: [x(1) + call / 2, right - call / 2],
      count: 8,
      isRound: false,
    },
  );
  const at = x(peak.call) + call / 2;
  const isLeft = at < pageWidth / 2;
  const placed = bytes === peak.bytes ? "" : `, ${sizeText(bytes)} with gaps`;
  return element(
    "g",
    {},
    textAt(
      margin.left,
      top + 12,
      `${program}: ${counted(temporaries.length, "temporary", "temporaries")} ` +
        `in ${counted(calls.length, "call")}, peak ${sizeText(peak.bytes)}${placed}`,
      { class: "panel" },
    ),
    ...y
      .ticks(4)
      .flatMap((value) => [
        element("line", { class: "grid", x1: margin.left, x2: right, y1: y(value), y2: y(value) }),
        textAt(margin.left - 8, y(value) + 4, sizeText(value), { class: "quiet", "text-anchor": "end" }),
      ]),
    ...temporaries.flatMap((each) => boxOf(each, x(each.first), x(each.last + 1), y, usedColours)),
    ...(calls.length === 1 ? [{ value: 1, label: "1" }] : middle.ticks).map(({ value, label }) =>
      textAt(x(value) + call / 2, bottom + 18, label, { class: "quiet", "text-anchor": "middle" }),
    ),
    element("line", { class: "mark", x1: at, x2: at, y1: plotTop, y2: bottom }),
    textAt(at, plotTop - 6, `peak in call ${peak.call}: ${calls[peak.call - 1]}`, {
      "text-anchor": isLeft ? "start" : "end",
    }),
    element("path", { class: "axis", d: `M${margin.left},${plotTop}V${bottom}H${right}` }),
    textAt((margin.left + right) / 2, bottom + 36, "calls of kernels", { "text-anchor": "middle" }),
  );
}

/** Draws a temporary as a box, with its name if the box has room for it. A tooltip shows the details. */
function boxOf(
  { name, type, layer, first, last, offset, bytes, part }: Temporary,
  left: number,
  right: number,
  y: (bytes: number) => number,
  usedColours: readonly RegionName[],
): string[] {
  const [width, height] = [right - left, y(offset) - y(offset + bytes)];
  const colour = part === undefined ? colourOfOthers : usedColours.indexOf(part);
  const about = [
    name,
    type,
    sizeText(bytes),
    first === last ? `call ${first}` : `calls ${first} to ${last}`,
    layer ?? "",
  ];
  const className = `dot dot${colour}${width > 4 && height > 4 ? " box" : ""}`;
  const box = element(
    "rect",
    { class: className, x: left, y: y(offset + bytes), width, height },
    element("title", {}, escapeXml(about.filter((each) => each !== "").join(", "))),
  );
  if (!hasRoom(name, width, height)) return [box];
  return [box, textAt(left + 4, y(offset + bytes / 2) + 4, name, { "font-size": letter.height })];
}

const hasRoom = (text: string, width: number, height: number): boolean =>
  width > letter.width * text.length + 8 && height > letter.height + 2;

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

/** A table of buffers. Calls count from 1, as in the emitted file. */
const tableOf = (buffers: readonly ExplainedBuffer[]): string[] =>
  columns([
    ["region", "buffer", "type", "offset", "bytes", "lives"],
    ...buffers.map(({ region, name, type, offset, bytes, life }) => {
      const lives = life ? `${life.program}: calls ${life.first} to ${life.last}` : "always";
      return [region, name, type, offset, bytes, lives];
    }),
  ]);

// Lifetimes in a terminal: a row per temporary, and a column per call or, if there are many, per group of
// calls.

/** The maximum width, in characters, of a name and of all columns together. */
const nameWidth = 32;
const columnsWidth = 60;
/** The maximum number of temporaries shown. If there are more, the largest are shown. */
const maxRows = 40;
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
    `${head}${counted(temporaries.length, "temporary", "temporaries")}, peak ${sizeText(peak.bytes)} ` +
      `in call ${peak.call}: ${calls[peak.call - 1]}`,
    row("all", peak.bytes, spans.map(level).join("")),
    ...temporaries.flatMap((each) =>
      shown.has(each) ? [row(each.name, each.bytes, spans.map((from) => cell(each, from)).join(""))] : [],
    ),
    ...(rest.length === 0
      ? []
      : [
          `  … and ${rest.length} smaller ones, ${sizeText(sum(rest, ({ bytes }) => bytes))} in total; ` +
            "--format json lists all",
        ]),
    `  ${" ".repeat(width + 12)}calls 1 to ${calls.length}${perColumn === 1 ? "" : `, ${perColumn} per column`}`,
  ];
}

function largest(temporaries: readonly Temporary[]): Set<Temporary> {
  return new Set([...temporaries].sort((a, b) => b.bytes - a.bytes).slice(0, maxRows));
}

const cut = (name: string, width: number): string =>
  name.length > width ? `${name.slice(0, width - 1)}…` : name;
