/**
 * Emits ONNX files from the graphs of a model: the gradient of one batch, and a whole step of training. A program in
 * any language with an ONNX runtime can then train the model.
 */
import type { EmittedBytes } from "./emit/emitted-file.ts";
import type { Note } from "./emit/onnx/graph-writer.ts";
import { onnxModel } from "./emit/onnx/model.ts";
import type { ModelInput } from "./emit/onnx/model.ts";
import { composePrograms } from "./ir/compose-programs.ts";
import type { FlatStorage } from "./ir/compose-programs.ts";
import { nameAll } from "./ir/names.ts";
import { leafName, makeGraph } from "./ir/nodes.ts";
import type { Graph, Node, OpName } from "./ir/nodes.ts";
import { stepsOf } from "./ir/recurrence.ts";
import { gradientStorage, learningRateStorage, lossStorage, seedStorage, stepStorage } from "./ir/storage.ts";
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
  const { model, built, g } = parts;
  const graph = gradientGraph(parts);
  const read = new Set(graph.nodes.map(leafName));
  const inputs = inputsOf(parts, ({ name, region }) => region !== "state" || read.has(name));
  const gradients = built.parameters.flatMap(({ name, trainable }) =>
    trainable ? [gradientStorage(name)] : [],
  );
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
  const { model, built, graphs, storage, g } = parts;
  const programs = [graphs.begin, graphs.measure, graphs.gradient, graphs.update].flatMap(
    (graph) => graph ?? [],
  );
  const flat = [...storage.values()].flatMap(({ name, covers }): FlatStorage[] =>
    covers === undefined
      ? []
      : [{ name, parts: covers.map((part) => ({ name: part, shape: storage.get(part)?.shape ?? [] })) }],
  );
  const before = new Map(
    built.parameters.flatMap(({ name, trainable }): [string, Node][] => {
      const gradient = gradientStorage(name);
      return trainable ? [[gradient, zeros(storage.get(gradient), g)]] : [];
    }),
  );
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

function zeros(buffer: Buffer | undefined, g: GraphBuilder): Node {
  return g.broadcastTo(g.number(0), buffer?.shape ?? []);
}

// The names of inputs and outputs.

const shortNames: Readonly<Record<string, string>> = {
  [lossStorage]: "loss",
  [learningRateStorage]: "learningRate",
  [stepStorage]: "step",
  [seedStorage]: "seed",
};

/** The short name of a value of training, unless an input or a target of the spec has this name. */
function shortName({ model }: Parts, storage: string): string {
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
function notesOf(graph: Graph): (node: Node) => Note {
  const steps = stepsOf(graph).flatMap(({ step }) => step.nodes);
  const names = nameAll([...graph.nodes, ...steps]);
  const display = displayFormulas(
    graph,
    (node) => !implicitOps.includes(node.op),
    (node) => names.get(node),
  );
  return (node) => {
    const { layer, composite, rule } = node.origin;
    const { text, gradientOf } = provenanceOf(node, display, 0);
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
  { name, doc, nameOf }: Head,
): Uint8Array {
  return onnxModel({
    graph,
    name,
    doc,
    inputs,
    outputs: graph.outputs.map(({ storage }) => ({ storage, name: nameOf(storage) })),
    noteOf: notesOf(graph),
    metadata: {
      "tapeless.specHash": parts.model.specHash,
      "tapeless.inputs": JSON.stringify(
        Object.fromEntries(inputs.map((input) => [input.name, roleOf(parts, input)])),
      ),
    },
    version,
  });
}
