/** The map of a surface: its contour bands, and the paths of the optimizers over them. */
import { quantileSorted } from "d3-array";
import { contours } from "d3-contour";
import { scaleLinear } from "d3-scale";
import type { ScaleLinear } from "d3-scale";
import { svgElement } from "../../shared/element.ts";
import type { Path } from "./messages.ts";
import type { Point, Range } from "./state.ts";

// The contour bands between heights. Lower bands have a stronger colour.

const bands = 18;

/**
 * Returns an SVG path for each level. The path covers the area above the level. The paths are drawn on top of
 * one another, from the lowest level up.
 * @param heights row by row, from the lowest y up, `side` × `side`
 */
function contourBands(
  heights: Float64Array,
  side: number,
  x: ScaleLinear<number, number>,
  y: ScaleLinear<number, number>,
): SVGPathElement[] {
  const sorted = [...heights.filter(Number.isFinite).sort()];
  if (sorted.length === 0) return [];
  // Levels are quantiles of the height, with smaller steps at the bottom. Valleys therefore have contour
  // lines even if the rest of the surface is steep.
  const levels = Array.from({ length: bands }, (_, i) => quantileSorted(sorted, (i / bands) ** 1.8) ?? 0);
  const [left, right] = x.range();
  const [bottom, top] = y.range();
  const across = (column: number) => (left + ((column - 0.5) / (side - 1)) * (right - left)).toFixed(1);
  const up = (row: number) => (bottom + ((row - 0.5) / (side - 1)) * (top - bottom)).toFixed(1);
  const made = contours()
    .size([side, side])
    .thresholds([...new Set(levels)])(
    [...heights].map((height) => (Number.isFinite(height) ? height : Infinity)),
  );
  return made.map(({ coordinates }, level) => {
    const d = coordinates
      .flat()
      .map((ring) => `M${ring.map(([column, row]) => `${across(column)},${up(row)}`).join("L")}Z`)
      .join("");
    const band = svgElement("path", { d, class: "band" });
    band.style.setProperty("--height", String(level / (made.length - 1 || 1)));
    return band;
  });
}

// The map shows the surface from above, the path of each optimizer, and the start. The user can drag the
// start, set it by a click, or move it with the arrow keys.

const size = 560;
const margin = { left: 34, right: 6, top: 6, bottom: 24 };
/**
 * The number of grid points along each side of the map. Contours are computed from the heights at these
 * points.
 */
export const gridSide = 121;

/** The path of an optimizer, with its name and colour. */
export interface DrawnPath {
  readonly name: string;
  readonly colour: string;
  readonly path: Path;
}

