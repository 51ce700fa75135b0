/**
 * The pattern of multi-head attention. Exporters split it into many nodes that arrange values. From the softmax, it is
 * traced back to the projections of queries, keys and values, and forward to the projection of the output:
 *
 *     softmax(arrange(x · W_q + b_q) · arrange(m · W_k + b_k)ᵀ / √D) · arrange(m · W_v + b_v), arranged, · W_o + b_o
 *
 * Queries, keys and values may be the thirds of one projection.
 */
import type { ModelNode } from "../../../compiler/library/onnx/model.ts";
import type { Tensor } from "../../../compiler/ops/tensor.ts";
import { isLast, rankOf, refuse, refuseForm, reshaped, transposed } from "../recognition.ts";
import type { Pattern, Reading } from "../recognition.ts";

const isNot = "is not a projection of attention";

/** A product with a weight [in, out], and its bias. */
interface Projection {
  readonly input: string;
  readonly output: string;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly nodes: readonly ModelNode[];
}

/** The projection whose result is the value of this name. */
function projectionTo(r: Reading, name: string): Projection | undefined {
  const producer = r.source.producer(name);
  if (producer === undefined) return undefined;
  if (producer.operator === "Add") {
    const data = producer.inputs.find((input) => r.source.isData(input)) ?? "";
    const bias = r.source.constant(r.other(producer, data));
    const product = projectionTo(r, data);
    if (product === undefined || product.bias !== undefined || bias?.data.length !== product.weight.shape[1])
      return undefined;
    const flat = reshaped(bias, [bias.data.length]);
    return { ...product, output: name, bias: flat, nodes: [...product.nodes, producer] };
  }
  const isGemm = producer.operator === "Gemm";
  if (!isGemm && producer.operator !== "MatMul") return undefined;
  const [input, matrix, added = ""] = producer.inputs;
  const given = r.source.isData(matrix) ? undefined : r.source.constant(matrix);
  if (given?.shape.length !== 2 || !r.source.isData(input)) return undefined;
  const isUsual = ["alpha", "beta"].every((key) => (producer.attributes.get(key) ?? 1) === 1);
  if (isGemm && (!isUsual || (producer.attributes.get("transA") ?? 0) !== 0)) return undefined;
  const isTurned = isGemm && (producer.attributes.get("transB") ?? 0) !== 0;
  const weight = isTurned ? transposed(given, [1, 0]) : given;
  const bias = added === "" ? undefined : r.source.constant(added);
  return { input, output: name, weight, bias, nodes: [producer] };
}

const arranging = ["Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Flatten"];

interface Trace {
  readonly projection: Projection;
  /** The third of the projection; undefined if it is used as a whole. */
  readonly third: number | undefined;
  readonly scale: number;
  readonly nodes: readonly ModelNode[];
}

/** From a value back to the projection from which it is arranged and scaled. */
function traced(r: Reading, start: string): Trace | undefined {
  const nodes: ModelNode[] = [];
  let [name, scale] = [start, 1];
  let third: number | undefined;
  for (;;) {
    const projection = projectionTo(r, name);
    if (projection !== undefined) return { projection, third, scale, nodes };
    const producer = r.source.producer(name);
    if (producer === undefined) return undefined;
    nodes.push(producer);
    const [input] = producer.inputs;
    const factor = scaleOf(r, producer);
    const index = producer.operator === "Gather" ? r.number(producer.inputs[1]) : undefined;
    if (factor !== undefined) scale *= factor.scale;
    else if (index !== undefined && third === undefined) third = index;
    else if (producer.operator === "Split" && producer.outputs.length === 3 && third === undefined)
      third = producer.outputs.indexOf(name);
    else if (!arranging.includes(producer.operator)) return undefined;
    name = factor?.data ?? input;
  }
}

