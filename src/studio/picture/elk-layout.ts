/**
 * Computes layered layouts with elkjs, a maintained layout library for dataflow graphs with ports. The
 * library runs in Node and in browsers. Boxes form rows along the direction of the layout, and wires consist
 * of horizontal and vertical lines.
 */
import type { ELK, ElkNode } from "elkjs/lib/elk-api.js";
import type { Point } from "../explanation.ts";

export type Side = "NORTH" | "EAST" | "SOUTH" | "WEST";

export interface LayoutBox {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/**
 * An entrance or exit of the whole picture. The layout chooses its position on the given side of the border.
 */
export interface LayoutPort {
  readonly id: string;
  readonly side: Side;
}

/** A wire between boxes or ports. */
export interface LayoutWire {
  readonly from: string;
  readonly to: string;
  /** Whether this wire takes priority over others when wires are made straight. */
  readonly isMain?: boolean;
}

export interface LayoutProblem {
  readonly direction: "DOWN" | "UP";
  readonly boxes: readonly LayoutBox[];
  readonly ports: readonly LayoutPort[];
  readonly wires: readonly LayoutWire[];
  /** The padding above, and on the other three sides. */
  readonly padding: readonly [top: number, others: number];
  /** The distance between rows. */
  readonly rowGap: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The upper left corner of each box, in the order of the boxes. */
  readonly corners: readonly Point[];
  /** The route of each wire, in the order of the wires. Its ends are on the borders of the boxes. */
  readonly routes: readonly (readonly Point[])[];
}

/** All wires that leave a box start at one point, because they carry one value. */
const exitOf = (box: LayoutBox): string => `${box.id}/exit`;

/** Computes the layout of a problem. Equal problems, such as the insides of equal layers, are solved only once. */
export type LayOut = (problem: LayoutProblem) => Promise<Layout>;

export function createLayOut(): LayOut {
  const started = startElk();
  const solved = new Map<string, Promise<Layout>>();
  return (problem) => {
    const key = JSON.stringify(problem);
    const layout = solved.get(key) ?? solve(started, problem);
    solved.set(key, layout);
    return layout;
  };
}

async function solve(started: Promise<ELK>, problem: LayoutProblem): Promise<Layout> {
  const elk = await started;
  return layoutFrom(await elk.layout(elkGraph(problem)), problem);
}

/**
 * Loads the library on demand. In a web worker, elkjs assumes that the worker is its own and replaces the
 * message handler, so the handler is restored here.
 */
async function startElk(): Promise<ELK> {
  const { default: elkjs } = await import("elkjs/lib/elk.bundled.js");
  const own: unknown = Reflect.get(globalThis, "onmessage");
  const elk = new elkjs.default();
  if (Reflect.get(globalThis, "onmessage") !== own) Reflect.set(globalThis, "onmessage", own);
  return elk;
}

function layoutFrom({ children: [whole] = [] }: ElkNode, { boxes, wires }: LayoutProblem): Layout {
  const places = new Map((whole.children ?? []).map(({ id, x = 0, y = 0 }) => [id, [x, y] as const]));
  const sections = new Map((whole.edges ?? []).map(({ id, sections: [section] = [] }) => [id, section]));
  return {
    width: whole.width ?? 0,
    height: whole.height ?? 0,
    corners: boxes.map(({ id }) => places.get(id) ?? [0, 0]),
    routes: wires.map((_, index): Point[] => {
      const section = sections.get(`wire${index}`);
      if (section === undefined) return [];
      return [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(({ x, y }) => [x, y]);
    }),
  };
}

function elkGraph({
  direction,
  boxes,
  ports,
  wires,
  padding: [top, others],
  rowGap,
}: LayoutProblem): ElkNode {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const layered = {
    "elk.algorithm": "layered",
    "elk.direction": direction,
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.spacing.nodeNode": "24",
    "elk.spacing.edgeNode": "14",
    "elk.spacing.edgeEdge": "10",
    "elk.layered.spacing.nodeNodeBetweenLayers": String(rowGap),
    "elk.layered.spacing.edgeNodeBetweenLayers": "12",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.padding": `[top=${top},left=${others},bottom=${others},right=${others}]`,
  };
  const exitSide: Side = direction === "DOWN" ? "SOUTH" : "NORTH";
  return {
    id: "root",
    layoutOptions: { "elk.algorithm": "layered", "elk.direction": direction },
    children: [
      {
        id: "whole",
        layoutOptions: { ...layered, "elk.portConstraints": "FIXED_SIDE" },
        ports: ports.map(({ id, side }) => ({
          id,
          width: 0,
          height: 0,
          layoutOptions: { "elk.port.side": side },
        })),
        children: boxes.map((box) => ({
          id: box.id,
          width: box.width,
          height: box.height,
          layoutOptions: { "elk.portConstraints": "FIXED_SIDE" },
          ports: [{ id: exitOf(box), width: 0, height: 0, layoutOptions: { "elk.port.side": exitSide } }],
        })),
        edges: wires.map(({ from, to, isMain = false }, index) => {
          const box = byId.get(from);
          return {
            id: `wire${index}`,
            sources: [box === undefined ? from : exitOf(box)],
            targets: [to],
            layoutOptions: { "elk.layered.priority.straightness": isMain ? "10" : "0" },
          };
        }),
      },
    ],
  };
}
