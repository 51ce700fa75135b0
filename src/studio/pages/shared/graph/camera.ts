/** The visible part of a scene, and the pointer and wheel gestures that move it. */

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

const smallest = 0.002;
const largest = 4;
/** The smallest scale at which text is readable. */
const minReadableScale = 0.55;
const margin = 12;

const limited = (scale: number): number => Math.min(largest, Math.max(smallest, scale));

export const panned = ({ x, y, scale }: Camera, dx: number, dy: number): Camera => ({
  x: x + dx,
  y: y + dy,
  scale,
});

/** Zooms around the point (`x`, `y`) of the view. */
export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = limited(camera.scale * factor);
  const ratio = scale / camera.scale;
  return { x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio, scale };
}

/** Shows the whole scene, centred, at most at scale 1. */
export function fitting(scene: Size, view: Size): Camera {
  const room = { width: view.width - 2 * margin, height: view.height - 2 * margin };
  const scale = limited(Math.min(room.width / scene.width, room.height / scene.height, 1));
  return { x: (view.width - scene.width * scale) / 2, y: (view.height - scene.height * scale) / 2, scale };
}

/** Shows the whole scene if it is readable; otherwise its upper part at full width. */
export function atFirst(scene: Size, view: Size): Camera {
  const whole = fitting(scene, view);
  if (whole.scale >= minReadableScale) return whole;
  const scale = Math.min(1, Math.max(minReadableScale, (view.width - 2 * margin) / scene.width));
  return { x: Math.max(margin, (view.width - scene.width * scale) / 2), y: margin, scale };
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
 * Moves the camera so that a box is visible, and zooms in until text is readable. If the box is already
 * visible, the camera does not change.
 */
export function showing(camera: Camera, box: Bounds, view: Size): Camera {
  const inner = visibleBounds(camera, view, -margin);
  const isInside =
    box.x >= inner.x &&
    box.y >= inner.y &&
    box.x + box.width <= inner.x + inner.width &&
    box.y + box.height <= inner.y + inner.height;
  if (isInside && camera.scale >= minReadableScale) return camera;
  const scale = Math.max(camera.scale, minReadableScale + 0.25);
  const fitsIn = box.height * scale < view.height - 80;
  return {
    x: view.width / 2 - (box.x + box.width / 2) * scale,
    y: fitsIn ? view.height / 2 - (box.y + box.height / 2) * scale : 40 - box.y * scale,
    scale,
  };
}

// Gestures: dragging moves the view, the wheel or two fingers zoom, and a press without movement selects.

interface GestureHandlers {
  readonly move: (change: (camera: Camera) => Camera) => void;
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
        move((camera) =>
          zoomed(camera, Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), x, y),
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
    move((camera) =>
      panned(zoomed(camera, ratio, other.x, other.y), (place.x - before.x) / 2, (place.y - before.y) / 2),
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