/** The factor of a product or quotient with a constant. */
function scaleOf(r: Reading, node: ModelNode): { readonly data: string; readonly scale: number } | undefined {
  const [a, b] = node.inputs;
  const data = r.source.isData(a) ? a : b;
  const factor =
    node.operator === "Mul" || node.operator === "Div" ? r.number(r.other(node, data)) : undefined;
  if (factor === undefined || (node.operator === "Div" && data !== a)) return undefined;
  return { data, scale: node.operator === "Mul" ? factor : 1 / factor };
}

interface Scores {
  readonly product: ModelNode;
  readonly scale: number;
  readonly causal: boolean;
  readonly nodes: readonly ModelNode[];
}

/** From the input of the softmax back to the product of queries and keys. */
function scoresOf(r: Reading, start: string): Scores | undefined {
  const nodes: ModelNode[] = [];
  let [name, scale, causal] = [start, 1, false];
  for (;;) {
    const producer = r.source.producer(name);
    if (producer === undefined) return undefined;
    nodes.push(producer);
    const factor = scaleOf(r, producer);
    const data = producer.inputs.find((input) => r.source.isData(input)) ?? "";
    if (producer.operator === "MatMul") return { product: producer, scale, causal, nodes };
    if (factor !== undefined) scale *= factor.scale;
    else if (isCausalMask(r, producer, data) && !causal) causal = true;
    else return undefined;
    name = factor?.data ?? data;
  }
}

/** Whether the node hides exactly the later positions, for every row and every head. */
function isCausalMask(r: Reading, { operator, inputs }: ModelNode, data: string): boolean {
  const hides = (tensor: Tensor | undefined, isHidden: (value: number) => boolean): boolean => {
    const length = tensor?.shape.at(-1) ?? 0;
    if (tensor === undefined || length === 0 || tensor.shape.at(-2) !== length) return false;
    return tensor.data.every((value, i) => isHidden(value) === i % length > Math.floor(i / length) % length);
  };
  if (operator === "Add") {
    const mask = r.source.constantFor(inputs[0] === data ? inputs[1] : inputs[0], 2);
    const isZeroElsewhere = mask?.data.every((value) => value === 0 || value < -1e4) ?? false;
    return isZeroElsewhere && hides(mask, (value) => value < 0);
  }
  if (operator !== "Where" || r.source.isData(inputs[0])) return false;
  const isHiddenFirst = inputs[2] === data;
  const fill = r.number(isHiddenFirst ? inputs[1] : inputs[2]);
  if (fill === undefined || fill > -1e4) return false;
  return hides(r.source.constantFor(inputs[0], 2), (value) => (value !== 0) === isHiddenFirst);
}

/** The first softmax after a value, through nodes that a projection of attention can have. */
function softmaxAfter(r: Reading, name: string): ModelNode | undefined {
  const passed = [...arranging, "Add", "Mul", "Div", "Gather", "Split", "Where", "MatMul"];
  const queue = [name];
  for (let steps = 0; steps < 60 && queue.length > 0; steps++) {
    for (const node of r.source.readers(queue.shift() ?? "")) {
      if (node.operator === "Softmax") return node;
      if (passed.includes(node.operator)) queue.push(...node.outputs);
    }
  }
  return undefined;
}

/** The projection of the output, and the nodes from the product with the values to the result of attention. */
function outputAfter(
  r: Reading,
  start: string,
  shape: string,
):
  | { readonly projection: Projection; readonly result: string; readonly nodes: readonly ModelNode[] }
  | undefined {
  const nodes: ModelNode[] = [];
  let projection: Projection | undefined;
  let name = start;
  for (;;) {
    const hasShape = String(r.source.shape(name)) === shape && !r.source.joinsBatch(name);
    if (projection !== undefined && hasShape) return { projection, result: name, nodes };
    const [reader, ...others] = r.source.readers(name);
    if (reader === undefined || others.length > 0) return undefined;
    nodes.push(reader);
    const [next] = reader.outputs;
    if (!arranging.includes(reader.operator)) {
      const found = projection === undefined ? withBias(r, next) : undefined;
      if (found === undefined) return undefined;
      projection = found;
      name = found.output;
      nodes.push(...found.nodes);
    } else name = next;
  }
}

