/**
 * The network of a model as nodes: each layer that the outputs need, in the order of the spec, with its
 * parameters. If a layer rejects its inputs, the error becomes a diagnostic, and the layers that read it are
 * skipped, so that all errors are reported together.
 */
import type { DiagnosticCode } from "../diagnostics/codes.ts";
import { DiagnosticError, invariant } from "../diagnostics/errors.ts";
import type { Collector } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { leafName, operandsOf } from "../ir/nodes.ts";
import type { Node, Output } from "../ir/nodes.ts";
import { layerStorage, seedStorage, stepStorage } from "../ir/storage.ts";
import { isFloat, tensorType } from "../ir/types.ts";
import type { Fill } from "../library/define.ts";
import { BuildError } from "../library/build-error.ts";
import { fansOf, initialiserOf, initialiserText } from "../library/initialisers/index.ts";
import { buildLayer } from "../library/layers/index.ts";
import type { LayerValue } from "../library/layers/index.ts";
import type { LayerContext, LayerInput, ParameterOptions } from "../library/layers/layer.ts";
import { UnsupportedNodes } from "../library/onnx/import-graph.ts";
import { InvalidModel } from "../library/onnx/invalid-model.ts";
import { hasTrait } from "../ops/index.ts";
import { showValue } from "../util/message-text.ts";
import { reportBuildError } from "./formula-diagnostic.ts";
import { inputNode } from "./inputs.ts";
import { inputMask } from "./masks.ts";
import { outputsOf } from "./objectives.ts";
import type { Layer, Model } from "./types.ts";

export interface ParameterFacts {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  /** Whether the penalties l1 and l2 apply to the parameter. */
  readonly regularized: boolean;
  readonly fill: Fill;
  /** The description of the initialiser in comments, such as "he-uniform, fan-in 64". */
  readonly fillText: string;
  readonly layer: string;
  readonly path: SpecPath;
}

export interface Network {
  /** Values by the name of their input or layer. Rejected layers have no value. */
  readonly values: ReadonlyMap<string, Node>;
  /** The masks of the values that have padding. A mask is true at real positions. */
  readonly masks: ReadonlyMap<string, Node>;
  readonly parameters: readonly (ParameterFacts & { readonly node: Node })[];
  /** The value of each running statistic after a training step, by name. */
  readonly statistics: ReadonlyMap<string, Node>;
}

/**
 * The salts of dropout are larger than those of initial parameters, so that the two draw different numbers at
 * step 0.
 */
const dropoutSalts = 0x40000000;

/** Ends the build of one layer. The loop over the layers catches it. */
class LayerRefusal extends BuildError {
  readonly path: SpecPath;
  constructor(message: string, path: SpecPath, hint: string | undefined, code: DiagnosticCode = "T1308") {
    super(code, message, { hint });
    this.path = path;
  }
}

/** The inputs and layers on which the outputs depend. */
export function readNames(model: Model): Set<string> {
  const { inputs, network } = model;
  const read = new Set(outputsOf(model));
  for (const layer of [...network].reverse())
    if (read.has(layer.name)) layer.from.forEach((name) => read.add(name));
  for (const [name, { lengths }] of Object.entries(inputs))
    if (lengths !== undefined && read.has(name)) read.add(lengths);
  return read;
}

export function buildNetwork(
  model: Model,
  g: GraphBuilder,
  mode: LayerContext["mode"],
  problems: Collector,
): Network {
  const parameters: (ParameterFacts & { readonly node: Node })[] = [];
  const values = new Map<string, Node>();
  const masks = new Map<string, Node>();
  const statistics = new Map<string, Node>();
  const read = readNames(model);
  for (const [name, { shape, dtype }] of Object.entries(model.inputs)) {
    const type = tensorType(dtype === "i32" ? "i32" : g.float, ["n", ...shape]);
    if (!read.has(name)) continue;
    const node = inputNode(g, name, type);
    const mask = inputMask(g, model, name, node);
    values.set(name, node);
    if (mask !== undefined) masks.set(name, mask);
  }
  for (const layer of model.network) {
    if (!read.has(layer.name)) continue;
    const inputs = layer.from.flatMap((name): LayerInput[] => {
      const node = values.get(name);
      const mask = layer.mask === false ? undefined : masks.get(name);
      return node === undefined ? [] : [{ name, node, mask }];
    });
    if (inputs.length < layer.from.length) continue;
    const context = contextOf(layer, g, mode, { model, parameters, statistics });
    const built = attempt(problems, layer, () =>
      g.within({ layer: layer.name, path: layer.path }, () => buildLayer(context, inputs, layer)),
    );
    if (built === undefined) continue;
    const { value, mask } = built;
    if (mask !== undefined) masks.set(layer.name, mask);
    // A layer that changes nothing returns its input, and the input keeps its name.
    const isNew = inputs.every(({ node }) => node !== value);
    values.set(layer.name, isNew ? g.named(layer.name, value) : value);
  }
  return { values, masks, parameters, statistics };
}

/** The model, and the parameters and statistics of the layers that are built. */
interface Collected {
  readonly model: Model;
  readonly parameters: (ParameterFacts & { readonly node: Node })[];
  readonly statistics: Map<string, Node>;
}

