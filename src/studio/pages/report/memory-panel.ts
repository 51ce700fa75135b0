/**
 * The memory view of the report: a picture of the lifetimes of temporaries, and a table of all buffers in the
 * arena.
 */
import { countText, sizeText } from "../../../compiler/util/number-text.ts";
import type { ExplainedBuffer, ExplainedMemory, ProgramName } from "../../explanation.ts";
import { element, svgElement } from "../shared/element.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { programTabs } from "./controls.ts";
import { bufferLink, listed, nodeLink } from "./links.ts";
import { keyOfBuffer } from "./report-index.ts";
import { tableOf } from "./table.ts";
import type { Table } from "./table.ts";

// A picture of the temporaries of one program over its calls. Each temporary is a box at its offset in the
// arena. The box is as wide as the lifetime and as high as the size of the temporary.

const [width, left, liveHeight, height, foot] = [1000, 64, 60, 360, 24];

interface LifetimePicture {
  readonly element: SVGSVGElement;
  mark(key: string | undefined): void;
}

type Temporary = ExplainedBuffer & { readonly life: NonNullable<ExplainedBuffer["life"]> };

function lifetimePicture(context: Context, buffers: readonly ExplainedBuffer[]): LifetimePicture {
  const own = buffers.filter((buffer): buffer is Temporary => buffer.life !== undefined);
  const calls = Math.max(1, ...own.map(({ life }) => life.last));
  const start = Math.min(...own.map(({ offset }) => offset));
  const size = Math.max(1, ...own.map(({ offset, bytes }) => offset + bytes - start));
  const x = (call: number) => left + ((call - 1) / calls) * (width - left);
  const y = (offset: number) => liveHeight + 20 + ((offset - start) / size) * height;
  const total = liveHeight + 20 + height + foot;
  const root = svgElement("svg", {
    viewBox: `0 0 ${width} ${total}`,
    class: "lifetimes",
    role: "img",
    "aria-label": `Lifetimes of ${own.length} temporaries over ${calls} calls`,
  });
  const boxes = new Map<string, SVGElement>();
  for (const buffer of own) {
    const box = boxOf(context, buffer, { x, y });
    boxes.set(keyOfBuffer(buffer), box);
    root.append(box);
  }
  root.append(...liveLine(own, calls, x), ...axis(calls, x, total), ...sizeAxis(start, size, y));
  const mark = (key: string | undefined) => {
    for (const [each, box] of boxes) box.toggleAttribute("data-current", each === key);
  };
  return { element: root, mark };
}

interface Scales {
  x(call: number): number;
  y(offset: number): number;
}

function boxOf({ index, selection }: Context, buffer: Temporary, { x, y }: Scales): SVGElement {
  const { name, type, offset, bytes, life, node } = buffer;
  const region = (node !== undefined && index.nodes.get(node)?.region) || "forward";
  const [x0, x1, y0, y1] = [x(life.first), x(life.last + 1), y(offset), y(offset + bytes)];
  const [wide, high] = [Math.max(1, x1 - x0 - 1), Math.max(1, y1 - y0 - 1)];
  const tooltip = `${name} ${type}: ${sizeText(bytes)}, calls ${life.first} to ${life.last}`;
  const box = svgElement(
    "g",
    { class: `box ${region}` },
    svgElement("title", {}, tooltip),
    svgElement("rect", { x: x0, y: y0, width: wide, height: high }),
  );
  const letters = Math.floor((wide - 8) / 6.2);
  if (high >= 13 && letters >= 3) {
    const text = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
    box.append(svgElement("text", { x: x0 + 4, y: Math.min(y0 + 12, y0 + high / 2 + 4) }, text));
  }
  box.addEventListener("click", () => selection.go({ pick: { kind: "buffer", key: keyOfBuffer(buffer) } }));
  return box;
}

