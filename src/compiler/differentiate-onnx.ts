/**
 * The derivatives of an ONNX model, as an ONNX model: its values, and the vector-Jacobian products of one output with
 * respect to inputs and parameters. The derivatives are ordinary nodes, so any ONNX runtime computes them.
 *
 * For an output y and a cotangent v of the same shape, the product for x is Σ_i v_i · ∂y_i/∂x. A single number needs no
 * cotangent: v = 1, and the product is the gradient.
 */
import * as z from "zod";
import { onnxModel } from "./emit/onnx/model.ts";
import type { ModelInput } from "./emit/onnx/model.ts";
import type { GraphBuilder } from "./ir/builder.ts";
import { collectNodes, leafName, makeGraph } from "./ir/nodes.ts";
import type { Node } from "./ir/nodes.ts";
import { gradientStorage } from "./ir/storage.ts";
import { isFloat, tensorType } from "./ir/types.ts";
import type { Shape, TensorType } from "./ir/types.ts";
import type { Comparison, Fit, Loss } from "./library/define.ts";
import { losses } from "./library/losses/index.ts";
import { importGraph } from "./library/onnx/import-graph.ts";
import { InvalidModel } from "./library/onnx/invalid-model.ts";
import { shapeOfInput } from "./library/onnx/model.ts";
import type { OnnxModel } from "./library/onnx/model.ts";
import { isKnown, knownTensor, typeOfElement } from "./library/onnx/values.ts";
import type { Value } from "./library/onnx/values.ts";
import { notesOf } from "./onnx-emission.ts";
import { createBuilder } from "./ops/index.ts";
import { gradientsOfSum } from "./passes/derivatives/gradients-of.ts";
import { graphPasses } from "./pipeline.ts";
import { version } from "./spec/version.ts";
import { runStages } from "./stages/run.ts";
import { didYouMean, showNames, showValue } from "./util/message-text.ts";
import { nameMaker } from "./util/name-maker.ts";
import { matchesPattern } from "./util/name-pattern.ts";

export interface DerivativeOptions {
  readonly dtype: "f32" | "f64";
  /** An output of the model, or a loss of specs that compares the output with a target. By default, the only output. */
  readonly loss?: string | undefined;
  /** Patterns of the names of inputs and parameters. By default, all that are real. */
  readonly of?: readonly string[];
}

export interface Derivative {
  readonly bytes: Uint8Array;
  /** The inputs of the file, in order. Those with `hasDefault` are parameters with the values of the model. */
  readonly inputs: readonly { readonly name: string; readonly shape: Shape; readonly hasDefault: boolean }[];
  /** The outputs of the file: the differentiated value, and then the products. */
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
}

/** The losses that need no more than a prediction and a target. */
const simpleLosses: ReadonlyMap<string, Loss> = new Map(
  Object.entries<Loss>(losses).filter(([name]) => name !== "formula"),
);

