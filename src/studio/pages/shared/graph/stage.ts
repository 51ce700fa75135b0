/** Shows the scene of a picture on a canvas, with its open groups, camera and marks. */
import type { Picture } from "../../../explanation.ts";
import { sceneOf } from "../../../picture/scene.ts";
import type { Scene, SceneBox } from "../../../picture/scene.ts";
import { atFirst, between, limited, panned, scaleLimits, showing, visibleBounds } from "./camera.ts";
import type { Camera, Size } from "./camera.ts";
import { createCanvas } from "./canvas.ts";
import { litBy } from "./box-index.ts";
import { createMinimap } from "./minimap.ts";

/** The ids of marked boxes. */
export interface MarkedBoxes {
  readonly selected: string | undefined;
  /** The box with the keyboard focus. */
  readonly current: string | undefined;
  readonly hovered: string | undefined;
  readonly highlighted: ReadonlySet<string>;
}

const unmarked: MarkedBoxes = {
  selected: undefined,
  current: undefined,
  hovered: undefined,
  highlighted: new Set(),
};

export interface Stage {
  readonly svg: SVGSVGElement;
  readonly minimap: SVGSVGElement;
  readonly picture: () => Picture;
  readonly scene: () => Scene;
  readonly marked: () => MarkedBoxes;
  readonly openGroups: () => ReadonlySet<string>;
  boxOf(id: string | undefined): SceneBox | undefined;
  /** The centre of the view, in scene coordinates. */
  middle(): [x: number, y: number];
  /** Replaces the picture; all groups are closed and nothing is marked. */
  show(picture: Picture): void;
  /** Opens these groups and closes all others. The box `still` keeps its position in the view. */
  setOpen(groups: ReadonlySet<string>, still?: string): void;
  mark(change: Partial<MarkedBoxes>): void;
  move(change: CameraChange): void;
  /** Moves the camera in several frames, so that the eye can follow. */
  glide(change: CameraChange): void;
  bringIntoView(id: string): void;
  resize(view: Size): void;
}

export type CameraChange = (camera: Camera, scene: Scene, view: Size) => Camera;

/** What the user sees after each frame. */
export interface Seen {
  readonly scale: number;
  readonly limits: readonly [least: number, most: number];
}

/** The length of a movement of the camera, in milliseconds. */
const glideTime = 220;

export function createStage(first: Picture, onDraw: (seen: Seen) => void): Stage {
  let picture = first;
  let open: ReadonlySet<string> = new Set();
  let scene: Scene = sceneOf(first, () => false);
  let view: Size = { width: 0, height: 0 };
  let marked = unmarked;

  const canvas = createCanvas();
  const minimap = createMinimap((x, y) =>
    move(({ scale }) => ({ x: view.width / 2 - x * scale, y: view.height / 2 - y * scale, scale })),
  );
  const draw = oncePerFrame(() => {
    const focused = marked.hovered ?? marked.current;
    const lit = focused === undefined ? undefined : litBy(focused, scene);
    const camera = mover.camera();
    canvas.draw(camera, view, { ...marked, lit });
    minimap.frame(visibleBounds(camera, view, 0));
    onDraw({ scale: camera.scale, limits: scaleLimits(scene, view) });
  });
  const mover = createMover(draw, (camera) => limited(camera, scene, view));
  const move: Stage["move"] = (change) => mover.move((camera) => change(camera, scene, view));
  const glide: Stage["glide"] = (change) => mover.glide((camera) => change(camera, scene, view));
  const boxOf = (id: string | undefined) => scene.boxes.find((box) => box.id === id);
  const setOpen = (groups: ReadonlySet<string>, still?: string): void => {
    const before = boxOf(still);
    open = groups;
    scene = sceneOf(picture, (id) => open.has(id));
    const after = boxOf(still);
    if (before !== undefined && after !== undefined)
      mover.move((camera) => keepingInPlace(camera, before, after));
    if (boxOf(marked.current) === undefined) marked = { ...marked, current: undefined };
    marked = { ...marked, hovered: undefined };
    canvas.show(scene);
    minimap.show(scene);
    draw();
  };
  const bringIntoView = (id: string): void => {
    const box = boxOf(id);
    if (box !== undefined) glide((at) => showing(at, box, view));
  };

  return {
    svg: canvas.svg,
    minimap: minimap.svg,
    picture: () => picture,
    scene: () => scene,
    marked: () => marked,
    openGroups: () => open,
    boxOf,
    middle() {
      const { x, y, scale } = mover.camera();
      return [(view.width / 2 - x) / scale, (view.height / 2 - y) / scale];
    },
    show(shown) {
      picture = shown;
      marked = unmarked;
      setOpen(new Set());
      move(() => atFirst(scene, view));
    },
    setOpen,
    mark(change) {
      marked = { ...marked, ...change };
      draw();
    },
    move,
    glide,
    bringIntoView,
    resize(size) {
      const isFirst = view.width === 0;
      if (size.width === 0) return; // hidden, for instance while the page is printed
      view = size;
      move((at) => (isFirst ? atFirst(scene, view) : at));
      if (isFirst && marked.selected !== undefined) bringIntoView(marked.selected);
    },
  };
}

/**
 * Moves the camera after a box has changed from `before` to `after`, so that the middle of its upper edge
 * does not move.
 */
const keepingInPlace = (camera: Camera, before: SceneBox, after: SceneBox): Camera =>
  panned(
    camera,
    (before.x + before.width / 2 - after.x - after.width / 2) * camera.scale,
    (before.y - after.y) * camera.scale,
  );

interface Mover {
  readonly camera: () => Camera;
  /** Both changes apply to the place at which the camera comes to rest, so that several changes add up. */
  move(change: (camera: Camera) => Camera): void;
  glide(change: (camera: Camera) => Camera): void;
}

/** Holds the camera and moves it, at once or in several frames. A user may prefer no motion. */
function createMover(draw: () => void, limit: (camera: Camera) => Camera): Mover {
  let camera: Camera = { x: 0, y: 0, scale: 1 };
  let goal = camera;
  let frame = 0;
  const place = (at: Camera): void => {
    camera = at;
    draw();
  };
  const move: Mover["move"] = (change) => {
    goal = limit(change(goal));
    cancelAnimationFrame(frame);
    place(goal);
  };
  const glide: Mover["glide"] = (change) => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return move(change);
    goal = limit(change(goal));
    cancelAnimationFrame(frame);
    const [from, start] = [camera, performance.now()];
    const step = (now: number): void => {
      const fraction = Math.min(1, Math.max(0, now - start) / glideTime);
      place(fraction === 1 ? goal : between(from, goal, fraction));
      if (fraction < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  };
  return { camera: () => camera, move, glide };
}

/** Returns a function that runs `draw` in the next frame. Several calls before that frame run it once. */
function oncePerFrame(draw: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      draw();
    });
  };
}
