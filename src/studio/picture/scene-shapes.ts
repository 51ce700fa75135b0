/**
 * The shapes of a scene: lanes, wires and boxes. An SVG file contains all of them (`picture-svg.ts`); a page
 * creates elements only for the visible ones (`pages/shared/graph/canvas.ts`). CSS classes define their
 * style.
 */
import { shape } from "../charts/svg.ts";
import type { Shape } from "../charts/svg.ts";
import { labelSize, textWidth } from "./box-texts.ts";
import type { Scene, SceneBox, SceneWire } from "./scene.ts";
import { wirePath } from "./wire-ends.ts";

export const regions = ["forward", "backward", "update", "evaluation"] as const;

/** The arrow heads, one for each region. */
export const headShapes: Shape = shape(
  "defs",
  {},
  ...regions.map((region) =>
    shape(
      "marker",
      {
        id: `head-${region}`,
        viewBox: "0 0 8 8",
        refX: 7.5,
        refY: 4,
        markerWidth: 9,
        markerHeight: 9,
        markerUnits: "userSpaceOnUse",
        orient: "auto",
      },
      shape("path", { class: `graph-head ${region}`, d: "M0 0.5L8 4L0 7.5Z" }),
    ),
  ),
);

export const laneShape = ({ region, label, x, y, width, height }: Scene["lanes"][number]): Shape =>
  shape(
    "g",
    { class: `graph-lane ${region}` },
    shape("rect", { x, y, width, height, rx: 10 }),
    shape("text", { x: x + 16, y: y + 26 }, label),
  );

/**
 * Returns the region that sets the colour of a wire: the region of its source box or, if there is none, of
 * the group that contains the wire.
 */
export function wireRegions(scene: Scene): (wire: SceneWire) => string {
  const regionOf = new Map(scene.boxes.map((box) => [box.id, box.region]));
  return ({ from = "", group = "", to = "" }) =>
    regionOf.get(from) ?? regionOf.get(group) ?? regionOf.get(to) ?? "forward";
}

export const wireShape = ({ points, hasHead }: SceneWire, region: string): Shape =>
  shape("path", {
    class: `graph-wire ${region}`,
    d: wirePath(points),
    "marker-end": hasHead ? `url(#head-${region})` : undefined,
  });

/** `hasSign`: whether the box shows the sign that opens or closes a group. */
export function boxShape(box: SceneBox, hasSign: boolean, more: Shape["attributes"] = {}): Shape {
  const { kind, region, label, shape: type, detail, x, y, width, height, isOpen } = box;
  const isSigned = hasSign && kind === "group";
  const base = boxBase(box);
  const right = { class: "graph-detail", x: width - (isSigned ? 28 : 12), y: base, "text-anchor": "end" };
  const sign = `M${width - 19} ${base - 4}h9${isOpen ? "" : "m-4.5 -4.5v9"}`;
  return shape(
    "g",
    {
      class: `graph-box ${kind} ${region}${isOpen ? " is-open" : ""}`,
      transform: `translate(${x} ${y})`,
      ...more,
    },
    shape("title", {}, [label, type, detail].filter((part) => part !== "").join("\n")),
    shape("rect", { width, height, rx: kind === "leaf" ? height / 2 : isOpen ? 8 : 6 }),
    shape("text", { class: "graph-label", x: 12, y: base, "font-size": largeSize(box) }, label),
    shape("text", right, type),
    ...(detail === "" || isOpen ? [] : [shape("text", { class: "graph-detail", x: 12, y: 38 }, detail)]),
    ...(isSigned ? [shape("path", { class: "graph-sign", d: sign })] : []),
  );
}

const largestLabel = 24;
/** The width of bold letters relative to others. */
const boldWidth = 1.12;

/** The size of a name that fills its box. Zoomed out, a page shows only names, in this size. */
function largeSize({ label, width, height }: SceneBox): number {
  const fitting = (width - 24) / (textWidth(label, 1) * boldWidth);
  return Math.floor(Math.min(largestLabel, height * 0.55, Math.max(labelSize, fitting)));
}

/** The baseline of the first line of text in a box. A single line is centred vertically. */
function boxBase({ isOpen, detail, height }: SceneBox): number {
  if (isOpen) return 24;
  return detail === "" ? height / 2 + 4.5 : 20;
}
