/** The visible part of a scene, and the pointer and wheel gestures that move it. */
import { detailSize } from "../../../picture/box-texts.ts";

// The camera. Scene coordinates times `scale`, plus `x` and `y`, are pixels of the view.

export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Bounds extends Size {
  readonly x: number;
  readonly y: number;
}

/** The largest scale: letters are then twice as high as the text of the page. */
const largest = 2.2;
/** The smallest scale, even if the scene is so large that all of it only fits at a smaller one. */
const smallest = 0.01;
/** The smallest text that the default view shows, in pixels. */
const smallestText = 11;
/** The smallest scale at which all texts have that height. */
export const readableScale = smallestText / detailSize;
const margin = 8;

/** Returns the range of the scale: zooming out ends when the whole scene is visible. */
export const scaleLimits = (scene: Size, view: Size): readonly [least: number, most: number] => [
  Math.max(smallest, Math.min(readableScale, wholeScale(scene, view))),
  largest,
];

const wholeScale = (scene: Size, view: Size): number =>
  Math.min((view.width - 2 * margin) / scene.width, (view.height - 2 * margin) / scene.height);

/** Limits the scale, and moves the camera so that the scene cannot leave the view. */
export function limited({ x, y, scale }: Camera, scene: Size, view: Size): Camera {
  const [least, most] = scaleLimits(scene, view);
  const kept = Math.min(most, Math.max(least, scale));
  return {
    x: withinView(x, scene.width * kept, view.width),
    y: withinView(y, scene.height * kept, view.height),
    scale: kept,
  };
}

/**
 * Limits the position of the first edge of the scene. If the scene is smaller than the view, all of it stays visible;
 * otherwise it covers at least a quarter of the view.
 */
function withinView(first: number, length: number, room: number): number {
  if (length <= room) return Math.min(room - length, Math.max(0, first));
  return Math.min((room * 3) / 4, Math.max(room / 4 - length, first));
}

export const panned = ({ x, y, scale }: Camera, dx: number, dy: number): Camera => ({
  x: x + dx,
  y: y + dy,
  scale,
});

/** Zooms around the point (`x`, `y`) of the view, within the limits of the scale. */
export function zoomed(
  camera: Camera,
  factor: number,
  [x, y]: readonly [number, number],
  [least, most]: readonly [number, number],
): Camera {
  const scale = Math.min(most, Math.max(least, camera.scale * factor));
  const ratio = scale / camera.scale;
  return { x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio, scale };
}

/** A scene that is lower than the view begins at most this far below the top. */
const highest = 24;

/** Shows the whole scene, at most at scale 1. */
export function fitting(scene: Size, view: Size): Camera {
  const scale = Math.max(smallest, Math.min(1, wholeScale(scene, view)));
  return {
    x: (view.width - scene.width * scale) / 2,
    y: Math.min((view.height - scene.height * scale) / 2, highest),
    scale,
  };
}

/**
 * The default view: the whole scene if it is readable, otherwise its upper left part, so that all text is readable. It
 * fills the width of the view if that makes the text larger.
 */
export function atFirst(scene: Size, view: Size): Camera {
  const whole = fitting(scene, view);
  if (whole.scale >= readableScale) return whole;
  const scale = Math.min(1, Math.max(readableScale, (view.width - 2 * margin) / scene.width));
  return { x: Math.max(0, (view.width - scene.width * scale) / 2), y: 0, scale };
}

/** The visible part of the scene, extended by `around` pixels on each side. */
export function visibleBounds({ x, y, scale }: Camera, { width, height }: Size, around: number): Bounds {
  return {
    x: (-x - around) / scale,
    y: (-y - around) / scale,
    width: (width + 2 * around) / scale,
    height: (height + 2 * around) / scale,
  };
}

export const meets = (a: Bounds, b: Bounds): boolean =>
  a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;

/**
 * Moves the camera so that a box is visible at a readable scale. If the box is already visible, the camera does
 * not change. If the box is larger than the view, its upper part is shown.
 */
