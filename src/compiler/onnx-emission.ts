/**
 * Emits ONNX files from the graphs of a model: the gradient of one batch, a whole step of training, and predictors. A
 * program in any language with an ONNX runtime can then train or use the model.
 */
import type { EmittedBytes } from "./emit/emitted-file.ts";
import type { Note } from "./emit/onnx/graph-writer.ts";
import { onnxModel } from "./emit/onnx/model.ts";
import type { ModelInput } from "./emit/onnx/model.ts";
import { composePrograms } from "./ir/compose-programs.ts";
import type { FlatStorage } from "./ir/compose-programs.ts";
import { nameAll } from "./ir/names.ts";
import { leafName, makeGraph } from "./ir/nodes.ts";
import type { Graph, Node, OpName, Output } from "./ir/nodes.ts";
import { stepsOf } from "./ir/recurrence.ts";
import { sizeOf } from "./ir/types.ts";
import {
  gradientStorage,
  learningRateStorage,
  lossStorage,
  outputStorage,
  seedStorage,
  stepStorage,
} from "./ir/storage.ts";
import type { Buffer } from "./loop/types.ts";
import { provenanceOf } from "./lower/provenance.ts";
import { displayFormulas } from "./notation/symbol.ts";
import { createBuilder } from "./ops/index.ts";
import type { GraphBuilder } from "./ir/builder.ts";
import { graphPasses } from "./pipeline.ts";
import type { CompiledGraphs } from "./pipeline.ts";
import { version } from "./spec/version.ts";
import { runStages } from "./stages/run.ts";
import { storageOf } from "./trainer/storage.ts";
import { dataFacts, predictionSizes } from "./trainer/trainer-facts.ts";
import type { Trained } from "./trainer/trainer-facts.ts";

/** Both files of a model. */
export function emitOnnx(compilation: CompiledGraphs, dtype: "f32" | "f64"): readonly EmittedBytes[] {
  const storage = storageOf(compilation.model, compilation.built, compilation.graphs, dtype);
  const parts = { ...compilation, storage, g: createBuilder(dtype) };
  return [
    { name: `${compilation.model.name}.gradient.onnx`, bytes: gradientFile(parts) },
    { name: `${compilation.model.name}.step.onnx`, bytes: stepFile(parts) },
  ];
}

interface Parts extends CompiledGraphs {
  readonly storage: ReadonlyMap<string, Buffer>;
  readonly g: GraphBuilder;
}

/** Inputs: the batch, the parameters and the states that the loss reads. Outputs: the loss and all gradients. */
function gradientFile(parts: Parts): Uint8Array {
  const { model, g } = parts;
  const graph = gradientGraph(parts);
  const read = new Set(graph.nodes.map(leafName));
  const inputs = inputsOf(parts, ({ name, region }) => region !== "state" || read.has(name));
  const gradients = trainableGradients(parts);
  const known = new Map(graph.outputs.map(({ storage, node }) => [storage, node]));
  const outputs = [lossStorage, ...gradients].map((storage) => ({
    storage,
    node: known.get(storage) ?? zeros(parts.storage.get(storage), g),
  }));
  return written(parts, makeGraph("gradient", outputs), inputs, {
    name: `${model.name}.gradient`,
    doc: `The loss of ${model.name} for one batch, and its gradient for each trainable parameter.`,
    nameOf: (storage) => shortName(parts, storage),
  });
}

/** The gradient of one batch. A step of several batches, or with averaged weights, has another gradient graph. */
function gradientGraph({ derived, step, graphs, g }: Parts): Graph {
  if (derived.gradient === step.gradient) return graphs.gradient;
  const [graph] = runStages(graphPasses, [derived.gradient], { g, exact: false }, { list: "graph passes" });
  return graph;
}

/**
 * Inputs: the batch, the parameters, the states, the number of steps so far and the seed. Outputs: the loss, the
 * learning rate, and `next:NAME` for each input NAME that a step changes. With `accumulate`, a step has one batch here.
 */
