/** The interface between the page and its views. */
import type { ExplainedKernel } from "../../explanation.ts";
import type { ReportIndex } from "./report-index.ts";
import type { Pick, Selection, State } from "./selection.ts";

export interface Context {
  readonly index: ReportIndex;
  readonly selection: Selection;
}

export interface Panel {
  readonly element: HTMLElement;
  /** Called when the view is visible; `pick` is the selection. */
  show(pick: Pick | undefined): void;
  /** Called for keys that the page does not handle. Returns whether the view handled the key. */
  onKey?(event: KeyboardEvent): boolean;
}

export type { Pick, State };

/** Returns the selected kernel, or the kernel that computes the selected node or line. */
export function kernelOfPick({ index }: Context, pick: Pick | undefined): ExplainedKernel | undefined {
  const { kernels } = index.explanation;
  if (pick?.kind === "kernel") return kernels.find((kernel) => String(kernel.index) === pick.key);
  const place =
    pick?.kind === "node"
      ? index.nodes.get(pick.key)?.kernel
      : pick?.kind === "line"
        ? index.lines.get(Number(pick.key))?.kernels[0]
        : undefined;
  return place === undefined ? undefined : kernels[place];
}

// Ranges of lines of code. The lines that compute a value are consecutive. The lines that declare its address
// or call its kernel are elsewhere, one at a time.

type LineRange = readonly [first: number, last: number];

/**
 * Merges neighbouring lines into ranges, and puts the longest first. The computation of a value thus comes
 * before single lines that mention it.
 */
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

/** Explains why a parameter has no gradient. */
export function withoutGradient({ explanation }: ReportIndex, name: string): string {
  const layer = explanation.layers.find(({ parameters }) => parameters.some((each) => each.name === name));
  const parameter = layer?.parameters.find((each) => each.name === name);
  if (layer === undefined || parameter === undefined) return `This report has no parameter ${name}.`;
  if (!layer.trainable) return `It has no gradient: its layer, ${layer.name}, is frozen.`;
  if (!parameter.trainable) return "It has no gradient: it is a statistic, which training updates directly.";
  return "It has no gradient: the loss does not depend on it.";
}