/** The projection to this value, and the bias that is added to it afterwards. */
function withBias(r: Reading, name: string): Projection | undefined {
  const product = projectionTo(r, name);
  const add = product && r.next(name, "Add");
  return (add && projectionTo(r, add.outputs[0])) ?? product;
}

/** Columns [begin, end) of a matrix [in, out], or elements of a vector. */
function columns({ shape, data }: Tensor, begin: number, end: number): Tensor {
  const width = shape[shape.length - 1];
  return {
    shape: [...shape.slice(0, -1), end - begin],
    data: data.filter((_, i) => i % width >= begin && i % width < end),
  };
}

function parametersOf({ projection, third }: Trace, name: string, units: number): Record<string, Tensor> {
  const [begin, end] = third === undefined ? [0, units] : [third * units, (third + 1) * units];
  const bias = projection.bias ?? { shape: [end], data: new Float64Array(end) };
  return { [name]: columns(projection.weight, begin, end), [`${name}Bias`]: columns(bias, begin, end) };
}

const attention: Pattern = {
  operators: ["MatMul", "Gemm"],
  layer: "attention, cross-attention",
  read(r) {
    const softmax = softmaxAfter(r, r.node.outputs[0]) ?? refuseForm(isNot);
    const scores = scoresOf(r, softmax.inputs[0]) ?? refuseForm(isNot);
    const mixed = r.next(softmax.outputs[0], "MatMul") ?? refuseForm(isNot);
    const query = traced(r, scores.product.inputs[0]) ?? refuseForm(isNot);
    const key = traced(r, scores.product.inputs[1]) ?? refuseForm(isNot);
    const value = traced(r, r.other(mixed, softmax.outputs[0])) ?? refuseForm(isNot);
    const shape = r.source.shape(query.projection.input);
    const after = outputAfter(r, mixed.outputs[0], String(shape)) ?? refuseForm(isNot);
    const units = after.projection.weight.shape[0];
    const [reading, memory] = [r.placeOf(query.projection.input), r.placeOf(key.projection.input)];
    const values = r.placeOf(value.projection.input);
    const isMemory = memory.draft === values.draft && String(memory.axes) === String(values.axes);
    const [rows, heads, ...lengths] = r.source.shape(softmax.inputs[0]);
    const scale = scores.scale * query.scale * key.scale;
    const isUsual =
      rows === r.source.rows &&
      lengths.length === 2 &&
      isMemory &&
      Math.abs(scale * Math.sqrt(units / Number(heads)) - 1) < 1e-5 &&
      value.scale === 1 &&
      rankOf(reading) === 3 &&
      [reading, memory].every((place) => isLast(place, -1)) &&
      after.projection.weight.shape[1] === units;
    if (!isUsual) return refuse("is attention of another kind than that of the layer");
    const parameters = {
      ...parametersOf(query, "query", units),
      ...parametersOf(key, "key", units),
      ...parametersOf(value, "value", units),
      output: after.projection.weight,
      outputBias: after.projection.bias ?? { shape: [units], data: new Float64Array(units) },
    };
    const isSelf = reading.draft === memory.draft;
    if (!isSelf && scores.causal) return refuse("is causal attention over another sequence");
    const traces = [query, key, value];
    if (!traces.some(({ projection }) => projection.nodes.includes(r.node))) return refuseForm(isNot);
    const nodes = [
      ...traces.flatMap((trace) => [...trace.projection.nodes, ...trace.nodes]),
      ...scores.nodes,
      softmax,
      mixed,
      ...after.nodes,
    ];
    const keys = { heads: Number(heads), ...(scores.causal ? { causal: true } : {}) };
    const from = isSelf ? [reading.draft] : [reading.draft, memory.draft];
    const unique = [...new Set(nodes)].filter((node) => node !== r.node);
    const draft = r.add(isSelf ? "attention" : "cross-attention", keys, from, parameters, unique);
    r.define(after.result, { draft, axes: reading.axes });
  },
};

export const attentionPatterns: readonly Pattern[] = [attention];
