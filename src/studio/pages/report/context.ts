/** What every part of the page gets to see, and what a view is to the page around it. */
import type { ReportIndex } from "./report-index.ts";
import type { Pick, Selection, State } from "./selection.ts";

export interface Context {
  readonly index: ReportIndex;
  readonly selection: Selection;
}

export interface Panel {
  readonly element: HTMLElement;
  /** The view is on the page, and this is picked. */
  show(pick: Pick | undefined): void;
  /** A key that nobody else wanted; whether it meant something here. */
  onKey?(event: KeyboardEvent): boolean;
}

export type { Pick, State };

// Lines of code as ranges: those in which a value is computed are many in a row, those that declare its place
// or call its kernel stand alone.

type LineRange = readonly [first: number, last: number];

/** Neighbours as one range, the longest first: where something is computed, then where else it is told of. */
export function lineRanges(lines: readonly number[]): readonly LineRange[] {
  const ranges: [number, number][] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  const lengthOf = ([first, last]: LineRange) => last - first;
  return ranges.sort((a, b) => lengthOf(b) - lengthOf(a));
}

/** Why a parameter has no gradient. */
export function withoutGradient({ explanation }: ReportIndex, name: string): string {
  const layer = explanation.layers.find(({ parameters }) => parameters.some((each) => each.name === name));
  const parameter = layer?.parameters.find((each) => each.name === name);
  if (layer === undefined || parameter === undefined) return `This report has no parameter ${name}.`;
  if (!layer.trainable) return `It has none: its layer, ${layer.name}, is frozen.`;
  if (!parameter.trainable) return "It has none: it is a statistic, which training keeps without a gradient.";
  return "It has none: the loss does not depend on it.";
}
