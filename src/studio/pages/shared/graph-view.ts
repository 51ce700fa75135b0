/**
 * A graph to look at: groups open in place, wheel and drag move about, keys do all of it too. It fills its
 * host, which must have a height.
 *
 *     const view = graphView(host, { picture, onPick: (id) => showDetails(id) });
 *     view.select("gradient/dense1_sum");
 */
import type { Picture } from "../../explanation.ts";
import { sceneOf, type Scene } from "../../picture/scene.ts";
import { element } from "./element.ts";
import "./graph-view.css";
import { boxIndex } from "./graph/box-index.ts";
import { atFirst, fitting, panned, seen, showing, zoomed, type Camera, type Size } from "./graph/camera.ts";
import { createCanvas } from "./graph/canvas.ts";
import { listenToGestures } from "./graph/gestures.ts";
import { litBy } from "./graph/lit-wires.ts";
import { createMinimap } from "./graph/minimap.ts";
import { directionOf, nearestBox, nextBox } from "./graph/next-box.ts";

export interface GraphView {
  /** Another picture in place of this one, all groups closed. */
  show(picture: Picture): void;
  /**
   * Marks a box and brings it into view, its group opened; takes ids of nodes, of what is folded into others
   * too, and of groups.
   */
  select(id: string | undefined): void;
  /** Marks all boxes that have to do with these nodes, their groups too. */
  highlight(ids: readonly string[]): void;
  openAll(): void;
  closeAll(): void;
  fit(): void;
}

export interface GraphOptions {
  readonly picture: Picture;
  /** Called with the id of a node or group that was clicked, or picked by Enter. A group opens or closes besides. */
  readonly onPick: (id: string) => void;
}

const zoomStep = 1.25;
const panStep = 80;

