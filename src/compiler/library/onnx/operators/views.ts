/** Operators that rearrange elements, and the shape operators that exporters combine with them. */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import type { Dimension, Shape } from "../../../ir/types.ts";
import {
  alongAxes,
  arranged,
  axisOf,
  bounded,
  computed,
  dimensionsOf,
  mergesBatch,
  plainOrRefused,
  required,
  staticShape,
  staticSize,
  view,
} from "../operator.ts";
import type { BuildMerged, Inputs, Operator, OperatorContext, Operators } from "../operator.ts";
import {
  axesIn,
  elementOf,
  isKnown,
  known,
  knownList,
  knownTensor,
  merged,
  partsOf,
  productOf,
  quotientOf,
  rearranged,
  shapeOf,
  sizesOf,
  typeOfElement,
} from "../values.ts";
import type { Known, Merged, Size } from "../values.ts";

/**
 * A list of integers that older opsets pass as an attribute and newer opsets as an input; undefined if it is absent.
 */
export function listOf(
  context: OperatorContext,
  inputs: Inputs,
  { name, index }: { readonly name: string; readonly index: number },
): readonly Size[] | undefined {
  const value = inputs[index];
  return value === undefined ? context.integers(name) : context.list(value, name);
}

/** Axes in ascending order. Negative axes count from the end. */
export const axesOf = (context: OperatorContext, axes: readonly Size[], rank: number): readonly number[] =>
  axes.map((axis) => axisOf(context, Number(axis), rank)).sort((a, b) => a - b);

// Views that change the shape. Exporters merge axes with them, and separate them again.

type Arrange = (context: OperatorContext, from: readonly Size[], inputs: Inputs) => readonly Size[];

/** An operator that gives the elements of its first input another shape, without changing their order. */
const reshaping = (shapeFrom: Arrange): Operator => {
  const build: BuildMerged = (context, inputs) => {
    const [x, ...others] = [required(context, inputs, 0), ...inputs.slice(1)];
    const to = shapeFrom(context, sizesOf(x), [
      undefined,
      ...others.map((value) => plainOrRefused(context, value)),
    ]);
    if (isKnown(x)) return [{ ...x, shape: staticShape(context, to, "shape") }];
    return [rearranged(context.g, x, to) ?? context.refuse(mergesBatch([sizesOf(x), to]))];
  };
  return { build, merged: build };
};

/**
 * The shape `to` with 0 replaced by the size of the same axis of `from`, and −1 by the size that keeps the number of
 * elements.
 */
function reshaped(context: OperatorContext, from: readonly Size[], to: readonly Size[]): readonly Size[] {
  const allowsZero = context.integer("allowzero", 0) !== 0;
  const sizes = to.map((size, axis) => (size === 0 && !allowsZero ? from[axis] : size));
  const unknown = sizes.indexOf(-1);
  const [all, others] = [productOf(from), productOf(sizes.filter((_, axis) => axis !== unknown))];
  const missing = all !== undefined && others !== undefined ? quotientOf(all, others) : undefined;
  const isWhole = unknown < 0 ? all === others : missing !== undefined;
  if (!isWhole) return context.refuse(`cannot reshape [${from.join()}] to [${to.join()}]`);
  return sizes.map((size, axis) => (axis === unknown ? (missing ?? size) : size));
}

const reshape = reshaping((context, from, inputs) =>
  reshaped(
    context,
    from,
    listOf(context, inputs, { name: "shape", index: 1 }) ?? context.refuse("has no shape"),
  ),
);

/** Merges the axes before `axis` into one axis, and the remaining axes into a second one. */
const flatten = reshaping((context, from) => {
  const given = context.integer("axis", 1);
  const axis = given === from.length ? given : axisOf(context, given, from.length);
  return [from.slice(0, axis), from.slice(axis)].map(
    (sizes) => productOf(sizes) ?? context.refuse(mergesBatch([sizes])),
  );
});

