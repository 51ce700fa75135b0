/** Patterns of pools, and of operators that only arrange values. Most of these become no layer, only another place. */
import {
  channelsFirst,
  identityAxes,
  rankOf,
  refuse,
  refuseForm,
  sameAxes,
  sizesOf,
} from "../recognition.ts";
import type { Draft, Pattern, Place, Reading } from "../recognition.ts";
import { perAxis, windowFacts } from "./products.ts";

const pool: Pattern = {
  operators: ["MaxPool", "AveragePool"],
  layer: "max-pool1d, max-pool2d, avg-pool1d, avg-pool2d",
  read(r) {
    const { place, rank, stride, dilation, padding, uneven } = windowFacts(r);
    const size = r.list("kernel_shape") ?? [];
    const isAverage = r.node.operator === "AveragePool";
    const isPadded = padding.padding !== undefined;
    if (uneven !== undefined) return refuse("has different padding at start and end");
    if (r.integer("ceil_mode", 0) !== 0) return refuse("rounds the size of the output up");
    const before = r.list("pads") ?? [];
    if (size.some((extent, axis) => 2 * (before[axis] ?? 0) > extent))
      return refuse("has more padding than half of its window");
    if (dilation.some((step) => step !== 1)) return refuse("has a dilation");
    if (r.node.outputs.length > 1 && r.source.readers(r.node.outputs[1]).length > 0)
      return refuse("returns the indices of the maxima");
    const keys = {
      size: perAxis(size),
      ...(sameAxes(stride, size) ? {} : { stride: perAxis(stride) }),
      ...padding,
      ...(isAverage && isPadded && r.integer("count_include_pad", 0) === 0 ? { countPadding: false } : {}),
    };
    const draft = r.add(`${isAverage ? "avg" : "max"}-pool${rank}d`, keys, [place.draft]);
    r.define(r.node.outputs[0], { draft, axes: place.axes });
  },
};

/** The mean or maximum over all positions of an image or sequence. */
const globalPool: Pattern = {
  operators: ["GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax"],
  layer: "global-avg-pool1d, global-avg-pool2d, global-max-pool1d, global-max-pool2d",
  read(r) {
    const place = r.place(0);
    const rank = rankOf(place) - 2;
    const isReduction = r.node.operator.startsWith("Reduce");
    const last = place.axes.length - 1;
    const given = r.list("axes") ?? (r.constant(1) && [...(r.constant(1)?.data ?? [])]);
    const axes = isReduction
      ? (given ?? []).map((axis) => (axis < 0 ? axis + last + 1 : axis))
      : identityAxes(last + 1).slice(2);
    const reduced = axes.map((axis) => place.axes[axis]).sort();
    const isGlobal = (rank === 1 || rank === 2) && sameAxes(reduced, identityAxes(rank + 1).slice(1));
    if (!isGlobal || place.axes.includes(null))
      return refuse("reduces other axes than all positions of the layer before it");
    const what = /Max/.test(r.node.operator) ? "max" : "avg";
    const draft = r.add(`global-${what}-pool${rank}d`, {}, [place.draft]);
    const kept = place.axes.map((own, axis) => (axes.includes(axis) ? null : own === 0 ? 0 : 1));
    const isKept = !isReduction || r.integer("keepdims", 1) !== 0;
    r.define(r.node.outputs[0], { draft, axes: isKept ? kept : kept.filter((own) => own !== null) });
  },
};

/** The same numbers in another place, without a layer. */
function move(r: Reading, place: Place, axes: readonly (number | null)[]): void {
  r.consume(r.node);
  r.define(r.node.outputs[0], { ...place, axes });
}

const identity: Pattern = {
  operators: ["Identity", "Cast"],
  layer: "",
  read(r) {
    const place = r.place(0);
    if (r.node.operator === "Cast" && r.source.shape(r.node.inputs[0]).length === 0)
      return refuse("converts a number");
    move(r, place, place.axes);
  },
};

const transpose: Pattern = {
  operators: ["Transpose"],
  layer: "",
  read(r) {
    const place = r.place(0);
    const order = r.list("perm") ?? [...identityAxes(place.axes.length)].reverse();
    const axes = order.map((axis) => place.axes[axis]);
    move(r, place, axes);
  },
};

