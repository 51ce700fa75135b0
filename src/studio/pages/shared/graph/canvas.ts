/**
 * Draws only the visible part of a scene. Elements are added and removed as the camera moves. Small text is
 * drawn only at scales at which it is readable.
 */
import type { Scene, SceneBox, SceneWire } from "../../../picture/scene.ts";
import { boxShape, headShapes, laneShape, wireRegions, wireShape } from "../../../picture/scene-shapes.ts";
import { setAttributes, shapeElement, svgElement } from "../element.ts";
import { meets, visibleBounds } from "./camera.ts";
import type { Bounds, Camera, Size } from "./camera.ts";

/** The marked boxes and wires. */
export interface Marks {
  readonly selected: string | undefined;
  readonly current: string | undefined;
  readonly highlighted: ReadonlySet<string>;
  /** The highlighted wires and boxes, if any. */
  readonly lit: Lit | undefined;
}

export interface Lit {
  readonly boxes: ReadonlySet<string>;
  readonly wires: ReadonlySet<SceneWire>;
}

interface Item {
  readonly bounds: Bounds;
  readonly isSmall: boolean;
  readonly layer: SVGGElement;
  readonly make: () => SVGElement;
  readonly mark: (drawn: SVGElement, marks: Marks) => void;
}

/** Below this scale, boxes show only their names, in larger letters. */
const namesOnly = 0.8;
/** Below this scale, names and the content of groups are omitted too. */
const smallPrint = 0.42;
const around = 200;

export interface Canvas {
  readonly svg: SVGSVGElement;
  show(scene: Scene): void;
  draw(camera: Camera, view: Size, marks: Marks): void;
}

export function createCanvas(): Canvas {
  const lanes = svgElement("g");
  /** The frames of open groups: one layer for each depth, because a group covers the groups around it. */
  const frames = svgElement("g");
  const wires = svgElement("g", { class: "graph-wires" });
  const boxes = svgElement("g");
  const scaled = svgElement("g", {}, lanes, frames, wires, boxes);
  // The browser paints this group into a layer of its own. Moving the view moves the layer and paints nothing.
  const moved = svgElement("g", { class: "graph-moved" }, scaled);
  const svg = svgElement(
    "svg",
    {
      class: "graph-canvas",
      tabindex: 0,
      role: "application",
      "aria-label": "Graph: arrow keys move between boxes, Enter opens or selects, plus and minus zoom",
    },
    shapeElement(headShapes),
    moved,
  );
  let items: readonly Item[] = [];
  const drawn = new Map<Item, SVGElement>();

  const show = (scene: Scene): void => {
    for (const layer of [lanes, frames, wires, boxes]) layer.replaceChildren();
    drawn.clear();
    lanes.append(...scene.lanes.map((lane) => shapeElement(laneShape(lane))));
    const regionOf = wireRegions(scene);
    const depthOf = depths(scene);
    const layers = Array.from({ length: 1 + Math.max(0, ...depthOf.values()) }, () => svgElement("g"));
    frames.append(...layers);
    items = [
      ...scene.wires.map((wire) => wireItem(wire, regionOf(wire), wires)),
      ...scene.boxes.map((box) => boxItem(box, box.isOpen ? layers[depthOf.get(box.id) ?? 0] : boxes)),
    ];
  };

  const draw = (camera: Camera, view: Size, marks: Marks): void => {
    setAttributes(moved, { transform: `translate(${camera.x} ${camera.y})` });
    setAttributes(scaled, { transform: `scale(${camera.scale})` });
    svg.classList.toggle("graph-names", camera.scale < namesOnly);
    svg.classList.toggle("graph-far", camera.scale < smallPrint);
    svg.classList.toggle("graph-lit", marks.lit !== undefined);
    const window = visibleBounds(camera, view, around);
    const isZoomedOut = camera.scale < smallPrint;
    for (const item of items) {
      const isVisible = !(isZoomedOut && item.isSmall) && meets(item.bounds, window);
      const element = drawn.get(item);
      if (isVisible && element === undefined) {
        const made = item.make();
        drawn.set(item, made);
        item.layer.append(made);
        item.mark(made, marks);
      } else if (!isVisible && element !== undefined) {
        element.remove();
        drawn.delete(item);
      } else if (element !== undefined) item.mark(element, marks);
    }
    const current = marks.current === undefined ? undefined : elementId(marks.current);
    setAttributes(svg, { "aria-activedescendant": current });
  };
  return { svg, show, draw };
}

/** The number of open groups around each box. */
function depths({ boxes }: Scene): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { id, group } of boxes) found.set(id, group === undefined ? 0 : (found.get(group) ?? 0) + 1);
  return found;
}

/** Element ids must not contain spaces. */
const elementId = (id: string): string => `box-${id.replaceAll(/\s/g, "_")}`;

const wireItem = (wire: SceneWire, region: string, layer: SVGGElement): Item => ({
  bounds: boundsOf(wire),
  isSmall: wire.group !== undefined,
  layer,
  make: () => shapeElement(wireShape(wire, region)),
  mark: (element, { lit }) => void element.classList.toggle("is-lit", lit?.wires.has(wire) ?? false),
});

/** The smallest rectangle around a wire. */
export function boundsOf({ points }: SceneWire): Bounds {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

const boxItem = (box: SceneBox, layer: SVGGElement): Item => ({
  bounds: box,
  isSmall: box.group !== undefined,
  layer,
  make: () => boxElement(box),
  mark: (element, { selected, current, highlighted, lit }) => {
    element.classList.toggle("is-selected", box.id === selected);
    element.classList.toggle("is-current", box.id === current);
    element.classList.toggle("is-highlighted", highlighted.has(box.id));
    element.classList.toggle("is-lit", lit?.boxes.has(box.id) ?? false);
  },
});

function boxElement(box: SceneBox): SVGElement {
  const { id, kind, region, label, shape, detail, isOpen } = box;
  const attributes = {
    id: elementId(id),
    "data-id": id,
    role: "button",
    "aria-expanded": kind === "group" ? String(isOpen) : undefined,
    "aria-label": [label, shape, detail, region].filter((part) => part !== "").join(", "),
  };
  return shapeElement(boxShape(box, true, attributes));
}
