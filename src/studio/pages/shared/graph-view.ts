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
import { boxIndex, directionOf, groupsOf, nearestBox, nextBox } from "./graph/box-index.ts";
import { atFirst, fitting, listenToGestures, panned, scaleLimits, showing, zoomed } from "./graph/camera.ts";
import { printPages } from "./graph/print-pages.ts";
import { createStage, type Stage } from "./graph/stage.ts";
import { graphBar } from "./graph/graph-bar.ts";

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
  const stage: Stage = createStage(picture, (seen) => bar.show(seen));
  let places = boxIndex(picture);

  const goTo = (id: string | undefined): void => {
    stage.mark({ current: id });
    if (id !== undefined) stage.bringIntoView(id);
  };
  const setOpen = (groups: Iterable<string>, still?: string): void => {
    stage.setOpen(new Set(groups), still);
    bar.folded(stage.openGroups().size === 0);
  };
  const toggle = (id: string): void => {
    const open = stage.openGroups();
    const without = [...open].filter((each) => each !== id);
    setOpen(open.has(id) ? without : [...open, id], id);
    stage.bringIntoView(id);
  };
  const pick = (id: string): void => {
    stage.mark({ current: id });
    const box = stage.boxOf(id);
    if (box?.kind === "group") toggle(id);
    // The id of a copy of a value is not that of its node, which is always the first.
    onPick(box === undefined || box.kind === "group" ? id : box.nodes[0]);
  };

  const self: GraphView = {
    show(shown) {
      places = boxIndex(shown);
      stage.show(shown);
      bar.lanes(shown);
      bar.folded(true);
    },
    select(id) {
      const place = places.get(id ?? "");
      stage.mark({ selected: place?.box });
      if (place === undefined) return;
      const { box, groups } = place;
      const open = stage.openGroups();
      if (!groups.every((group) => open.has(group))) setOpen([...open, ...groups], groups[0]);
      stage.bringIntoView(box);
    },
    highlight(ids) {
      const found = ids.flatMap((id) => places.get(id) ?? []);
      const boxes = found.flatMap(({ box, groups }) => [box, ...groups]);
      stage.mark({ highlighted: new Set(boxes) });
    },
    openAll: () => setOpen(groupsOf(stage.picture())),
    closeAll: () => setOpen([]),
    fit: () => stage.glide((_, scene, view) => fitting(scene, view)),
  };

  const bar = graphBar({
    goToLane: (region) =>
      stage.glide((at, scene, view) => {
        const lane = scene.lanes.find((each) => each.region === region);
        return lane === undefined ? at : showing({ ...at, y: 0 }, { ...lane, height: 1 }, view);
      }),
    zoomIn: () => zoom(stage, zoomStep),
    zoomOut: () => zoom(stage, 1 / zoomStep),
    fit: self.fit,
    openAll: self.openAll,
    closeAll: self.closeAll,
  });
  listenToKeys(stage, self, { goTo, pick });
  listenToGestures(stage.svg, {
    move: stage.move,
    pick: (id) => (id === undefined ? goTo(undefined) : pick(id)),
    hover: (id) => stage.mark({ hovered: id }),
  });
  const canvas = element("div", { class: "graph-area" }, stage.svg, stage.minimap);
  host.append(element("div", { class: "graph" }, bar.element, canvas, printedGraph(stage)));
  new ResizeObserver(([{ contentRect }]) =>
    stage.resize({ width: contentRect.width, height: contentRect.height }),
  ).observe(canvas);
  bar.lanes(picture);
  setOpen([]);
  return self;
}

/** The graph as printed: the whole scene, cut into pages. It is drawn when printing starts. */
function printedGraph(stage: Stage): HTMLElement {
  const pages = element("div", { class: "graph-pages" });
  addEventListener("beforeprint", () => pages.replaceChildren(...printPages(stage.scene())));
  addEventListener("afterprint", () => pages.replaceChildren());
  return pages;
}

const zoom = (stage: Stage, factor: number): void =>
  stage.glide((at, scene, view) =>
    zoomed(at, factor, [view.width / 2, view.height / 2], scaleLimits(scene, view)),
  );

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
  /** Goes to the group around the current box, so that Enter can close it. */
  const leave = (): void => goTo(stage.boxOf(stage.marked().current)?.group);
  const keys: Readonly<Record<string, () => void>> = {
    "+": () => zoom(stage, zoomStep),
    "=": () => zoom(stage, zoomStep),
    "-": () => zoom(stage, 1 / zoomStep),
    "0": graph.fit,
    "1": () => stage.glide((_, scene, view) => atFirst(scene, view)),
    o: graph.openAll,
    c: graph.closeAll,
    Enter: enter,
    " ": enter,
    Backspace: leave,
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
