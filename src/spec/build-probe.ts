/** What can be looked at of a network while it trains: the values of its layers, and when a unit of one counts as idle. */
import { operandsOf } from "../ir/nodes.ts";
import type { Node, Output } from "../ir/nodes.ts";
import { isFloat } from "../ir/types.ts";
import { activationName } from "../library/activations/index.ts";
import { hasTrait } from "../ops/index.ts";
import type { Network } from "./build-network.ts";
import type { ModelGraphs } from "./build.ts";
import type { Layer, Model } from "./types.ts";

export const layerStorage = (layer: string): string => `probe:${layer}`;

/** Layers whose values are new: what only arranges the values of others shows nothing that these do not. */
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

/** The outer 3 % of the range of a squashing function, on both sides: beyond these bounds. */
const saturation: Readonly<Record<string, { readonly low: number; readonly high: number }>> = {
  tanh: { low: -0.97, high: 0.97 },
  "hard-tanh": { low: -0.97, high: 0.97 },
  // The same, since σ(x) = (1 + tanh(x / 2)) / 2.
  sigmoid: { low: 0.015, high: 0.985 },
  "hard-sigmoid": { low: 0.015, high: 0.985 },
};

/** The last deed of a layer, if that is an activation. An lstm and a gru have theirs inside. */
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

/** The runtime's `ProbedLayer`s. */
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