const listedAxes = (r: Reading, rank: number): readonly number[] | undefined => {
  const given = r.list("axes") ?? (r.node.inputs.length > 1 ? [...r.weight(1).data] : undefined);
  return given?.map((axis) => (axis < 0 ? axis + rank : axis));
};

const squeeze: Pattern = {
  operators: ["Squeeze"],
  layer: "",
  read(r) {
    const place = r.place(0);
    const removed = listedAxes(r, place.axes.length);
    const isRemoved = (axis: number): boolean => removed?.includes(axis) ?? place.axes[axis] === null;
    if (place.axes.some((own, axis) => isRemoved(axis) && own !== null)) return addReshape(r, place);
    const axes = place.axes.filter((_, axis) => !isRemoved(axis));
    move(r, place, axes);
  },
};

const unsqueeze: Pattern = {
  operators: ["Unsqueeze"],
  layer: "",
  read(r) {
    const place = r.place(0);
    const rank = r.source.shape(r.node.outputs[0]).length;
    const added = listedAxes(r, rank) ?? [];
    const kept = [...place.axes];
    const axes = identityAxes(rank).map((axis) => (added.includes(axis) ? null : (kept.shift() ?? null)));
    move(r, place, axes);
  },
};

/** A reshape of values that have the same axes as the layer. */
function addReshape(r: Reading, place: Place): void {
  const shape = r.source.shape(r.node.outputs[0]);
  if (!sameAxes(place.axes, identityAxes(place.axes.length)) || place.flattened !== undefined)
    return refuse("reshapes a value whose axes have another order than those of the layer before it");
  if (shape[0] !== r.source.rows) return refuse("moves the batch to another axis");
  const draft = r.add("reshape", { shape: sizesOf(shape) }, [place.draft]);
  r.define(r.node.outputs[0], { draft, axes: identityAxes(shape.length) });
}

/** Reshapes each row to one axis. Images have their channels last after that, too. */
function addFlatten(r: Reading, place: Place): void {
  const own = place.axes.filter((axis) => axis !== null);
  const isFirst = own.length > 2 && sameAxes(own, channelsFirst(own.length - 2));
  const isSame = sameAxes(own, identityAxes(own.length));
  if (!isFirst && !isSame)
    return refuse("flattens axes that have another order than those of the layer before it");
  const draft = r.add("flatten", {}, [place.draft]);
  const given = r.shape(0).filter((_, axis) => place.axes[axis] !== null);
  const [channels, ...spatial] = sizesOf(given);
  // Without channels or positions, both orders are the same.
  const hasOrder = isFirst && [...spatial, channels].filter((size) => size > 1).length > 1;
  const flattened = [...spatial, channels];
  r.define(r.node.outputs[0], { draft, axes: [0, 1], ...(hasOrder ? { flattened } : {}) });
}

const reshape: Pattern = {
  operators: ["Reshape", "Flatten"],
  layer: "flatten, reshape",
  read(r) {
    const place = r.place(0);
    const [given, shape] = [r.shape(0), r.source.shape(r.node.outputs[0])];
    if (shape[0] !== r.source.rows || place.axes[0] !== 0) return refuse("moves the batch to another axis");
    // Only axes of length 1 appear or disappear.
    const own = place.axes.filter((axis) => axis !== null);
    const sizes = given.filter((_, axis) => place.axes[axis] !== null);
    const wide = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
    const isMove = sizes.length === wide.length && sizes.every((size, i) => size === shape[wide[i]]);
    const axes = shape.map((_, axis) => (wide.includes(axis) ? own[wide.indexOf(axis)] : null));
    if (isMove && !sizes.includes(1)) return move(r, place, axes);
    return shape.length === 2 ? addFlatten(r, place) : addReshape(r, place);
  },
};

