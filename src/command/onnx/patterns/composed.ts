/**
 * Layers that exporters compose of several operators, among them the exporters of PyTorch and of tapeless. Each is a
 * formula, which is compared with the nodes of the file from its result back to its data:
 *
 *     gelu(x) = ½ · (x · (1 + erf(x / √2)))
 */
import type { ModelNode } from "../../../compiler/library/onnx/model.ts";
import { shortestDecimal } from "../../../compiler/library/onnx/model-file.ts";
import type { Tensor } from "../../../compiler/ops/tensor.ts";
import { identityAxes, inOrderOf, isLast, rankOf, refuseForm, reshaped, sameAxes } from "../recognition.ts";
import type { Pattern, Place, Reading } from "../recognition.ts";

const isNot = "is not a part of a layer that is composed of several operators";

/** What a formula has found: the values of its variables by name, and its nodes, the last one first. */
interface Found {
  readonly values: ReadonlyMap<string, string>;
  readonly nodes: readonly ModelNode[];
}

/** Compares a value of the file with a formula. Undefined if they differ. */
type Formula = (r: Reading, value: string, found: Found) => Found | undefined;

/** Names what a formula computes. A name that occurs twice is the same value. */
const named =
  (name: string, formula: Formula): Formula =>
  (r, value, found) => {
    const matched = formula(r, value, found);
    const known = matched?.values.get(name);
    if (matched === undefined || (known !== undefined && known !== value)) return undefined;
    return { ...matched, values: new Map([...matched.values, [name, value]]) };
  };

/** A value that is computed from the data. */
const x = named("x", (r, value, found) => (r.source.isData(value) ? found : undefined));

/** A constant. */
const weight = (name: string): Formula =>
  named(name, (r, value, found) => (value !== "" && !r.source.isData(value) ? found : undefined));

/** A constant number. */
const number =
  (wanted: number): Formula =>
  (r, value, found) =>
    Math.abs((r.number(value) ?? NaN) - wanted) < 1e-6 ? found : undefined;

const commutative: readonly string[] = ["Add", "Mul"];

/** An operator with these first inputs. */
const node =
  (operator: string, ...operands: readonly Formula[]): Formula =>
  (r, value, found) => {
    const producer = r.source.producer(value);
    if (producer?.operator !== operator || producer.domain !== "") return undefined;
    const start: Found = { ...found, nodes: [...found.nodes, producer] };
    const orders = commutative.includes(operator) ? [operands, operands.toReversed()] : [operands];
    return firstOf(orders, (order) =>
      order.reduce<Found | undefined>(
        (matched, operand, i) => matched && operand(r, producer.inputs[i] ?? "", matched),
        start,
      ),
    );
  };

const anyOf =
  (...formulas: readonly Formula[]): Formula =>
  (r, value, found) =>
    firstOf(formulas, (formula) => formula(r, value, found));

function firstOf<T, R>(list: readonly T[], attempt: (each: T) => R | undefined): R | undefined {
  for (const each of list) {
    const result = attempt(each);
    if (result !== undefined) return result;
  }
  return undefined;
}

const add = (a: Formula, b: Formula): Formula => node("Add", a, b);
const multiply = (a: Formula, b: Formula): Formula => node("Mul", a, b);
const divide = (a: Formula, b: Formula): Formula => node("Div", a, b);
const square = (a: Formula): Formula => anyOf(multiply(a, a), node("Pow", a, number(2)));
const where = (condition: Formula, a: Formula, b: Formula): Formula => node("Where", condition, a, b);
const less = (a: Formula, b: Formula): Formula => node("Less", a, b);

// The pattern of a formula.

/** Adds the layer of what a formula has found. `last` is the node with the result. */
type Build = (layer: ComposedLayer) => void;

class ComposedLayer {
  readonly r: Reading;
  readonly x: Place;
  readonly #values: Found["values"];
  /** The nodes that depend on the data, the last one first. */
  readonly nodes: readonly ModelNode[];

  constructor(r: Reading, { values, nodes }: Found) {
    this.r = r;
    this.#values = values;
    this.nodes = [...new Set(nodes)].filter(({ outputs }) => outputs.some((name) => r.source.isData(name)));
    this.x = r.placeOf(this.value("x"));
  }

  /** The value of the file that a variable stands for. */
  value(variable: string): string {
    return this.#values.get(variable) ?? "";
  }

  tensor(variable: string): Tensor {
    return this.r.source.constant(this.value(variable)) ?? refuseForm(isNot);
  }

