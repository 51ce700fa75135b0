/** Checks that need the built graphs: gradients, memory, and numbers that f32 cannot represent. */
import type { Collector } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { operandsOf } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { isFloat, overflowsSingle, sameShape, singleRange, sizeOf } from "../ir/types.ts";
import { hasTrait } from "../ops/index.ts";
import { readNames } from "./build-network.ts";
import type { Network, ParameterFacts } from "./build-network.ts";
import type { Layer, Model } from "./types.ts";

// Checks that every trainable parameter has a gradient, and that the model fits into memory.

/** Whether gradients are propagated through the node. */
const passes = (node: Node): boolean => isFloat(node.type.element) && !hasTrait(node, "opaque");

/** The roots and all nodes upstream of them. The search continues only from nodes that `through` accepts. */
function upstream(roots: readonly Node[], through: (node: Node) => boolean): Set<Node> {
  const seen = new Set(roots);
  const queue = [...roots];
  for (let node = queue.pop(); node !== undefined; node = queue.pop())
    for (const operand of through(node) ? operandsOf(node) : [])
      if (!seen.has(operand)) {
        seen.add(operand);
        queue.push(operand);
      }
  return seen;
}

type Parameters = Network["parameters"];

/**
 * Returns a hint for a layer that reads positions of a sequence after the one that it computes; undefined for
 * any other layer.
 */
function looksAhead(layer: Layer): string | undefined {
  if (layer.type === "attention" && !layer.causal) return 'set "causal": true';
  const isRecurrent = layer.type === "rnn" || layer.type === "lstm" || layer.type === "gru";
  if (isRecurrent && layer.reverse)
    return 'run it forwards only: remove "reverse" or the bidirectional block';
  if (
    layer.type === "conv1d" &&
    layer.kernel > 1 &&
    (layer.padding === "same" || (typeof layer.padding === "number" && layer.padding > 0))
  )
    return 'set "padding": "causal"';
  return undefined;
}

/** Warns of declared padding that no node of the training graph reads (T1225). */
export function warnOfIdleMasks(
  { inputs }: Model,
  { masks }: Network,
  training: Graph,
  problems: Collector,
): void {
  const nodes = new Set(training.nodes);
  for (const [name, { padding, lengths }] of Object.entries(inputs)) {
    const mask = masks.get(name);
    if (mask === undefined || nodes.has(mask) || (padding === undefined && lengths === undefined)) continue;
    const path = ["inputs", name, lengths === undefined ? "padding" : "lengths"];
    problems.warning(
      path,
      "T1225",
      `${formatPath(path)} has no effect, because no layer, loss or metric skips padding`,
      {
        at: "key",
        hint:
          "layers such as gru, attention and global-avg-pool1d skip padding; flatten reads every position, as " +
          "does a dense layer whose last axis is the sequence",
      },
    );
  }
}

/** Warns if the network can read the token that it must predict (T1504). */
export function warnOfLookahead(model: Model, problems: Collector): void {
  if (!Object.values(model.data?.targets ?? {}).some((target) => "nextOf" in target)) return;
  const read = readNames(model);
  const reported = new Set<string>();
  for (const layer of model.network) {
    const hint = read.has(layer.name) ? looksAhead(layer) : undefined;
    const location = formatPath(layer.path);
    // All copies of a block read later positions; only the first copy is reported.
    if (hint === undefined || reported.has(location)) continue;
    reported.add(location);
    const message =
      `${location} (${layer.name}) reads later positions, ` +
      "which include the token that the model must predict";
    problems.warning(layer.path, "T1504", message, { hint });
  }
}

// Checks for images. Their layout is height, width, channels. Dense layers act on the last axis, the
// channels.

/** Whether the layer reads images, as convolution and pooling in two dimensions do. */
const readsImages = ({ type }: Layer): boolean => type.includes("2d");

/** The largest usual number of channels of an image: red, green, blue and alpha. */
const mostChannels = 4;

/**
 * Whether [a, b, c] probably means channels, height, width: few channels, and a large image of which no side
 * is more than twice as long as the other.
 */
function looksChannelsFirst(shape: readonly (number | "n")[]): boolean {
  const [, channels, ...sides] = shape.map(Number);
  const [short, long] = [Math.min(...sides), Math.max(...sides)];
  return shape.length === 4 && channels <= mostChannels && short >= 2 * mostChannels && long <= 2 * short;
}