function contextOf(
  layer: Layer,
  g: GraphBuilder,
  mode: LayerContext["mode"],
  collected: Collected,
): LayerContext {
  const { path } = layer;
  const addParameter = (
    own: string,
    shape: readonly number[],
    trainable: boolean,
    options: ParameterOptions,
  ): Node => {
    const name = `${layer.name}.${own}`;
    const node = g.named(name, g.parameter({ name, type: tensorType(g.float, shape) }));
    const { regularized } = options;
    collected.parameters.push({
      name,
      shape,
      trainable,
      regularized,
      ...filling(shape, options, path),
      layer: layer.name,
      path,
      node,
    });
    return node;
  };
  return {
    g,
    mode,
    layer: layer.name,
    refuse: (message, { key, hint, code } = {}) => {
      throw new LayerRefusal(message, key === undefined ? path : [...path, key], hint, code);
    },
    parameter: (own, shape, options) => addParameter(own, shape, layer.trainable !== false, options),
    given: (parameters) =>
      parameters.forEach(({ node, shape, values, trainable, about }) =>
        collected.parameters.push({
          name: leafName(node) ?? layer.name,
          shape,
          trainable,
          regularized: shape.length > 1,
          fill: { kind: "given", values },
          fillText: about,
          layer: layer.name,
          path,
          node,
        }),
      ),
    modelFile(file) {
      const found = collected.model.modelFiles?.get(file);
      invariant(found !== undefined, `the file ${file} of a checked spec is read`);
      return found;
    },
    running: (own, shape, init, next) => {
      const node = addParameter(own, shape, false, { init, initKey: own, regularized: false });
      if (mode === "training") collected.statistics.set(`${layer.name}.${own}`, next(node));
      return node;
    },
    random: (shape) => {
      const scalar = (name: string, path: SpecPath) =>
        g.named(
          name,
          g.within({ path }, () => g.state({ name, type: tensorType("i32", []) })),
        );
      const attributes = { shape, salt: dropoutSalts + layer.index, element: g.float };
      const seed = scalar(seedStorage, ["training", "seed"]);
      return g.random(seed, scalar(stepStorage, ["optimizer"]), attributes);
    },
  };
}

function filling(shape: readonly number[], options: ParameterOptions, path: SpecPath) {
  const { init, initKey, fans = fansOf(shape) } = options;
  const initialiser = initialiserOf(init);
  const error = initialiser.refuse?.(init);
  if (error !== undefined)
    throw new LayerRefusal(
      `${initKey}.${error.key} ${error.message}`,
      [...path, initKey, error.key],
      undefined,
    );
  return { fill: initialiser.fill(shape, fans, init), fillText: initialiserText(init, fans) };
}

/** Runs `build`. If the layer or an op's shape rule rejects it, reports that and returns undefined. */
function attempt(problems: Collector, layer: Layer, build: () => LayerValue): LayerValue | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof LayerRefusal) {
      // The copies of a repeated block have the same path in the spec. The same is true for both directions
      // of a bidirectional layer.
      const where = formatPath(error.path);
      if (problems.found.some(({ code, path = [] }) => code === error.code && formatPath(path) === where))
        return undefined;
      const message = `${formatPath(layer.path)}: ${error.message}`;
      problems.error(error.path, error.code, message, { hint: error.details.hint });
    } else if (error instanceof UnsupportedNodes) reportUnsupported(problems, layer, error);
    else if (error instanceof InvalidModel)
      problems.error([...layer.path, "file"], "T3005", `${formatPath(layer.path)}: ${error.message}`);
    else if (error instanceof BuildError) reportBuildError(problems, formulaPath(layer, error), error);
    else if (error instanceof DiagnosticError) problems.add(error.diagnostics);
    else throw error;
    return undefined;
  }
}

/** Reports every node of a model file that is not supported. */
function reportUnsupported(problems: Collector, { path }: Layer, { refusals }: UnsupportedNodes): void {
  for (const { node, operator, reason } of refusals)
    problems.error(
      [...path, "file"],
      "T1901",
      `${formatPath(path)}: the node ${showValue(node)} (${operator}) ${reason}`,
    );
}

/** The path of the formula with the error: a key of the layer, such as `activation`, or the layer. */
function formulaPath(layer: Layer, { details: { within } }: BuildError): SpecPath {
  const holds = (value: unknown): boolean =>
    typeof value === "object" && value !== null && "formula" in value && value.formula === within?.text;
  const key = within && Object.entries(layer).find(([, value]) => holds(value))?.[0];
  return key === undefined ? layer.path : [...layer.path, key];
}

// The values of the layers, as outputs of a program that reports them during training.

/** Outputs for the layers that compute new values. Layers that only rearrange other values are omitted. */
export function layerOutputs({ network }: Model, { values }: Network): Output[] {
  const isLayer = new Set(network.map(({ name }) => name));
  const known = new Set([...values].flatMap(([name, node]) => (isLayer.has(name) ? [] : [node])));
  const isKnown = (node: Node): boolean =>
    known.has(node) || (hasTrait(node, "view") && operandsOf(node).every(isKnown));
  return network.flatMap(({ name }): Output[] => {
    const node = values.get(name);
    if (node === undefined || !isFloat(node.type.element) || isKnown(node)) return [];
    known.add(node);
    return [{ storage: layerStorage(name), node }];
  });
}
