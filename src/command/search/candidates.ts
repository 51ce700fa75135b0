/** The candidates of a search: a spec for each combination of the values on its axes. */
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

// Replaces one value in a spec. The original does not change, because the objects on the path are copied.

/**
 * Sets the value at the path. Creates missing objects on the path and expands short forms. An undefined value
 * removes the key.
 */
export function withValue(spec: unknown, path: SpecPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = withValue(member(longForm(spec), step), rest, value);
  if (Array.isArray(spec)) return spec.map((item: unknown, index) => (index === step ? inner : item));
  const entries = Object.entries(longForm(spec));
  // If two keys are equal, `fromEntries` uses the value of the second key at the position of the first.
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

// Replaces or removes a layer. References to layers remain valid, because the new layer takes the name and
// the input of the old one. The other layers of the list get their default names explicitly, because their
// ordinals would change.

/** Whether the path leads to a whole layer. */
const isLayer = (path: SpecPath): boolean =>
  typeof path.at(-1) === "number" && ["network", "layers", "shortcut"].includes(String(path.at(-2)));

/** If `layer` is undefined, an identity activation replaces the layer. */
function withLayer(spec: unknown, path: SpecPath, layer: unknown): unknown {
  const siblings = listAround(writtenNetwork(spec, collector()) ?? [], path);
  return siblings.reduce((changed, { path: siblingPath, name, value }) => {
    const isMeant = formatPath(siblingPath) === formatPath(path);
    const put = isMeant ? (layer ?? { type: "activation", fn: "linear" }) : value;
    const from = isMeant ? member(value, "from") : undefined;
    return withValue(changed, siblingPath, {
      name,
      ...(from === undefined ? {} : { from }),
      ...longForm(put),
    });
  }, spec);
}

/** The list that contains the layer at the path. */
function listAround(list: WrittenList, path: SpecPath): WrittenList {
  const around = formatPath(path.slice(0, -1));
  if (list.some((layer) => formatPath(layer.path.slice(0, -1)) === around)) return list;
  const lists = list.flatMap(({ lists }) => Object.values(lists));
  return lists.map((inside) => listAround(inside, path)).find((found) => found.length > 0) ?? [];
}

// The search space: its axes in the order of the spec.

/** A path in the spec and its values. */
interface Axis {
  /** The path as written in the spec. */
  readonly key: string;
  readonly path: SpecPath;
  /** The number of values; Infinity for a range without `steps`. */
  readonly count: number;
  /** The value at t in [0, 1). For a list, it is the element with index ⌊t · length⌋. */
  at(t: number): unknown;
}

function axesOf(spec: unknown, { over }: Search): Axis[] {
  return Object.entries(over).map(([key, axis]): Axis => {
    const path = parsePath(key);
    invariant(path !== undefined, "validation accepts only paths as keys of a search");
    if (isRange(axis)) return { key, path, ...rangeValues(axis, takesIntegers(spec, path, axis.from)) };
    return { key, path, count: axis.length, at: (t) => axis[Math.floor(t * axis.length)] };
  });
}

/** Whether the schema requires an integer at the path. */
function takesIntegers(spec: unknown, path: SpecPath, value: number): boolean {
  return nodeAtPath(specSchema(), path, withValue(spec, path, value))?.type === "integer";
}

/**
 * The value at u in [0, 1]: from + u·(to − from), or on a log scale from·(to/from)^u. For integers, the range
 * is extended by 1/2 at both ends and the value is rounded, so that all integers are equally likely.
 */
function rangeValues({ from, to, scale, steps }: Range, isWhole: boolean): Pick<Axis, "count" | "at"> {
  const between = (low: number, high: number, u: number): number =>
    scale === "log" ? low * (high / low) ** u : low + u * (high - low);
  // Six digits, so that tables show the exact value.
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

// The candidates: all combinations of values, or a random sample. Each is a complete spec. The numbers of
// candidates depend only on the spec.

export interface Candidate {
  /** The number of the candidate, counted from 0 in the order of generation. */
  readonly number: number;
  /** The chosen value of each axis, by its path as written in the spec. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The spec in the form of the user's file, without `training.search`. */
  readonly spec: unknown;
}

/** Special values: "on" keeps the value of the spec, and "off" removes the key or layer. */
const asWritten = "on";
const leftOut = "off";

/**
 * Combinations of values that produce the same spec (such as different settings of a layer that is off) are
 * one candidate, with the values of the first combination.
 */
export function candidatesOf(spec: unknown, search: Search): Candidate[] {
  const plain = withValue(spec, ["training", "search"], undefined);
  const axes = axesOf(plain, search);
  const found: Candidate[] = [];
  const seen = new Set<string>();
  for (const values of choicesOf(axes, search)) {
    const candidate = specWithValues(plain, axes, values);
    const digest = sha256(canonicalJson(candidate));
    if (seen.has(digest)) continue;
    seen.add(digest);
    const named = Object.fromEntries(axes.map(({ key }, i) => [key, values[i]]));
    found.push({ number: found.length, values: named, spec: candidate });
    if (found.length === search.samples) break;
  }
  return found;
}

/** Combinations of values, one value per axis. */
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

/**
 * Random combinations. Each depends only on the seed and its index, so a larger sample extends a smaller one.
 */
function* draws(axes: readonly Axis[], seed: number, limit: number): Generator<readonly unknown[]> {
  for (let draw = 0; draw < limit; draw++) {
    const key = randomKey(seed, draw, salt);
    yield axes.map((axis, index) => axis.at(randomUnit(key, index)));
  }
}

/** Distinguishes this use of the seed from all others; see `shuffleSalt` in the runtime. */
const salt = -5;

/**
 * Sets the values of all axes, shorter paths first, because a longer path may be inside the value at a
 * shorter path.
 */
function specWithValues(spec: unknown, axes: readonly Axis[], values: readonly unknown[]): unknown {
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
