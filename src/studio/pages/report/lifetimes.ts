/**
 * A picture of the temporaries of one program over its calls. Each temporary is a box at its offset in the
 * arena. The box is as wide as the lifetime and as high as the size of the temporary. Above it, a line shows
 * the number of live bytes, with the peak.
 */
import { sizeText } from "../../../compiler/util/number-text.ts";
import type { ExplainedBuffer } from "../../explanation.ts";
import { svgElement } from "../shared/element.ts";
import "./lifetimes.css";

export type Temporary = ExplainedBuffer & { readonly life: NonNullable<ExplainedBuffer["life"]> };

export const isTemporary = (buffer: ExplainedBuffer): buffer is Temporary => buffer.life !== undefined;

/** The call with the most live bytes, counted from 1. */
export interface Peak {
  readonly call: number;
  readonly bytes: number;
  /** The temporaries that are live during the call, the largest first. */
  readonly live: readonly Temporary[];
}

export interface Lifetimes {
  readonly calls: number;
  /** The number of live bytes during each call. */
  readonly live: readonly number[];
  readonly peak: Peak;
}

export function lifetimesOf(temporaries: readonly Temporary[]): Lifetimes {
  const calls = Math.max(1, ...temporaries.map(({ life }) => life.last));
  const changes = new Float64Array(calls + 2);
  for (const { life, bytes } of temporaries) {
    changes[life.first] += bytes;
    changes[life.last + 1] -= bytes;
  }
  const live: number[] = [];
  for (let call = 1; call <= calls; call++) live.push((live.at(-1) ?? 0) + changes[call]);
  const bytes = Math.max(0, ...live);
  const call = live.indexOf(bytes) + 1;
  const atPeak = temporaries.filter(({ life }) => life.first <= call && call <= life.last);
  return { calls, live, peak: { call, bytes, live: atPeak.sort((a, b) => b.bytes - a.bytes) } };
}

interface DrawingOptions {
  readonly temporaries: readonly Temporary[];
  readonly lifetimes: Lifetimes;
  /** The width of the picture in pixels. Texts have the same size at any width. */
  readonly width: number;
  /** The name of the kernel of a call. */
  readonly kernelAt: (call: number) => string;
  readonly regionOf: (temporary: Temporary) => string;
  readonly onPick: (temporary: Temporary) => void;
}

export interface LifetimePicture {
  readonly element: SVGSVGElement;
  /** Marks the box of a temporary, and no other. */
  mark(marked: ExplainedBuffer | undefined): void;
}

const [left, liveTop, liveHeight, gap, height, foot] = [64, 22, 48, 14, 360, 24];
const arenaTop = liveTop + liveHeight + gap;
const total = arenaTop + height + foot;
/** The average width of a letter, in pixels. */
const letterWidth = 7;
const boldLetterWidth = 8;

interface Scales {
  x(call: number): number;
  y(offset: number): number;
}

export function lifetimePicture(options: DrawingOptions): LifetimePicture {
  const { temporaries, lifetimes, width } = options;
  const { calls, peak } = lifetimes;
  const start = Math.min(...temporaries.map(({ offset }) => offset));
  const size = Math.max(1, ...temporaries.map(({ offset, bytes }) => offset + bytes - start));
  const scales: Scales = {
    x: (call) => left + ((call - 1) / calls) * (width - left),
    y: (offset) => arenaTop + ((offset - start) / size) * height,
  };
  const boxes = new Map(temporaries.map((each) => [each.name, boxOf(each, options, scales)]));
  const peakX = scales.x(peak.call);
  const column = {
    class: "peak-column",
    x: peakX,
    y: liveTop,
    width: Math.max(1, scales.x(peak.call + 1) - peakX),
    height: arenaTop + height - liveTop,
  };
  const root = svgElement(
    "svg",
    {
      viewBox: `0 0 ${width} ${total}`,
      width,
      height: total,
      class: "lifetimes",
      role: "img",
      "aria-label": `Lifetimes of ${temporaries.length} temporaries over ${calls} calls`,
    },
    svgElement("rect", column),
    ...boxes.values(),
    ...liveLine(options, scales),
    ...callAxis(calls, width, scales),
    ...sizeAxis(start, size, scales),
  );
  const mark = (marked: ExplainedBuffer | undefined): void => {
    for (const [name, box] of boxes) box.toggleAttribute("data-current", name === marked?.name);
  };
  return { element: root, mark };
}

