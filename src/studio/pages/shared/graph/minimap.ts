/**
 * An overview of the scene in a corner of the view, with the visible part marked. A press on the overview
 * moves the view.
 */
import type { Scene } from "../../../picture/scene.ts";
import { setAttributes, svgElement } from "../element.ts";
import type { Bounds } from "./camera.ts";

const largest = 168;

export interface Minimap {
  readonly svg: SVGSVGElement;
  show(scene: Scene): void;
  /** Sets the visible part. The overview is hidden if everything is visible. */
  frame(window: Bounds): void;
}

/** `goTo` is called with a point of the scene. */
export function createMinimap(goTo: (x: number, y: number) => void): Minimap {
  const window = svgElement("rect", { class: "graph-window" });
  const svg = svgElement("svg", { class: "graph-minimap", "aria-hidden": "true" });
  let scene: Scene | undefined;

  const show = (shown: Scene): void => {
    scene = shown;
    const { width, height, lanes, boxes } = shown;
    const scale = largest / Math.max(width, height);
    setAttributes(svg, {
      viewBox: `0 0 ${width} ${height}`,
      width: Math.max(28, width * scale),
      height: Math.max(28, height * scale),
      preserveAspectRatio: "none",
    });
    const regions = [...new Set(boxes.map(({ region }) => region))];
    const outer = boxes.filter(({ group }) => group === undefined);
    svg.replaceChildren(
      ...lanes.map(({ region, x, y, width: w, height: h }) =>
        svgElement("rect", { class: `graph-ground ${region}`, x, y, width: w, height: h }),
      ),
      ...regions.map((region) => {
        const d = outer
          .filter((box) => box.region === region)
          .map((box) => `M${box.x} ${box.y}h${box.width}v${box.height}h${-box.width}z`)
          .join("");
        return svgElement("path", { class: `graph-blocks ${region}`, d });
      }),
      window,
    );
  };

  const frame = ({ x, y, width, height }: Bounds): void => {
    const isAll =
      scene !== undefined && x <= 0 && y <= 0 && x + width >= scene.width && y + height >= scene.height;
    svg.classList.toggle("is-needless", isAll);
    setAttributes(window, { x, y, width, height });
  };

  const go = (event: PointerEvent): void => {
    if (scene === undefined || event.buttons === 0) return;
    const { left, top, width, height } = svg.getBoundingClientRect();
    goTo(((event.clientX - left) / width) * scene.width, ((event.clientY - top) / height) * scene.height);
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    go(event);
  });
  svg.addEventListener("pointermove", go);
  return { svg, show, frame };
}
