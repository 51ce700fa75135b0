/** The arena: a picture of when each temporary lives and where it lies, and the table of all buffers. */
import { element } from "../shared/element.ts";
import { countText, sizeText } from "../../../compiler/util/number-text.ts";
import type { ExplainedBuffer, ExplainedMemory, ProgramName } from "../../explanation.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { bufferLink, listed, nodeLink } from "./links.ts";
import { lifetimePicture } from "./lifetime-picture.ts";
import { programTabs } from "./controls.ts";
import { keyOfBuffer } from "./report-index.ts";
import { tableOf, type Table } from "./table.ts";

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
      "All numbers lie in one block, the arena, whose plan is made at compile time; a step allocates " +
        "nothing. Parameters, states, gradients and the batch have a place of their own; temporaries that do " +
        "not live at the same time share theirs.",
    ),
    totalsOf(memory),
    largestOf(context, memory),
    element("h2", {}, "Lifetimes"),
    element(
      "p",
      { class: "quiet" },
      "From left to right the calls of the program, from top to bottom the bytes of the arena. A box is a " +
        "temporary: it begins at the call that writes it and ends at the last one that reads it. The line " +
        "above shows how many bytes live at once.",
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

/** What lies in the arena, by region, as one bar and in figures. */
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
    element(
      "ul",
      {},
      ...rows,
      element("li", {}, element("strong", {}, `the whole arena ${sizeText(bytes)}`)),
    ),
    element(
      "p",
      {},
      `The temporaries of all programs together would take ${sizeText(withoutSharing)} if none shared ` +
        "memory; sharing makes " +
        `that ${sizeText(temporaryBytes)}${less}. No plan could do with less than ${sizeText(lowerBound)}: ` +
        "so much lives at once at the worst call.",
    ),
  );
}

const mostNamed = 5;

function largestOf(context: Context, { buffers }: ExplainedMemory): HTMLElement {
  const largest = [...buffers].sort((a, b) => b.bytes - a.bytes).slice(0, mostNamed);
  const links = largest.map((buffer) =>
    element("span", {}, bufferLink(context, keyOfBuffer(buffer), buffer.name), ` ${sizeText(buffer.bytes)}`),
  );
  return element("p", {}, "The largest of all: ", ...listed(links), ".");
}

const regionTitles: Readonly<Record<string, string>> = {
  parameter: "parameters",
  state: "the optimizer's states",
  gradient: "gradients",
  input: "the batch",
  result: "results",
  totals: "sums of evaluation",
  temporary: "temporaries",
};

function sharingText(memory: ExplainedMemory, program: ProgramName): string {
  const own = temporariesOf(memory, program);
  const sum = own.reduce((all, { bytes }) => all + bytes, 0);
  const taken =
    Math.max(0, ...own.map(({ offset, bytes }) => offset + bytes)) -
    Math.min(...own.map(({ offset }) => offset));
  return (
    `In this program, ${program}: ${countText(own.length)} temporaries, ${sizeText(sum)} together, lie ` +
    `in ${sizeText(own.length === 0 ? 0 : taken)}.`
  );
}

const bufferTable = (context: Context, buffers: readonly ExplainedBuffer[], root: HTMLElement): Table =>
  tableOf({
    root,
    titles: ["Buffer", "Region", "Type", "#From byte", "#Bytes", "Lives", "Holds"],
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
