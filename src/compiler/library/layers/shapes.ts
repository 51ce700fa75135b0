/** Layers that change the shape of their input. The batch axis stays first. */
import * as z from "zod";
import type { Node } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { defineLayer, givenText, shapeText } from "./layer.ts";
import type { LayerContext } from "./layer.ts";
import { maskedWith, maskOfSpread } from "./masks.ts";
import { rankOf, spatialOf } from "./spatial.ts";

/** The number of elements in a row. */
const rowSize = (shape: Shape): number =>
  shape.reduce<number>((product, size) => (size === "n" ? product : product * size), 1);

const sameSizes = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

export const flatten = defineLayer({
  name: "flatten",
  about: "reshapes each row to a single axis",
  keys: {},
  takes: "one input",
  mask: "passes",
  build: ({ g }, [{ node }]) => {
    const shape: Shape = ["n", rowSize(node.type.shape)];
    return sameSizes(shape, node.type.shape) ? node : g.reshape(node, { shape });
  },
});

export const reshape = defineLayer({
  name: "reshape",
  about: "changes the shape of each row without changing the order of its elements",
  keys: {
    shape: z
      .array(z.int().positive())
      .describe("The lengths of the axes of one row, without the batch axis."),
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], keys) => {
    const shape: Shape = ["n", ...keys.shape];
    const { node } = input;
    if (rowSize(shape) !== rowSize(node.type.shape))
      context.refuse(
        `${context.layer} needs ${rowSize(shape)} numbers per row for the shape ${shapeText(shape)}, ` +
          `but ${givenText([input])}, which has ${rowSize(node.type.shape)}`,
        { key: "shape" },
      );
    return sameSizes(shape, node.type.shape) ? node : context.g.reshape(node, { shape });
  },
});

// Padding of sequences and images.

const count = z.int().min(0);

/** One number for all sides; or for each axis a number for both sides, or numbers before and after it. */
const edgesKey = z.union([count, z.array(z.union([count, z.tuple([count, count])])).min(1)]);

type Edges = readonly (readonly [before: number, after: number])[];

/** The padding before and after each spatial axis. */
function edgesOf(context: LayerContext, rank: 1 | 2, padding: z.output<typeof edgesKey>): Edges {
  const both = (zeros: number) => [zeros, zeros] as const;
  const edges =
    typeof padding === "number"
      ? Array.from({ length: rank }, () => both(padding))
      : padding.map((entry) => (typeof entry === "number" ? both(entry) : entry));
  if (edges.length === rank) return edges;
  const [what, forms] =
    rank === 1
      ? ["a sequence, so its padding has", "a number or [[before, after]]"]
      : ["an image, so its padding has", "a number, [height, width] or [[top, bottom], [left, right]]"];
  return context.refuse(
    `${context.layer} reads ${what} ${rank === 1 ? "one axis" : "two axes"}, got ${JSON.stringify(padding)}`,
    { key: "padding", hint: `write ${forms}` },
  );
}

/** Appends elements of one value around each row, as torch.nn.ConstantPad1d and 2d. */
export const pad = defineLayer({
  name: "pad",
  about: "adds zeros, or another number, around sequences or images",
  keys: {
    padding: edgesKey.describe(
      "The number of positions on every side; [height, width]; or [before, after] for each axis.",
    ),
    value: z.number().default(0).describe("The value of the added elements."),
  },
  takes: "one input",
  mask: {
    of: (context, [input], { padding }, value) => {
      if (input.mask === undefined || rankOf(input) === 2) return undefined;
      const [[before, after]] = edgesOf(context, 1, padding);
      const counted = { stride: 1, excess: before + after, count: Number(value.type.shape[1]) };
      return maskOfSpread(context.g, input.mask, counted);
    },
  },
  build: (context, [input], { padding, value }) => {
    const { g } = context;
    const rank = rankOf(input);
    const { x } = spatialOf(context, input, rank);
    const edges = edgesOf(context, rank, padding);
    // The positions that follow a sequence with padding are those after its last real position.
    const real = rank === 1 ? maskedWith(g, x, input.mask, value) : x;
    const before = [0, ...edges.map(([count]) => count), 0];
    const after = [0, ...edges.map(([, count]) => count), 0];
    return [...before, ...after].every((count) => count === 0) ? real : g.pad(real, { before, after, value });
  },
});

// Exchange of channels and positions. For blocks of b × b, channels are split into [c, i, j] or [i, j, c],
// where i and j are the position within a block.

const orderKey = z
  .enum(["crd", "dcr"])
  .default("crd")
  .describe(
    "The order of channels: crd, in which the positions of a block are innermost, as in PyTorch's PixelShuffle; " +
      "or dcr, in which they are outermost, as in TensorFlow.",
  );
const blockKey = z.int().positive().describe("The height and width of the blocks.");

/** y[h·b + i, w·b + j, c] = x[h, w, c·b² + i·b + j], or x[h, w, (i·b + j)·C + c] for dcr. */
export const depthToSpace = defineLayer({
  name: "depth-to-space",
  about: "rearranges channels into blocks of pixels, which enlarges the image (PixelShuffle)",
  keys: { block: blockKey, order: orderKey },
  takes: "one input",
  mask: "ends",
  build: (context, [input], { block, order }): Node => {
    const { g, layer } = context;
    const { x, size, channels } = spatialOf(context, input, 2);
    const depth = channels / block ** 2;
    if (!Number.isInteger(depth))
      context.refuse(
        `${layer}: the ${channels} channels of ${input.name} must be a multiple of ${block ** 2}, the pixels of a ` +
          `block of ${block} × ${block}`,
        { key: "block" },
      );
    const [rows, columns] = size;
    const inside = order === "crd" ? [depth, block, block] : [block, block, depth];
    const cut = g.reshape(x, { shape: ["n", rows, columns, ...inside] });
    const permutation = order === "crd" ? [0, 1, 4, 2, 5, 3] : [0, 1, 3, 2, 4, 5];
    const moved = g.transpose(cut, { permutation });
    return g.reshape(moved, { shape: ["n", rows * block, columns * block, depth] });
  },
});

/** The inverse of depth-to-space. */
export const spaceToDepth = defineLayer({
  name: "space-to-depth",
  about: "rearranges blocks of pixels into channels, which makes the image smaller (PixelUnshuffle)",
  keys: { block: blockKey, order: orderKey },
  takes: "one input",
  mask: "ends",
  build: (context, [input], { block, order }): Node => {
    const { g, layer } = context;
    const { x, size, channels } = spatialOf(context, input, 2);
    const [rows, columns] = size.map((length) => length / block);
    if (!Number.isInteger(rows) || !Number.isInteger(columns))
      context.refuse(
        `${layer}.block must divide the height ${size[0]} and the width ${size[1]} of ${input.name}, got ${block}`,
        { key: "block" },
      );
    const cut = g.reshape(x, { shape: ["n", rows, block, columns, block, channels] });
    const permutation = order === "crd" ? [0, 1, 3, 5, 2, 4] : [0, 1, 3, 2, 4, 5];
    const moved = g.transpose(cut, { permutation });
    return g.reshape(moved, { shape: ["n", rows, columns, channels * block ** 2] });
  },
});