  /** The elements of a constant that has one for each channel, the last axis of the layer. */
  perChannel(variable: string): Tensor {
    const tensor = this.tensor(variable);
    const shape = this.r.source.shape(this.value("x"));
    // A constant is aligned with the last axes of the value.
    const axis = shape.length - tensor.shape.length + tensor.shape.findIndex((size) => size > 1);
    const count = tensor.data.length;
    const channels = Number(shape[this.x.axes.indexOf(rankOf(this.x) - 1)]);
    const fits = count === channels && (count === 1 || isLast(this.x, axis));
    return fits ? inOrderOf(this.x, reshaped(tensor, [count])) : refuseForm(isNot);
  }

  /** The axes of the layer that all reductions of the formula reduce. */
  reduced(): readonly number[] {
    const rank = this.r.source.shape(this.value("x")).length;
    const lists = this.nodes.flatMap((each) =>
      each.operator.startsWith("Reduce") ? [axesOf(this.r, each, rank).map((axis) => this.x.axes[axis])] : [],
    );
    const [first, ...others] = lists.map((list) => list.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    const isSame = first !== undefined && others.every((list) => sameAxes(list, first));
    const axes = isSame ? first.filter((axis) => axis !== null) : [];
    return isSame && axes.length === first.length ? axes : refuseForm(isNot);
  }

  /** Adds the layer, whose result has the axes of x. */
  add(type: string, keys: Record<string, unknown>, parameters: Readonly<Record<string, Tensor>> = {}): void {
    this.define(type, keys, parameters, this.x.axes);
  }

  define(
    type: string,
    keys: Record<string, unknown>,
    parameters: Readonly<Record<string, Tensor>>,
    axes: Place["axes"],
  ): void {
    const { r, nodes } = this;
    const others = nodes.filter((each) => each !== r.node).toReversed();
    const draft = r.add(type, keys, [this.x.draft], parameters, others);
    r.define(nodes[0].outputs[0], { ...this.x, draft, axes });
  }
}

function axesOf(r: Reading, { attributes, inputs }: ModelNode, rank: number): readonly number[] {
  const given = attributes.get("axes") ?? [...(r.source.constant(inputs[1] ?? "")?.data ?? [])];
  const axes = Array.isArray(given) ? given.map(Number) : [];
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** The maximum number of nodes after the first one among which the last one is searched. */
const mostAfter = 24;

/** The node and those after it, in the order of their distance. */
function nodesFrom(r: Reading): readonly ModelNode[] {
  const found = new Set([r.node]);
  for (const each of found) {
    if (found.size > mostAfter) break;
    for (const name of each.outputs) for (const reader of r.source.readers(name)) found.add(reader);
  }
  return [...found];
}

/** Whether no other node reads a value inside the formula. */
function isClosed(r: Reading, nodes: readonly ModelNode[]): boolean {
  const [, ...inner] = nodes;
  return inner
    .flatMap(({ outputs }) => outputs)
    .every(
      (name) => name !== r.source.output && r.source.readers(name).every((reader) => nodes.includes(reader)),
    );
}

/** The pattern of a formula with these first operators. Of several results, the last one counts. */
function composed(operators: readonly string[], layer: string, formula: Formula, build: Build): Pattern {
  return {
    operators,
    layer,
    read(r) {
      for (const last of nodesFrom(r).toReversed()) {
        const found = formula(r, last.outputs[0] ?? "", { values: new Map(), nodes: [] });
        if (found === undefined || !found.nodes.includes(r.node)) continue;
        const made = new ComposedLayer(r, found);
        if (isClosed(r, made.nodes)) return build(made);
      }
      return refuseForm(isNot);
    },
  };
}

// Activations.

const activation = (fn: string, operators: readonly string[], formula: Formula): Pattern =>
  composed(operators, "activation", formula, (layer) => layer.add("activation", { fn }));

const sigmoid = node("Sigmoid", x);
/** A value that may be converted between f32 and f64, because ONNX Runtime has no operator for f64. */
const converted = (formula: Formula): Formula => anyOf(formula, node("Cast", formula));
const scaled = anyOf(divide(x, number(Math.SQRT2)), multiply(x, number(Math.SQRT1_2)));
/** 1 + erf(x / √2) */
const twicePhi = add(converted(node("Erf", converted(scaled))), number(1));
/** The limits low and high of x, as tapeless writes them. */
const clipped = (low: number, high: number): Formula =>
  where(less(number(low), x), where(less(x, number(high)), x, number(high)), number(low));
/** x · (x + 3) / 6 between −3 and 3, x above them, and 0 below them. */
const hardSwish = where(
  less(x, number(-3)),
  number(0),
  where(less(number(3), x), x, divide(multiply(x, add(x, number(3))), number(6))),
);

const activations: readonly Pattern[] = [
  activation("silu", ["Sigmoid"], multiply(x, sigmoid)),
  activation("softsign", ["Abs"], divide(x, add(node("Abs", x), number(1)))),
  activation("mish", ["Softplus"], multiply(x, node("Tanh", node("Softplus", x)))),
  activation(
    "gelu",
    ["Div", "Mul"],
    anyOf(multiply(multiply(x, twicePhi), number(0.5)), multiply(multiply(x, number(0.5)), twicePhi)),
  ),
  activation("relu6", ["Less"], clipped(0, 6)),
  activation("hard-tanh", ["Less"], clipped(-1, 1)),
  activation("hard-swish", ["Less", "Add"], hardSwish),
];

/** x where x is above 0, and slope · x elsewhere */
const sloped = (slope: Formula): Formula => where(less(number(0), x), x, multiply(slope, x));

const prelu = composed(["Less", "Mul"], "prelu", sloped(node("Reshape", weight("slope"))), (layer) =>
  layer.add("prelu", {}, { slope: oneNumber(layer) }),
);

const preluPerChannel = composed(["Less", "Mul"], "prelu", sloped(weight("slope")), (layer) => {
  if (layer.tensor("slope").shape.length === 0) refuseForm(isNot);
  layer.add("prelu", { perChannel: true }, { slope: layer.perChannel("slope") });
});

function oneNumber(layer: ComposedLayer): Tensor {
  const slope = layer.tensor("slope");
  return slope.data.length === 1 ? reshaped(slope, [1]) : refuseForm(isNot);
}

const leakyRelu = composed(["Less", "Mul"], "activation", sloped(weight("slope")), (layer) =>
  layer.add("activation", { fn: "leaky-relu", slope: numberOf(layer, "slope") }),
);

/** The number of a constant. The author of a file with f32 numbers wrote a decimal number. */
function numberOf(layer: ComposedLayer, variable: string): number {
  const found = layer.r.number(layer.value(variable)) ?? refuseForm(isNot);
  return Math.fround(found) === found ? shortestDecimal(found) : found;
}

// Norms.

/** A value with or without the axes of size 1 in place of those that are reduced. */
const kept = (formula: Formula): Formula => anyOf(formula, node("Unsqueeze", formula));

const mean = (of: Formula): Formula =>
  anyOf(node("ReduceMean", of), divide(node("ReduceSum", of), weight("count")));

/** √(mean z² + ε) */
const deviation = (z: Formula): Formula =>
  named("deviation", kept(node("Sqrt", add(mean(square(z)), weight("epsilon")))));

/** (z − mean z) / √(variance z + ε) */
function normalised(z: Formula): Formula {
  const centred = node("Sub", z, named("mean", kept(mean(z))));
  return divide(centred, deviation(centred));
}

const affine = (z: Formula): Formula => add(multiply(z, weight("scale")), weight("shift"));

/** Checks the number of elements in means, and that means are subtracted along the axes that they reduce. */
function checkMeans(layer: ComposedLayer, of: string): void {
  const { r, nodes } = layer;
  const shape = r.source.shape(layer.value(of));
  const given = layer.value("count");
  const reductions = nodes.filter(({ operator }) => operator.startsWith("Reduce"));
  for (const each of reductions) {
    const axes = axesOf(r, each, shape.length);
    const sizes = axes.map((axis) => shape[axis]);
    const count = sizes.reduce<number>((product, size) => product * Number(size), 1);
    const isCount = given === "" || r.number(given) === count;
    const along = String(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
    const isAligned = ["mean", "deviation"]
      .map((variable) => layer.value(variable))
      .every((name) => name === "" || String(r.source.shape(name)) === along);
    if (!isCount || !isAligned || axes.length === 0) refuseForm(isNot);
  }
}

const epsilonOf = (layer: ComposedLayer): { readonly epsilon?: number } => {
  const epsilon = numberOf(layer, "epsilon");
  return epsilon === 1e-5 ? {} : { epsilon };
};

const normOperators = ["ReduceSum", "ReduceMean", "Mul", "Pow"];

/** Layer norm reduces the last axis, and instance norm all axes of positions. */
const norm = composed(normOperators, "layer-norm, instance-norm", affine(normalised(x)), (layer) => {
  checkMeans(layer, "x");
  const rank = rankOf(layer.x);
  const axes = layer.reduced();
  const isLayer = sameAxes(axes, [rank - 1]) && layer.x.flattened === undefined;
  const isInstance = rank > 2 && sameAxes(axes, identityAxes(rank - 1).slice(1));
  if (!isLayer && !isInstance) refuseForm(isNot);
  const keys = { ...(isLayer ? {} : { affine: true }), ...epsilonOf(layer) };
  const parameters = { scale: layer.perChannel("scale"), shift: layer.perChannel("shift") };
  layer.add(isLayer ? "layer-norm" : "instance-norm", keys, parameters);
});

const instanceNorm = composed(normOperators, "instance-norm", normalised(x), (layer) => {
  checkMeans(layer, "x");
  const rank = rankOf(layer.x);
  const isInstance = rank > 2 && sameAxes(layer.reduced(), identityAxes(rank - 1).slice(1));
  if (!isInstance) refuseForm(isNot);
  layer.add("instance-norm", { ...epsilonOf(layer) });
});

const rmsNorm = composed(
  normOperators,
  "rms-norm",
  multiply(divide(x, deviation(x)), weight("scale")),
  (layer) => {
    checkMeans(layer, "x");
    if (!sameAxes(layer.reduced(), [rankOf(layer.x) - 1])) refuseForm(isNot);
    layer.add("rms-norm", epsilonOf(layer), { scale: layer.perChannel("scale") });
  },
);

/** The values of an image as [n, positions, groups, channels of a group]. */
const cut = named("cut", node("Reshape", x));

const groupNorm = composed(["Reshape"], "group-norm", affine(node("Reshape", normalised(cut))), (layer) => {
  checkMeans(layer, "cut");
  const { r, x: place, nodes } = layer;
  const [given, shape] = [layer.value("x"), layer.value("cut")].map((name) => r.source.shape(name));
  const [rows, positions, groups, size] = shape;
  const channels = Number(given.at(-1));
  const reductions = nodes.filter(({ operator }) => operator.startsWith("Reduce"));
  const fits =
    shape.length === 4 &&
    rows === given[0] &&
    Number(groups) * Number(size) === channels &&
    Number(positions) === given.slice(1, -1).reduce<number>((product, each) => product * Number(each), 1) &&
    reductions.every((each) => sameAxes(axesOf(r, each, 4), [1, 3])) &&
    String(r.source.shape(nodes[0].outputs[0])) === String(given) &&
    sameAxes(place.axes, identityAxes(given.length));
  if (!fits) refuseForm(isNot);
  const parameters = { scale: layer.perChannel("scale"), shift: layer.perChannel("shift") };
  layer.add("group-norm", { groups: Number(groups), ...epsilonOf(layer) }, parameters);
});

/** The statistics of batch norm are constants. */
const batchNorm = composed(
  ["Sub"],
  "batch-norm",
  affine(divide(node("Sub", x, weight("average")), node("Sqrt", add(weight("variance"), weight("epsilon"))))),
  (layer) =>
    layer.add("batch-norm", epsilonOf(layer), {
      scale: layer.perChannel("scale"),
      shift: layer.perChannel("shift"),
      mean: layer.perChannel("average"),
      variance: layer.perChannel("variance"),
    }),
);

// Pools.

const globalAverage = composed(
  ["ReduceSum"],
  "global-avg-pool1d, global-avg-pool2d",
  divide(named("sum", node("ReduceSum", x)), weight("count")),
  (layer) => {
    checkMeans(layer, "x");
    const { r, x: place } = layer;
    const rank = rankOf(place) - 2;
    const isGlobal = (rank === 1 || rank === 2) && sameAxes(layer.reduced(), identityAxes(rank + 1).slice(1));
    if (!isGlobal) refuseForm(isNot);
    const isKept = r.source.shape(layer.value("sum")).length === place.axes.length;
    const axes = place.axes.map((own) => (own === 0 ? 0 : own === rank + 1 ? 1 : null));
    layer.define(`global-avg-pool${rank}d`, {}, {}, isKept ? axes : axes.filter((own) => own !== null));
  },
);

/** Formulas that contain another one come before it. */
export const composedPatterns: readonly Pattern[] = [
  ...activations,
  prelu,
  preluPerChannel,
  leakyRelu,
  groupNorm,
  norm,
  rmsNorm,
  instanceNorm,
  batchNorm,
  globalAverage,
];
