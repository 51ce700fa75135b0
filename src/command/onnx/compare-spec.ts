/**
 * Compares the predictions of an imported spec with those of its ONNX file, on random inputs and in f64. Both are
 * computed by the reference interpreter.
 */
import { collector, invariant } from "../../compiler/diagnostics/errors.ts";
import { createBuilder } from "../../compiler/ops/index.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { buildNetwork } from "../../compiler/spec/build-network.ts";
import { outputsOf } from "../../compiler/spec/objectives.ts";
import type { Network } from "../../compiler/spec/build-network.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { printable } from "../../compiler/util/message-text.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import { transposed } from "./recognition.ts";
import { evaluated } from "./source-graph.ts";
import type { SourceGraph, SourceInput } from "./source-graph.ts";
import type { RecognisedSpec } from "./spec-of.ts";

/**
 * The largest difference, relative to the largest prediction or to 1. Attributes in the file have the precision of f32,
 * so that constants such as those of selu differ by 6e-8. Weights in the wrong order lead to much larger differences.
 */
const tolerance = 1e-6;

/**
 * How the output of the spec differs from that of the file; undefined if it is the same. The compiler has compared the
 * shape of the output with that of the target, which is the one in the file.
 */
export function differenceFrom(
  source: SourceGraph,
  model: Model,
  recognised: RecognisedSpec,
): string | undefined {
  const rows = source.rows === "n" ? 2 : source.rows;
  const network = buildNetwork(model, createBuilder("f64"), "evaluation", collector());
  const wrong = wrongParameter(network, recognised);
  if (wrong !== undefined) return wrong;
  const random = randomNumbers(1);
  const inputs = new Map(
    source.inputs.map((input) => [input.name, randomInput(input, rows, recognised, random)]),
  );
  const wanted = transposed(source.evaluate(inputs, rows), recognised.outputOrder).data;
  const found = predictionsOf(model, network, rows, recognised, inputs).data;
  const scale = wanted.reduce(
    (most, value) => (Math.abs(value) < Infinity ? Math.max(most, Math.abs(value)) : most),
    1,
  );
  const most = wanted.reduce((largest, value, i) => Math.max(largest, distance(value, found[i])), 0);
  if (most <= tolerance * scale) return undefined;
  const name = printable(source.output).slice(0, 100);
  return `the output "${name}" differs by ${threeDigits(most)}, and its largest value is ${threeDigits(scale)}`;
}

const threeDigits = (x: number): string => String(Number(x.toPrecision(3)));

/** Equal numbers may also be infinite or NaN. A number and NaN have the distance Infinity. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}

/** A parameter of the network that has no values of its shape. */
function wrongParameter(network: Network, recognised: RecognisedSpec): string | undefined {
  const shapes = new Map(recognised.parameters.map(({ name, shape }) => [name, shape]));
  for (const { name, shape, fill } of network.parameters) {
    const found = shapes.get(name);
    if (fill.kind === "given" ? found !== undefined : String(found) !== String(shape))
      return `the parameter ${name} of the shape [${shape.join(", ")}] has no values of this shape`;
  }
  return undefined;
}

function predictionsOf(
  model: Model,
  network: Network,
  rows: number,
  { parameters, inputs }: RecognisedSpec,
  values: ReadonlyMap<string, Tensor>,
): Tensor {
  const node = network.values.get(outputsOf(model)[0]);
  invariant(node !== undefined, "the spec is valid, so its output has a value");
  const given = new Map<string, Tensor>();
  // The weights of layers of the type `onnx` are those of the file.
  for (const { name, shape, fill } of network.parameters)
    if (fill.kind === "given") given.set(name, { shape, data: Float64Array.from(fill.values) });
  for (const { name, shape, numbers } of parameters)
    given.set(name, { shape, data: Float64Array.from(numbers()) });
  for (const [name, { name: own, order }] of inputs) {
    const value = values.get(name);
    invariant(value !== undefined, "every input has values");
    given.set(own, transposed(value, order));
  }
  return evaluated(node, given, rows);
}

/** Real numbers in [-2, 2), booleans, or indices that all embeddings of the input have. */
function randomInput(
  { name, element, sizes }: SourceInput,
  rows: number,
  { layers }: RecognisedSpec,
  random: () => number,
): Tensor {
  const vocabularies = layers.flatMap(({ draft: { from, keys } }) =>
    from.some((read) => read.type === "input" && read.keys.name === name) &&
    typeof keys.vocabulary === "number"
      ? [keys.vocabulary]
      : [],
  );
  const most = vocabularies.length > 0 ? Math.min(...vocabularies) : 2;
  const shape = [rows, ...sizes];
  const draw = () => (element === "real" ? 4 * random() - 2 : Math.floor(most * random()));
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, draw) };
}

/** Numbers in [0, 1) that depend only on the seed (a linear congruential generator modulo 2³²). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
