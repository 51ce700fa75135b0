/**
 * The equations of a single layer, activation, loss or optimizer, and the derivatives that reverse accumulation gives
 * for them. They are derived and simplified by the compiler, like those of `tapeless inspect --show gradients`.
 */
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { collector } from "../../compiler/diagnostics/errors.ts";
import { collectNodes, makeGraph } from "../../compiler/ir/nodes.ts";
import type { Graph, Node, Output } from "../../compiler/ir/nodes.ts";
import { gradientStorage, lossStorage } from "../../compiler/ir/storage.ts";
import { isFloat } from "../../compiler/ir/types.ts";
import { mathematicalName } from "../../compiler/notation/symbol.ts";
import { textPrinter } from "../../compiler/notation/text.ts";
import { createBuilder, hasTrait } from "../../compiler/ops/index.ts";
import { gradientsOf } from "../../compiler/passes/derivatives/gradients-of.ts";
import { graphPasses } from "../../compiler/pipeline.ts";
import { buildGraphs } from "../../compiler/spec/build.ts";
import { buildNetwork } from "../../compiler/spec/build-network.ts";
import { parseModel } from "../../compiler/spec/parse-model.ts";
import type { Layer, Model } from "../../compiler/spec/types.ts";
import { runStages } from "../../compiler/stages/run.ts";
import { graphFormulas } from "../explain/graph-formulas.ts";

/** Lines such as `y = relu(z)`. */
export interface Equations {
  readonly forward: readonly string[];
  /** Empty for an optimizer. */
  readonly gradient: readonly string[];
}

/** A longer list would not fit next to the text. */
const mostLines = 16;

/**
 * The equations of a layer of a model, in training mode. The derivatives are those of the loss with respect to its
 * inputs and parameters, in terms of dy, the derivative with respect to its output.
 */
export function layerEquations(
  model: Model,
  layer: Layer,
  shapeOf: (name: string) => Node | undefined,
): Equations {
  const g = createBuilder("f32");
  const inputs = Object.fromEntries(
    layer.from.flatMap((name) => {
      const type = shapeOf(name)?.type;
      const dtype = type?.element === "i32" ? ("i32" as const) : ("f32" as const);
      return type === undefined ? [] : [[name, { shape: type.shape.slice(1).map(Number), dtype }]];
    }),
  );
  const alone: Model = { ...model, inputs, network: [{ ...layer, index: 0 }] };
  const { values, parameters } = buildNetwork(readingOnly(layer, alone), g, "training", collector());
  const y = values.get(layer.name);
  if (y === undefined) return { forward: [], gradient: [] };
  const sources = layer.from.flatMap((name) => values.get(name) ?? []);
  return equationsOf(y, [...sources, ...parameters.map(({ node }) => node)], g);
}

/** The model with the layer as its only output. */
function readingOnly({ name }: Layer, model: Model): Model {
  const { losses: _, ...others } = model;
  const targets = Object.fromEntries(Object.entries(model.targets).slice(0, 1));
  return { ...others, targets, output: name, loss: { type: "mse" } };
}

/** The equations of an activation y = f(x), as a spec writes it. Undefined if it is not valid. */
export function activationEquations(fn: unknown): Equations | undefined {
  const model = modelWith({ network: [{ type: "activation", fn, name: "y" }] });
  const layer = model?.network.find(({ name }) => name === "y");
  if (model === undefined || layer === undefined) return undefined;
  const g = createBuilder("f32");
  const alone = { ...model, network: [{ ...layer, from: ["x"], index: 0 }] };
  const { values } = buildNetwork(alone, g, "training", collector());
  const [x, y] = [values.get("x"), values.get("y")];
  return x && y && equationsOf(y, [x], g);
}

/** y in terms of its operands, and the derivatives with respect to the real numbers of `xs`, in terms of dy. */
function equationsOf(y: Node, xs: readonly Node[], g: ReturnType<typeof createBuilder>): Equations {
  const wanted = xs.filter(({ type }) => isFloat(type.element));
  const axes = y.type.shape.map((_, axis) => axis);
  const dy = g.named("dy", g.input({ name: "dy", type: y.type }));
  const total = g.reduceSum(g.multiply(y, dy), { axes });
  const nodes = collectNodes([{ storage: lossStorage, node: total }]);
  const gradients = gradientsOf(total, wanted, nodes, g);
  const outputs = wanted.flatMap((_, i): Output[] => {
    const node = gradients[i];
    return node === undefined ? [] : [{ storage: gradientStorage(String(i)), node }];
  });
  const both = makeGraph("gradient", [{ storage: "value", node: y }, ...outputs]);
  return linesOf(runStages(graphPasses, [both], { g, exact: false })[0]);
}