/** Draws the number of live bytes at each call and marks the peak. */
function liveLine(buffers: readonly Temporary[], calls: number, x: (call: number) => number): SVGElement[] {
  const changes = new Float64Array(calls + 2);
  for (const { life, bytes } of buffers) {
    changes[life.first] += bytes;
    changes[life.last + 1] -= bytes;
  }
  const live: number[] = [];
  for (let call = 1; call <= calls; call++) live.push((live.at(-1) ?? 0) + changes[call]);
  const most = Math.max(1, ...live);
  const peak = live.indexOf(most) + 1;
  const high = (bytes: number) => liveHeight - (bytes / most) * (liveHeight - 16);
  const steps = live.flatMap((bytes, i) => [`L${x(i + 1)} ${high(bytes)}`, `L${x(i + 2)} ${high(bytes)}`]);
  const path = `M${x(1)} ${liveHeight} ${steps.join(" ")} L${x(calls + 1)} ${liveHeight} Z`;
  const middle = (x(peak) + x(peak + 1)) / 2;
  const anchor = middle > width * 0.8 ? "end" : middle < width * 0.2 ? "start" : "middle";
  return [
    svgElement("path", { d: path, class: "live" }),
    svgElement("line", { x1: middle, x2: middle, y1: 14, y2: liveHeight + 20 + height, class: "peak" }),
    svgElement(
      "text",
      { x: middle, y: 10, "text-anchor": anchor },
      `peak: ${sizeText(most)} in call ${peak}`,
    ),
    svgElement("text", { x: left - 6, y: liveHeight, "text-anchor": "end", class: "axis" }, "live"),
  ];
}

function axis(calls: number, x: (call: number) => number, bottom: number): SVGElement[] {
  const every = Math.max(1, Math.ceil(calls / 24));
  const marks: SVGElement[] = [];
  for (let call = 1; call <= calls; call += every)
    marks.push(
      svgElement(
        "text",
        { x: (x(call) + x(call + 1)) / 2, y: bottom - 8, "text-anchor": "middle", class: "axis" },
        String(call),
      ),
    );
  return [
    ...marks,
    svgElement("text", { x: left - 6, y: bottom - 8, "text-anchor": "end", class: "axis" }, "call"),
  ];
}

const sizeAxis = (start: number, size: number, y: (offset: number) => number): SVGElement[] =>
  [0, 0.25, 0.5, 0.75, 1].map((part) =>
    svgElement(
      "text",
      { x: left - 6, y: y(start + size * part) + 4, "text-anchor": "end", class: "axis" },
      sizeText(Math.round(size * part)),
    ),
  );

export function memoryPanel(context: Context): Panel {
  const { memory } = context.index.explanation;
  const programs = [...new Set(memory.buffers.flatMap(({ life }) => life?.program ?? []))];
  const drawing = element("div", { class: "drawing" });
  const root = element("section", { class: "scroll memory-panel" });
  let picture: ReturnType<typeof lifetimePicture> | undefined;
  const tabs = programTabs(programs, (program) => {
    picture = lifetimePicture(context, temporariesOf(memory, program));
    drawing.replaceChildren(element("p", {}, sharingText(memory, program)), picture.element);
  });
  const table = bufferTable(context, memory.buffers, root);
  root.append(
    element("h1", {}, "Memory"),
    element(
      "p",
      { class: "intro" },
      "All numbers are in one block of memory, the arena. It is planned at compile time, so a step allocates " +
        "no memory. Parameters, states, gradients and the batch each have their own memory; temporaries whose " +
        "lifetimes do not overlap share memory.",
    ),
    totalsOf(memory),
    largestOf(context, memory),
    element("h2", {}, "Lifetimes"),
    element(
      "p",
      { class: "quiet" },
      "The calls of the program run from left to right, the bytes of the arena from top to bottom. A box is " +
        "a temporary: it begins at the call that writes it and ends at the last call that reads it. The line " +
        "above shows the number of live bytes.",
    ),
    tabs.element,
    drawing,
    element("h2", {}, "Buffers"),
    table.body,
  );
  const show = (pick: Pick | undefined) => {
    const buffer = bufferOf(context, pick);
    const program =
      buffer?.life?.program ?? tabs.current() ?? programs.find((each) => each === "gradient") ?? programs[0];
    if (program !== undefined) tabs.choose(program);
    picture?.mark(buffer && keyOfBuffer(buffer));
    table.show(buffer && { kind: "buffer", key: keyOfBuffer(buffer) });
  };
  return { element: root, show };
}