/**
 * Warns of images with the channels first (T1314), because channels and height would be read as height and
 * width.
 */
export function warnOfChannels(model: Model, { values }: Network, problems: Collector): void {
  for (const [name, { shape }] of Object.entries(model.inputs)) {
    if (!looksChannelsFirst(["n", ...shape])) continue;
    const reader = model.network.find((layer) =>
      layer.from.some((from) => {
        const value = values.get(from);
        // A layer between the input and the reader, such as a normalisation, may keep the shape.
        return readsImages(layer) && value !== undefined && sameShape(value.type.shape, ["n", ...shape]);
      }),
    );
    if (reader === undefined) continue;
    const [first, second, third] = shape;
    const path = ["inputs", name, "shape"];
    const message =
      `${formatPath(path)} is [${shape.join(", ")}], which ${reader.type} reads as height ${first}, ` +
      `width ${second} and ${third} channels`;
    problems.warning(path, "T1314", message, {
      hint:
        `if ${first} is the number of channels, write [${second}, ${third}, ${first}] and store each row pixel by ` +
        "pixel, not channel by channel",
    });
  }
}

/**
 * Finds a dense layer that reads an image and therefore acts on its channels alone. Warns (T1315) if a
 * flatten layer follows, which was probably meant to come first. Returns a hint, which is shown if the output
 * has the wrong shape for a target with at most one axis.
 */
export function checkFlatten(
  { network, targets }: Model,
  { values }: Network,
  problems: Collector,
): string | undefined {
  if (Object.values(targets).every(({ shape }) => shape.length > 1)) return undefined;
  const imaged = new Set<string>();
  for (const layer of network) {
    const image = values.get(layer.from[0])?.type.shape ?? [];
    const isOfImage = layer.from.some((name) => imaged.has(name)) && image.length === 4;
    if (isOfImage || readsImages(layer)) imaged.add(layer.name);
    if (layer.type !== "dense" || !isOfImage) continue;
    const where = `${formatPath(layer.path)} (${layer.name})`;
    const hint = `insert { "type": "flatten" } before it`;
    if (network.some(({ type, index }) => type === "flatten" && index > layer.index)) {
      const message =
        `${where} acts on each pixel of its input [${image.join(", ")}] separately, because the flatten layer comes ` +
        "after it";
      problems.warning(layer.path, "T1315", message, { hint });
    }
    return `${where} acts on each pixel of its input [${image.join(", ")}] separately; ${hint}`;
  }
  return undefined;
}

/**
 * Reports trainable parameters without a gradient (T1501, T1502) and models without trainable parameters
 * (T1503). The location is the unit step that stops the gradient (T1501), or else the parameter's layer
 * (T1502).
 */
export function checkGradients(
  graph: Graph,
  model: Model,
  parameters: Parameters,
  problems: Collector,
): void {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  if (trainable.length === 0)
    problems.error(["network"], "T1503", "network has no trainable parameters, so there is nothing to train");
  const roots = graph.outputs.map(({ node }) => node);
  const reached = upstream(roots, passes);
  const cut = trainable.filter(({ node }) => !reached.has(node));
  if (cut.length === 0) return;
  const explained = new Set<ParameterFacts>();
  for (const layer of model.network) {
    const steps = graph.nodes.filter(
      ({ origin }) => origin.composite === "step" && origin.layer === layer.name,
    );
    const before = upstream(steps, () => true);
    const hidden = cut.filter((parameter) => before.has(parameter.node) && !explained.has(parameter));
    if (steps.length === 0 || hidden.length === 0) continue;
    hidden.forEach((parameter) => explained.add(parameter));
    const key = layer.type === "activation" ? "fn" : "activation";
    const path = [...layer.path, key];
    const message = `${formatPath(path)}: the derivative of step is zero, so ${listed(hidden)} would get no gradient`;
    problems.error(path, "T1501", message, {
      hint:
        'add "surrogate": "straight-through" or "surrogate": "sigmoid"; for a step at the output, you can use ' +
        'the loss "perceptron" instead',
    });
  }
  for (const parameter of cut)
    if (!explained.has(parameter))
      problems.error(
        parameter.path,
        "T1502",
        `${parameter.name} would get no gradient: the loss does not depend on it`,
        {
          hint: 'if that is intended, freeze its layer with "trainable": false',
        },
      );
}