/** A name that the user wrote does not exist, or fits nothing. */
export class UnknownName extends InvalidModel {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** An input of the graph, or a tensor of the model that the graph reads. */
interface Leaf {
  readonly name: string;
  readonly node: Node;
  /** The values in the model; undefined for an input. */
  readonly values?: ArrayLike<number>;
}

/**
 * Returns the model of the derivatives.
 * @throws UnknownName if a name of the options does not exist
 * @throws InvalidModel if the output has no derivative, or if the model has nodes that are not supported
 */
export function differentiateModel(model: OnnxModel, options: DerivativeOptions): Derivative {
  const g = createBuilder(options.dtype);
  const { outputs, leaves, constants } = imported(model, g);
  const unique = nameMaker([...leaves.map(({ name }) => name), ...model.outputs], "_");
  const { output, sum, added } = differentiated(g, outputs, options.loss, unique);
  const read = new Set(collectNodes([{ storage: "output", node: output.node }]).map(leafName));
  const known = leaves.filter(({ name, values }) => values === undefined || read.has(name));
  const chosen = chosenLeaves(known, options.of ?? ["*"]);
  const products = gradientsOfSum(
    g,
    sum,
    chosen.map(({ node }) => node),
  );
  const named = [
    { storage: output.name, node: output.node },
    ...products.map((node, i) => ({ storage: unique(gradientStorage(chosen[i].name)), node })),
  ];
  const [graph] = runStages(
    graphPasses,
    [makeGraph("derivative", named)],
    { g, exact: false },
    { list: "graph passes" },
  );
  const fixed = known.filter((leaf) => leaf.values !== undefined && !chosen.includes(leaf));
  const inputs = [...known.filter((leaf) => !fixed.includes(leaf)), ...added].map(inputOf);
  const bytes = onnxModel({
    graph,
    name: "derivative",
    doc: `The derivatives of ${output.name} with respect to ${chosen.map(({ name }) => name).join(", ")}.`,
    inputs,
    initialisers: new Map([...fixed, ...constants].map(({ name, values = [] }) => [name, values])),
    outputs: named.map(({ storage }) => ({ storage, name: storage })),
    noteOf: notesOf(graph),
    metadata: {},
    version,
  });
  return {
    bytes,
    inputs: inputs.map(({ name, type, initial }) => ({
      name,
      shape: type.shape,
      hasDefault: initial !== undefined,
    })),
    outputs: named.map(({ storage, node }) => ({ name: storage, shape: node.type.shape })),
  };
}

function inputOf({ name, node: { type }, values }: Leaf): ModelInput {
  return { storage: name, name, type, doc: "", initial: values };
}

/** The model as a graph. Its inputs and real tensors become leaves. */
function imported(model: OnnxModel, g: GraphBuilder) {
  const leaves: Leaf[] = [];
  const constants: Leaf[] = [];
  const leaf = (list: Leaf[], name: string, type: TensorType, values?: ArrayLike<number>): Node => {
    const node = g.named(name, g.input({ name, type }));
    list.push({ name, node, ...(values && { values }) });
    return node;
  };
  const inputs = model.inputs.map((input): [string, Value] => [
    input.name,
    leaf(leaves, input.name, tensorType(typeOfElement(input.element, g.float), shapeOfInput(input))),
  ]);
  const results = importGraph(model, {
    g,
    inputs: new Map(inputs),
    initialiser: (name, data) =>
      data.element === "real"
        ? leaf(leaves, name, tensorType(g.float, data.shape), data.values)
        : knownTensor(data),
    constant: (name, { element, shape, values }) =>
      leaf(constants, name, tensorType(typeOfElement(element, g.float), shape), values.map(Number)),
    around: ({ name }, build) => g.within({ composite: name.replace(/^\/+/, "") || "node" }, build),
    gradients: (y, xs) => gradientsOfSum(g, y, xs),
  });
  const outputs = [...results].flatMap(([name, value]) => (isKnown(value) ? [] : [{ name, node: value }]));
  return { outputs, leaves, constants };
}

interface Differentiated {
  /** The value that is differentiated. */
  readonly output: Leaf;
  /** The number whose gradient is computed. */
  readonly sum: Node;
  /** Inputs that the model does not have: a cotangent, or a target. */
  readonly added: readonly Leaf[];
}

type Unique = (name: string) => string;

function differentiated(
  g: GraphBuilder,
  outputs: readonly Leaf[],
  loss: string | undefined,
  unique: Unique,
): Differentiated {
  const named = outputs.find(({ name }) => name === loss);
  const compares = loss === undefined || named !== undefined ? undefined : simpleLosses.get(loss);
  if (loss !== undefined && compares !== undefined)
    return comparedWithTarget(g, onlyOutput(outputs, `the loss ${loss}`), loss, compares, unique);
  const output = loss === undefined ? onlyOutput(outputs, "the derivative") : named;
  if (output === undefined) {
    const names = outputs.map(({ name }) => name);
    const known = [...simpleLosses.keys()];
    const similar = didYouMean(loss ?? "", [...names, ...known]);
    throw new UnknownName(
      `${showValue(loss)} is neither an output of the model nor a loss`,
      similar === undefined
        ? `outputs: ${showNames(names)}; losses: ${known.join(", ")}`
        : `did you mean ${showValue(similar)}?`,
    );
  }
  const { name, node } = output;
  if (!isFloat(node.type.element))
    throw new InvalidModel(`the output "${name}" has no derivative, because its elements are not real`);
  if (node.type.shape.every((size) => size === 1)) return { output, sum: node, added: [] };
  const cotangentName = unique(`cotangent:${name}`);
  const cotangent = g.input({ name: cotangentName, type: node.type });
  return { output, sum: g.multiply(cotangent, node), added: [{ name: cotangentName, node: cotangent }] };
}

function onlyOutput(outputs: readonly Leaf[], what: string): Leaf {
  if (outputs.length === 1) return outputs[0];
  if (outputs.length === 0) throw new InvalidModel("no output of the model depends on data");
  throw new UnknownName(
    `${what} needs one output, but the model has ${outputs.length}`,
    `name the output as the loss: ${showNames(outputs.map(({ name }) => name))}`,
  );
}

/** The loss of the output and a new input, the target. Class indices are i32. */
function comparedWithTarget(
  g: GraphBuilder,
  { name, node }: Leaf,
  lossName: string,
  loss: Loss,
  unique: Unique,
): Differentiated {
  const keys = z.object(loss.keys).parse({});
  const [rows, ...output] = node.type.shape;
  const sizes = output.map(Number);
  const fits: readonly Fit[] = [
    { output: sizes, target: { shape: sizes } },
    { output: sizes, target: { shape: sizes.slice(0, -1), classes: sizes.at(-1) ?? 0 } },
  ];
  const fit = fits.find((each) => rows !== undefined && loss.accepts(each, keys) === undefined);
  if (fit === undefined || !isFloat(node.type.element))
    throw new InvalidModel(
      `the loss ${lossName} cannot compare the output "${name}" with a target, because the output has the shape ` +
        `[${node.type.shape.join(", ")}]`,
    );
  const element = fit.target.classes === undefined ? g.float : "i32";
  const targetName = unique("target");
  const type = tensorType(element, [rows, ...fit.target.shape]);
  const target = g.named(targetName, g.input({ name: targetName, type }));
  const comparison: Comparison = {
    ...fit,
    prediction: node,
    estimate: node,
    expected: target,
    name: targetName,
    inputs: {},
  };
  const value = loss.value(g, loss.sums(g, comparison, keys), keys, comparison);
  const result = { name: unique("loss"), node: value };
  return { output: result, sum: value, added: [{ name: targetName, node: target }] };
}

/** The real leaves that a pattern matches, in the order of the model. */
function chosenLeaves(leaves: readonly Leaf[], patterns: readonly string[]): readonly Leaf[] {
  const real = leaves.filter(({ node }) => isFloat(node.type.element));
  for (const pattern of patterns)
    if (!real.some(({ name }) => matchesPattern(name, pattern))) {
      const names = real.map(({ name }) => name);
      const similar = didYouMean(pattern, names);
      throw new UnknownName(
        `no real input or parameter of the output has the name ${showValue(pattern)}`,
        similar === undefined ? `names: ${showNames(names)}` : `did you mean ${showValue(similar)}?`,
      );
    }
  return real.filter(({ name }) => patterns.some((pattern) => matchesPattern(name, pattern)));
}
