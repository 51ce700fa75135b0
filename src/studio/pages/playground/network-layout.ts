/** The positions of the values of all layers in the picture of a network, and the weights between them. */
import type { LayerValues } from "../../browser/messages.ts";

/** One value of an input or of a layer. Positions are in pixels. */
export interface Neuron {
  readonly layer: string;
  /** The index of the value, and the number of values of the layer. */
  readonly index: number;
  readonly of: number;
  readonly label: string;
  /** The parameter with its bias, if there is one. */
  readonly bias: string | undefined;
  readonly left: number;
  readonly right: number;
  /** The vertical centre. */
  readonly y: number;
  readonly size: number;
  /** Whether it is the first value of the picture. */
  readonly isFirst: boolean;
}

/** A weight of a dense layer: element [from.index, to.index] of a parameter. */
export interface Edge {
  readonly from: Neuron;
  readonly to: Neuron;
  readonly weight: string;
}

export interface NetworkLayout {
  readonly neurons: readonly Neuron[];
  readonly edges: readonly Edge[];
  readonly width: number;
  readonly height: number;
  /** What the picture leaves out, as sentences. */
  readonly omitted: readonly string[];
}

/** More weights between two layers would be a grey area. */
const maxEdges = 1200;

/** The room for the lines between two layers, the preferred height, and the room between two values. */
const [gap, room, space] = [56, 420, 4];

interface LayoutOptions {
  /** Whether the values are maps, which need more room. */
  readonly isPlane: boolean;
  /** The names of the values of an input, by its name. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** @param inputs the number of values of each input */
export function layOut(
  inputs: Readonly<Record<string, number>>,
  layers: readonly LayerValues[],
  { isPlane, labels }: LayoutOptions,
): NetworkLayout {
  const columns = [
    ...Object.entries(inputs).map(([name, of]) => ({ name, of, bias: undefined })),
    ...layers.map(({ name, shape, bias }) => ({
      name,
      of: shape.reduce((size, extent) => size * extent, 1),
      bias,
    })),
  ];
  let left = 0;
  let height = 0;
  const blocks = columns.map(({ name, of, bias }, at) => {
    const { size, perColumn } = blockOf(of, isPlane);
    const start = left;
    left += Math.ceil(of / perColumn) * (size + space) + gap;
    height = Math.max(height, Math.min(of, perColumn) * (size + space));
    return { name, of, bias, start, size, perColumn, isFirst: at === 0 };
  });
  const neurons = blocks.flatMap(({ name, of, bias, start, size, perColumn, isFirst }) => {
    const top = (height - Math.min(of, perColumn) * (size + space)) / 2;
    return Array.from({ length: of }, (_, index): Neuron => {
      const x = start + Math.floor(index / perColumn) * (size + space);
      return {
        layer: name,
        index,
        of,
        label: labels[name]?.[index] ?? (of === 1 ? name : `${name} ${index + 1}`),
        bias,
        left: x,
        right: x + size,
        y: top + (index % perColumn) * (size + space) + (size + space) / 2,
        size,
        isFirst: isFirst && index === 0,
      };
    });
  });
  return { neurons, ...edgesOf(neurons, layers), width: Math.max(0, left - gap), height };
}

/** The size of the values of a layer, and how many are in one column. */
function blockOf(of: number, isPlane: boolean): { size: number; perColumn: number } {
  const [least, most] = isPlane ? [22, 40] : [9, 28];
  const size = Math.max(least, Math.min(most, Math.floor(room / of) - space));
  // Layers of many values become blocks that are about as wide as high.
  const perColumn = of * (size + space) <= room + space ? of : Math.ceil(Math.sqrt(of));
  return { size, perColumn: Math.max(perColumn, Math.min(of, Math.floor(room / (size + space) / 2))) };
}

function edgesOf(
  neurons: readonly Neuron[],
  layers: readonly LayerValues[],
): Pick<NetworkLayout, "edges" | "omitted"> {
  const edges: Edge[] = [];
  const omitted: string[] = [];
  const valuesIn = (layer: string) => neurons.filter((neuron) => neuron.layer === layer);
  for (const { name, type, from, weight } of layers) {
    const [sources, targets] = [valuesIn(from[0]), valuesIn(name)];
    const count = sources.length * targets.length;
    if (weight === undefined)
      omitted.push(`The layer ${name} (${type}) has no lines: its values are not weighted sums.`);
    else if (count > maxEdges)
      omitted.push(`The ${count.toLocaleString("en")} weights of ${name} are too many to draw.`);
    else
      edges.push(...sources.flatMap((source) => targets.map((to): Edge => ({ from: source, to, weight }))));
  }
  return { edges, omitted };
}

/** The edge next to a position, if one is near. */
export function nearestEdge(edges: readonly Edge[], x: number, y: number): Edge | undefined {
  let [nearest, least]: [Edge | undefined, number] = [undefined, 5];
  for (const edge of edges) {
    const { from, to } = edge;
    const share = (x - from.right) / (to.left - from.right);
    const distance = share < 0 || share > 1 ? Infinity : Math.abs(from.y + share * (to.y - from.y) - y);
    if (distance < least) [nearest, least] = [edge, distance];
  }
  return nearest;
}