interface MapView {
  readonly element: SVGSVGElement;
  setRange(range: Range): void;
  drawSurface(heights: Float64Array): void;
  setStart(start: Point): void;
  /** Draws each path: the whole path faintly, and the part up to the current step strongly. */
  drawPaths(paths: readonly DrawnPath[], shown: number): void;
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

/** Maps parameters to positions in the drawing. */
interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

const plot = {
  x: margin.left,
  y: margin.top,
  width: size - margin.left - margin.right,
  height: size - margin.top - margin.bottom,
};

export function mapView(onStart: (start: Point, isSettled: boolean) => void): MapView {
  const scales: Scales = {
    x: scaleLinear([0, 1], [margin.left, size - margin.right]),
    y: scaleLinear([0, 1], [size - margin.bottom, margin.top]),
  };
  const { x, y } = scales;
  const [land, trails, axes] = [0, 1, 2].map(() => svgElement("g"));
  const handle = svgElement(
    "g",
    { class: "start", tabindex: 0, role: "button", "aria-label": "Start point; arrow keys move it" },
    svgElement("circle", { r: 14, class: "grip" }),
    svgElement("circle", { r: 6 }),
  );
  const inside = { "clip-path": "url(#plot)" };
  land.setAttribute("class", "land");
  const svg = svgElement(
    "svg",
    {
      viewBox: `0 0 ${size} ${size}`,
      class: "map",
      "aria-label": "The loss over the two parameters, and the paths",
    },
    svgElement("clipPath", { id: "plot" }, svgElement("rect", plot)),
    svgElement("g", inside, land, trails),
    axes,
    handle,
  );

  let at: Point = [0, 0];
  let seen = "";
  const within = (value: number, [low, high]: number[]) =>
    rounded(Math.min(high, Math.max(low, value)), high - low);
  const moveTo = (toX: number, toY: number, isSettled: boolean) =>
    onStart([within(toX, x.domain()), within(toY, y.domain())], isSettled);
  listenToPointer(svg, handle, (place, isSettled) => moveTo(x.invert(place.x), y.invert(place.y), isSettled));
  listenToArrows(handle, (right, up) => {
    const [width, height] = [x, y].map((scale) => scale.domain()[1] - scale.domain()[0]);
    moveTo(at[0] + right * width, at[1] + up * height, true);
  });

  return {
    element: svg,
    setRange(range) {
      if (String(range) === seen) return;
      seen = String(range);
      const [left, right, bottom, top] = range;
      x.domain([left, right]);
      y.domain([bottom, top]);
      land.replaceChildren();
      axes.replaceChildren(...axisShapes(scales));
    },
    drawSurface: (heights) => land.replaceChildren(...contourBands(heights, gridSide, x, y)),
    setStart([toX, toY]) {
      at = [toX, toY];
      handle.setAttribute("transform", `translate(${x(toX)} ${y(toY)})`);
      handle.setAttribute("aria-label", `Start point at (${toX}, ${toY}); arrow keys move it`);
    },
    drawPaths(paths, shown) {
      trails.replaceChildren(...paths.flatMap((path) => trailShapes(path, shown, scales)));
    },
  };
}

/** Reports each position that the user clicks or drags to. The last position of a drag is final. */
function listenToPointer(
  svg: SVGSVGElement,
  handle: SVGElement,
  onPoint: (place: DOMPoint, isSettled: boolean) => void,
): void {
  const pointed = ({ clientX, clientY }: PointerEvent, isSettled: boolean) => {
    const toDrawing = svg.getScreenCTM()?.inverse();
    if (toDrawing === undefined) return;
    onPoint(new DOMPoint(clientX, clientY).matrixTransform(toDrawing), isSettled);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    pointed(event, false);
    handle.focus({ preventScroll: true });
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) pointed(event, false);
  });
  svg.addEventListener("pointerup", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) pointed(event, true);
  });
}

/** Reports how far the arrow keys move, as a fraction of the map: a hundredth, or a tenth with Shift. */
function listenToArrows(handle: SVGElement, onMove: (right: number, up: number) => void): void {
  handle.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    const fraction = event.shiftKey ? 0.1 : 0.01;
    onMove(way[0] * fraction, way[1] * fraction);
  });
}

function axisShapes({ x, y }: Scales): readonly SVGElement[] {
  const tick = (left: number, top: number, anchor: "middle" | "end", text: string) =>
    svgElement("text", { x: left, y: top, class: `tick ${anchor}` }, text);
  const [below, beside] = [size - margin.bottom + 16, margin.left - 6];
  return [
    svgElement("rect", { ...plot, class: "frame" }),
    ...x.ticks(6).map((value) => tick(x(value), below, "middle", String(value))),
    ...y.ticks(6).map((value) => tick(beside, y(value) + 4, "end", String(value))),
    tick(size - margin.right, size - 2, "end", "x"),
    tick(beside, margin.top + 9, "end", "y"),
  ];
}

/** Draws the whole path faintly, and the part up to the step `shown` strongly. A dot marks this step. */
function trailShapes({ name, colour, path }: DrawnPath, shown: number, { x, y }: Scales): SVGElement[] {
  // Points far outside the map are clamped, because browsers cannot draw such long lines.
  const near = (value: number) => Math.min(4 * size, Math.max(-3 * size, value)).toFixed(1);
  const places = Array.from(path.x, (_, step) => `${near(x(path.x[step]))},${near(y(path.y[step]))}`);
  const past = places.slice(0, shown + 1);
  const [cx, cy] = past[past.length - 1].split(",");
  const line = (d: string, kind: string) =>
    svgElement("path", { d, class: kind, stroke: colour, "data-of": name });
  return [
    line(`M${places.join("L")}`, "trail whole"),
    line(`M${past.join("L")}`, "trail halo"),
    line(`M${past.join("L")}`, "trail"),
    line(past.map((place) => `M${place}h0`).join(""), "footprints"),
    svgElement("circle", { cx, cy, r: 5.5, fill: colour, class: "head", "data-of": name }),
  ];
}

/** Rounds a value to a thousandth of the visible width or finer. */
function rounded(value: number, width: number): number {
  const digits = Math.max(0, 3 - Math.floor(Math.log10(width)));
  return Number(value.toFixed(Math.min(12, digits)));
}
