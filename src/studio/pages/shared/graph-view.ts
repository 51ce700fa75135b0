/**
 * An interactive graph: groups open in place; wheel, drag and keys move and zoom the view. The graph fills
 * its host element, which must have a height.
 *
 *     const view = graphView(host, { picture, onPick: (id) => showDetails(id) });
 *     view.select("gradient/dense1_sum");
 */
import type { Picture } from "../../explanation.ts";
import { element } from "./element.ts";
import "./graph-view.css";
import { boxIndex, directionOf, nearestBox, nextBox } from "./graph/box-index.ts";
import { atFirst, fitting, listenToGestures, panned, zoomed } from "./graph/camera.ts";
import { createStage, type Stage } from "./graph/stage.ts";

export interface GraphView {
  /** Replaces the picture; all groups are closed. */
  show(picture: Picture): void;
  /**
   * Marks a box, opens its group and scrolls to it. The id is that of a group or a node. If the node is
   * written inline in the formula of another node, the box of that other node is marked.
   */
  select(id: string | undefined): void;
  /** Marks all boxes of these nodes, and their groups. */
  highlight(ids: readonly string[]): void;
  openAll(): void;
  closeAll(): void;
  fit(): void;
}

export interface GraphOptions {
  readonly picture: Picture;
  /**
   * Called with the id of a node or group when the user clicks it, or presses Enter on it. A group also opens
   * or closes.
   */
  readonly onPick: (id: string) => void;
}

const zoomStep = 1.25;
const panStep = 80;

export function graphView(host: HTMLElement, { picture, onPick }: GraphOptions): GraphView {
  const stage = createStage(picture);
  let places = boxIndex(picture);

  const goTo = (id: string | undefined): void => {
    stage.mark({ current: id });
    if (id !== undefined) stage.bringIntoView(id);
  };
  const toggle = (id: string): void => {
    const open = stage.openGroups();
    const without = [...open].filter((each) => each !== id);
    stage.setOpen(new Set(open.has(id) ? without : [...open, id]), id);
  };
  const pick = (id: string): void => {
    stage.mark({ current: id });
    if (stage.boxOf(id)?.kind === "group") toggle(id);
    onPick(id);
  };

  const self: GraphView = {
    show(shown) {
      places = boxIndex(shown);
      stage.show(shown);
    },
    select(id) {
      const place = places.get(id ?? "");
      stage.mark({ selected: place?.box });
      if (place === undefined) return;
      const { box, group } = place;
      const open = stage.openGroups();
      if (group !== undefined && !open.has(group)) stage.setOpen(new Set([...open, group]), group);
      stage.bringIntoView(box);
    },
    highlight(ids) {
      const found = ids.flatMap((id) => places.get(id) ?? []);
      const boxes = found.flatMap(({ box, group }) => (group === undefined ? [box] : [box, group]));
      stage.mark({ highlighted: new Set(boxes) });
    },
    openAll() {
      const groups = stage.picture().boxes.filter(({ inside }) => inside !== undefined);
      stage.setOpen(new Set(groups.map(({ id }) => id)));
    },
    closeAll: () => stage.setOpen(new Set()),
    fit: () => stage.move((_, scene, view) => fitting(scene, view)),
  };

  listenToKeys(stage, self, { goTo, pick });
  listenToGestures(stage.svg, {
    move: stage.move,
    pick: (id) => (id === undefined ? goTo(undefined) : pick(id)),
    hover: (id) => stage.mark({ hovered: id }),
  });
  host.append(element("div", { class: "graph" }, stage.svg, toolbar(stage, self), stage.minimap));
  new ResizeObserver(([{ contentRect }]) =>
    stage.resize({ width: contentRect.width, height: contentRect.height }),
  ).observe(stage.svg);
  stage.setOpen(new Set());
  return self;
}

const zoom = (stage: Stage, factor: number): void =>
  stage.move((at, _, view) => zoomed(at, factor, view.width / 2, view.height / 2));

interface BoxActions {
  readonly goTo: (id: string | undefined) => void;
  readonly pick: (id: string) => void;
}

function listenToKeys(stage: Stage, graph: GraphView, { goTo, pick }: BoxActions): void {
  const enter = (): void => {
    const { current } = stage.marked();
    if (current === undefined) goTo(nearestBox(stage.middle(), stage.scene().boxes)?.id);
    else pick(current);
  };
  const keys: Readonly<Record<string, () => void>> = {
    "+": () => zoom(stage, zoomStep),
    "=": () => zoom(stage, zoomStep),
    "-": () => zoom(stage, 1 / zoomStep),
    "0": graph.fit,
    "1": () => stage.move((_, scene, view) => atFirst(scene, view)),
    o: graph.openAll,
    c: graph.closeAll,
    Enter: enter,
    " ": enter,
    Escape: () => goTo(undefined),
  };
  const onArrow = (isPan: boolean, [dx, dy]: readonly [number, number]): void => {
    const from = stage.boxOf(stage.marked().current);
    if (from === undefined || isPan) return stage.move((at) => panned(at, -dx * panStep, -dy * panStep));
    const next = nextBox(from, [dx, dy], stage.scene().boxes);
    if (next !== undefined) goTo(next.id);
  };
  stage.svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = directionOf(event.key);
    if (direction === undefined && !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    if (direction === undefined) keys[event.key]();
    else onArrow(event.shiftKey, direction);
  });
}

function toolbar(stage: Stage, graph: GraphView): HTMLElement {
  const button = (label: string, title: string, act: () => void) => {
    const made = element("button", { type: "button", title, "aria-label": title }, label);
    made.addEventListener("click", act);
    return made;
  };
  return element(
    "div",
    { class: "graph-bar", role: "toolbar", "aria-label": "View of the graph" },
    button("+", "Zoom in (+)", () => zoom(stage, zoomStep)),
    button("−", "Zoom out (−)", () => zoom(stage, 1 / zoomStep)),
    button("⤢", "Fit all (0)", graph.fit),
    button("▾", "Open all groups (o)", graph.openAll),
    button("▴", "Close all groups (c)", graph.closeAll),
  );
}
