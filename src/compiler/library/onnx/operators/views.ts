/** Operators that rearrange elements, and the shape operators that exporters combine with them. */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import type { Dimension, Shape } from "../../../ir/types.ts";
import { axisOf, arranged, bounded, computed, required, staticShape, staticSize, view } from "../operator.ts";
import type { Inputs, Operator, OperatorContext, Operators } from "../operator.ts";
import { elementOf, isKnown, known, knownList, knownTensor, shapeOf, typeOfElement } from "../values.ts";
import type { Known } from "../values.ts";

/**
 * A list of integers that older opsets pass as an attribute and newer opsets as an input; undefined if it is absent.
 */
export function listOf(
  context: OperatorContext,
  inputs: Inputs,
  { name, index }: { readonly name: string; readonly index: number },
): readonly Dimension[] | undefined {
  const value = inputs[index];
  return value === undefined ? context.integers(name) : context.list(value, name);
}

/** Axes in ascending order. Negative axes count from the end. */
export const axesOf = (
  context: OperatorContext,
  axes: readonly Dimension[],
  rank: number,
): readonly number[] => axes.map((axis) => axisOf(context, Number(axis), rank)).sort((a, b) => a - b);

// Views that change the shape.

/**
 * The shape `to` with 0 replaced by the size of the same axis of `from`, and −1 by the size that keeps the number of
 * elements.
 */
function reshaped(context: OperatorContext, from: Shape, to: readonly Dimension[]): Shape {
  const allowsZero = context.integer("allowzero", 0) !== 0;
  const sizes = to.map((size, axis) => (size === 0 && !allowsZero ? from[axis] : size));
  const unknown = sizes.indexOf(-1);
  if (unknown < 0) return sizes;
  const product = (list: Shape): number => list.reduce<number>((all, d) => (d === "n" ? all : all * d), 1);
  const others = sizes.filter((_, axis) => axis !== unknown);
  const rows = (list: Shape): number => list.filter((d) => d === "n").length;
  const rest = product(from) / product(others);
  if (!Number.isInteger(rest)) return context.refuse(`cannot reshape [${from.join()}] to [${to.join()}]`);
  const hasBatch = rows(from) - rows(others);
  if (hasBatch === 1 && rest === 1) return sizes.with(unknown, "n");
  if (hasBatch !== 0)
    return context.refuse(
      `joins the batch axis with another axis: it reshapes [${from.join()}] to [${to.join()}]`,
    );
  return sizes.with(unknown, rest);
}

const reshape = view((context, x, inputs) => {
  const to = listOf(context, inputs, { name: "shape", index: 1 }) ?? context.refuse("has no shape");
  return context.g.reshape(x, { shape: reshaped(context, x.type.shape, to) });
});

/** Merges the axes before `axis` into one axis, and the remaining axes into a second one. */
const flatten = view((context, x) => {
  const { shape } = x.type;
  const given = context.integer("axis", 1);
  const axis = given === shape.length ? given : axisOf(context, given, shape.length);
  const product = (sizes: Shape): Dimension => {
    const numbers = sizes.filter((size) => size !== "n").reduce<number>((all, size) => all * Number(size), 1);
    if (!sizes.includes("n")) return numbers;
    return numbers === 1 ? "n" : context.refuse("joins the batch axis with another axis");
  };
  return context.g.reshape(x, { shape: [product(shape.slice(0, axis)), product(shape.slice(axis))] });
});

const squeeze = view((context, x, inputs) => {
  const { shape } = x.type;
  const given = listOf(context, inputs, { name: "axes", index: 1 });
  const axes = given
    ? axesOf(context, given, shape.length)
    : shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  return context.g.reshape(x, { shape: shape.filter((_, axis) => !axes.includes(axis)) });
});

const unsqueeze = view((context, x, inputs) => {
  const { shape } = x.type;
  const given = listOf(context, inputs, { name: "axes", index: 1 }) ?? context.refuse("has no axes");
  const axes = axesOf(context, given, shape.length + given.length);
  if (new Set(axes).size < axes.length) return context.refuse(`inserts an axis twice: [${axes.join(", ")}]`);
  const rest = shape[Symbol.iterator]();
  const sizes = Array.from({ length: shape.length + axes.length }, (_, axis): Dimension =>
    axes.includes(axis) ? 1 : (rest.next().value ?? 1),
  );
  return context.g.reshape(x, { shape: sizes });
});

const transpose = view((context, x) => {
  const rank = x.type.shape.length;
  const permutation = context.integers("perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return context.g.transpose(x, { permutation });
});

// Views that repeat or omit elements.

/** Broadcasts x and the given shape to their common shape. */
const expand: Operator = {
  build: (context, inputs) => {
    const to = context.list(required(context, inputs, 1), "shape");
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
    return isKnown(x)
      ? arranged(context, [x], ([node], { g }) => broadcast(g, node))
      : [broadcast(context.g, x)];
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
  const axes = read("axes", 3) ?? starts.map((_, i) => i);
  const steps = read("steps", 4) ?? starts.map(() => 1);
  return axes.flatMap((given, i) => {
    const axis = axisOf(context, Number(given), shape.length);
    const step = Number(steps[i]);
    if (step === 0) return context.refuse("has a step of 0");
    const isToEnd = ends[i] === "n" ? shape[axis] === "n" : Number(ends[i]) >= 2 ** 31 - 1;
    if (starts[i] === 0 && step === 1 && isToEnd) return [];
    const length = staticSize(context, shape[axis], "size of a sliced axis");
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const bound = (to: Dimension): number => {
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
    const { g } = context;
    const node = edges.reduce<Node>((value, [before, after], axis) => {
      if (before === 0 && after === 0) return value;
      const { shape } = value.type;
      const size = staticSize(context, shape[axis], "size of a padded axis");
      if (mode === "constant") {
        const inside = part(g, value, axis, Math.max(-before, 0), size - Math.max(-after, 0));
        const at = (count: number) => shape.map((_, i) => (i === axis ? Math.max(count, 0) : 0));
        return before <= 0 && after <= 0
          ? inside
          : g.pad(inside, { before: at(before), after: at(after), value: fill });
      }
      const source =
        sources.get(mode) ?? context.refuse(`pads with the mode "${mode}", which is not supported`);
      const from = Array.from({ length: bounded(context, before + size + after) }, (_, i) =>
        source(i - before, size),
      );
      return gathered(context, value, axis, known("integer", [from.length], from));
    }, context.node(x));
    return [node];
  },
};

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
function placeOf(context: OperatorContext, index: Dimension, size: number): number {
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

const shapeOperator: Operator = {
  build: (context, inputs) => {
    const shape = shapeOf(required(context, inputs, 0));
    const bound = (name: string, otherwise: number): number => {
      const at = context.integer(name, otherwise);
      return limited(at < 0 ? at + shape.length : at, 0, shape.length);
    };
    return [knownList(shape.slice(bound("start", 0), bound("end", shape.length)))];
  },
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
    const shape = context.list(required(context, inputs, 0), "shape");
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
  Slice: slice,
  Split: split,
  Pad: pad,
  Gather: gather,
  OneHot: oneHot,
  Concat: concat,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Trilu: triangle,
  Shape: shapeOperator,
  Size: size,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
};
