/**
 * Draws a scene for printing: every box and wire, cut into pages of the full width. A cut goes between boxes where
 * possible.
 */
import { boxShape, headShapes, laneShape, wireRegions, wireShape } from "../../../picture/scene-shapes.ts";
import type { Scene } from "../../../picture/scene.ts";
import { shapeElement, svgElement } from "../element.ts";
import { meets, type Bounds } from "./camera.ts";
import { boundsOf } from "./canvas.ts";

/** The height of a page relative to its width. One page of this form fits on a landscape sheet. */
const pageForm = 0.62;
/** A narrow scene is not enlarged: this is the smallest width of a page in units of the scene. */
const leastWidth = 900;

export function printPages(scene: Scene): SVGSVGElement[] {
  const width = Math.max(leastWidth, scene.width);
  const cuts = cutsOf(scene, width * pageForm);
  return cuts
    .slice(1)
    .map((end, index) => pageOf(scene, { x: 0, y: cuts[index], width, height: end - cuts[index] }));
}

/** Returns the heights at which pages begin and end. */
function cutsOf({ height, boxes }: Scene, longest: number): readonly number[] {
  const closed = boxes.filter(({ isOpen }) => !isOpen);
  const cuts = [0];
  for (let start = 0; start < height; start = cuts[cuts.length - 1]) {
    const end = Math.min(height, start + longest);
    const crossed = closed.filter((box) => box.y < end && box.y + box.height > end);
    // A cut through a row of boxes moves above the row, unless that would leave most of the page empty.
    const above = Math.min(end, ...crossed.map((box) => box.y - 6));
    cuts.push(end < height && above > start + longest / 2 ? above : end);
  }
  return cuts;
}

function pageOf(scene: Scene, bounds: Bounds): SVGSVGElement {
  const { lanes, boxes, wires } = scene;
  const regionOf = wireRegions(scene);
  const seen = boxes.filter((box) => meets(box, bounds));
  const shapes = [
    ...lanes.map(laneShape),
    ...seen.filter((box) => box.isOpen).map((box) => boxShape(box, false)),
    ...wires.filter((wire) => meets(boundsOf(wire), bounds)).map((wire) => wireShape(wire, regionOf(wire))),
    ...seen.filter((box) => !box.isOpen).map((box) => boxShape(box, false)),
  ];
  const { x, y, width, height } = bounds;
  const attributes = { class: "graph-page", viewBox: `${x} ${y} ${width} ${height}` };
  return svgElement("svg", attributes, ...[headShapes, ...shapes].map(shapeElement));
}