const squeeze = reshaping((context, from, inputs) => {
  const given = listOf(context, inputs, { name: "axes", index: 1 });
  const axes = given
    ? axesOf(context, given, from.length)
    : from.flatMap((size, axis) => (size === 1 ? [axis] : []));
  return from.filter((_, axis) => !axes.includes(axis));
});

const unsqueeze = reshaping((context, from, inputs) => {
  const given = listOf(context, inputs, { name: "axes", index: 1 }) ?? context.refuse("has no axes");
  const axes = axesOf(context, given, from.length + given.length);
  if (new Set(axes).size < axes.length) return context.refuse(`inserts an axis twice: [${axes.join(", ")}]`);
  const rest = from[Symbol.iterator]();
  return Array.from({ length: from.length + axes.length }, (_, axis): Size =>
    axes.includes(axis) ? 1 : (rest.next().value ?? 1),
  );
});

/** The order of the axes, by default the reverse. */
const orderOf = (context: OperatorContext, rank: number): readonly number[] =>
  context.integers("perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

const transpose: Operator = {
  ...view((context, x) => context.g.transpose(x, { permutation: orderOf(context, x.type.shape.length) })),
  merged: (context, [x]) => {
    if (x === undefined || isKnown(x)) return context.refuse("has no input");
    return [transposed(context.g, x, orderOf(context, sizesOf(x).length))];
  },
};

/** The value with its axes in this order. Axes that are merged remain so. */
export function transposed(g: GraphBuilder, x: Node | Merged, order: readonly number[]): Node | Merged {
  const { node, parts } = partsOf(x);
  const permutation = order.flatMap((axis) => axesIn(parts, axis));
  return merged(
    g,
    g.transpose(node, { permutation }),
    order.map((axis) => parts[axis]),
  );
}

// Views that repeat or omit elements.

/** Broadcasts x and the given shape to their common shape. */
const expand: Operator = {
  build: (context, inputs) => {
    const to = dimensionsOf(context, context.list(required(context, inputs, 1), "shape"));
    const x = required(context, inputs, 0);
    const broadcast = (g: GraphBuilder, node: Node): Node => {
      const rank = Math.max(to.length, node.type.shape.length);
      const own = [...new Array<Dimension>(rank - node.type.shape.length).fill(1), ...node.type.shape];
      const wanted = [...new Array<Dimension>(rank - to.length).fill(1), ...to];
      return g.broadcastTo(
        node,
        wanted.map((size, axis) => (size === 1 ? own[axis] : size)),
      );
    };
    return isKnown(x) && to.every((size) => size !== "n")
      ? arranged(context, [x], ([node], { g }) => broadcast(g, node))
      : [broadcast(context.g, context.node(x))];
  },
};

const tile = view((context, x, inputs) => {
  const repeats = context.list(required(context, inputs, 1), "repeats");
  const { g } = context;
  return repeats.reduce<Node>((value, count, axis) => {
    if (count === 1) return value;
    const { shape } = value.type;
    const times = staticSize(context, count, "number of repeats");
    const size = staticSize(context, shape[axis], "size of the repeated axis");
    const repeated = g.repeatAlong(value, [axis], shape.toSpliced(axis, 0, times));
    return g.reshape(repeated, { shape: shape.with(axis, times * size) });
  }, x);
});

/** The elements start ≤ i < end of an axis. */
export function part(g: GraphBuilder, x: Node, axis: number, start: number, end: number): Node {
  const { shape } = x.type;
  if (start === 0 && end === shape[axis]) return x;
  return g.slice(x, {
    start: shape.map((_, i) => (i === axis ? start : 0)),
    shape: shape.with(axis, end - start),
  });
}

/** The elements of an axis at these indices, in this order. */
export function selected(context: OperatorContext, x: Node, axis: number, indices: Node): Node {
  const { g } = context;
  const rank = x.type.shape.length;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  const first = axis === 0 ? x : g.transpose(x, { permutation: [axis, ...others] });
  const rows = g.gather(first, indices);
  if (axis === 0) return rows;
  // The axes of the indices come first. Move them to the position of the gathered axis.
  const taken = indices.type.shape.length;
  const permutation = [
    ...Array.from({ length: axis }, (_, i) => taken + i),
    ...Array.from({ length: taken }, (_, i) => i),
    ...Array.from({ length: rank - 1 - axis }, (_, i) => taken + axis + i),
  ];
  return g.transpose(rows, { permutation });
}

/** `count` elements of an axis, from `start` on in steps of `step`. A negative step goes backwards. */
function stepped(context: OperatorContext, x: Node, { axis, start, step, count }: Cut): Node {
  const { g } = context;
  if (step === 1) return part(g, x, axis, start, start + count);
  if (count === 1) return part(g, x, axis, start, start + 1);
  if (step > 0) {
    const reach = part(g, x, axis, start, start + (count - 1) * step + 1);
    const windows = g.window(reach, { axes: [axis], size: [1], stride: [step], dilation: [1] });
    return g.reshape(windows, { shape: x.type.shape.with(axis, count) });
  }
  const indices = g.add(start, g.multiply(step, g.iota({ shape: [count], axis: 0 })));
  return selected(context, x, axis, indices);
}

/** The elements of an axis in reverse order. */
export function reversed(context: OperatorContext, x: Node, axis: number): Node {
  const size = staticSize(context, x.type.shape[axis], "size of the reversed axis");
  return stepped(context, x, { axis, start: size - 1, step: -1, count: size });
}

const limited = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** The elements that a slice selects along one axis. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The cuts of a slice, except those that select a whole axis. */
function cutsOf(context: OperatorContext, shape: Shape, inputs: Inputs): readonly Cut[] {
  const read = (name: string, index: number) => listOf(context, inputs, { name, index });
  const starts = read("starts", 1) ?? context.refuse("has no starts");
  const ends = read("ends", 2) ?? context.refuse("has no ends");
  const axes = read("axes", 3) ?? starts.map((_, i) => axisOf(context, i, shape.length));
  const steps = read("steps", 4) ?? starts.map(() => 1);
  return axes.flatMap((given, i) => {
    const axis = axisOf(context, Number(given), shape.length);
    const step = Number(steps[i]);
    if (step === 0) return context.refuse("has a step of 0");
    const isToEnd = ends[i] === "n" ? shape[axis] === "n" : Number(ends[i]) >= 2 ** 31 - 1;
    if (starts[i] === 0 && step === 1 && isToEnd) return [];
    const length = staticSize(context, shape[axis], "size of a sliced axis");
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const bound = (to: Size): number => {
      const at = staticSize(context, to, "bound of a slice");
      return limited(at < 0 ? at + length : at, low, high);
    };
    const [start, end] = [bound(starts[i]), bound(ends[i])];
    return [{ axis, start, step, count: Math.max(Math.ceil((end - start) / step), 0) }];
  });
}

const slice: Operator = {
  build: (context, inputs) => {
    const x = required(context, inputs, 0);
    const shape = shapeOf(x);
    const cuts = cutsOf(context, shape, inputs);
    const nothing = cuts.find(({ count }) => count === 0);
    if (nothing !== undefined && !isKnown(x))
      return context.refuse(
        `slices axis ${nothing.axis} of size ${shape[nothing.axis]} to size 0, which is not supported`,
      );
    if (nothing !== undefined)
      return [known(elementOf(x), staticShape(context, shape, "shape").with(nothing.axis, 0), [])];
    return view((inner, node) => cuts.reduce((value, cut) => stepped(inner, value, cut), node)).build(
      context,
      [x],
    );
  },
};

const split = view((context, x, inputs) => {
  const { g } = context;
  const axis = axisOf(context, context.integer("axis", 0), x.type.shape.length);
  const size = staticSize(context, x.type.shape[axis], "size of the split axis");
  const count = context.integer("num_outputs", context.outputs);
  if (count !== context.outputs)
    return context.refuse(`has ${context.outputs} outputs, but splits its input into ${count} parts`);
  const equal = Math.ceil(size / count);
  const sizes =
    listOf(context, inputs, { name: "split", index: 1 }) ??
    Array.from({ length: count }, (_, i) => Math.min(equal, size - i * equal));
  if (sizes.reduce<number>((sum, given) => sum + Number(given), 0) !== size)
    return context.refuse(`cannot split an axis of size ${size} into [${sizes.join(", ")}]`);
  let start = 0;
  return sizes.map((given) => {
    const first = start;
    start += Number(given);
    return part(g, x, axis, first, start);
  });
});

type Source = (i: number, size: number) => number;

/** The index from which an element outside of the input is read, for each padding mode. */
const sources: ReadonlyMap<string, Source> = new Map<string, Source>([
  ["edge", (i, size) => limited(i, 0, size - 1)],
  [
    "reflect",
    (i, size) => {
      const period = Math.max(2 * (size - 1), 1);
      const place = ((i % period) + period) % period;
      return place < size ? place : period - place;
    },
  ],
  ["wrap", (i, size) => ((i % size) + size) % size],
]);

const pad: Operator = {
  build: (context, inputs) => {
    const x = required(context, inputs, 0);
    const rank = shapeOf(x).length;
    const given = listOf(context, inputs, { name: "pads", index: 1 }) ?? context.refuse("has no pads");
    const axes = inputs[3]
      ? context.list(inputs[3], "axes").map((a) => axisOf(context, Number(a), rank))
      : undefined;
    const along = axes ?? Array.from({ length: rank }, (_, i) => i);
    const edge = (axis: number, side: number): number => {
      const index = along.indexOf(axis);
      return index < 0 ? 0 : staticSize(context, given[index + side * along.length], "padding");
    };
    const edges = Array.from({ length: rank }, (_, axis) => [edge(axis, 0), edge(axis, 1)] as const);
    const mode = context.text("mode", "constant");
    const fill =
      inputs[2] === undefined ? context.real("value", 0) : Number(context.list(inputs[2], "value")[0]);
    if (mode === "constant") return [paddedWith(context, context.node(x), edges, fill)];
    const source =
      sources.get(mode) ?? context.refuse(`pads with the mode "${mode}", which is not supported`);
    const node = edges.reduce<Node>((value, [before, after], axis) => {
      if (before === 0 && after === 0) return value;
      const size = staticSize(context, value.type.shape[axis], "size of a padded axis");
      const from = Array.from({ length: bounded(context, before + size + after) }, (_, i) =>
        source(i - before, size),
      );
      return gathered(context, value, axis, known("integer", [from.length], from));
    }, context.node(x));
    return [node];
  },
};

/** Adds elements before and after those of each axis. Negative numbers remove elements. */
function paddedWith(
  context: OperatorContext,
  x: Node,
  edges: readonly (readonly [before: number, after: number])[],
  value: number,
): Node {
  const { g } = context;
  const inside = edges.reduce<Node>((rest, [before, after], axis) => {
    if (before >= 0 && after >= 0) return rest;
    const size = staticSize(context, rest.type.shape[axis], "size of a padded axis");
    return part(g, rest, axis, Math.max(-before, 0), size - Math.max(-after, 0));
  }, x);
  const [before, after] = [0, 1].map((side) => edges.map((edge) => Math.max(edge[side], 0)));
  const isPadded = [...before, ...after].some((count) => count > 0);
  return isPadded ? g.pad(inside, { before, after, value }) : inside;
}

// Reading by index.

/**
 * Constant indices are read as slices if they form at most this many runs. Otherwise, they become a table of indices.
 */
const mostRuns = 4;

/** Reads constant indices of an axis. Each run i, i + d, i + 2d, … is one slice, and the slices are concatenated. */
export function gathered(context: OperatorContext, x: Node, axis: number, indices: Known): Node {
  const { g } = context;
  const size = staticSize(context, x.type.shape[axis], "size of the axis that is read");
  const list = indices.values.map((index) => placeOf(context, index, size));
  if (list.length === 0) return context.refuse("reads no elements, which is not supported");
  const windows = windowsIn(list, indices.shape, size);
  if (windows !== undefined) return windowed(g, x, axis, windows);
  const runs: { readonly start: number; readonly step: number; readonly count: number }[] = [];
  for (let i = 0; i < list.length;) {
    const step = (list[i + 1] ?? list[i] + 1) - list[i];
    let count = 1;
    while (step !== 0 && i + count < list.length && list[i + count] === list[i] + step * count) count++;
    runs.push({ start: list[i], step: count === 1 ? 1 : step, count });
    i += count;
  }
  if (runs.length > mostRuns)
    return selected(context, x, axis, context.node(known("integer", indices.shape, list)));
  const pieces = runs.map((run) => stepped(context, x, { axis, ...run }));
  const all = pieces.reduce((before, piece) => g.concat(before, piece, { axis }));
  return g.reshape(all, { shape: x.type.shape.toSpliced(axis, 1, ...indices.shape) });
}

/** The windows of an axis: window o has the elements o · stride + k · dilation for 0 ≤ k < size. */
interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/** The windows whose elements a matrix of indices lists, one window in each row; undefined if there are none. */
function windowsIn(list: readonly number[], shape: readonly number[], length: number): Windows | undefined {
  const [positions, size = 0] = shape;
  if (shape.length !== 2 || positions < 2 || size < 2) return undefined;
  const [stride, dilation] = [list[size], list[1]];
  const isRegular = list.every((index, i) => index === Math.floor(i / size) * stride + (i % size) * dilation);
  const fits = Math.floor((length - dilation * (size - 1) - 1) / stride) + 1 === positions;
  return isRegular && stride > 0 && dilation > 0 && fits ? { size, stride, dilation } : undefined;
}

/** The windows of an axis, with the axis of their elements after that of their positions. */
function windowed(g: GraphBuilder, x: Node, axis: number, { size, stride, dilation }: Windows): Node {
  const windows = g.window(x, { axes: [axis], size: [size], stride: [stride], dilation: [dilation] });
  const rank = windows.type.shape.length;
  const axes = Array.from({ length: rank - 1 }, (_, i) => i);
  return g.transpose(windows, { permutation: axes.toSpliced(axis + 1, 0, rank - 1) });
}

/** The elements of a known value at known indices of an axis. */
function takenFrom(context: OperatorContext, x: Known, axis: number, indices: Known): Known {
  const size = x.shape[axis];
  const product = (sizes: readonly number[]): number => sizes.reduce((all, length) => all * length, 1);
  const [outer, inner] = [product(x.shape.slice(0, axis)), product(x.shape.slice(axis + 1))];
  const places = indices.values.map((index) => placeOf(context, index, size));
  bounded(context, outer * places.length * inner);
  const values = Array.from({ length: outer }, (_, o) =>
    places.map((place) => x.values.slice((o * size + place) * inner, (o * size + place + 1) * inner)),
  );
  return known(x.element, x.shape.toSpliced(axis, 1, ...indices.shape), values.flat(2));
}

/** Returns a constant index. A negative index counts from the end. */
function placeOf(context: OperatorContext, index: Size, size: number): number {
  const at = staticSize(context, index, "index");
  const found = at < 0 ? at + size : at;
  return found >= 0 && found < size
    ? found
    : context.refuse(`reads element ${at} of an axis of size ${size}`);
}

/** Indices in which negative indices, which count from the end, are replaced. */
export const fromEnd = (g: GraphBuilder, indices: Node, size: number): Node =>
  g.select(g.less(indices, 0), g.add(indices, size), indices);

const gather: Operator = {
  build: (context, inputs) => {
    const [x, indices] = [required(context, inputs, 0), required(context, inputs, 1)];
    const axis = axisOf(context, context.integer("axis", 0), shapeOf(x).length);
    if (isKnown(indices) && isKnown(x)) return [takenFrom(context, x, axis, indices)];
    const node = context.node(x);
    if (isKnown(indices)) return [gathered(context, node, axis, indices)];
    const size = staticSize(context, node.type.shape[axis], "size of the axis that is read");
    return [selected(context, node, axis, fromEnd(context.g, indices, size))];
  },
};

/** One-hot encoding: off + (on − off) · [i = index], where i runs along the new axis `axis`. */
const oneHot: Operator = {
  build: (context, inputs) => {
    const { g } = context;
    const depth = Number(context.list(required(context, inputs, 1), "depth")[0]);
    const given = context.node(required(context, inputs, 0));
    const whole = given.type.element === "i32" ? given : g.cast(given, { element: "i32" });
    const axis = axisOf(context, context.integer("axis", -1), whole.type.shape.length + 1);
    const shape = whole.type.shape.toSpliced(axis, 0, depth);
    const isHot = g.equal(g.iota({ shape, axis }), g.repeatAlong(fromEnd(g, whole, depth), [axis], shape));
    const values = required(context, inputs, 2);
    const [off, on] = context.list(values, "values").map(Number);
    const element = typeOfElement(elementOf(values), g.float);
    return [g.select(isHot, g.number(on, element), g.number(off, element))];
  },
};

// Joins.

const concat: Operator = {
  build: (context, inputs) => {
    const values = inputs.map((_, index) => required(context, inputs, index));
    const axis = axisOf(context, context.integer("axis", 1), shapeOf(values[0]).length);
    // A list without elements adds nothing.
    const filled = values.filter((value) => !shapeOf(value).includes(0));
    if (filled.length === 0) return [values[0]];
    const join = (nodes: readonly Node[]): Node =>
      nodes.reduce((all, node) => context.g.concat(all, node, { axis }));
    const constants = filled.filter(isKnown);
    return constants.length === filled.length
      ? arranged(context, constants, join)
      : [join(filled.map((value) => context.node(value)))];
  },
};

// Images: blocks of channels become blocks of pixels, and the reverse.

/**
 * [n, c, h, w] with c = b² · d. In the mode DCR, channel (i · b + j) · d + k contains the pixels (i, j) of the blocks.
 */
const depthToSpace = view((context, x) => {
  const { g } = context;
  const [n, c, h, w] = x.type.shape;
  const block = context.integer("blocksize", 1);
  const [channels, height, width] = staticShape(context, [c, h, w], "size of an image");
  const depth = channels / block ** 2;
  const isDepthFirst = context.text("mode", "DCR") === "DCR";
  const parts = isDepthFirst
    ? [n, block, block, depth, height, width]
    : [n, depth, block, block, height, width];
  const permutation = isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  const apart = g.transpose(g.reshape(x, { shape: parts }), { permutation });
  return g.reshape(apart, { shape: [n, depth, height * block, width * block] });
});

const spaceToDepth = view((context, x) => {
  const { g } = context;
  const [n, c, h, w] = x.type.shape;
  const block = context.integer("blocksize", 1);
  const [channels, height, width] = staticShape(context, [c, h, w], "size of an image");
  const shape = [n, channels, height / block, block, width / block, block];
  const apart = g.transpose(g.reshape(x, { shape }), { permutation: [0, 3, 5, 1, 2, 4] });
  return g.reshape(apart, { shape: [n, channels * block ** 2, height / block, width / block] });
});

/** The part of each matrix on and above the k-th diagonal, or on and below it. All other elements are 0. */
const triangle = computed((context, [x, offset]) => {
  if (x === undefined) return context.refuse("has no input");
  const { g } = context;
  const { shape } = x.type;
  const [row, column] = [shape.length - 2, shape.length - 1].map((axis) => g.iota({ shape, axis }));
  const diagonal =
    offset === undefined ? row : g.add(row, g.broadcastTo(g.reshape(offset, { shape: [] }), shape));
  const isKept =
    context.integer("upper", 1) !== 0 ? g.lessEqual(diagonal, column) : g.lessEqual(column, diagonal);
  return g.select(isKept, x, 0);
});

// Shapes and constants.

const readShape: BuildMerged = (context, inputs) => {
  const shape = sizesOf(required(context, inputs, 0));
  const bound = (name: string, otherwise: number): number => {
    const at = context.integer(name, otherwise);
    return limited(at < 0 ? at + shape.length : at, 0, shape.length);
  };
  return [knownList(shape.slice(bound("start", 0), bound("end", shape.length)))];
};

const size: Operator = {
  build: (context, inputs) => {
    const shape = staticShape(context, shapeOf(required(context, inputs, 0)), "size");
    return [known("integer", [], [shape.reduce((product, d) => product * d, 1)])];
  },
};

const constant: Operator = {
  build: (context) => {
    const tensor = context.tensor("value");
    if (tensor) return [knownTensor(tensor)];
    const [reals, integers] = [context.reals("value_floats"), context.integers("value_ints")];
    if (reals) return [known("real", [reals.length], reals)];
    if (integers) return [knownList(integers)];
    if (context.has("value_float")) return [known("real", [], [context.real("value_float", 0)])];
    if (context.has("value_int")) return [known("integer", [], [context.integer("value_int", 0)])];
    return context.refuse("has a value that is neither a tensor nor numbers");
  },
};

const constantOfShape: Operator = {
  build: (context, inputs) => {
    const shape = dimensionsOf(context, context.list(required(context, inputs, 0), "shape"));
    const fill = context.tensor("value");
    const [element, value] = [fill?.element ?? "real", fill?.values[0] ?? 0];
    if (shape.includes("n")) {
      const { g } = context;
      return [g.broadcastTo(g.number(value, typeOfElement(element, g.float)), shape)];
    }
    const sizes = staticShape(context, shape, "shape");
    return [
      known(
        element,
        sizes,
        filled(context, sizes, () => value),
      ),
    ];
  },
};

function filled(
  context: OperatorContext,
  shape: readonly number[],
  value: (i: number) => number,
): readonly number[] {
  const count = bounded(
    context,
    shape.reduce((product, size) => product * size, 1),
  );
  return Array.from({ length: count }, (_, i) => value(i));
}

const range: Operator = {
  build: (context, inputs) => {
    const values = [0, 1, 2].map((index) => required(context, inputs, index));
    const [start, limit, delta] = values.map((value) =>
      staticSize(context, context.list(value, "range")[0], "range"),
    );
    const count = Math.max(Math.ceil((limit - start) / delta), 0);
    return [
      known(
        elementOf(values[0]),
        [count],
        filled(context, [count], (i) => start + i * delta),
      ),
    ];
  },
};

const eyeLike: Operator = {
  build: (context, inputs) => {
    const x = required(context, inputs, 0);
    const [rows, columns] = staticShape(context, shapeOf(x), "shape");
    const offset = context.integer("k", 0);
    const element = context.has("dtype") && [6, 7].includes(context.integer("dtype", 1)) ? "integer" : "real";
    const isOn = (i: number): boolean => (i % columns) - Math.floor(i / columns) === offset;
    return [
      known(
        element,
        [rows, columns],
        filled(context, [rows, columns], (i) => Number(isOn(i))),
      ),
    ];
  },
};

export const viewOperators: Operators = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Slice: alongAxes(slice),
  Split: alongAxes(split),
  Pad: pad,
  Gather: alongAxes(gather),
  OneHot: oneHot,
  Concat: concat,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: triangle,
  Shape: { build: readShape, merged: readShape },
  Size: size,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
};