function boxOf(
  temporary: Temporary,
  { lifetimes, regionOf, onPick }: DrawingOptions,
  { x, y }: Scales,
): SVGElement {
  const { name, type, offset, bytes, life } = temporary;
  const [x0, x1, y0, y1] = [x(life.first), x(life.last + 1), y(offset), y(offset + bytes)];
  const [wide, high] = [Math.max(1, x1 - x0 - 1), Math.max(1, y1 - y0 - 1)];
  const isAtPeak = lifetimes.peak.live.includes(temporary);
  const box = svgElement(
    "g",
    { class: `box ${regionOf(temporary)}${isAtPeak ? " is-at-peak" : ""}` },
    svgElement("title", {}, `${name} ${type}: ${sizeText(bytes)}, calls ${life.first} to ${life.last}`),
    svgElement("rect", { x: x0, y: y0, width: wide, height: high }),
  );
  const letters = Math.floor((wide - 8) / letterWidth);
  if (high >= 14 && letters >= 3) {
    const text = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
    box.append(svgElement("text", { x: x0 + 4, y: Math.min(y0 + 14, y0 + high / 2 + 4) }, text));
  }
  box.addEventListener("click", () => onPick(temporary));
  return box;
}

/** Draws the number of live bytes at each call and names the peak. */
function liveLine({ lifetimes, width, kernelAt }: DrawingOptions, { x }: Scales): SVGElement[] {
  const { calls, live, peak } = lifetimes;
  const bottom = liveTop + liveHeight;
  const high = (bytes: number) => bottom - (bytes / Math.max(1, peak.bytes)) * liveHeight;
  const steps = live.flatMap((bytes, i) => [`L${x(i + 1)} ${high(bytes)}`, `L${x(i + 2)} ${high(bytes)}`]);
  const path = `M${x(1)} ${bottom} ${steps.join(" ")} L${x(calls + 1)} ${bottom} Z`;
  const label = `peak ${sizeText(peak.bytes)} in call ${peak.call}: ${kernelAt(peak.call)}`;
  // The label is centred on the call, but stays in the picture.
  const half = (label.length * boldLetterWidth) / 2;
  const middle = (x(peak.call) + x(peak.call + 1)) / 2;
  const at = Math.max(half, Math.min(width - half, middle));
  return [
    svgElement("path", { d: path, class: "live" }),
    svgElement("text", { x: at, y: liveTop - 8, "text-anchor": "middle", class: "peak-label" }, label),
    svgElement("text", { x: left - 6, y: bottom, "text-anchor": "end", class: "axis" }, "live"),
  ];
}

/** The distance between the numbers of calls, in pixels. */
const callDistance = 32;

function callAxis(calls: number, width: number, { x }: Scales): SVGElement[] {
  const every = Math.max(1, Math.ceil((calls * callDistance) / Math.max(1, width - left)));
  const marked = Array.from({ length: Math.ceil(calls / every) }, (_, i) => 1 + i * every);
  const at = (text: string, place: number, anchor: string) =>
    svgElement("text", { x: place, y: total - 8, "text-anchor": anchor, class: "axis" }, text);
  return [
    ...marked.map((call) => at(String(call), (x(call) + x(call + 1)) / 2, "middle")),
    at("call", left - 6, "end"),
  ];
}

const sizeAxis = (start: number, size: number, { y }: Scales): SVGElement[] =>
  [0, 0.25, 0.5, 0.75, 1].map((part) =>
    svgElement(
      "text",
      { x: left - 6, y: y(start + size * part) + 4, "text-anchor": "end", class: "axis" },
      sizeText(Math.round(size * part)),
    ),
  );