export function showing(camera: Camera, box: Bounds, view: Size): Camera {
  const inner = visibleBounds(camera, view, -margin);
  const isInside =
    box.x >= inner.x &&
    box.y >= inner.y &&
    box.x + box.width <= inner.x + inner.width &&
    box.y + box.height <= inner.y + inner.height;
  if (isInside && camera.scale >= readableScale) return camera;
  const fits = Math.min((view.width - 2 * margin) / box.width, (view.height - 2 * margin) / box.height);
  const scale = Math.max(readableScale, Math.min(camera.scale, fits));
  const at = zoomed(camera, scale / camera.scale, [view.width / 2, view.height / 2], [scale, scale]);
  return {
    x: nearest(at.x, box.x * scale, box.width * scale, view.width),
    y: nearest(at.y, box.y * scale, box.height * scale, view.height),
    scale,
  };
}

/**
 * Returns the offset that shows an interval of a box. If the interval fits, the view moves as little as possible;
 * otherwise it begins at the start of the interval.
 */
function nearest(offset: number, start: number, length: number, room: number): number {
  const [least, most] = [margin - start, room - margin - start - length];
  return least <= most ? Math.min(most, Math.max(least, offset)) : least;
}

/** Returns the camera at a fraction of the way between two cameras. The scale changes by equal factors. */
export function between(from: Camera, to: Camera, fraction: number): Camera {
  const part = fraction * (2 - fraction); // slows down at the end
  const way = (a: number, b: number): number => a + (b - a) * part;
  return { x: way(from.x, to.x), y: way(from.y, to.y), scale: from.scale * (to.scale / from.scale) ** part };
}

// Gestures: dragging moves the view, the wheel or two fingers zoom, and a press without movement selects.

interface GestureHandlers {
  readonly move: (change: (camera: Camera, scene: Size, view: Size) => Camera) => void;
  /** Called with the box under the pointer, if there is one. */
  readonly pick: (id: string | undefined) => void;
  readonly hover: (id: string | undefined) => void;
}

/** A press counts as a click if the pointer moves by at most this many pixels. */
const clickTolerance = 4;

const boxAt = (target: EventTarget | null): string | undefined =>
  target instanceof Element ? (target.closest("[data-id]")?.getAttribute("data-id") ?? undefined) : undefined;

export function listenToGestures(canvas: SVGSVGElement, { move, pick, hover }: GestureHandlers): void {
  const fingers = new Map<number, { x: number; y: number }>();
  let start: { x: number; y: number; isDrag: boolean } | undefined;
  const placeOf = ({ clientX, clientY }: MouseEvent) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { x, y } = placeOf(event);
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16;
      if (event.shiftKey) move((camera) => panned(camera, -(event.deltaX + event.deltaY) * lines, 0));
      else
        move((camera, scene, view) =>
          zoomed(
            camera,
            Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)),
            [x, y],
            scaleLimits(scene, view),
          ),
        );
    },
    { passive: false },
  );

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const place = placeOf(event);
    fingers.set(event.pointerId, place);
    start = { ...place, isDrag: fingers.size > 1 };
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined || start === undefined) return;
    const place = placeOf(event);
    if (!start.isDrag && Math.hypot(place.x - start.x, place.y - start.y) < clickTolerance) return;
    if (!start.isDrag || !canvas.hasPointerCapture(event.pointerId))
      canvas.setPointerCapture(event.pointerId);
    start.isDrag = true;
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    fingers.set(event.pointerId, place);
    if (other === undefined) return move((camera) => panned(camera, place.x - before.x, place.y - before.y));
    const ratio =
      Math.hypot(place.x - other.x, place.y - other.y) /
      Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    move((camera, scene, view) =>
      panned(
        zoomed(camera, ratio, [other.x, other.y], scaleLimits(scene, view)),
        (place.x - before.x) / 2,
        (place.y - before.y) / 2,
      ),
    );
  });

  const end = (event: PointerEvent) => {
    if (fingers.delete(event.pointerId) && start?.isDrag === false && event.type === "pointerup")
      pick(boxAt(event.target));
    if (fingers.size === 0) start = undefined;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch" && fingers.size === 0) hover(boxAt(event.target));
  });
  canvas.addEventListener("pointerleave", () => hover(undefined));
}
