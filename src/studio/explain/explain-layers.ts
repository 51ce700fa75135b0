/**
 * The table of layers that a summary of a model shows: what each gives, what it learns, and what it costs.
 * Operations are those of the kernels, which know the layer of every node that they compute; so the sums are
 * those of the kernels, too.
 */
import type { Shape } from "../../compiler/ir/types.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { Layer } from "../../compiler/spec/types.ts";
import type { ExplainedLayer, SpecPlace } from "../explanation.ts";

/** In the order of the spec. `placeOf`: where a path of the spec is written, if there is a text. */
export function explainLayers(
  compilation: Compilation,
  placeOf: (path: SpecPlace["path"]) => SpecPlace | undefined,
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
    place: placeOf(layer.path),
  }));
}

/** What each layer gives, by name; one that changes nothing gives what it takes. */
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
 * Of one pass over a full batch, the loss and its gradients: a node of the backward part is the gradient of a
 * forward one.
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
