/** Patterns of activations, norms, dropout and sums, which leave the shape unchanged. */
import type { ModelNode } from "../../../compiler/library/onnx/model.ts";
import type { Tensor } from "../../../compiler/ops/tensor.ts";
import { inOrderOf, isLast, rankOf, refuse, refuseForm, reshaped, sameAxes } from "../recognition.ts";
import type { Pattern, Place, Reading } from "../recognition.ts";

/** Adds an activation layer for the node and further nodes, of which the last one has its value. */
function addActivation(
  r: Reading,
  x: Place,
  fn: string,
  keys: object = {},
  nodes: readonly ModelNode[] = [],
): void {
  const draft = r.add("activation", { fn, ...keys }, [x.draft], {}, nodes);
  r.define((nodes.at(-1) ?? r.node).outputs[0], { ...x, draft });
}

const simple: Readonly<Record<string, string>> = {
  Relu: "relu",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  Softplus: "softplus",
  Softsign: "softsign",
  HardSwish: "hard-swish",
  Mish: "mish",
};

const elementwise: Pattern = {
  operators: Object.keys(simple),
  layer: "activation",
  read: (r) => addActivation(r, r.place(0), simple[r.node.operator]),
};

/** Activations with attributes, whose defaults in ONNX are the second number. */
const withKeys: Readonly<Record<string, (r: Reading) => readonly [string, object?]>> = {
  LeakyRelu: (r) => ["leaky-relu", { slope: r.integer("alpha", 0.01) }],
  Elu: (r) => ["elu", { alpha: r.integer("alpha", 1) }],
  Celu: (r) => ["celu", { alpha: r.integer("alpha", 1) }],
  Selu(r) {
    const isUsual = (name: string, value: number): boolean => Math.abs(r.integer(name, value) - value) < 1e-6;
    const fits = isUsual("alpha", 1.6732632423543772) && isUsual("gamma", 1.0507009873554805);
    return fits ? ["selu"] : refuse("has other constants than selu");
  },
  Gelu: (r) => (r.text("approximate", "none") === "tanh" ? ["gelu", { approximate: "tanh" }] : ["gelu"]),
  HardSigmoid(r) {
    const fits = Math.abs(r.integer("alpha", 0.2) - 1 / 6) < 1e-6 && r.integer("beta", 0.5) === 0.5;
    return fits ? ["hard-sigmoid"] : refuse("has another slope than the hard-sigmoid of PyTorch");
  },
  Clip(r) {
    const [low, high] = [r.constant(1)?.data[0], r.constant(2)?.data[0]];
    if (low === 0 && high === 6) return ["relu6"];
    return low === -1 && high === 1
      ? ["hard-tanh"]
      : refuse("limits values to another range than relu6 and hard-tanh");
  },
};

const adjustable: Pattern = {
  operators: Object.keys(withKeys),
  layer: "activation",
  read(r) {
    const place = r.place(0);
    const [fn, keys] = withKeys[r.node.operator](r);
    addActivation(r, place, fn, keys);
  },
};

const softmax: Pattern = {
  operators: ["Softmax", "LogSoftmax"],
  layer: "activation",
  read(r) {
    const place = r.place(0);
    if (!isLast(place, r.integer("axis", -1)))
      return refuse("is along another axis than the last one of the layer");
    addActivation(r, place, r.node.operator === "Softmax" ? "softmax" : "log-softmax");
  },
};

const prelu: Pattern = {
  operators: ["PRelu"],
  layer: "prelu",
  read(r) {
    const place = r.place(0);
    const slope = r.weight(1);
    const isOne = slope.data.length === 1;
    // Slopes are aligned with the last axes of the value.
    const axis = place.axes.length - slope.shape.length + slope.shape.findIndex((size) => size > 1);
    const size = Number(r.shape(0)[axis]);
    if (!isOne && !(isLast(place, axis) && size === slope.data.length))
      return refuse("has a slope for each element of more than one axis");
    const own = isOne ? reshaped(slope, [1]) : inOrderOf(place, reshaped(slope, [size]));
    const draft = r.add("prelu", isOne ? {} : { perChannel: true }, [place.draft], { slope: own });
    r.define(r.node.outputs[0], { ...place, draft });
  },
};

const dropout: Pattern = {
  operators: ["Dropout"],
  layer: "dropout",
  read(r) {
    const place = r.place(0);
    const rate = r.constant(1)?.data[0] ?? r.integer("ratio", 0.5);
    const draft = r.add("dropout", { rate }, [place.draft]);
    r.define(r.node.outputs[0], { ...place, draft });
  },
};

// Norms.

const epsilonOf = (r: Reading): object => {
  const epsilon = r.integer("epsilon", 1e-5);
  return epsilon === 1e-5 ? {} : { epsilon };
};

/** A norm whose channels are axis 1 of the value, and the last axis of the layer. */
function addNorm(r: Reading, type: string, keys: object, tensors: Readonly<Record<string, Tensor>>): void {
  const place = r.place(0);
  const parameters = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, inOrderOf(place, tensor)]),
  );
  const draft = r.add(type, { ...keys, ...epsilonOf(r) }, [place.draft], parameters);
  r.define(r.node.outputs[0], { ...place, draft });
}

const channelsElsewhere = "normalises channels that are not the last axis of the layer before it";

