/**
 * Temporaries of one program over its calls: each a box as wide as its life and as high as its bytes, where
 * it lies in the arena.
 */
import { svgElement } from "../shared/element.ts";
import { sizeText } from "../../../compiler/util/number-text.ts";
import type { ExplainedBuffer } from "../../explanation.ts";
import type { Context } from "./context.ts";
import { keyOfBuffer } from "./report-index.ts";

const [width, left, liveHeight, height, foot] = [1000, 64, 60, 360, 24];

interface LifetimePicture {
  readonly element: SVGSVGElement;
  mark(key: string | undefined): void;
}

type Temporary = ExplainedBuffer & { readonly life: NonNullable<ExplainedBuffer["life"]> };

export function lifetimePicture(context: Context, buffers: readonly ExplainedBuffer[]): LifetimePicture {
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
  const said = `${name} ${type}: ${sizeText(bytes)}, calls ${life.first} to ${life.last}`;
  const box = svgElement(
    "g",
    { class: `box ${region}` },
    svgElement("title", {}, said),
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

/** How many bytes live at each call; the most of them is marked. */
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
      `most at once: ${sizeText(most)} in call ${peak}`,
    ),
    svgElement("text", { x: left - 6, y: liveHeight, "text-anchor": "end", class: "axis" }, "alive"),
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