const concat: Pattern = {
  operators: ["Concat"],
  layer: "concat",
  read(r) {
    const places = r.node.inputs.map((_, index) => r.place(index));
    const [first] = places;
    if (!places.every(({ axes, flattened }) => sameAxes(axes, first.axes) && flattened === undefined))
      return refuse("joins values whose axes have different orders");
    const given = r.integer("axis", 0);
    const own = first.axes[given < 0 ? given + first.axes.length : given];
    if (own === null || own === 0) return refuse("joins along an axis that no layer has");
    const axis = own === rankOf(first) - 1 ? {} : { axis: own - 1 };
    const from = places.map((place) => place.draft);
    const draft = r.add("concat", axis, from);
    r.define(r.node.outputs[0], { draft, axes: first.axes });
  },
};

const pad: Pattern = {
  operators: ["Pad"],
  layer: "pad",
  read(r) {
    const place = r.place(0);
    const rank = rankOf(place) - 2;
    if (r.text("mode", "constant") !== "constant") return refuse("does not pad with a constant");
    const pads = [...r.weight(1).data];
    const count = place.axes.length;
    const edges = identityAxes(rank).map((axis) => {
      const at = place.axes.indexOf(axis + 1);
      return [pads[at], pads[at + count]];
    });
    const isSpatial = pads.every(
      (size, i) => size === 0 || [...identityAxes(rank)].some((axis) => place.axes[i % count] === axis + 1),
    );
    if (rank < 1 || rank > 2 || !isSpatial || place.axes.includes(null) || pads.some((size) => size < 0))
      return refuse("pads other axes than the positions of an image or sequence");
    const value = r.constant(2)?.data[0] ?? 0;
    const draft = r.add("pad", { padding: edges, ...(value === 0 ? {} : { value }) }, [place.draft]);
    r.define(r.node.outputs[0], { draft, axes: place.axes });
  },
};

const shuffle: Pattern = {
  operators: ["DepthToSpace"],
  layer: "depth-to-space",
  read(r) {
    const place = r.place(0);
    if (!sameAxes(place.axes, channelsFirst(2)))
      return refuse("reads channels that are not the last axis of the layer before it");
    const order = r.text("mode", "DCR").toLowerCase();
    const keys = { block: r.integer("blocksize", 1), ...(order === "crd" ? {} : { order }) };
    const draft = r.add("depth-to-space", keys, [place.draft]);
    r.define(r.node.outputs[0], { draft, axes: place.axes });
  },
};

const isRecurrent = ({ type }: Draft): boolean => ["rnn", "lstm", "gru"].includes(type);

/** The last position of a recurrent layer, which then returns only its last state. */
const lastState: Pattern = {
  operators: ["Gather"],
  layer: "",
  read(r) {
    const place = r.place(0);
    const { draft } = place;
    const given = r.integer("axis", 0);
    const axis = given < 0 ? given + place.axes.length : given;
    const index = r.weight(1);
    if (!isRecurrent(draft) || place.axes[axis] !== 1 || index.shape.length > 0)
      return refuseForm("selects elements of a value");
    const length = Number(r.shape(0)[axis]);
    const [at] = index.data;
    const last = draft.keys.reverse === true ? 0 : length - 1;
    if ((at < 0 ? at + length : at) !== last) return refuse("selects another position than the last one");
    if (!isOnlyReader(r, r.node.inputs[0]))
      return refuse("selects the last state, but other nodes read all states");
    delete draft.keys.returnSequences;
    const axes = place.axes.filter((_, i) => i !== axis).map((own) => (own === 2 ? 1 : own));
    move(r, place, axes);
  },
};

/** Whether each value from the recurrent node to `name` is read by one node. */
function isOnlyReader(r: Reading, name: string): boolean {
  for (let value = name; ;) {
    const producer = r.source.producer(value);
    if (r.source.readers(value).length !== 1 || producer === undefined || value === r.source.output)
      return false;
    if (["RNN", "LSTM", "GRU"].includes(producer.operator)) return true;
    value = producer.inputs[0];
  }
}

export const arrangement: readonly Pattern[] = [
  pool,
  globalPool,
  identity,
  transpose,
  squeeze,
  unsqueeze,
  reshape,
  concat,
  pad,
  shuffle,
  lastState,
];
