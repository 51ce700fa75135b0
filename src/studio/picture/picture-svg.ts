/** Pictures as one file of SVG, below one another, on light ground and on dark. */
import { element, svgFile, textAt } from "../charts/svg.ts";
import type { Picture } from "../explanation.ts";
import { detailSize, labelSize, textWidth } from "./box-size.ts";
import { sceneOf, type Scene, type SceneBox, type SceneWire } from "./scene.ts";
import { wirePath } from "./wire-path.ts";

export interface DrawnPicture {
  readonly title: string;
  readonly picture: Picture;
  readonly isOpen: (id: string) => boolean;
}

const titleHeight = 40;

export function pictureSvg(title: string, pictures: readonly DrawnPicture[]): string {
  let y = 0;
  const parts: string[] = [];
  const scenes = pictures.map(({ picture, isOpen }) => sceneOf(picture, isOpen));
  for (const [index, scene] of scenes.entries()) {
    const heading = textAt(16, 28, pictures[index].title, { class: "title" });
    parts.push(element("g", { transform: `translate(0 ${y})` }, heading, sceneSvg(scene, titleHeight)));
    y += titleHeight + scene.height;
  }
  const widths = pictures.map((each) => 32 + textWidth(each.title, 16));
  const width = Math.max(...widths, ...scenes.map((scene) => scene.width));
  return svgFile({ width, height: y }, title, `<style>\n${style}\n</style>`, heads, ...parts);
}

/** Without the ground and the title of the file. */
function sceneSvg({ lanes, boxes, wires }: Scene, top: number): string {
  return element(
    "g",
    { transform: `translate(0 ${top})` },
    ...lanes.flatMap(({ region, label, x, y, width, height }) => [
      element("rect", { class: `lane ${region}`, x, y, width, height, rx: 10 }),
      textAt(x + 16, y + 24, label, { class: `heading ${region}` }),
    ]),
    ...boxes.filter((box) => box.isOpen).map(frameSvg),
    ...wires.map((wire) => wireSvg(wire, boxes)),
    ...boxes.filter((box) => !box.isOpen).map(boxSvg),
  );
}

const regionOf = (id: string | undefined, boxes: readonly SceneBox[]): string | undefined =>
  boxes.find((box) => box.id === id)?.region;

function wireSvg({ from, to, group, points, hasHead }: SceneWire, boxes: readonly SceneBox[]): string {
  const region = regionOf(from, boxes) ?? regionOf(group, boxes) ?? regionOf(to, boxes) ?? "forward";
  return element("path", {
    class: `wire ${region}`,
    d: wirePath(points),
    "marker-end": hasHead ? `url(#head-${region})` : undefined,
  });
}

function frameSvg({ region, x, y, width, height, label, shape }: SceneBox): string {
  return element(
    "g",
    {},
    element("rect", { class: `frame ${region}`, x, y, width, height, rx: 8 }),
    textAt(x + 12, y + 22, label, { class: "label" }),
    textAt(x + width - 12, y + 22, shape, { class: "detail", "text-anchor": "end" }),
  );
}

function boxSvg({ region, kind, x, y, width, height, label, shape, detail }: SceneBox): string {
  const rx = kind === "leaf" ? height / 2 : 6;
  const base = y + (detail === "" ? height / 2 + 4 : 18);
  return element(
    "g",
    {},
    element("rect", { class: `box ${kind} ${region}`, x, y, width, height, rx }),
    textAt(x + 12, base, label, { class: "label" }),
    textAt(x + width - 12, base, shape, { class: "detail", "text-anchor": "end" }),
    ...(detail === "" ? [] : [textAt(x + 12, y + 34, detail, { class: "detail" })]),
  );
}

/** On light ground and on dark; the same as those of pages. */
const colours = {
  forward: ["#1d5fbf", "#7db2ff"],
  backward: ["#b4470f", "#ff9d66"],
  update: ["#1a7a45", "#63d194"],
  evaluation: ["#7a3fa8", "#cf9bff"],
} as const;

const regions = Object.entries(colours);

const heads = element(
  "defs",
  {},
  ...regions.map(([region]) =>
    element(
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
      element("path", { class: `head ${region}`, d: "M0 0.5L8 4L0 7.5Z" }),
    ),
  ),
);

const regionStyle = (ground: 0 | 1): string =>
  regions.map(([region, pair]) => styleOf(region, pair[ground])).join("\n");

const styleOf = (region: string, colour: string): string =>
  `.lane.${region}, .frame.${region}, .group.${region}, .head.${region}, .heading.${region} { fill: ${colour} } .box.${region}, .frame.${region}, .wire.${region} { stroke: ${colour} }`;

const style = `
.lane { fill-opacity: 0.05 }
.heading { font-size: 12px; font-weight: 600 }
.frame { fill-opacity: 0.07; stroke-opacity: 0.6 }
.box { fill: #fff; stroke-width: 1.2 }
.box.group { fill-opacity: 0.14 }
.box.result { stroke-width: 2.4 }
.label { font-size: ${labelSize}px; font-weight: 600 }
.detail { font-size: ${detailSize}px; fill: #555 }
.wire { fill: none; stroke-width: 1.3; stroke-opacity: 0.75 }
${regionStyle(0)}
@media (prefers-color-scheme: dark) {
.box { fill: #1d2026 }
.detail { fill: #aab }
${regionStyle(1)}
}`.trim();
