// The network as it is written: every list of layers, those inside blocks included, each layer with its place
// in the spec and the name that it has in its list. Reads a spec that may be anything, so that names and
// references are checked even where the schema found faults; how blocks are written out is told by
// flatten.ts.
import type { Collector } from "../diagnostics/collector.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { formatPath } from "../diagnostics/path.ts";
import { isCustomLayer, listOf, member, textOf, typeOf } from "./raw-spec.ts";

export interface WrittenLayer {
  readonly path: SpecPath;
  readonly value: unknown;
  /** Given, or by default its type and an ordinal; unique in its list. */
  readonly name: string;
  readonly isNamed: boolean;
  readonly isBlock: boolean;
  /** The lists of layers inside a block, by their keys. */
  readonly lists: Readonly<Record<string, WrittenList>>;
}

export type WrittenList = readonly WrittenLayer[];

/** Which keys of a block hold lists of layers. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  residual: ["layers", "shortcut"],
  repeat: ["layers"],
  bidirectional: [],
};

/** Why a network cannot be looked through. */
interface Fault {
  readonly path: SpecPath;
  readonly reason: string;
}

/** How deep blocks may stand in one another; and how many layers they may come to, for each of them becomes code. */
const deepest = 32;
const mostLayers = 5000;

/**
 * Reports a network that is too deep, or holds too many layers, to be looked through (T1312); there is then
 * nothing more to say of it. A spec in TypeScript may hold itself, or one block very often: what is visited
 * is bounded in both directions.
 */
export function writtenNetwork(spec: unknown, problems: Collector): WrittenList | undefined {
  let visited = 0;
  let fault: Fault | undefined;
  const read = (list: unknown, path: SpecPath, depth: number): WrittenList => {
    // The ordinal of a default name counts all layers of the type in the list, named ones too.
    const counts = new Map<string, number>();
    return listOf(list).map((value, index): WrittenLayer => {
      const type = typeOf(value) ?? (isCustomLayer(value) ? "custom" : "layer");
      const ordinal = (counts.get(type) ?? 0) + 1;
      counts.set(type, ordinal);
      const given = textOf(member(value, "name"));
      const own = [...path, index];
      visited++;
      if (visited > mostLayers)
        fault ??= { path: own, reason: `the network holds more than ${mostLayers} layers` };
      const keys = Object.hasOwn(listKeys, type) ? listKeys[type] : undefined;
      const inside = keys?.filter((key) => member(value, key) !== undefined) ?? [];
      if (inside.length > 0 && depth === deepest)
        fault ??= { path: own, reason: `blocks are nested deeper than ${deepest} levels` };
      const lists = (fault === undefined ? inside : []).map((key) => {
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
  if (fault === undefined) return network;
  problems.error(fault.path, "T1312", `${formatPath(fault.path)}: ${fault.reason}`);
  return undefined;
}

/**
 * Reports networks that, written out, come to more layers than a program can be made of (T1312), at the
 * innermost block that makes them so many.
 */
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
        `${formatPath(own)}: the block comes to ${times * once} layers, ` +
        `but a network may have ${mostLayers}`;
      problems.error(own, "T1312", message);
      isReported = true;
    }
    const type = typeOf(value);
    return times * once + (type === "repeat" ? 0 : type === "bidirectional" ? 3 : 1);
  };
  const all = count(network);
  if (all > mostLayers && !isReported)
    problems.error(
      ["network"],
      "T1312",
      `network comes to ${all} layers, but a network may have ${mostLayers}`,
    );
}

/** An input, a layer, or what the layer's block is given to read. */
export type Source = { readonly input: string } | { readonly layer: WrittenLayer } | "block input";

export interface References {
  /** What each layer reads, wherever it stands. */
  readonly sources: ReadonlyMap<WrittenLayer, readonly Source[]>;
  /** The layer that the loss reads; there is none in an empty network. */
  readonly output: WrittenLayer | undefined;
}
