/**
 * Pointers and wheel over the canvas: drag to move, wheel or two fingers to zoom, a press that does not move
 * is a pick.
 */
import { panned, zoomed, type Camera } from "./camera.ts";

export interface GestureHandlers {
  readonly move: (change: (camera: Camera) => Camera) => void;
  /** The box under the pointer, if there is one. */
  readonly pick: (id: string | undefined) => void;
  readonly hover: (id: string | undefined) => void;
}

/** A press may tremble by as much. */
const tremble = 4;

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
    if (!start.isDrag && Math.hypot(place.x - start.x, place.y - start.y) < tremble) return;
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