function stepFile(parts: Parts): Uint8Array {
  const { model, graphs, storage, g } = parts;
  const programs = [graphs.begin, graphs.measure, graphs.gradient, graphs.update].flatMap(
    (graph) => graph ?? [],
  );
  const flat = flatStorage(storage);
  // The loss may not depend on a parameter.
  const gradients = trainableGradients(parts);
  const before = new Map(gradients.map((gradient) => [gradient, zeros(storage.get(gradient), g)]));
  const changed = new Set(programs.flatMap(({ outputs }) => outputs.map((output) => output.storage)));
  for (const { name, parts: pieces } of flat)
    if (changed.has(name)) for (const piece of pieces) changed.add(piece.name);
  const inputs = inputsOf(parts, () => true);
  const next = inputs.filter((input) => changed.has(input.storage));
  const wanted = [lossStorage, learningRateStorage, ...next.map((input) => input.storage)];
  const graph = composePrograms(programs, { flat, before, wanted }, g);
  const names = new Map(next.map((input) => [input.storage, `next:${input.name}`]));
  return written(parts, graph, inputs, {
    name: `${model.name}.step`,
    doc: `One training step of ${model.name}: the loss, and the parameters and states after the step.`,
    nameOf: (output) => names.get(output) ?? shortName(parts, output),
  });
}

/**
 * The file of a predictor: the forward pass with the trained parameters. Like predictors in TypeScript, it takes
 * encoded inputs and gives the output of the network. The encoding of rows is in its metadata. A model of several
 * targets has an output for each.
 */
export function emitOnnxPredictor(
  compilation: CompiledGraphs,
  dtype: "f32" | "f64",
  { values, checkpointHash, fields }: Trained,
): Uint8Array {
  const { model, built, graphs } = compilation;
  const storage = storageOf(model, built, graphs, dtype);
  const parts = { ...compilation, storage, g: createBuilder(dtype) };
  const graph = byTarget(parts);
  const read = new Set(graph.nodes.map(leafName));
  const data = dataFacts(model);
  return written(
    parts,
    graph,
    inputsOf(parts, ({ name, region }) => region === "input" && read.has(name)),
    {
      name: model.name,
      doc: `The predictions of ${model.name} with trained parameters.`,
      nameOf: (output) => shortName(parts, output),
      initialisers: new Map(Object.entries(values)),
      metadata: {
        "tapeless.checkpointHash": checkpointHash,
        ...(data && { "tapeless.data": JSON.stringify(data) }),
        ...(fields && { "tapeless.fields": JSON.stringify(fields) }),
      },
    },
  );
}

/** The graph `predict`. If its rows contain the predictions of several targets, each becomes an output. */
function byTarget({ model, built, graphs: { predict }, g }: Parts): Graph {
  const [{ node }] = predict.outputs;
  if (predictionSizes(model, built) === undefined) return predict;
  let start = 0;
  const outputs = built.predictions.map(({ target, shape }): Output => {
    const size = sizeOf(shape, 1);
    const own = g.slice(node, { start: [0, start], shape: ["n", size] });
    start += size;
    return { storage: `${outputStorage}:${target}`, node: g.reshape(own, { shape: ["n", ...shape] }) };
  });
  return makeGraph(predict.name, outputs);
}

/** The tensors that consist of others, such as all trainable parameters. */
const flatStorage = (storage: ReadonlyMap<string, Buffer>): readonly FlatStorage[] =>
  [...storage.values()].flatMap(({ name, covers }) => {
    const pieces = covers?.map((part) => ({ name: part, shape: storage.get(part)?.shape ?? [] }));
    return pieces === undefined ? [] : [{ name, parts: pieces }];
  });

const trainableGradients = ({ built }: Parts): readonly string[] =>
  built.parameters.flatMap(({ name, trainable }) => (trainable ? [gradientStorage(name)] : []));

function zeros(buffer: Buffer | undefined, g: GraphBuilder): Node {
  return g.broadcastTo(g.number(0), buffer?.shape ?? []);
}

// The names of inputs and outputs.