/** The equations of a loss, and of its derivative with respect to the prediction. Undefined if it is not valid. */
export function lossEquations(loss: unknown): Equations | undefined {
  const targets = [{ shape: [4] }, { classes: 4 }];
  for (const target of targets) {
    const model = modelWith({ loss, targets: { target } });
    if (model === undefined) continue;
    const { training } = buildGraphs(model, "f32");
    const prediction = training.nodes.find(({ name }) => name === "prediction");
    const value = training.outputs.find(({ storage }) => storage === lossStorage)?.node;
    if (prediction === undefined || value === undefined) continue;
    const g = createBuilder("f32");
    const [gradient] = gradientsOf(value, [prediction], training.nodes, g);
    const outputs = [{ storage: lossStorage, node: value }];
    const both =
      gradient === undefined
        ? outputs
        : [...outputs, { storage: gradientStorage("prediction"), node: gradient }];
    const [graph] = runStages(graphPasses, [makeGraph("gradient", both)], { g, exact: false });
    return linesOf(graph, (node) => node.origin.layer === undefined);
  }
  return undefined;
}

/** The keys of a spec whose equations `partEquations` derives, and the graphs that contain them. */
const graphsOfPart = {
  optimizer: ["update"],
  metrics: ["evaluate", "summarise"],
  regularization: ["training"],
} as const;

export type SpecPart = keyof typeof graphsOfPart;

/**
 * The equations of an optimizer, of a metric or of the regularization. Undefined if it is not valid in a small spec.
 * @param path of the equations in the spec, such as `["optimizer", "learningRate"]` for those of a schedule
 */
export function partEquations(
  part: SpecPart,
  value: unknown,
  path: SpecPath = [part],
): Equations | undefined {
  // Accuracy accepts real targets too, but is meant for classes.
  const ofClasses = { loss: "cross-entropy", targets: { target: { classes: 4 } } };
  const model = modelWith({ ...ofClasses, [part]: value }) ?? modelWith({ [part]: value });
  if (model === undefined) return undefined;
  const graphs = buildGraphs(model, "f32");
  const forward = graphsOfPart[part].flatMap((name) => {
    const [graph] = runStages(graphPasses, [graphs[name]], { g: createBuilder("f32"), exact: false });
    // The sums over all batches so far say nothing about the metric.
    const sums = name === "evaluate" ? graph.outputs.map(({ node }) => node) : [];
    const isOfPart = ({ origin }: Node) => path.every((step, i) => origin.path?.[i] === step);
    return linesOf(graph, (node) => isOfPart(node) && !sums.includes(node)).forward;
  });
  return { forward: forward.map((line) => line.replaceAll(storageKinds, "")), gradient: [] };
}

/** The prefixes of the names of stored values. */
const storageKinds = /\b(?:flat|optimizer|totals):/g;

/** The model of a small spec; undefined if the spec has errors. */
function modelWith(changes: object): Model | undefined {
  const spec = {
    name: "small",
    inputs: { x: { shape: [4] } },
    targets: { target: { shape: [4] } },
    network: [],
    loss: "mse",
    optimizer: "sgd",
    training: { epochs: 1, batchSize: 2 },
    ...changes,
  };
  const network = [{ type: "dense", units: 4, name: "prediction" }, ...spec.network];
  try {
    const model = parseModel({ ...spec, network });
    buildGraphs(model, "f32");
    return model;
  } catch {
    return undefined;
  }
}

const textOf = textPrinter(mathematicalName);

function linesOf(graph: Graph, isShown: (node: Node) => boolean = () => true): Equations {
  const formulas = graphFormulas(graph);
  const shown = formulas.nodes.filter(
    (node) => formulas.isNamed(node) && !hasTrait(node, "leaf") && isShown(node),
  );
  const lines = (isBackward: boolean) =>
    shown
      .filter(({ origin }) => (origin.forward !== undefined) === isBackward)
      .map((node) => `${textOf(formulas.symbolOf(node))} = ${textOf(formulas.formulaOf(node))}`);
  return { forward: cut(lines(false)), gradient: cut(lines(true)) };
}

const cut = (lines: readonly string[]): readonly string[] =>
  lines.length <= mostLines ? lines : [...lines.slice(0, mostLines - 1), `… (${lines.length} equations)`];
