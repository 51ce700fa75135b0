/** The network as the spec contains it, with the path of each layer, and its expansion to a flat list. */
import { invariant } from "../diagnostics/errors.ts";
import type { Collector } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { mapValues } from "../util/collections.ts";
import type { OnnxModel } from "../library/onnx/model.ts";
import type { FullLayer } from "./layer-schema.ts";
import { isCustomLayer, listOf, member, textOf, typeOf } from "./raw-spec.ts";
import type { Layer } from "./types.ts";

// All lists of layers, including those inside blocks. Each layer has its path and its name in the list. The
// list is built before validation, so that names and references are checked even if the schema finds errors.

export interface WrittenLayer {
  readonly path: SpecPath;
  readonly value: unknown;
  /** The given name, or by default the type and an ordinal. Names are unique in their list. */
  readonly name: string;
  readonly isNamed: boolean;
  readonly isBlock: boolean;
  /** The lists of layers inside a block, by their keys. */
  readonly lists: Readonly<Record<string, WrittenList>>;
}

export type WrittenList = readonly WrittenLayer[];

/** The keys that contain lists of layers, for each type of block. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  residual: ["layers", "shortcut"],
  repeat: ["layers"],
  bidirectional: [],
};

/** The reason why a network cannot be traversed. */
interface TraversalError {
  readonly path: SpecPath;
  readonly reason: string;
}

/**
 * Limits on the nesting of blocks, and on the number of layers after expansion, because each layer becomes
 * code.
 */
const deepest = 32;
const mostLayers = 5000;

/**
 * Returns the network of the spec. Reports a network that is nested too deeply or has too many layers to be
 * traversed (T1312); no other check runs then. A spec in TypeScript may contain itself, or the same block
 * many times, so the traversal is bounded in depth and in size.
 */
export function writtenNetwork(spec: unknown, problems: Collector): WrittenList | undefined {
  let visited = 0;
  let error: TraversalError | undefined;
  const read = (list: unknown, path: SpecPath, depth: number): WrittenList => {
    // The ordinal of a default name counts all layers of that type in the list, including those with a given
    // name.
    const counts = new Map<string, number>();
    return listOf(list).map((value, index): WrittenLayer => {
      const type = typeOf(value) ?? (isCustomLayer(value) ? "custom" : "layer");
      const ordinal = (counts.get(type) ?? 0) + 1;
      counts.set(type, ordinal);
      const given = textOf(member(value, "name"));
      const own = [...path, index];
      visited++;
      if (visited > mostLayers)
        error ??= { path: own, reason: `the network has more than ${mostLayers} layers, which is the limit` };
      const keys = Object.hasOwn(listKeys, type) ? listKeys[type] : undefined;
      const inside = keys?.filter((key) => member(value, key) !== undefined) ?? [];
      if (inside.length > 0 && depth === deepest)
        error ??= { path: own, reason: `blocks are nested deeper than ${deepest} levels` };
      const lists = (error === undefined ? inside : []).map((key) => {
        return [key, read(member(value, key), [...own, key], depth + 1)] as const;
      });
      return {
        path: own,
        value,
        name: given ?? `${type}${ordinal}`,
        isNamed: given !== undefined,
        isBlock: keys !== undefined,
        lists: Object.fromEntries(lists),
      };
    });
  };
  const network = read(member(spec, "network"), ["network"], 0);
  if (error === undefined) return network;
  problems.error(error.path, "T1312", `${formatPath(error.path)}: ${error.reason}`);
  return undefined;
}

/** Reports a network that expands to too many layers (T1312), at the innermost block over the limit. */
export function checkLayerCount(network: WrittenList, problems: Collector): void {
  let isReported = false;
  const count = (list: WrittenList): number => list.reduce((sum, layer) => sum + countOf(layer), 0);
  const countOf = ({ value, path, lists }: WrittenLayer): number => {
    const once = Object.values(lists).reduce((sum, list) => sum + count(list), 0);
    const given = member(value, "times");
    const times = typeof given === "number" && Number.isInteger(given) && given > 1 ? given : 1;
    if (times * once > mostLayers && once <= mostLayers) {
      const own = [...path, "times"];
      const message =
        `${formatPath(own)}: the block expands to ${times * once} layers; ` +
        `the limit for a network is ${mostLayers}`;
      problems.error(own, "T1312", message);
      isReported = true;
    }
    const type = typeOf(value);
    return times * once + (type === "repeat" ? 0 : type === "bidirectional" ? 3 : 1);
  };
  const all = count(network);
  if (all > mostLayers && !isReported)
    problems.error(["network"], "T1312", `network expands to ${all} layers; the limit is ${mostLayers}`);
}

/** A source of a layer: an input, a layer, or the input of the enclosing block. */
export type Source = { readonly input: string } | { readonly layer: WrittenLayer } | "block input";

/** The graph of an ONNX layer: its file with its hash, and the value at which it ends. */
export interface LayerGraph {
  readonly model: OnnxModel;
  readonly hash: string;
  readonly until: string | undefined;
}