/** Reports a user-defined layer that requests different parameters in evaluation than in training (T1608). */
export function checkSameParameters(trained: Network, evaluated: Network, problems: Collector): void {
  const known = new Map(trained.parameters.map(({ name, node }) => [name, node]));
  for (const { name, layer, node, path } of evaluated.parameters) {
    const before = known.get(name);
    if (before !== undefined && sameShape(before.type.shape, node.type.shape)) continue;
    const message =
      `${formatPath(path)}: in evaluation, ${layer} requests the parameter ${name}, but in training it does not, ` +
      "or requests another shape";
    problems.error(path, "T1608", message, {
      hint: "request the same parameters in training and in evaluation",
    });
  }
}

function listed(parameters: readonly ParameterFacts[]): string {
  const names = parameters.map(({ name }) => name);
  if (names.length > 6) return `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** The largest arena in bytes. It is one block of memory, and its addresses have 32 bits. */
const limit = 2 ** 31;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

/**
 * Reports each part of the model that is too large for the arena on its own: a batch of an input, the value
 * of a layer, or the parameters. `copies` is the number of gradients and states of each trainable parameter.
 */
export function checkSize(
  model: Model,
  network: Network,
  copies: number,
  float: "f32" | "f64",
  problems: Collector,
): void {
  const { batchSize } = model.training;
  const bytesOf = (node: Node): number =>
    sizeOf(node.type.shape, batchSize) * (float === "f64" && node.type.element !== "i32" ? 8 : 4);
  const tooLarge = (path: SpecPath, what: string, bytes: number): boolean => {
    if (bytes < limit) return false;
    problems.error(
      path,
      "T1312",
      `${what} ${gibibytes(bytes)}; the whole model must fit into less than 2 GiB`,
    );
    return true;
  };
  for (const name of Object.keys(model.inputs)) {
    const node = network.values.get(name);
    if (node !== undefined)
      tooLarge(["inputs", name], `inputs.${name}: a batch of ${batchSize} rows needs`, bytesOf(node));
  }
  const weightOf = (parameters: Parameters): number =>
    parameters.reduce((sum, { node, trainable }) => sum + bytesOf(node) * (trainable ? 1 + copies : 1), 0);
  let isReported = false;
  for (const { name, path } of model.network) {
    const value = network.values.get(name);
    const own = network.parameters.filter((parameter) => parameter.layer === name);
    const where = formatPath(path);
    const inLayer = tooLarge(
      path,
      `${where}: ${name} with its gradients and optimizer states needs`,
      weightOf(own),
    );
    const inValue =
      value !== undefined &&
      tooLarge(path, `${where}: the output of ${name} for ${batchSize} rows needs`, bytesOf(value));
    isReported = isReported || inLayer || inValue;
  }
  if (!isReported)
    tooLarge(
      ["network"],
      "network: all parameters with their gradients and optimizer states need",
      weightOf(network.parameters),
    );
}

// Checks for numbers that f32 cannot represent. They cover the options of the spec. Numbers in formulas and
// functions are checked when the graph is built.

/** Whether f32 rounds the value to 0. An option that must not be 0, such as an epsilon, would then be 0. */
const underflowsSingle = (value: number): boolean => value !== 0 && Math.fround(value) === 0;

/**
 * Reports every number that f32 cannot represent in layers, loss, metrics, optimizer, regularization and
 * class weights.
 */
export function checkNumbers(model: Model, float: "f32" | "f64", problems: Collector): void {
  if (float !== "f32") return;
  const { loss, metrics, losses, optimizer, regularization, training } = model;
  const walk = (value: unknown, path: SpecPath): void => {
    if (typeof value === "number") return checkNumber(value, path, problems);
    if (typeof value !== "object" || value === null) return;
    for (const [key, part] of Object.entries(value)) walk(part, [...path, Array.isArray(value) ? +key : key]);
  };
  for (const { path, ...options } of model.network) walk(options, path);
  for (const [key, value] of Object.entries({ loss, metrics, losses, optimizer, regularization }))
    walk(value, [key]);
  walk(training.classWeights, ["training", "classWeights"]);
}

function checkNumber(value: number, path: SpecPath, problems: Collector): void {
  const isTooLarge = overflowsSingle(value);
  if (!isTooLarge && !underflowsSingle(value)) return;
  const what = isTooLarge ? "is too large for f32" : "rounds to 0 in f32";
  const hint = isTooLarge ? singleRange.most : singleRange.least;
  problems.error(path, "T1313", `${formatPath(path)}: ${value} ${what}`, { hint });
}
