/**
 * Blocks written out: from the network as people write it to a flat list of ordinary layers, so that nothing
 * behind it knows of blocks. Made names begin with the block's: a layer `dense1` inside the second copy of a
 * block `tower` is `tower.2.dense1`, and only made names have dots, so that none is ever a user's.
 *
 *     residual        NAME = (shortcut of the) input + the last of its layers       NAME.dense1, NAME.shortcut.dense1
 *     repeat          its layers, stacked                                           NAME.1.dense1, NAME.2.dense1
 *     bidirectional   NAME = concat(a layer over time, one against it)              NAME.forward, NAME.backward
 */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { invariant } from "../diagnostics/errors.ts";
import type { References } from "./written-network.ts";
import type { FullLayer } from "./layer-schema.ts";
import type { Layer } from "./types.ts";
import type { WrittenLayer, WrittenList } from "./written-network.ts";

export interface FlatNetwork {
  readonly network: readonly Layer[];
  /** The name of the layer that the loss reads. */
  readonly output: string;
}

/** What a block hands to the layers inside it. */
interface Surroundings {
  /** The name of what the first layer reads; absent around the whole network. */
  readonly input?: string;
  /** What made names begin with. */
  readonly prefix: string;
  readonly trainable: boolean;
}

/** `written` are the layers of `full`, list by list. */
export function flattenNetwork(
  full: readonly FullLayer[],
  written: WrittenList,
  references: References,
): FlatNetwork {
  const network: Layer[] = [];
  /** The flat layer that gives a written layer's value; for layers of a repeated block, in the copy at hand. */
  const values = new Map<WrittenLayer, string>();

  const namesRead = (layer: WrittenLayer, { input }: Surroundings): string[] =>
    (references.sources.get(layer) ?? []).map((source) => {
      const name =
        source === "block input" ? input : "input" in source ? source.input : values.get(source.layer);
      invariant(name !== undefined, `a layer reads what stands before it: ${layer.name}`);
      return name;
    });

  const flattenList = (layers: readonly FullLayer[], list: WrittenList, around: Surroundings): string => {
    layers.forEach((layer, i) => values.set(list[i], flattenLayer(layer, list[i], around)));
    const last = values.get(list[layers.length - 1]);
    invariant(last !== undefined, "a list of layers is not empty");
    return last;
  };

  /** Adds the layers, and gives the name of the one that has the value. */
  const flattenLayer = (layer: FullLayer, own: WrittenLayer, around: Surroundings): string => {
    const name = around.prefix + own.name;
    const trainable = around.trainable && layer.trainable;
    const from = namesRead(own, around);
    const place = (path: SpecPath) => ({ index: network.length, path });
    const inside = (key: string, list: readonly FullLayer[], prefix: string, input: string): string =>
      flattenList(list, own.lists[key], { input, prefix, trainable });
    switch (layer.type) {
      case "residual": {
        const { layers, shortcut } = layer;
        const last = inside("layers", layers, `${name}.`, from[0]);
        const kept =
          shortcut === undefined ? from[0] : inside("shortcut", shortcut, `${name}.shortcut.`, from[0]);
        network.push({ type: "residual", ...place(own.path), name, from: [kept, last], trainable });
        return name;
      }
      case "repeat": {
        let value = from[0];
        for (let copy = 1; copy <= layer.times; copy++)
          value = inside("layers", layer.layers, `${name}.${copy}.`, value);
        return value;
      }
      case "bidirectional": {
        const path = [...own.path, "layer"];
        const ways = { forward: false, backward: true };
        for (const [way, reverse] of Object.entries(ways)) {
          network.push({ ...layer.layer, reverse, ...place(path), name: `${name}.${way}`, from, trainable });
        }
        const both = Object.keys(ways).map((way) => `${name}.${way}`);
        network.push({ type: "concat", axis: -1, ...place(own.path), name, from: both, trainable });
        return name;
      }
      default:
        network.push({ ...layer, ...place(own.path), name, from, trainable });
        return name;
    }
  };

  flattenList(full, written, { prefix: "", trainable: true });
  const output = references.output && values.get(references.output);
  invariant(output !== undefined, "the checks hold that the output is a layer");
  return { network, output };
}
