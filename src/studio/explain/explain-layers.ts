/**
 * The table of layers in a model summary: output shape, parameters and cost of each layer. FLOPs come from
 * the kernels, which record the layer of every node, so the table of kernels has the same sums.
 */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import { compileModel } from "../../compiler/pipeline.ts";
import type { Compilation, PipelineOptions } from "../../compiler/pipeline.ts";
import type { Layer } from "../../compiler/spec/types.ts";
import type { ExplainedLayer, SpecLocation } from "../explanation.ts";
import { flopsOfProgram } from "./target-kernels.ts";

/**
 * Layers are in the order of the spec. `locationOf` returns the location of a spec path, if the spec has
 * text.
 */
export function explainLayers(
  compilation: Compilation,
  locationOf: (path: SpecLocation["path"]) => SpecLocation | undefined,
): ExplainedLayer[] {
  const { model, built } = compilation;
  const flops = flopsOfLayers(compilation);
  const outputs = outputsOf(compilation);
  return model.network.map((layer) => ({
    name: layer.name,
    type: layer.type,
    from: layer.from,
    output: shapeText(outputs.get(layer.name)),
    parameters: built.parameters
      .filter((parameter) => parameter.layer === layer.name)
      .map(({ name, shape, trainable }) => ({
        name,
        shape,
        count: shape.reduce((product, size) => product * size, 1),
        trainable,
      })),
    trainable: layer.trainable,
    forwardFlops: flops.get(layer.name)?.forward ?? 0,
    backwardFlops: flops.get(layer.name)?.backward ?? 0,
    location: locationOf(layer.path),
  }));
}

/**
 * The output shape of each layer, by layer name. A layer that computes nothing has the shape of its input.
 */
function outputsOf({ model, built }: Compilation): ReadonlyMap<string, Shape> {
  const shapes = new Map(
    built.training.nodes.flatMap(({ name, type }): [string, Shape][] =>
      name === undefined ? [] : [[name, type.shape]],
    ),
  );
  const shapeOf = ({ name, from }: Layer) => shapes.get(name) ?? shapes.get(from[0]);
  for (const layer of model.network) {
    const shape = shapeOf(layer);
    if (shape !== undefined) shapes.set(layer.name, shape);
  }
  return shapes;
}

const shapeText = (shape: Shape | undefined): string =>
  shape === undefined ? "not computed" : `[${shape.join(", ")}]`;

interface LayerFlops {
  readonly forward: number;
  readonly backward: number;
}

/**
 * The FLOPs of each layer for one forward and backward pass over a full batch. A backward node counts for the
 * layer of the forward node that it differentiates.
 */
function flopsOfLayers({ lowered }: Compilation): ReadonlyMap<string, LayerFlops> {
  const sums = new Map<string, LayerFlops>();
  const kernels = lowered.filter(({ name }) => name === "gradient").flatMap((program) => program.kernels);
  for (const { layer, gradientOf, flops } of kernels.flatMap(({ provenance }) => provenance)) {
    if (layer === undefined) continue;
    const { forward, backward } = sums.get(layer) ?? { forward: 0, backward: 0 };
    const isForward = gradientOf === undefined;
    sums.set(
      layer,
      isForward ? { forward: forward + flops, backward } : { forward, backward: backward + flops },
    );
  }
  return sums;
}

// Computes what freezing saves: compares the gradient program with that of the same model with all layers
// trainable.

/**
 * Returns a sentence such as "frozen: dense1. The gradient takes 30 nodes instead of 41, 1.2 instead of 1.9
 * MFLOP per batch (37 % saved)".
 */
export function frozenSavings(compilation: Compilation, options: PipelineOptions): string {
  const { model } = compilation;
  const frozen = model.network.filter(({ trainable }) => !trainable).map(({ name }) => name);
  const names =
    frozen.length > 4 ? `${frozen.slice(0, 3).join(", ")} and ${frozen.length - 3} more` : frozen.join(", ");
  const thawed = thaw(compilation, options);
  if (thawed === undefined) return `frozen: ${names}`;
  const count = ({ graphs }: Compilation) => graphs.gradient.nodes.length;
  const [pruned, full] = [compilation, thawed].map((each) => flopsOfProgram(each, "gradient"));
  const savedPercent = full === 0 ? 0 : Math.round((100 * (full - pruned)) / full);
  const work = `${megaflops(pruned)} instead of ${megaflops(full)} MFLOP per batch (${savedPercent} % saved)`;
  return `frozen: ${names}. The gradient takes ${count(compilation)} nodes instead of ${count(thawed)}, ${work}`;
}

const megaflops = (flops: number): string => (flops / 1e6).toPrecision(3);

/**
 * Returns the same model with every layer trainable, or undefined if that model does not compile. It does not
 * compile if, for instance, a frozen layer is below a unit step.
 */
function thaw({ model }: Compilation, options: PipelineOptions): Compilation | undefined {
  const network = model.network.map((layer) => ({ ...layer, trainable: true }));
  try {
    return compileModel({ ...model, network }, options);
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}
