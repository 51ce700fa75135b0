/**
 * What part of a scene is looked at: scene coordinates times `scale`, then moved by `x` and `y`, are pixels
 * of the view.
 */

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
/** Texts can be read from here on. */
const readable = 0.55;
const margin = 12;

const limited = (scale: number): number => Math.min(largest, Math.max(smallest, scale));

export const panned = ({ x, y, scale }: Camera, dx: number, dy: number): Camera => ({
  x: x + dx,
  y: y + dy,
  scale,
});

/** The point of the view at `x`, `y` stays where it is. */
export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = limited(camera.scale * factor);
  const ratio = scale / camera.scale;
  return { x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio, scale };
}

/** All of it, in the middle; no larger than life. */
export function fitting(scene: Size, view: Size): Camera {
  const room = { width: view.width - 2 * margin, height: view.height - 2 * margin };
  const scale = limited(Math.min(room.width / scene.width, room.height / scene.height, 1));
  return { x: (view.width - scene.width * scale) / 2, y: (view.height - scene.height * scale) / 2, scale };
}

/** All of it if it can be read so; else the upper part, as wide as it goes. */
export function atFirst(scene: Size, view: Size): Camera {
  const whole = fitting(scene, view);
  if (whole.scale >= readable) return whole;
  const scale = Math.min(1, Math.max(readable, (view.width - 2 * margin) / scene.width));
  return { x: Math.max(margin, (view.width - scene.width * scale) / 2), y: margin, scale };
}

/** The part of the scene in view, and some around it. */
export function seen({ x, y, scale }: Camera, { width, height }: Size, around: number): Bounds {
  return {
    x: (-x - around) / scale,
    y: (-y - around) / scale,
    width: (width + 2 * around) / scale,
    height: (height + 2 * around) / scale,
  };
}

export const meets = (a: Bounds, b: Bounds): boolean =>
  a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;

/** Moved, and made large enough to be read, so that a box is in view; as it was, if it is already. */
export function showing(camera: Camera, box: Bounds, view: Size): Camera {
  const inner = seen(camera, view, -margin);
  const isInside =
    box.x >= inner.x &&
    box.y >= inner.y &&
    box.x + box.width <= inner.x + inner.width &&
    box.y + box.height <= inner.y + inner.height;
  if (isInside && camera.scale >= readable) return camera;
  const scale = Math.max(camera.scale, readable + 0.25);
  const fitsIn = box.height * scale < view.height - 80;
  return {
    x: view.width / 2 - (box.x + box.width / 2) * scale,
    y: fitsIn ? view.height / 2 - (box.y + box.height / 2) * scale : 40 - box.y * scale,
    scale,
  };
}
