/** The candidates of a search: its axes, and a spec for each combination of their values. */
import { formatPath, parsePath } from "../../compiler/diagnostics/diagnostic.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { collector, invariant } from "../../compiler/diagnostics/errors.ts";
import { nodeAtPath, specSchema } from "../../compiler/spec/json-schema.ts";
import { member } from "../../compiler/spec/raw-spec.ts";
import { isRange } from "../../compiler/spec/search-schema.ts";
import type { Range, Search } from "../../compiler/spec/search-schema.ts";
import { writtenNetwork } from "../../compiler/spec/written-network.ts";
import type { WrittenList } from "../../compiler/spec/written-network.ts";
import { canonicalJson } from "../../compiler/util/json.ts";
import { sha256 } from "../../compiler/util/sha256.ts";
import { randomKey, randomUnit } from "../../runtime/numbers/random.ts";

// A spec with another value at one path. The original does not change; the objects on the path are copied.

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
const isLayer = (path: SpecPath): boolean =>
  typeof path.at(-1) === "number" && ["network", "layers", "shortcut"].includes(String(path.at(-2)));

/** Where there is no layer (undefined), values pass as they are. */
function withLayer(spec: unknown, path: SpecPath, layer: unknown): unknown {
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

// The space of a search: its axes in a fixed order, and the number of values of each.

/** One path and the values that it takes. */
interface Axis {
  /** The path as it was written. */
  readonly key: string;
  readonly path: SpecPath;
  /** Infinity for a range without steps. */
  readonly count: number;
  /** The value at t in [0, 1): of a list the one that lies there. */
  at(t: number): unknown;
}

/** The axes in the order in which they are written. */
function axesOf(spec: unknown, { over }: Search): Axis[] {
  return Object.entries(over).map(([key, axis]): Axis => {
    const path = parsePath(key);
    invariant(path !== undefined, "the checks hold that the keys of a search are paths");
    if (isRange(axis)) return { key, path, ...rangeValues(axis, takesIntegers(spec, path, axis.from)) };
    return { key, path, count: axis.length, at: (t) => axis[Math.floor(t * axis.length)] };
  });
}

/** A path that takes whole numbers draws whole numbers. */
function takesIntegers(spec: unknown, path: SpecPath, value: number): boolean {
  return nodeAtPath(specSchema(), path, withValue(spec, path, value))?.type === "integer";
}

/**
 * The value at u in [0, 1]: from + u·(to − from), or on a log scale from·(to/from)^u. Whole numbers are each
 * as likely as another: the range is widened by half a number at both ends, and rounded.
 */
function rangeValues({ from, to, scale, steps }: Range, isWhole: boolean): Pick<Axis, "count" | "at"> {
  const between = (low: number, high: number, u: number): number =>
    scale === "log" ? low * (high / low) ** u : low + u * (high - low);
  // Six digits: what a table shows is then what was tried.
  const rounded = (value: number) => (isWhole ? Math.round(value) : Number(value.toPrecision(6)));
  const within = (value: number) => Math.min(to, Math.max(from, value));
  if (steps !== undefined)
    return {
      count: steps,
      at: (t) => within(rounded(between(from, to, Math.floor(t * steps) / (steps - 1)))),
    };
  return {
    count: Infinity,
    at: (t) => within(rounded(isWhole ? between(from - 0.5, to + 0.5, t) : between(from, to, t))),
  };
}

// The candidates: every combination of values, or a random sample; each is a whole spec. A candidate's number
// follows from the spec alone.

export interface Candidate {
  /** From 0, in the order in which they are made. */
  readonly number: number;
  /** What was chosen, by the paths as they were written. */
  readonly values: Readonly<Record<string, unknown>>;
  /** As a person would have written it; it has no search. */
  readonly spec: unknown;
}

/** What values may say instead of being one. */
const asWritten = "on";
const leftOut = "off";

/** Specs that come out equal (the rate of a layer that is off, say) are one candidate, the first. */
export function candidatesOf(spec: unknown, search: Search): Candidate[] {
  const plain = withValue(spec, ["training", "search"], undefined);
  const axes = axesOf(plain, search);
  const found: Candidate[] = [];
  const seen = new Set<string>();
  for (const values of choicesOf(axes, search)) {
    const candidate = place(plain, axes, values);
    const digest = sha256(canonicalJson(candidate));
    if (seen.has(digest)) continue;
    seen.add(digest);
    const named = Object.fromEntries(axes.map(({ key }, i) => [key, values[i]]));
    found.push({ number: found.length, values: named, spec: candidate });
    if (found.length === search.samples) break;
  }
  return found;
}

/** The values of each axis, combination after combination. */
function choicesOf(axes: readonly Axis[], { samples, seed }: Search): Iterable<readonly unknown[]> {
  const combinations = axes.reduce((product, { count }) => product * count, 1);
  return samples === undefined || samples >= combinations ? grid(axes) : draws(axes, seed, 100 * samples);
}

/** All combinations; the last axis changes fastest. */
function* grid([axis, ...others]: readonly Axis[]): Generator<readonly unknown[]> {
  if (axis === undefined) return yield [];
  for (let index = 0; index < axis.count; index++)
    for (const rest of grid(others)) yield [axis.at((index + 0.5) / axis.count), ...rest];
}

/** So many draws. A draw follows from the seed and its number, so more draws begin with the same ones. */
function* draws(axes: readonly Axis[], seed: number, limit: number): Generator<readonly unknown[]> {
  for (let draw = 0; draw < limit; draw++) {
    const key = randomKey(seed, draw, salt);
    yield axes.map((axis, index) => axis.at(randomUnit(key, index)));
  }
}

/** No other use of a seed draws with it; see `salts` of the runtime. */
const salt = -5;

/** Shorter paths first: what a longer one changes is part of what a shorter one put there. */
function place(spec: unknown, axes: readonly Axis[], values: readonly unknown[]): unknown {
  const order = axes.map((axis, index) => ({ ...axis, value: values[index] }));
  order.sort((a, b) => a.path.length - b.path.length);
  const off = order.filter(({ value }) => value === leftOut).map(({ path }) => path);
  const isGone = ({ path }: Axis) =>
    off.some((prefix) => prefix.length < path.length && prefix.every((step, i) => path[i] === step));
  return order
    .filter((axis) => axis.value !== asWritten && !isGone(axis))
    .reduce((changed, { path, value }) => {
      const put = value === leftOut ? undefined : value;
      return isLayer(path) ? withLayer(changed, path, put) : withValue(changed, path, put);
    }, spec);
}
