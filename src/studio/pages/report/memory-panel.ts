/**
 * The memory view of the report: a picture of the lifetimes of temporaries, and a table of all buffers in the
 * arena.
 */
import { countText, sizeText } from "../../../compiler/util/number-text.ts";
import type { ExplainedBuffer, ExplainedKernel, ExplainedMemory, ProgramName } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { programTabs } from "./controls.ts";
import { isTemporary, lifetimePicture, lifetimesOf } from "./lifetimes.ts";
import type { LifetimePicture, Lifetimes, Temporary } from "./lifetimes.ts";
import { bufferLink, kernelLink, listed, nodeLink } from "./links.ts";
import { keyOfBuffer } from "./report-index.ts";
import { tableOf } from "./table.ts";
import type { Table } from "./table.ts";

export function memoryPanel(context: Context): Panel {
  const { memory } = context.index.explanation;
  const programs = [...new Set(memory.buffers.flatMap(({ life }) => life?.program ?? []))];
  const root = element("section", { class: "scroll memory-panel" });
  const lifetimes = lifetimesPart(context);
  const tabs = programTabs(programs, lifetimes.show);
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
        "above shows the number of live bytes. Temporaries that are live at the peak have a stronger colour.",
    ),
    tabs.element,
    lifetimes.element,
    element("h2", {}, "Buffers"),
    table.body,
  );
  const show = (pick: Pick | undefined) => {
    const buffer = bufferOf(context, pick);
    const program =
      buffer?.life?.program ?? tabs.current() ?? programs.find((each) => each === "gradient") ?? programs[0];
    if (program !== undefined) tabs.choose(program);
    lifetimes.mark(buffer);
    // The table scrolls to the buffer. If the buffer was selected in the picture, the picture keeps its place.
    const top = root.scrollTop;
    table.show(buffer && { kind: "buffer", key: keyOfBuffer(buffer) });
    if (lifetimes.hasPicked(buffer)) root.scrollTop = top;
  };
  return { element: root, show };
}

function bufferOf({ index }: Context, pick: Pick | undefined): ExplainedBuffer | undefined {
  if (pick?.kind === "buffer") return index.buffers.get(pick.key);
  if (pick?.kind === "parameter") return index.buffers.get(pick.key);
  return pick?.kind === "node" ? index.buffersOfNode(pick.key)[0] : undefined;
}

// The lifetimes of one program: a sentence about the peak, and the picture.

interface LifetimesPart {
  readonly element: HTMLElement;
  show(program: ProgramName): void;
  mark(buffer: ExplainedBuffer | undefined): void;
  /** Whether the user selected this buffer in the picture. */
  hasPicked(buffer: ExplainedBuffer | undefined): boolean;
}

function lifetimesPart(context: Context): LifetimesPart {
  const { index, selection } = context;
  const { memory, kernels } = index.explanation;
  const text = element("div", {});
  const drawing = element("div", { class: "drawing" });
  let shown: { program: ProgramName; temporaries: readonly Temporary[]; lifetimes: Lifetimes } | undefined;
  let picture: LifetimePicture | undefined;
  let marked: ExplainedBuffer | undefined;
  let picked: ExplainedBuffer | undefined;
  const draw = (): void => {
    const width = drawing.clientWidth;
    if (shown === undefined || width === 0) return;
    const { program, temporaries, lifetimes } = shown;
    picture = lifetimePicture({
      temporaries,
      lifetimes,
      width,
      kernelAt: (call) => kernelOf(kernels, program, call)?.name ?? "",
      regionOf: ({ node }) => (node !== undefined && index.nodes.get(node)?.region) || "forward",
      onPick: (temporary) => {
        picked = temporary;
        selection.go({ pick: { kind: "buffer", key: keyOfBuffer(temporary) } });
      },
    });
    picture.mark(marked);
    drawing.replaceChildren(picture.element);
  };
  let drawnWidth = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width !== drawnWidth) draw();
    drawnWidth = contentRect.width;
  }).observe(drawing);
  return {
    element: element("div", {}, text, drawing),
    show(program) {
      const temporaries = memory.buffers.filter(isTemporary).filter(({ life }) => life.program === program);
      const lifetimes = lifetimesOf(temporaries);
      shown = { program, temporaries, lifetimes };
      text.replaceChildren(
        element("p", {}, sharingText(temporaries, program)),
        element("p", { class: "peak-text" }, ...peakText(context, program, lifetimes)),
      );
      draw();
    },
    mark(buffer) {
      marked = buffer;
      picture?.mark(buffer);
    },
    hasPicked: (buffer) => buffer !== undefined && buffer === picked,
  };
}

const kernelOf = (kernels: readonly ExplainedKernel[], program: ProgramName, call: number) =>
  kernels.find((kernel) => kernel.program === program && kernel.call === call);

/** Names the call with the most live bytes, and the largest temporaries that are live then. */
function peakText(context: Context, program: ProgramName, { calls, peak }: Lifetimes): (Node | string)[] {
  const kernel = kernelOf(context.index.explanation.kernels, program, peak.call);
  const links = peak.live.slice(0, maxNamed).map((buffer) => sizedLink(context, buffer));
  const others = peak.live.length - links.length;
  return [
    element(
      "strong",
      {},
      `Peak of the temporaries: ${sizeText(peak.bytes)} in call ${peak.call} of ${calls}`,
    ),
    ...(kernel === undefined ? [] : [", ", kernelLink(context, kernel.index)]),
    ". Live during this call: ",
    ...listed(links),
    others > 0 ? `, and ${countText(others)} smaller ones.` : ".",
  ];
}

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
  const links = largest.map((buffer) => sizedLink(context, buffer));
  return element("p", {}, "The largest buffers: ", ...listed(links), ".");
}

const sizedLink = (context: Context, buffer: ExplainedBuffer): HTMLElement =>
  element(
    "span",
    { class: "sized" },
    bufferLink(context, keyOfBuffer(buffer), buffer.name),
    ` ${sizeText(buffer.bytes)}`,
  );

const regionTitles: Readonly<Record<string, string>> = {
  parameter: "parameters",
  state: "optimizer states",
  gradient: "gradients",
  input: "the batch",
  result: "results",
  totals: "evaluation sums",
  temporary: "temporaries",
};

function sharingText(own: readonly Temporary[], program: ProgramName): string {
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
