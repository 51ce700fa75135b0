// A spec with another value at one of its paths. Nothing that was written is changed; what lies on the way is copied.
import { collector } from "../../compiler/diagnostics/collector.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { formatPath } from "../../compiler/diagnostics/path.ts";
import { member } from "../../compiler/spec/raw-spec.ts";
import { writtenNetwork } from "../../compiler/spec/written-network.ts";
import type { WrittenList } from "../../compiler/spec/written-network.ts";

/** What is missing on the way is made, and a short form is written out. An undefined value leaves the key out. */
export function withValue(spec: unknown, path: SpecPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = withValue(member(longForm(spec), step), rest, value);
  if (Array.isArray(spec)) return spec.map((item: unknown, index) => (index === step ? inner : item));
  const entries = Object.entries(longForm(spec));
  // Of two entries of one key the second gives the value, and the first the place.
  return Object.fromEntries(
    inner === undefined ? entries.filter(([key]) => key !== step) : [...entries, [String(step), inner]],
  );
}

/** `"adam"` is short for `{ "type": "adam" }`, and a function for `{ "build": … }`. */
function longForm(written: unknown): object {
  if (typeof written === "object" && written !== null) return written;
  if (typeof written === "function") return { build: written };
  return typeof written === "string" ? { type: written } : {};
}

// A spec with another layer, or none, in the place of one. Whatever names a layer still means the same one:
// the place keeps its name and what it reads, and the layers beside it keep the names that they have by their
// ordinals.

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