const batchNorm: Pattern = {
  operators: ["BatchNormalization"],
  layer: "batch-norm",
  read(r) {
    if (r.integer("training_mode", 0) !== 0) return refuse("is in training mode");
    if (!isLast(r.place(0), 1)) return refuse(channelsElsewhere);
    const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => r.weight(index));
    return addNorm(r, "batch-norm", {}, { scale, shift, mean, variance });
  },
};

const instanceNorm: Pattern = {
  operators: ["InstanceNormalization"],
  layer: "instance-norm",
  read(r) {
    if (!isLast(r.place(0), 1) || rankOf(r.place(0)) < 3) return refuse(channelsElsewhere);
    return addNorm(r, "instance-norm", { affine: true }, { scale: r.weight(1), shift: r.weight(2) });
  },
};

const layerNorm: Pattern = {
  operators: ["LayerNormalization"],
  layer: "layer-norm",
  read(r) {
    const place = r.place(0);
    const axis = r.integer("axis", -1);
    const isLastOfValue = axis === -1 || axis === place.axes.length - 1;
    if (!isLastOfValue || !isLast(place, -1))
      return refuse("normalises more than the last axis of the layer");
    const scale = r.weight(1);
    const shift = r.constant(2) ?? { shape: scale.shape, data: new Float64Array(scale.data.length) };
    return addNorm(r, "layer-norm", {}, { scale, shift });
  },
};

/** PyTorch exports group norm as instance norm of [n, groups, all elements of a group], with a scale per channel. */
const groupNorm: Pattern = {
  operators: ["Reshape"],
  layer: "group-norm",
  read(r) {
    const isNot = "is not a part of group norm";
    const place = r.place(0);
    const instance = r.next(r.node.outputs[0], "InstanceNormalization");
    const back = instance && r.next(instance.outputs[0], "Reshape");
    const scaled = back && r.next(back.outputs[0], "Mul");
    const shifted = scaled && r.next(scaled.outputs[0], "Add");
    if (!instance || !back || !scaled || !shifted) return refuseForm(isNot);
    const [given, cut] = [r.shape(0), r.source.shape(r.node.outputs[0])];
    const channels = Number(given[1]);
    const perChannel = (node: ModelNode, name: string): Tensor => {
      const other = r.other(node, name);
      const tensor = r.source.isData(other) ? undefined : r.source.constant(other);
      const fits = tensor?.data.length === channels && tensor.shape[0] === channels;
      return fits ? reshaped(tensor, [channels]) : refuseForm(isNot);
    };
    const isUnit = (index: number, value: number): boolean =>
      r.source.constant(instance.inputs[index])?.data.every((x) => x === value) ?? false;
    const isSame = String(r.source.shape(back.outputs[0])) === String(given);
    if (cut.length !== 3 || !isUnit(1, 1) || !isUnit(2, 0) || !isSame || !isLast(place, 1))
      return refuseForm(isNot);
    const scale = perChannel(scaled, back.outputs[0]);
    const shift = perChannel(shifted, scaled.outputs[0]);
    const epsilon = instance.attributes.get("epsilon") ?? 1e-5;
    const keys = { groups: Number(cut[1]), ...(epsilon === 1e-5 ? {} : { epsilon }) };
    const draft = r.add("group-norm", keys, [place.draft], { scale, shift }, [
      instance,
      back,
      scaled,
      shifted,
    ]);
    r.define(shifted.outputs[0], { draft, axes: place.axes });
  },
};

// Sums and products of layers.

const differentShapes = "joins two values of different shapes";

const joins: Readonly<Record<string, string>> = { Add: "add", Mul: "multiply" };

const join: Pattern = {
  operators: Object.keys(joins),
  layer: "add, multiply",
  read(r) {
    const [x, y] = [r.place(0), r.place(1)];
    const isSame = sameAxes(x.axes, y.axes) && String(x.flattened) === String(y.flattened);
    const [a, b] = [r.shape(0), r.shape(1)];
    if (!isSame || a.length !== b.length || a.some((size, axis) => size !== b[axis]))
      return refuse(differentShapes);
    const draft = r.add(joins[r.node.operator], {}, [x.draft, y.draft]);
    r.define(r.node.outputs[0], { ...x, draft });
  },
};

const positions: Pattern = {
  operators: ["Add"],
  layer: "position-embedding",
  read(r) {
    if (r.node.inputs.every((name) => r.source.isData(name))) return refuse(differentShapes);
    const index = r.source.isData(r.node.inputs[0]) ? 0 : 1;
    const place = r.place(index);
    const added = r.weight(1 - index);
    const shape = r.shape(index);
    const sizes = shape.slice(1).map(Number);
    const fits = sameAxes(place.axes, [0, 1, 2]) && added.data.length === sizes[0] * sizes[1];
    if (!fits || !sameAxes(added.shape.slice(-2), sizes))
      return refuse("adds a constant that is not one vector per position");
    const draft = r.add("position-embedding", {}, [place.draft], { weight: reshaped(added, sizes) });
    r.define(r.node.outputs[0], { ...place, draft });
  },
};

export const pointwise: readonly Pattern[] = [
  elementwise,
  adjustable,
  softmax,
  prelu,
  dropout,
  batchNorm,
  instanceNorm,
  layerNorm,
  groupNorm,
  join,
  positions,
];
