/**
 * Renders a panel as text for a terminal: lines (drawn by asciichart), axes with ticks, and a legend below.
 */
import { plot } from "asciichart";
import { axisScale, canBeDrawn } from "./chart.ts";
import type { AxisScale, Panel, Series } from "./chart.ts";
import { plainText } from "./table.ts";
import { columnsOf } from "./curves.ts";

/**
 * A size in characters. `width` includes the labels; `height` excludes the title, the x axis and the legend.
 */
export interface TextSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The line symbols of each series, in asciichart's order: two for the axis, two line ends, horizontal, the
 * four corners, vertical. They distinguish series without colour.
 */
const strokes = [
  ["┼", "┤", "╶", "╴", "─", "╰", "╭", "╮", "╯", "│"],
  ["╋", "┫", "╺", "╸", "━", "┗", "┏", "┓", "┛", "┃"],
  ["╬", "╣", "═", "═", "═", "╚", "╔", "╗", "╝", "║"],
] satisfies [string, string, string, string, string, string, string, string, string, string][];
const dot = "•";
const pointer = "▲";

/** Returns text that ends with a line break. */
export function panelText(panel: Panel, { width, height }: TextSize): string {
  const drawn = panel.series.map(({ points }) => points.filter((point) => canBeDrawn(panel, point)));
  const marks = (panel.marks ?? []).map(({ x }) => x);
  const y = axisScale(panel.y, {
    values: drawn.flatMap((points) => points.map((point) => point[1])),
    range: [0, height - 1],
    count: Math.max(2, Math.floor(height / 3)),
    isRound: false,
  });
  const margin = Math.max(0, ...y.ticks.map(({ label }) => label.length)) + 2;
  const columns = Math.max(10, width - margin);
  const x = axisScale(panel.x, {
    values: [...drawn.flatMap((points) => points.map((point) => point[0])), ...marks],
    range: [0, columns - 1],
    count: Math.max(2, Math.floor(columns / 12)),
    isRound: false,
  });
  const grid: Grid = Array.from({ length: height }, () => Array<string>(columns).fill(" "));
  drawn.forEach((points, i) => {
    const positions = points.map((point) => [x.at(point[0]), y.at(point[1])] as const);
    (panel.series[i].as === "dots" ? drawDots : drawLine)(grid, positions, i);
  });
  const labels = new Map(y.ticks.map(({ value, label }) => [height - 1 - Math.round(y.at(value)), label]));
  const left = (label: string, edge: string) => `${label.padStart(margin - 2)} ${edge}`;
  return [
    plainText(panel.title),
    ...grid.map(
      (cells, row) => `${left(labels.get(row) ?? "", labels.has(row) ? "┤" : "│")}${cells.join("")}`,
    ),
    `${left("", "└")}${axisLine(x, marks, columns)}`,
    `${left("", " ")}${tickLine(x, columns)}`,
    `${left("", " ")}${legendOf(panel)}`,
    "",
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

type Grid = string[][];
type Positions = readonly (readonly [x: number, y: number])[];

/** Draws dots, but never over a line. */
function drawDots(grid: Grid, positions: Positions): void {
  for (const [x, y] of positions) {
    const cells = grid[grid.length - 1 - Math.round(y)];
    if (cells[Math.round(x)] === " ") cells[Math.round(x)] = dot;
  }
}

/** Draws a line over the current content of the grid, because asciichart can draw only one line at a time. */
function drawLine(grid: Grid, positions: Positions, index: number): void {
  const { start, heights } = columnsOf(positions);
  if (heights.length === 0) return;
  const last = grid.length - 1;
  // asciichart draws the steps between values, so it needs one value more than the number of columns.
  const text = plot([...heights, heights[heights.length - 1]], {
    height: last,
    min: 0,
    max: last,
    offset: 1,
    format: () => "",
    symbols: [...strokes[index % strokes.length]],
  });
  text.split("\n").forEach((line, row) => {
    // The first character of each line is asciichart's own axis.
    [...line].slice(1).forEach((stroke, column) => {
      if (stroke !== " " && start + column < grid[row].length) grid[row][start + column] = stroke;
    });
  });
}

function axisLine(x: AxisScale, marks: readonly number[], columns: number): string {
  const cells = Array<string>(columns).fill("─");
  for (const { value } of x.ticks) cells[Math.round(x.at(value))] = "┬";
  for (const value of marks) cells[Math.round(x.at(value))] = pointer;
  return cells.join("");
}

/** The labels of the x axis. Each is centred under its tick; a label that would touch another is omitted. */
function tickLine(x: AxisScale, columns: number): string {
  let line = "";
  for (const { value, label } of x.ticks) {
    const start = Math.min(
      Math.max(0, Math.round(x.at(value)) - (label.length >> 1)),
      columns - label.length,
    );
    if (line === "" || start > line.length) line = line.padEnd(start) + label;
  }
  return line;
}

function legendOf({ x, series, marks = [] }: Panel): string {
  const strokeOf = ({ as }: Series, i: number): string =>
    as === "dots" ? dot : strokes[i % strokes.length][4];
  return [
    plainText(x.label),
    ...series.map((each, i) => `${strokeOf(each, i)} ${plainText(each.name)}`),
    ...marks.map(({ label }) => `${pointer} ${plainText(label)}`),
  ].join("   ");
}