const shortNames: Readonly<Record<string, string>> = {
  [lossStorage]: "loss",
  [learningRateStorage]: "learningRate",
  [stepStorage]: "step",
  [seedStorage]: "seed",
  [outputStorage]: "prediction",
};

/** The short name of a value of training, unless an input or a target of the spec has this name. */
function shortName({ model }: Parts, storage: string): string {
  const prefix = `${outputStorage}:`;
  if (storage.startsWith(prefix)) return `prediction:${storage.slice(prefix.length)}`;
  const short = Object.hasOwn(shortNames, storage) ? shortNames[storage] : storage;
  return Object.hasOwn(model.inputs, short) || Object.hasOwn(model.targets, short) ? storage : short;
}

const inputRegions: readonly Buffer["region"][] = ["input", "parameter", "state"];

/** The inputs of a file: batch, parameters and states, each in the order of the arena. */
function inputsOf(parts: Parts, isInput: (buffer: Buffer) => boolean): readonly ModelInput[] {
  const buffers = [...parts.storage.values()].filter(
    (buffer) => buffer.covers === undefined && isInput(buffer),
  );
  const fills = new Map(parts.built.parameters.map(({ name, fillText }) => [name, fillText]));
  return inputRegions.flatMap((region) =>
    buffers
      .filter((buffer) => buffer.region === region)
      .map(({ name: storage, element, shape }) => ({
        storage,
        name: shortName(parts, storage),
        type: { element, shape },
        doc: fills.get(storage) ?? "",
      })),
  );
}

// Notes on nodes.

/** Ops that formulas do not show by name: numbers, and views without a notation. */
const implicitOps: readonly OpName[] = [
  "constant",
  "batchSize",
  "iota",
  "broadcast",
  "reshape",
  "cast",
  "stopGradient",
];

/** The name, the origin and the formula of each node. */
export function notesOf(graph: Graph): (node: Node) => Note {
  const steps = stepsOf(graph).flatMap(({ step }) => step.nodes);
  const names = nameAll([...graph.nodes, ...steps]);
  const display = displayFormulas(
    graph,
    (node) => !implicitOps.includes(node.op),
    (node) => names.get(node),
  );
  return (node) => {
    const { layer, composite, rule } = node.origin;
    const { text, gradientOf } = provenanceOf(node, display);
    const reason = gradientOf === undefined ? [] : [`gradient of ${gradientOf}   [${rule ?? ""}]`];
    return {
      name: names.get(node) ?? node.op,
      path: [layer, composite, rule].filter((part) => part !== undefined),
      doc: [text, ...reason].join("\n"),
    };
  };
}

interface Head {
  readonly name: string;
  readonly doc: string;
  /** The name of an output in the file. */
  nameOf(storage: string): string;
  readonly initialisers?: ReadonlyMap<string, ArrayLike<number>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The role of an input, for the metadata of a file: `batch`, `parameter` or `state`. States are zero before the first
 * step, except those with `initial`.
 */
function roleOf({ model, built, storage: buffers }: Parts, { storage }: ModelInput): object {
  const region = buffers.get(storage)?.region;
  if (region !== "state") return { role: region === "input" ? "batch" : "parameter" };
  const initial = built.states.find(({ name }) => name === storage)?.initial;
  if (storage === seedStorage) return { role: "state", initial: [model.training.seed] };
  return { role: "state", ...(initial && { initial }) };
}

function written(
  parts: Parts,
  graph: Graph,
  inputs: readonly ModelInput[],
  { nameOf, metadata, ...head }: Head,
): Uint8Array {
  return onnxModel({
    graph,
    ...head,
    inputs,
    outputs: graph.outputs.map(({ storage }) => ({ storage, name: nameOf(storage) })),
    noteOf: notesOf(graph),
    metadata: {
      "tapeless.specHash": parts.model.specHash,
      "tapeless.inputs": JSON.stringify(
        Object.fromEntries(inputs.map((input) => [input.name, roleOf(parts, input)])),
      ),
      ...metadata,
    },
    version,
  });
}
