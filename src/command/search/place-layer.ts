// A spec with another layer, or none, in the place of one. Whatever names a layer still means the same one:
// the place keeps its name and what it reads, and the layers beside it keep the names that they have by their
// ordinals.
import { collector } from "../../compiler/diagnostics/collector.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { formatPath } from "../../compiler/diagnostics/format-path.ts";
import { member } from "../../compiler/spec/raw-spec.ts";
import { writtenNetwork, type WrittenList } from "../../compiler/spec/written-network.ts";
import { longForm, withValue } from "./place-value.ts";

/** Whether a whole layer stands at the path. */
export const isLayer = (path: SpecPath): boolean =>
  typeof path.at(-1) === "number" && ["network", "layers", "shortcut"].includes(String(path.at(-2)));

/** Where there is no layer (undefined), values pass as they are. */
export function withLayer(spec: unknown, path: SpecPath, layer: unknown): unknown {
  const beside = listAround(writtenNetwork(spec, collector()) ?? [], path);
  return beside.reduce((changed, { path: place, name, value }) => {
    const isMeant = formatPath(place) === formatPath(path);
    const put = isMeant ? (layer ?? { type: "activation", fn: "linear" }) : value;
    const from = isMeant ? member(value, "from") : undefined;
    return withValue(changed, place, { name, ...(from === undefined ? {} : { from }), ...longForm(put) });
  }, spec);
}

/** The list that holds the layer at the path. */
function listAround(list: WrittenList, path: SpecPath): WrittenList {
  const around = formatPath(path.slice(0, -1));
  if (list.some((layer) => formatPath(layer.path.slice(0, -1)) === around)) return list;
  const lists = list.flatMap(({ lists }) => Object.values(lists));
  return lists.map((inside) => listAround(inside, path)).find((found) => found.length > 0) ?? [];
}