export function graphView(host: HTMLElement, { picture: first, onPick }: GraphOptions): GraphView {
  let picture = first;
  let places = boxIndex(first);
  let open: ReadonlySet<string> = new Set();
  let scene: Scene = sceneOf(first, () => false);
  let camera: Camera = { x: 0, y: 0, scale: 1 };
  let view: Size = { width: 0, height: 0 };
  let selected: string | undefined;
  let current: string | undefined;
  let hovered: string | undefined;
  let highlighted: ReadonlySet<string> = new Set();
  let isWaiting = false;

  const canvas = createCanvas();
  const minimap = createMinimap((x, y) =>
    move(({ scale }) => ({ x: view.width / 2 - x * scale, y: view.height / 2 - y * scale, scale })),
  );

  /** At most once a frame. */
  const draw = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      const looked = hovered ?? current;
      const lit = looked === undefined ? undefined : litBy(looked, scene);
      canvas.draw(camera, view, { selected, current, highlighted, lit });
      minimap.frame(seen(camera, view, 0));
    });
  };
  const move = (change: (camera: Camera) => Camera): void => {
    camera = change(camera);
    draw();
  };
  const boxOf = (id: string | undefined) => scene.boxes.find((box) => box.id === id);

  /** What stays in its place while all around it moves, if that is wanted of a box. */
  const setOpen = (ids: ReadonlySet<string>, still?: string): void => {
    const before = boxOf(still);
    open = ids;
    scene = sceneOf(picture, (id) => open.has(id));
    const after = boxOf(still);
    if (before !== undefined && after !== undefined)
      camera = panned(
        camera,
        (before.x + before.width / 2 - after.x - after.width / 2) * camera.scale,
        (before.y - after.y) * camera.scale,
      );
    if (boxOf(current) === undefined) current = undefined;
    hovered = undefined;
    canvas.show(scene);
    minimap.show(scene);
    draw();
  };
  const toggle = (id: string): void => {
    const without = [...open].filter((each) => each !== id);
    setOpen(new Set(open.has(id) ? without : [...open, id]), id);
  };
  const pick = (id: string): void => {
    current = id;
    if (boxOf(id)?.kind === "group") toggle(id);
    onPick(id);
    draw();
  };
  const bringIntoView = (id: string): void => {
    const box = boxOf(id);
    if (box !== undefined) move((at) => showing(at, box, view));
  };
  const middle = (): [number, number] => [
    (view.width / 2 - camera.x) / camera.scale,
    (view.height / 2 - camera.y) / camera.scale,
  ];
  const goTo = (id: string | undefined): void => {
    current = id;
    if (id !== undefined) bringIntoView(id);
    draw();
  };
  const groupIds = () => picture.boxes.filter(({ inside }) => inside !== undefined).map(({ id }) => id);

  const self: GraphView = {
    show(shown) {
      picture = shown;
      places = boxIndex(shown);
      [selected, current, highlighted] = [undefined, undefined, new Set()];
      setOpen(new Set());
      move(() => atFirst(scene, view));
    },
    select(id) {
      const place = places.get(id ?? "");
      selected = place?.box;
      if (place !== undefined) {
        if (place.group !== undefined && !open.has(place.group))
          setOpen(new Set([...open, place.group]), place.group);
        bringIntoView(place.box);
      }
      draw();
    },
    highlight(ids) {
      const found = ids.flatMap((id) => places.get(id) ?? []);
      highlighted = new Set(found.flatMap(({ box, group }) => (group === undefined ? [box] : [box, group])));
      draw();
    },
    openAll: () => setOpen(new Set(groupIds())),
    closeAll: () => setOpen(new Set()),
    fit: () => move(() => fitting(scene, view)),
  };

  const keys: Readonly<Record<string, () => void>> = {
    "+": () => move((at) => zoomed(at, zoomStep, view.width / 2, view.height / 2)),
    "=": () => move((at) => zoomed(at, zoomStep, view.width / 2, view.height / 2)),
    "-": () => move((at) => zoomed(at, 1 / zoomStep, view.width / 2, view.height / 2)),
    "0": self.fit,
    "1": () => move(() => atFirst(scene, view)),
    o: self.openAll,
    c: self.closeAll,
    Enter: () => (current === undefined ? goTo(nearestBox(middle(), scene.boxes)?.id) : pick(current)),
    " ": () => (current === undefined ? goTo(nearestBox(middle(), scene.boxes)?.id) : pick(current)),
    Escape: () => goTo(undefined),
  };
  const onArrow = (event: KeyboardEvent, [dx, dy]: readonly [number, number]): void => {
    const from = boxOf(current);
    if (from === undefined || event.shiftKey) return move((at) => panned(at, -dx * panStep, -dy * panStep));
    const next = nextBox(from, [dx, dy], scene.boxes);
    if (next !== undefined) goTo(next.id);
  };
  canvas.svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = directionOf(event.key);
    if (direction === undefined && !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    if (direction === undefined) keys[event.key]();
    else onArrow(event, direction);
  });
  listenToGestures(canvas.svg, {
    move,
    pick: (id) => (id === undefined ? goTo(undefined) : pick(id)),
    hover: (id) => {
      hovered = id;
      draw();
    },
  });

  const button = (label: string, title: string, act: () => void) => {
    const made = element("button", { type: "button", title, "aria-label": title }, label);
    made.addEventListener("click", act);
    return made;
  };
  const bar = element(
    "div",
    { class: "graph-bar", role: "toolbar", "aria-label": "View of the graph" },
    button("+", "Larger (+)", keys["+"]),
    button("−", "Smaller (−)", keys["-"]),
    button("⤢", "All of it (0)", self.fit),
    button("▾", "Open all groups (o)", self.openAll),
    button("▴", "Close all groups (c)", self.closeAll),
  );
  host.append(element("div", { class: "graph" }, canvas.svg, bar, minimap.svg));
  new ResizeObserver(([{ contentRect }]) => {
    const isFirst = view.width === 0;
    view = { width: contentRect.width, height: contentRect.height };
    if (isFirst && selected === undefined) camera = atFirst(scene, view);
    if (isFirst && selected !== undefined) bringIntoView(selected);
    draw();
  }).observe(canvas.svg);
  setOpen(new Set());
  return self;
}
