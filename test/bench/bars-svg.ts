// Draws steps per second as a bar chart with one panel per workload. The scale is logarithmic, so the length
// of a bar is not proportional to the rate. Therefore, the rate is written next to every bar.
import { scaleLog } from "d3-scale";
import { element, pageSvg, pageWidth, textAt } from "../../src/studio/charts/svg.ts";
import type { Block } from "../../src/studio/charts/svg.ts";
import { stepsPerSecond } from "./figures.ts";
import type { Outcome, WorkloadOutcome } from "./figures.ts";

const barHeight = 16;
/** The libraries. All variants of a library have the same colour. */
const libraries = ["tapeless", "TensorFlow.js", "jax-js", "brain.js", "PyTorch"];
const colourOf = (name: string): number =>
  Math.max(
    0,
    libraries.findIndex((library) => name.startsWith(library)),
  );
const margin = { left: 190, right: 90, head: 28, foot: 14 } as const;

/** Equal measurements result in identical pictures. */
export function barsSvg(all: readonly WorkloadOutcome[], subtitle: string): string {
  const rates = all.flatMap(({ outcomes }) => measured(outcomes).map(({ rate }) => rate));
  // A bar starts at a power of ten, because a log scale has no zero.
  const lowest = 10 ** Math.floor(Math.log10(Math.min(0.1, ...rates)));
  const x = scaleLog()
    .domain([lowest, Math.max(10, ...rates)])
    .range([margin.left, pageWidth - margin.right]);
  const panels = all.map((each) => panel(each, (value) => x(value), powersOf(x.domain())));
  return pageSvg({
    title: "Training steps per second; each grid line is ten times the previous one",
    subtitle,
    blocks: panels,
  });
}

const measured = (outcomes: readonly Outcome[]): { name: string; rate: number }[] =>
  outcomes.flatMap((outcome) => {
    const rate = stepsPerSecond(outcome);
    return outcome.kind === "peak" || rate === undefined ? [] : [{ name: outcome.name, rate }];
  });

function powersOf([low, high]: readonly number[]): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  return Array.from({ length: Math.floor(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
}

function panel(
  { workload, words, outcomes }: WorkloadOutcome,
  x: (value: number) => number,
  powers: readonly number[],
): Block {
  const bars = measured(outcomes);
  const height = margin.head + bars.length * (barHeight + 4) + margin.foot;
  const [left, bottom] = [margin.left, height - margin.foot];
  const svg = (top: number) =>
    element(
      "g",
      {},
      textAt(24, top + 16, workload, { class: "panel" }),
      textAt(100, top + 16, words, { class: "quiet" }),
      ...powers.map((power) =>
        element("line", {
          class: "grid",
          x1: x(power),
          x2: x(power),
          y1: top + margin.head - 4,
          y2: top + bottom,
        }),
      ),
      ...bars.flatMap(({ name, rate }, i) => {
        const y = top + margin.head + i * (barHeight + 4);
        return [
          textAt(left - 8, y + 12, name, { "text-anchor": "end" }),
          element("rect", {
            class: `dot dot${colourOf(name)}`,
            x: left,
            y,
            width: x(rate) - left,
            height: barHeight,
          }),
          textAt(x(rate) + 6, y + 12, rateText(rate)),
        ];
      }),
      element("path", { class: "axis", d: `M${left},${top + margin.head - 4}V${top + bottom}` }),
    );
  return { height, svg };
}

/** Three significant digits, with thousands separated. */
export const rateText = (rate: number): string =>
  rate >= 100 ? Math.round(Number(rate.toPrecision(3))).toLocaleString("en") : rate.toPrecision(3);
