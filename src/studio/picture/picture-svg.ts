/** Renders pictures from top to bottom in one SVG file, for light and dark backgrounds. */
import { element, shapeText, svgFile, textAt } from "../charts/svg.ts";
import { regionColours } from "../palette.ts";
import type { Picture } from "../explanation.ts";
import { detailSize, labelSize, textWidth } from "./box-texts.ts";
import { boxShape, headShapes, laneShape, regions, wireRegions, wireShape } from "./scene-shapes.ts";
import { sceneOf } from "./scene.ts";
import type { Scene } from "./scene.ts";

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
  return svgFile({ width, height: y }, title, `<style>\n${style}\n</style>`, shapeText(headShapes), ...parts);
}

/** Renders one scene, without the background and the title of the file. */
function sceneSvg(scene: Scene, top: number): string {
  const { lanes, boxes, wires } = scene;
  const regionOf = wireRegions(scene);
  const shapes = [
    ...lanes.map(laneShape),
    ...boxes.filter((box) => box.isOpen).map((box) => boxShape(box, false)),
    ...wires.map((wire) => wireShape(wire, regionOf(wire))),
    ...boxes.filter((box) => !box.isOpen).map((box) => boxShape(box, false)),
  ];
  return element("g", { transform: `translate(0 ${top})` }, ...shapes.map(shapeText));
}

const regionStyle = (ground: 0 | 1): string =>
  regions.map((region) => styleOf(region, regionColours[region][ground])).join("\n");

const styleOf = (region: string, colour: string): string =>
  `.graph-lane.${region}, .graph-box.group.${region} rect, .graph-head.${region} { fill: ${colour} } ` +
  `.graph-box.${region} rect, .graph-wire.${region} { stroke: ${colour} }`;

const style = `
.graph-lane rect { fill-opacity: 0.05 }
.graph-lane text { font-size: ${labelSize}px; font-weight: 600; fill: inherit }
.graph-box rect { fill: #fff; stroke-width: 1.2 }
.graph-box.group rect { fill-opacity: 0.14 }
.graph-box.group.is-open rect { fill-opacity: 0.07; stroke-opacity: 0.6 }
.graph-box.result rect { stroke-width: 2.4 }
.graph-label { font-size: ${labelSize}px; font-weight: 600 }
.graph-detail { font-size: ${detailSize}px; fill: #555 }
.graph-wire { fill: none; stroke-width: 1.3; stroke-opacity: 0.75 }
${regionStyle(0)}
@media (prefers-color-scheme: dark) {
.graph-box:not(.group) rect { fill: #1d2026 }
.graph-detail { fill: #aab }
${regionStyle(1)}
}`.trim();
