/**
 * Patterns of recurrent layers. ONNX has another order of gates: i, o, f, c for LSTM and z, r, h for GRU. Each weight
 * has a first axis for the directions, and B has both biases.
 */
import { countOf } from "../../../compiler/ops/tensor.ts";
import type { Tensor } from "../../../compiler/ops/tensor.ts";
import { refuse, sameAxes, transposed } from "../recognition.ts";
import type { Pattern, Reading } from "../recognition.ts";

interface Kind {
  readonly type: string;
  /** For each gate of the layer, the gate of ONNX. */
  readonly gates: readonly number[];
  readonly functions: readonly string[];
}

const kinds: Readonly<Record<string, Kind>> = {
  RNN: { type: "rnn", gates: [0], functions: ["tanh"] },
  LSTM: { type: "lstm", gates: [0, 2, 3, 1], functions: ["sigmoid", "tanh", "tanh"] },
  GRU: { type: "gru", gates: [1, 0, 2], functions: ["sigmoid", "tanh"] },
};

/** The part of a tensor at this index of its first axis. */
function at({ shape, data }: Tensor, index: number): Tensor {
  const rest = shape.slice(1);
  const size = countOf(rest);
  return { shape: rest, data: data.slice(index * size, (index + 1) * size) };
}

/** Blocks of rows, one for each gate, in the order of the layer. */
function inGateOrder({ shape, data }: Tensor, gates: readonly number[]): Tensor {
  const size = data.length / gates.length;
  const blocks = gates.map((gate) => data.slice(gate * size, (gate + 1) * size));
  return { shape, data: Float64Array.from(blocks.flatMap((block) => [...block])) };
}

/** The parameters of one direction. */
function parametersOf(r: Reading, { gates }: Kind, direction: number): Record<string, Tensor> {
  const matrix = (index: number): Tensor =>
    transposed(inGateOrder(at(r.weight(index), direction), gates), [1, 0]);
  const recurrent = matrix(2);
  const width = recurrent.shape[1];
  const given = r.constant(3);
  const both = given === undefined ? new Float64Array(2 * width) : at(given, direction).data;
  const bias = (half: number): Tensor =>
    inGateOrder({ shape: [width], data: both.slice(half * width, (half + 1) * width) }, gates);
  return { weight: matrix(1), recurrent, bias: bias(0), recurrentBias: bias(1) };
}

/** The activation of an rnn. Other layers must have the usual functions. */
function activationOf(r: Reading, kind: Kind): { readonly activation?: string } {
  const given = r.attribute("activations");
  const names = Array.isArray(given) ? given.map((name) => String(name).toLowerCase()) : kind.functions;
  const isRelu = kind.type === "rnn" && names.every((name) => name === "relu");
  if (isRelu) return { activation: "relu" };
  const isUsual = names.every((name, i) => name === kind.functions[i % kind.functions.length]);
  return isUsual ? {} : refuse(`has the activations ${names.join(", ")}`);
}

function checkNode(r: Reading): void {
  const { inputs, operator } = r.node;
  if ((inputs[4] ?? "") !== "") return refuse("reads the lengths of the sequences");
  if (![5, 6].every((index) => r.source.isZero(inputs[index] ?? "")))
    return refuse("has an initial state that is not 0");
  if ((inputs[7] ?? "") !== "") return refuse("has peepholes");
  if (operator === "GRU" && r.integer("linear_before_reset", 0) === 0)
    return refuse("applies the reset gate before the product, unlike PyTorch and the layer gru");
}

const isUsed = (r: Reading, name: string | undefined): boolean =>
  name !== undefined && name !== "" && (r.source.readers(name).length > 0 || name === r.source.output);

const recurrent: Pattern = {
  operators: Object.keys(kinds),
  layer: "rnn, lstm, gru, bidirectional",
  read(r) {
    checkNode(r);
    const kind = kinds[r.node.operator];
    const isBatchFirst = r.integer("layout", 0) !== 0;
    const place = r.place(0);
    if (!sameAxes(place.axes, isBatchFirst ? [0, 1, 2] : [1, 0, 2]))
      return refuse("reads a sequence whose axes have another order than those of the layer before it");
    const [all, last, memory] = r.node.outputs;
    if (isUsed(r, memory)) return refuse("returns the state of its cells");
    if (isUsed(r, all) && isUsed(r, last)) return refuse("returns both all states and the last one");
    const direction = r.text("direction", "forward");
    const keys = {
      units: r.weight(2).shape[2],
      ...activationOf(r, kind),
      ...(isUsed(r, all) ? { returnSequences: true } : {}),
    };
    if (direction === "bidirectional") return readBoth(r, kind, keys);
    const draft = r.add(
      kind.type,
      { ...keys, ...(direction === "reverse" ? { reverse: true } : {}) },
      [place.draft],
      parametersOf(r, kind, 0),
    );
    r.define(all, { draft, axes: isBatchFirst ? [0, 1, null, 2] : [1, null, 0, 2] });
    r.define(last, { draft, axes: isBatchFirst ? [0, null, 1] : [null, 0, 1] });
  },
};

/**
 * Both directions. PyTorch joins them by a transpose and a reshape: from [time, 2, n, units] to [time, n, 2 · units].
 */
function readBoth(r: Reading, kind: Kind, keys: Record<string, unknown>): void {
  const name = r.node.outputs[keys.returnSequences === true ? 0 : 1];
  const order = keys.returnSequences === true ? [0, 2, 1, 3] : [1, 0, 2];
  const turned = r.next(name, "Transpose");
  const joined = turned && r.next(turned.outputs[0], "Reshape");
  const permutation = turned?.attributes.get("perm");
  const fits = Array.isArray(permutation) && permutation.every((axis, i) => axis === order[i]);
  if (!turned || !joined || !fits || r.integer("layout", 0) !== 0)
    return refuse("does not join its two directions");
  const shape = r.source.shape(joined.outputs[0]);
  if (shape.length !== order.length - 1) return refuse("does not join its two directions");
  const parameters = ["forward", "backward"].flatMap((way, direction) =>
    Object.entries(parametersOf(r, kind, direction)).map(
      ([own, tensor]) => [`${way}.${own}`, tensor] as const,
    ),
  );
  const layer = { type: kind.type, ...keys };
  const from = [r.place(0).draft];
  const draft = r.add("bidirectional", { layer }, from, Object.fromEntries(parameters), [turned, joined]);
  r.define(joined.outputs[0], { draft, axes: keys.returnSequences === true ? [1, 0, 2] : [0, 1] });
}

export const recurrentPatterns: readonly Pattern[] = [recurrent];
