/** The values of a network's layers, as outputs of a program that shows them while it trains. */
import { layerStorage } from "../ir/storage.ts";
import { operandsOf } from "../ir/nodes.ts";
import type { Node, Output } from "../ir/nodes.ts";
import { isFloat } from "../ir/types.ts";
import { hasTrait } from "../ops/index.ts";
import type { Network } from "./build-network.ts";
import type { Model } from "./types.ts";

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