function bufferOf({ index }: Context, pick: Pick | undefined): ExplainedBuffer | undefined {
  if (pick?.kind === "buffer") return index.buffers.get(pick.key);
  if (pick?.kind === "parameter") return index.buffers.get(pick.key);
  return pick?.kind === "node" ? index.buffersOfNode(pick.key)[0] : undefined;
}

const temporariesOf = ({ buffers }: ExplainedMemory, program: ProgramName) =>
  buffers.filter(({ life }) => life?.program === program);

/** Shows the content of the arena by region, as a bar and as numbers. */
function totalsOf({
  bytes,
  temporaryBytes,
  lowerBound,
  withoutSharing,
  buffers,
}: ExplainedMemory): HTMLElement {
  const regions = new Map<string, number>();
  for (const { region, life, bytes: size } of buffers)
    if (life === undefined) regions.set(region, (regions.get(region) ?? 0) + size);
  const parts = [...regions, ["temporary", temporaryBytes] as const];
  const bar = element("div", { class: "bar", role: "presentation" });
  const rows = parts.map(([region, size]) => {
    const piece = element("div", { class: `region-${region}`, title: `${region}: ${sizeText(size)}` });
    piece.style.flexGrow = String(size);
    bar.append(piece);
    return element(
      "li",
      {},
      element("span", { class: `swatch region-${region}` }),
      `${regionTitles[region] ?? region} ${sizeText(size)}`,
    );
  });
  const saved = Math.round((1 - temporaryBytes / withoutSharing) * 100);
  const less = withoutSharing > 0 ? `, ${saved} % less` : "";
  return element(
    "div",
    { class: "totals" },
    bar,
    element("ul", {}, ...rows, element("li", {}, element("strong", {}, `total ${sizeText(bytes)}`))),
    element(
      "p",
      {},
      `The temporaries of all programs would need ${sizeText(withoutSharing)} without sharing memory; with ` +
        `sharing they need ${sizeText(temporaryBytes)}${less}. The lower bound for any plan is ` +
        `${sizeText(lowerBound)}: the largest size of temporaries that are live at the same time.`,
    ),
  );
}

const maxNamed = 5;

function largestOf(context: Context, { buffers }: ExplainedMemory): HTMLElement {
  const largest = [...buffers].sort((a, b) => b.bytes - a.bytes).slice(0, maxNamed);
  const links = largest.map((buffer) =>
    element("span", {}, bufferLink(context, keyOfBuffer(buffer), buffer.name), ` ${sizeText(buffer.bytes)}`),
  );
  return element("p", {}, "The largest buffers: ", ...listed(links), ".");
}

const regionTitles: Readonly<Record<string, string>> = {
  parameter: "parameters",
  state: "optimizer states",
  gradient: "gradients",
  input: "the batch",
  result: "results",
  totals: "evaluation sums",
  temporary: "temporaries",
};

function sharingText(memory: ExplainedMemory, program: ProgramName): string {
  const own = temporariesOf(memory, program);
  const sum = own.reduce((all, { bytes }) => all + bytes, 0);
  const taken =
    Math.max(0, ...own.map(({ offset, bytes }) => offset + bytes)) -
    Math.min(...own.map(({ offset }) => offset));
  return (
    `Program ${program}: ${countText(own.length)} temporaries of ${sizeText(sum)} in total use ` +
    `${sizeText(own.length === 0 ? 0 : taken)} of memory.`
  );
}

const bufferTable = (context: Context, buffers: readonly ExplainedBuffer[], root: HTMLElement): Table =>
  tableOf({
    root,
    titles: ["Buffer", "Region", "Type", "#Offset", "#Bytes", "Live", "Value"],
    count: buffers.length,
    pickOf: (i) => ({ kind: "buffer", key: keyOfBuffer(buffers[i]) }),
    cellsOf: (i) => {
      const { name, region, type, offset, bytes, life, node } = buffers[i];
      return [
        bufferLink(context, keyOfBuffer(buffers[i]), name),
        region,
        element("code", {}, type),
        countText(offset),
        countText(bytes),
        life === undefined ? "always" : `${life.program} ${life.first}–${life.last}`,
        node === undefined ? "" : nodeLink(context, node),
      ];
    },
  });