export interface References {
  /** The sources of each layer, including the layers inside blocks. */
  readonly sources: ReadonlyMap<WrittenLayer, readonly Source[]>;
  /** The values at which the graphs of ONNX layers begin, if not at the inputs of the files. */
  readonly starts: ReadonlyMap<WrittenLayer, string>;
  readonly graphs: ReadonlyMap<WrittenLayer, LayerGraph>;
  /** The layer whose output the loss reads, by target; undefined for an empty network and for unknown names. */
  readonly outputs: Readonly<Record<string, WrittenLayer | undefined>>;
}

// Expands blocks: converts the network as written to a flat list of ordinary layers, so that later stages
// need not handle blocks. A generated name starts with the block's name: a layer `dense1` in the second copy
// of a block `tower` is `tower.2.dense1`. Only generated names have dots, so they never equal a name of the
// user.
//
//     residual        NAME = (shortcut of the) input + its last layer       NAME.dense1, NAME.shortcut.dense1
//     repeat          its layers, stacked                                   NAME.1.dense1, NAME.2.dense1
//     bidirectional   NAME = concat(the layer, the layer in reverse)        NAME.forward, NAME.backward

export interface FlatNetwork {
  readonly network: readonly Layer[];
  /** The name of the layer whose output the loss reads, by target. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The properties that a block passes to the layers inside it. */
interface Surroundings {
  /** The source of the first layer. The whole network has none. */
  readonly input?: string;
  /** The prefix of generated names. */
  readonly prefix: string;
  readonly trainable: boolean;
  /** Whether the layers read masks. */
  readonly isMasked: boolean;
}

/** An ONNX layer of the canonical spec, without the properties that every layer has. */
function onnxLayer(file: string, layer: WrittenLayer, { graphs, starts }: References) {
  const graph = graphs.get(layer);
  invariant(graph !== undefined, "the checks ensure that the file of an ONNX layer is read");
  const { hash, until } = graph;
  const start = starts.get(layer);
  return {
    type: "onnx" as const,
    file,
    hash,
    ...(start === undefined ? {} : { start }),
    ...(until === undefined ? {} : { until }),
  };
}

/** `written` contains the same layers as `full`, list by list. */
export function flattenNetwork(
  full: readonly FullLayer[],
  written: WrittenList,
  references: References,
): FlatNetwork {
  const network: Layer[] = [];
  /**
   * For each layer of the spec, the name of the flat layer that has its value. In a repeated block, that is
   * the layer of the current copy.
   */
  const values = new Map<WrittenLayer, string>();

  const namesRead = (layer: WrittenLayer, { input }: Surroundings): string[] =>
    (references.sources.get(layer) ?? []).map((source) => {
      const name =
        source === "block input" ? input : "input" in source ? source.input : values.get(source.layer);
      invariant(name !== undefined, `a layer reads only what comes before it: ${layer.name}`);
      return name;
    });

  const flattenList = (layers: readonly FullLayer[], list: WrittenList, around: Surroundings): string => {
    layers.forEach((layer, i) => values.set(list[i], flattenLayer(layer, list[i], around)));
    const last = values.get(list[layers.length - 1]);
    invariant(last !== undefined, "a list of layers is not empty");
    return last;
  };

  /** Adds the layer, or the layers of the block, and returns the name of the layer with its value. */
  const flattenLayer = (layer: FullLayer, own: WrittenLayer, around: Surroundings): string => {
    const name = around.prefix + own.name;
    const trainable = around.trainable && layer.trainable;
    const isMasked = around.isMasked && layer.mask !== false;
    const from = namesRead(own, around);
    /** The properties of a flat layer besides its type, name and sources. */
    const base = (path: SpecPath) => ({
      index: network.length,
      path,
      trainable,
      ...(isMasked ? {} : { mask: false as const }),
    });
    const inside = (key: string, list: readonly FullLayer[], prefix: string, input: string): string =>
      flattenList(list, own.lists[key], { input, prefix, trainable: trainable !== false, isMasked });
    switch (layer.type) {
      case "residual": {
        const { layers, shortcut } = layer;
        const last = inside("layers", layers, `${name}.`, from[0]);
        const skip =
          shortcut === undefined ? from[0] : inside("shortcut", shortcut, `${name}.shortcut.`, from[0]);
        network.push({ type: "residual", ...base(own.path), name, from: [skip, last] });
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
          network.push({ ...layer.layer, reverse, ...base(path), name: `${name}.${way}`, from });
        }
        const both = Object.keys(ways).map((way) => `${name}.${way}`);
        network.push({ type: "concat", axis: -1, ...base(own.path), name, from: both });
        return name;
      }
      case "onnx":
        network.push({ ...onnxLayer(layer.file, own, references), ...base(own.path), name, from });
        return name;
      default: {
        const { mask: _, ...keys } = layer;
        network.push({ ...keys, ...base(own.path), name, from });
        return name;
      }
    }
  };

  flattenList(full, written, { prefix: "", trainable: true, isMasked: true });
  const outputs = mapValues(references.outputs, (layer) => {
    const output = layer && values.get(layer);
    invariant(output !== undefined, "the checks ensure that the output is a layer");
    return output;
  });
  return { network, outputs };
}
