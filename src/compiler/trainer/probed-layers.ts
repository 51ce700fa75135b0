/** The layers of an instrumented trainer: name, shape, and when a unit counts as dead or saturated. */
import { activationName } from "../library/activations/index.ts";
import type { ModelGraphs } from "../spec/build.ts";
import { layerStorage } from "../ir/storage.ts";
import type { Layer, Model } from "../spec/types.ts";

/**
 * A unit is saturated if its value is outside these bounds, that is, in the outer 3 % of the activation's
 * range, half of which is on each side.
 */
const saturation: Readonly<Record<string, { readonly low: number; readonly high: number }>> = {
  tanh: { low: -0.97, high: 0.97 },
  "hard-tanh": { low: -0.97, high: 0.97 },
  // The same bounds as for tanh, since σ(x) = (1 + tanh(x / 2)) / 2.
  sigmoid: { low: 0.015, high: 0.985 },
  "hard-sigmoid": { low: 0.015, high: 0.985 },
};

/**
 * The activation that a layer applies last, if any. An lstm and a gru have none: they apply their activations
 * inside the step.
 */
function activationAtEnd(layer: Layer): string | undefined {
  if (layer.type === "activation") return activationName(layer.fn);
  return "activation" in layer ? layer.activation.type : undefined;
}

function idleRule(layer: Layer) {
  const activation = activationAtEnd(layer) ?? "";
  if (activation === "relu") return { idle: { rule: "zero", low: 0, high: 0 } };
  const bounds = saturation[activation];
  return bounds === undefined ? {} : { idle: { rule: "saturated", ...bounds } };
}

/** The runtime's `ProbedLayer` of each layer that computes a value. */
export const probedLayers = ({ network }: Model, { layers }: ModelGraphs) =>
  layers.outputs.flatMap(({ storage, node }) =>
    network
      .filter(({ name }) => layerStorage(name) === storage)
      .map((layer) => ({
        name: layer.name,
        shape: node.type.shape.slice(1).map(Number),
        ...idleRule(layer),
      })),
  );
